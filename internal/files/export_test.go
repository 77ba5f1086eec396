package files

import (
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
