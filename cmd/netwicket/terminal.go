package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/netwicket/netwicket/decide"
)

// isTerminal says that a stream is one that a person looks at.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// style is how text looks on standard output. The zero style is plain.
type style struct {
	person bool // a terminal: columns are aligned
	colour bool
}

// style is plain wherever a program may read along. See https://no-color.org.
func (c *commandLine) style() style {
	person := isTerminal(c.out)
	return style{person: person, colour: person && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// The escape sequences of ECMA-48 that decisions and states are shown in.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

func (s style) paint(colour, text string) string {
	if !s.colour {
		return text
	}
	return colour + text + plain
}

func (s style) verdict(verdict decide.Verdict, text string) string {
	if verdict == decide.Allow {
		return s.paint(green, text)
	}
	return s.paint(red, text)
}

// largeInput is from how many bytes on a file takes long enough to show progress.
const largeInput = 4 << 20

// progress shows on standard error how far standard input has been read, if
// somebody is there to see it and it is worth while. The zero progress shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

func (c *commandLine) newProgress() progress {
	file, ok := c.in.(*os.File)
	if !ok || !isTerminal(c.err) || isTerminal(c.in) || isTerminal(c.out) {
		return progress{} // with the answers on the same terminal they are the progress
	}
	size := int64(-1) // a pipe: nobody knows
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		if size = info.Size(); size < largeInput {
			return progress{}
		}
	}
	return progress{progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(c.err),
		progressbar.OptionSetDescription("requests"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(200*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetWidth(30),
	)}
}

// count is input, counted as it is read.
func (p progress) count(input io.Reader) io.Reader {
	if p.bar == nil {
		return input
	}
	return io.TeeReader(input, p.bar)
}

// clear makes room for a message.
func (p progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear() // a bar that cannot be drawn is no reason to stop
	}
}

func (p progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
