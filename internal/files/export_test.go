package files

import (
	"io/fs"
	"os"
	"time"
)

// ReadWith is Read with another patience.
func ReadWith(patience time.Duration, name string, open func() (*os.File, error)) ([]byte, error) {
	return guard(name, patience, func(progress func()) ([]byte, error) {
		file, err := open()
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return readAll(name, file, 0, DocumentLimit, progress)
	})
}

// OpenUnless opens what is not refused when it is looked at: before it is opened, and when
// it is open.
func OpenUnless(f File, refuse func(fs.FileInfo) error) (*os.File, error) { return f.open(refuse) }

// Refuse says why a file is not to be read.
func Refuse(f File, info fs.FileInfo) error { return f.refuse(info) }

// Guard is what keeps a call from being waited for without end.
func Guard(name string, patience time.Duration, do func() error) error {
	_, err := guard(name, patience, func(func()) (struct{}, error) { return struct{}{}, do() })
	return err
}

// GuardProgress is Guard of what tells that it gets on.
func GuardProgress(name string, patience time.Duration, do func(progress func()) error) error {
	_, err := guard(name, patience, func(progress func()) (struct{}, error) { return struct{}{}, do(progress) })
	return err
}
