package carry

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/netwicket/netwicket/decide/release"
)

// Release is what a published folder holds of a channel.
type Release struct {
	Channel string
	Pointer []byte
	Blobs   []Blob
}

// Blob is content with its name.
type Blob struct {
	release.Blob
	Content []byte
}

// Asks says whether the release asks for a blob.
func (r *Release) Asks(name string) bool {
	for _, blob := range r.Blobs {
		if blob.SHA256 == name {
			return true
		}
	}
	return false
}

// Read takes a channel's release from the folder that netwicket publish wrote.
func Read(folder, channel string) (*Release, error) {
	if err := release.CheckChannel(channel); err != nil {
		return nil, err
	}
	r := &Release{Channel: channel}
	var err error
	if r.Pointer, err = readUpTo(filepath.Join(folder, pointerName(channel)), release.PointerLimit); err != nil {
		return nil, err
	}
	names, err := Names(r.Pointer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, pointerName(channel)), err)
	}
	for _, name := range names {
		path := filepath.Join(folder, blobFolder, name.SHA256)
		content, err := readUpTo(path, name.Size)
		if err == nil {
			err = name.Holds(content)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		r.Blobs = append(r.Blobs, Blob{name, content})
	}
	return r, nil
}

// readUpTo reads a file that is no larger than it should be.
func readUpTo(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s: expected a file of %d bytes at most", path, limit)
	}
	return os.ReadFile(path)
}

const blobFolder = "sha256"

// pointerName is the file of a channel's pointer in a folder.
func pointerName(channel string) string { return channel + ".json" }
