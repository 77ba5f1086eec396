package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// largeInput is from how many bytes on reading takes long enough to show progress.
const largeInput = 4 << 20

// progress shows on standard error how much of an input has been read, once that
// is worth while. A nil progress shows nothing.
type progress struct {
	out  io.Writer
	size int64 // of the input; below zero: nobody knows
	seen int64
	bar  *progressbar.ProgressBar
}

// inputProgress is the progress of standard input, nil if nobody would see it.
func (c *commandLine) inputProgress() *progress {
	file, ok := c.in.(*os.File)
	if !ok || !isTerminal(c.err) || isTerminal(c.in) || isTerminal(c.out) {
		return nil // with the answers on the same terminal, they are the progress
	}
	size := int64(-1)
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return &progress{out: c.err, size: size}
}

// count is input, counted as it is read.
func (p *progress) count(input io.Reader) io.Reader {
	if p == nil {
		return input
	}
	return io.TeeReader(input, p)
}

// Write takes note of what has been read. It never fails: progress that cannot
// be shown is no reason to stop.
func (p *progress) Write(read []byte) (int, error) {
	p.seen += int64(len(read))
	switch {
	case p.bar != nil:
		_ = p.bar.Set64(p.seen)
	case max(p.size, p.seen) >= largeInput:
		p.bar = progressbar.NewOptions64(p.size,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetDescription("read"),
			progressbar.OptionShowBytes(true),
			progressbar.OptionThrottle(200*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSpinnerType(14),
			progressbar.OptionSetWidth(30),
		)
		_ = p.bar.RenderBlank()
	}
	return len(read), nil
}

// clear makes room for a message.
func (p *progress) clear() {
	if p != nil && p.bar != nil {
		_ = p.bar.Clear()
	}
}

func (p *progress) finish() {
	if p != nil && p.bar != nil {
		_ = p.bar.Finish()
	}
}
