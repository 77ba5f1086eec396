package geo

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/netset"
)

// The largest sources that Load reads. Lists of networks have the limit of package
// netset.
const (
	sourceLimit      int64 = 2 << 30
	correctionsLimit int64 = 512 << 20
)

// metadataLimit is how far from the end of an MMDB file the marker of its metadata
// begins at most, https://maxmind.github.io/MaxMind-DB/#database-metadata
const metadataLimit = 128 << 10

// read is the content of a source.
func read(source Source) ([]byte, error) {
	switch {
	case source.Data != nil:
		return source.Data, files.Fits(source.File, int64(len(source.Data)), sourceLimit)
	case source.File == "":
		return nil, errors.New("a source needs a File or Data")
	}
	open := source.Open
	if open == nil {
		open = files.File{Path: source.File}.Open
	}
	return files.Read(source.File, open, sourceLimit, source.look)
}

// look tells what is no MMDB by its end, and what is packed by its begin, before it
// is read into memory.
func (s Source) look(file io.ReaderAt, size int64) error {
	if s.Service != "" {
		return cmp.Or(files.Unpacked(s.File, file, size), files.Fits(s.File, size, netset.MaxBytes))
	}
	end := make([]byte, min(size, metadataLimit))
	if _, err := file.ReadAt(end, size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if metadataAt(end) >= 0 {
		return nil
	}
	if err := files.Unpacked(s.File, file, size); err != nil {
		return err
	}
	switch {
	case s.Kind == MMDB, s.Kind == ByEnding && isMMDB(s.File):
		return errNoMetadata
	default:
		return files.Fits(s.File, size, correctionsLimit)
	}
}

// errNoMetadata is the error for what is no MMDB.
var errNoMetadata = errors.New("not a readable MMDB file: its end holds no metadata; it is of another format, or cut off")

// metadataAt is where the metadata of an MMDB begins, below zero if content is none.
func metadataAt(content []byte) int {
	from := max(0, len(content)-metadataLimit)
	if at := bytes.LastIndex(content[from:], []byte(metadataMarker)); at >= 0 {
		return from + at
	}
	return -1
}

func isMMDB(name string) bool { return strings.EqualFold(filepath.Ext(name), ".mmdb") }
