package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

// requests is where a command's requests come from: its arguments, the flags
// that describe one request, or standard input.
type requests struct {
	command *cobra.Command
	remote  string
	headers []string
	line    *logLine // nil: the command takes no line of a log
}

func newRequests(command *cobra.Command) *requests {
	r := &requests{command: command}
	flags := command.Flags()
	flags.StringVar(&r.remote, "remote", "", "the request's RemoteAddr as a server reports it, any `TEXT`")
	flags.StringArrayVarP(&r.headers, "header", "H", nil, "a header line of the request, as `'NAME: VALUE'` (repeatable, in order)")
	return r
}

// one is the request that the flags describe, if they do.
func (r *requests) one(args []string) (described bool, one request.Request, err error) {
	described = r.command.Flags().Changed("remote")
	switch {
	case r.line.given():
		one, err = r.line.request(described || len(args) > 0)
		return true, one, err
	case !described && len(r.headers) > 0:
		return false, one, errors.New("-H describes a request together with --remote; give the peer that sent the header")
	case !described:
		return false, one, nil
	case len(args) > 0:
		return true, one, errors.New("--remote is a request of its own; give addresses in another call")
	}
	one.Remote = r.remote
	one.Header, err = request.ParseHeader(r.headers)
	return true, one, err
}

// each calls handle for every request in order, and flush when there is nothing
// to do but wait. A line that is no request is reported and leaves the status
// undecided; an error ends the work.
func (c *commandLine) each(r *requests, args []string, handle func(request.Request) error, flush func() error) (status, error) {
	described, one, err := r.one(args)
	if err != nil {
		return undecided, err
	}
	if described {
		return allGood, handle(one)
	}
	if len(args) == 0 {
		args = []string{"-"}
	}
	outcome := allGood
	for _, arg := range args {
		if arg != "-" {
			if err := handle(request.Address(arg)); err != nil {
				return undecided, err
			}
			continue
		}
		read, err := c.eachLine(handle, flush)
		outcome = outcome.or(read)
		if err != nil {
			return undecided, err
		}
	}
	return outcome, nil
}

// eachLine handles the requests on standard input.
func (c *commandLine) eachLine(handle func(request.Request) error, flush func() error) (status, error) {
	outcome := allGood
	if isTerminal(c.in) && isTerminal(c.err) {
		fmt.Fprintln(c.err, "netwicket: reading requests from the terminal, one a line, until Ctrl-D")
	}
	bar := c.inputProgress()
	defer bar.finish()
	input := request.NewReader(bar.count(c.in))
	for {
		if input.Idle() {
			if err := flush(); err != nil {
				return undecided, err
			}
		}
		next, err := input.Next()
		var broken *request.LineError
		switch {
		case errors.Is(err, io.EOF):
			return outcome, nil
		case errors.As(err, &broken):
			outcome = undecided
			bar.clear()
			fmt.Fprintf(c.err, "netwicket: standard input, %s\n", oneLine(broken.Error()))
		case err != nil:
			return undecided, fmt.Errorf("standard input, line %d: %w", input.Line()+1, err)
		default:
			if err := handle(next); err != nil {
				return undecided, err
			}
		}
	}
}
