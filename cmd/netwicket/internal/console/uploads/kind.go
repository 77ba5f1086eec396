package uploads

import (
	"bytes"
	"fmt"
)

// lookedAt is how many bytes tell what is no log.
const lookedAt = 512

// KindError says that a file is no log, but of another kind.
type KindError struct {
	Kind string // zip, UTF-16, binary
}

// Error names the kind.
func (e *KindError) Error() string {
	return fmt.Sprintf("the file is no log but %s; expected text, plain or packed with gzip or zstd", e.Kind)
}

// checkKind refuses what replay could make nothing of: text that is packed otherwise, and
// what is no text at all.
func checkKind(begin []byte) error {
	for _, one := range []struct{ magic, kind string }{
		{"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"}, {"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"7z\xbc\xaf\x27\x1c", "7z"},
		{"Rar!", "rar"}, {"\x04\x22\x4d\x18", "lz4"}, {"%PDF-", "PDF"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(begin, []byte(one.magic)) {
			return &KindError{one.kind}
		}
	}
	packed := bytes.HasPrefix(begin, []byte("\x1f\x8b")) || bytes.HasPrefix(begin, []byte("\x28\xb5\x2f\xfd"))
	if !packed && bytes.IndexByte(begin, 0) >= 0 {
		return &KindError{"binary"}
	}
	return nil
}
