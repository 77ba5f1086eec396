package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// logFlags say how to read the records of a log.
type logFlags struct {
	format, pattern string
	fields          []string
}

func newLogFlags(command *cobra.Command) *logFlags {
	f := &logFlags{}
	flags := command.Flags()
	flags.StringVar(&f.format, "format", "", "`FORMAT` of the log: "+strings.Join(accesslog.Formats(), ", ")+" (default: recognised)")
	offerValues(command, "format", accesslog.Formats()...)
	flags.StringVar(&f.pattern, "pattern", "", "regular expression (`RE`) with groups named peer and xff, or addr, and time")
	flags.StringArrayVar(&f.fields, "field", nil, "field of a JSON log, as `NAME=PATH` with NAME peer, xff, addr or time (repeatable)")
	return f
}

func (f *logFlags) parser() (accesslog.Parser, error) {
	return accesslog.New(accesslog.Options{Format: f.format, Pattern: f.pattern, Fields: f.fields})
}

// logLine is one line of a log that stands for a request.
type logLine struct {
	command *cobra.Command
	text    string
	format  *logFlags
}

func newLogLine(command *cobra.Command) *logLine {
	l := &logLine{command: command, format: newLogFlags(command)}
	command.Flags().StringVar(&l.text, "from-log", "", "take the request from this `LINE` of an access log")
	return l
}

func (l *logLine) given() bool { return l != nil && l.command.Flags().Changed("from-log") }

// request reads the line. With others it would not be clear which one is meant.
func (l *logLine) request(others bool) (request.Request, error) {
	if others {
		return request.Request{}, errors.New("--from-log is a request of its own; give other requests in another call")
	}
	parse, err := l.format.parser()
	if err != nil {
		return request.Request{}, err
	}
	entry, err := parse.Line(strings.TrimRight(l.text, "\r\n"))
	if err != nil {
		return request.Request{}, fmt.Errorf("--from-log: no record: %w: %s", err, shortQuote(l.text))
	}
	return entry.Request(accesslog.NewHeader()), nil
}

// logInputs are the logs to read, - for standard input, and their progress.
func (c *commandLine) logInputs(paths []string) ([]replay.Input, *progress) {
	if len(paths) == 0 {
		paths = []string{"-"}
	}
	var bar *progress
	if isTerminal(c.err) {
		bar = &progress{out: c.err, size: c.sizeOf(paths)}
	}
	inputs := make([]replay.Input, len(paths))
	for i, path := range paths {
		inputs[i] = replay.Input{Name: path, Open: func() (io.ReadCloser, error) {
			if path == "-" {
				return io.NopCloser(bar.count(c.in)), nil
			}
			file, err := c.file(path).Open()
			if err != nil {
				return nil, files.Cause(err)
			}
			return counted{bar.count(file), file}, nil
		}}
		if path == "-" {
			inputs[i].Name = "standard input"
		}
	}
	return inputs, bar
}

// counted is a file whose reading is counted.
type counted struct {
	io.Reader
	io.Closer
}

// sizeOf is the size of all logs together, below zero if one of them has none.
func (c *commandLine) sizeOf(paths []string) int64 {
	total := int64(0)
	for _, path := range paths {
		var info fs.FileInfo
		var err error
		if path != "-" {
			info, err = c.file(path).Stat()
		} else if file, ok := c.in.(*os.File); ok {
			info, err = file.Stat()
		} else {
			return -1
		}
		if err != nil || !info.Mode().IsRegular() {
			return -1
		}
		total += info.Size()
	}
	return total
}

// subject is a policy as a replay needs it.
func subject(parts *policyfile.Parts, policy *decide.Policy) (replay.Subject, error) {
	control, err := admission.New(policy, parts.Edge)
	return replay.Subject{Control: control, Geo: parts.Config.Geo}, err
}
