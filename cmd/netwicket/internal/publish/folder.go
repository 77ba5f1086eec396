package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
)

// Folder is a folder to publish a channel to. It is made if it is not there.
type Folder struct{ Path, Channel, Within string }

// patience is how long another publisher is waited for.
const patience = 30 * time.Second

// Lock takes turns with others.
func (f *Folder) Lock(context.Context) (func(), error) { return f.lock(patience) }

func (f *Folder) lock(patience time.Duration) (func(), error) {
	if err := atomicfile.Folder(filepath.Join(f.Path, "sha256"), 0o755); err != nil {
		return nil, fmt.Errorf("%s: cannot be made: %w", f.Path, files.Cause(err))
	}
	turn, err := folderlock.Turn(f.Path, patience)
	if errors.Is(err, folderlock.ErrBusy) {
		return nil, fmt.Errorf("%s: another program publishes there: %w", f.Path, err)
	}
	if err != nil {
		return nil, err
	}
	return turn.Release, nil
}

func (f *Folder) pointer() string               { return filepath.Join(f.Path, f.Channel+".json") }
func (f *Folder) blob(blob release.Blob) string { return filepath.Join(f.Path, "sha256", blob.SHA256) }

func (f *Folder) read(path string, limit int64) ([]byte, error) {
	file := files.File{Path: path, Within: f.Within}
	return files.Read(path, file.Open, limit, func(io.ReaderAt, int64) error { return nil })
}

// Present is the pointer of the channel.
func (f *Folder) Present(context.Context) ([]byte, error) {
	text, err := f.read(f.pointer(), release.PointerLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// Has reads the blob: half a file of a publisher that was killed, or one that has rotted, is
// none.
func (f *Folder) Has(_ context.Context, blob release.Blob) (bool, error) {
	content, err := f.read(f.blob(blob), blob.Size)
	return err == nil && blob.Holds(content) == nil, nil
}

// Put writes a blob, on the disk before it comes back.
func (f *Folder) Put(_ context.Context, blob release.Blob, content []byte) error {
	return atomicfile.WriteBytes(f.blob(blob), content)
}

// Switch writes the pointer.
func (f *Folder) Switch(ctx context.Context, before, pointer []byte, _ []release.Blob) error {
	now, err := f.Present(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, before) {
		return ErrMoved
	}
	return atomicfile.WriteBytes(f.pointer(), pointer)
}
