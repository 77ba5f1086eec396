package request

import (
	"bufio"
	"io"
)

// NewShortReader is a reader of lines of at most so many bytes, with the smallest buffer.
func NewShortReader(input io.Reader, most int) *Reader {
	return &Reader{input: bufio.NewReaderSize(input, 16), most: most}
}
