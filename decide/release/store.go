package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/internal/files"
)

// Store is where releases are read. It is trusted with nothing. Neither method gives much more than
// is asked for: where there is more, the error wraps [ErrTooLarge]. A store is safe for use
// by one Follower.
type Store interface {
	// Pointer is the pointer of the channel, in full.
	Pointer(ctx context.Context) ([]byte, error)
	// Blob is what is there by the name of a blob.
	Blob(ctx context.Context, blob Blob) ([]byte, error)
}

// StoreOptions say how a server is asked. The zero StoreOptions trust the authorities that
// the system trusts.
type StoreOptions struct {
	Plain     bool   // http is allowed to hosts beyond this one
	CAFile    string // authorities to trust besides the system's, as PEM; empty: none
	TokenFile string // what proves who asks, as a bearer token; read at each look; empty: nothing does
	UserAgent string // empty: "netwicket"
	Within    string // the folder that no file may leave; empty: they may lie anywhere
}

// OpenStore is the store at a location: the URL of a channel's pointer by https, or by http to this
// host, beside which the blobs lie in sha256/; the URL of a folder, with a slash at the end; or
// a folder by its path.
func OpenStore(location, channel string, o StoreOptions) (Store, error) {
	if err := CheckChannel(channel); err != nil {
		return nil, err
	}
	if location == "" {
		return nil, errors.New("expected where releases are: https://HOST/PATH/CHANNEL.json or a folder")
	}
	if !strings.Contains(location, "://") {
		return &folder{path: location, channel: channel, within: o.Within}, nil
	}
	address, err := url.Parse(location)
	if err != nil {
		return nil, errors.New("expected a URL such as https://HOST/PATH/CHANNEL.json") // the error would show what stands before an @
	}
	return newServer(address, channel, o)
}

// folder is a store on a file system, such as one that a sidecar fills.
type folder struct{ path, channel, within string }

func (f *folder) Pointer(context.Context) ([]byte, error) {
	return readFile(filepath.Join(f.path, pointerName(f.channel)), f.within, PointerLimit)
}

func (f *folder) Blob(_ context.Context, blob Blob) ([]byte, error) {
	return readFile(filepath.Join(f.path, blobFolder, blob.SHA256), f.within, blob.Size)
}

// readFile reads a file as it is, within the time that files may take.
func readFile(path, within string, limit int64) ([]byte, error) {
	file := files.File{Path: path, Within: within}
	content, err := files.Read(path, file.Open, limit, asItIs)
	if errors.Is(err, files.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return content, err
}

// asItIs has no look at a file: whatever a blob looks like, its digest says whether it is one.
func asItIs(io.ReaderAt, int64) error { return nil }

const blobFolder = "sha256"

// pointerName is the name of a channel's pointer in a folder, and of a URL.
func pointerName(channel string) string { return channel + ".json" }
