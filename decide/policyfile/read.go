package policyfile

import (
	"fmt"
	"io"
	"os"
)

// maxFileSize is how much of a document is read. JSON documents have a lower
// limit of their own; a threat feed of five million networks fits.
const maxFileSize = 256 << 20

// errTooLarge is the error for a file of more than that.
var errTooLarge = fmt.Errorf("it has more than %d bytes", maxFileSize)

// readWhole is os.ReadFile for a file that may be anything: a device without an
// end must not take all memory before a parser can refuse it.
func readWhole(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > limit {
		return nil, errTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, errTooLarge
	}
	return data, err
}
