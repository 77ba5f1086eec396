package accesslog

import (
	"bufio"
	"io"
)

// Lines cuts a log into blocks as Blocks does, with other sizes.
func Lines(input io.Reader, maxLine, blockSize int, handle func(Block) error) error {
	return cutter{maxLine, blockSize, handle}.lines(input)
}

// Objects cuts a log of objects as Blocks does, with other sizes.
func Objects(input io.Reader, maxLine, blockSize int, handle func(Block) error) error {
	return cutter{maxLine, blockSize, handle}.objects(bufio.NewReader(input))
}

// LinesOfColumns cuts a W3C log, with other sizes.
func LinesOfColumns(input io.Reader, maxLine, blockSize int, handle func(Block) error) error {
	return cutter{maxLine, blockSize, columned(handle)}.lines(input)
}
