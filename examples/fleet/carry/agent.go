package carry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide/release"
)

// Store is one that tells when something may have changed. Its first two methods are those
// that decide/release asks, so that a gateway in Go can do without the folder.
type Store interface {
	release.Store
	// Changed waits until the pointer may be another than the one that was given last. It may
	// wait for as long as ctx lasts.
	Changed(ctx context.Context) error
}

// Agent fills a folder with the newest release of a store. It is for one goroutine.
type Agent struct {
	From    Store
	Channel string
	Folder  string
	Log     *slog.Logger
	Every   time.Duration // it looks this often though the store tells of nothing
	Retry   time.Duration // and this long after something failed
}

// askedWithin is how long a store may take for one release.
const askedWithin = time.Minute

// Run carries what comes until ctx ends. A store that is away is asked again, and what is in
// the folder stays.
func (a *Agent) Run(ctx context.Context) {
	for ctx.Err() == nil {
		carried, err := a.Carry(ctx)
		if carried {
			a.Log.Info("carried", "channel", a.Channel, "folder", a.Folder)
		}
		if err == nil {
			waiting, stop := context.WithTimeout(ctx, a.Every)
			if err = a.From.Changed(waiting); waiting.Err() != nil {
				err = nil
			}
			stop()
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		a.Log.Warn("not carried; what is in the folder stays", "channel", a.Channel, "error", err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(a.Retry):
		}
	}
}

// Carry brings the store's release into the folder: its blobs first and the pointer last, so
// that whoever follows the folder never finds a pointer without its blobs. It says whether
// the pointer is another one than before. What the pointer is worth is not asked here.
func (a *Agent) Carry(ctx context.Context) (bool, error) {
	ctx, stop := context.WithTimeout(ctx, askedWithin)
	defer stop()
	path := filepath.Join(a.Folder, pointerName(a.Channel))
	before, err := readUpTo(path, release.PointerLimit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	pointer, err := a.From.Pointer(ctx)
	if err != nil {
		return false, err
	}
	blobs, err := Names(pointer)
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Join(a.Folder, blobFolder), 0o755); err != nil {
		return false, err
	}
	for _, blob := range blobs {
		if err := a.bring(ctx, blob); err != nil {
			return false, fmt.Errorf("blob %s: %w", blob.SHA256, err)
		}
	}
	if bytes.Equal(before, pointer) {
		return false, nil
	}
	if err := write(path, pointer); err != nil {
		return false, err
	}
	// Somebody may be in the middle of reading the release before.
	kept, _ := Names(before)
	kept = append(kept, blobs...)
	return true, sweep(a.Folder, func(name string) bool {
		return slices.ContainsFunc(kept, func(blob release.Blob) bool { return blob.SHA256 == name })
	})
}

// bring fetches a blob unless the folder has it whole.
func (a *Agent) bring(ctx context.Context, blob release.Blob) error {
	path := filepath.Join(a.Folder, blobFolder, blob.SHA256)
	if content, err := readUpTo(path, blob.Size); err == nil && blob.Holds(content) == nil {
		return nil
	}
	content, err := a.From.Blob(ctx, blob)
	if err == nil {
		err = blob.Holds(content)
	}
	if err != nil {
		return err
	}
	return write(path, content)
}
