package main

import (
	"os"

	"golang.org/x/term"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide"
)

// isTerminal says that a stream is one that a person looks at.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// journal is the log of a command that goes on: for a person who looks on, or else
// for programs.
func (c *commandLine) journal() *forwardauth.Journal {
	if isTerminal(c.err) {
		return forwardauth.NewTextJournal(c.err)
	}
	return forwardauth.NewJournal(c.err)
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
	reset  = "\x1b[0m"
)

func (s style) paint(colour, text string) string {
	if !s.colour {
		return text
	}
	return colour + text + reset
}

func (s style) verdict(verdict decide.Verdict, text string) string {
	if verdict == decide.Allow {
		return s.paint(green, text)
	}
	return s.paint(red, text)
}
