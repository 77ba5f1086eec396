package main

import (
	"bufio"
	"io"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
)

func (c *commandLine) evalCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "eval [ADDR...]",
		Short: "Decide about addresses and requests",
		Long: `Decides about each address, about the request that --remote and -H describe, or
about the requests on standard input: one a line, an address or
{"remote":"...","headers":[["Name","value"]]}.

Prints one decision a line. Ends with 0 if all are allowed, 2 if one is denied,
1 if the policy or a line could not be read.`,
		Example: `  netwicket eval 203.0.113.9 2001:db8::7
  netwicket eval --remote 10.0.0.1:4711 -H 'X-Forwarded-For: 203.0.113.9'
  netwicket eval --json < addresses.txt`,
	}
	input := newRequests(command)
	command.RunE = func(_ *cobra.Command, args []string) error {
		look := c.style()
		return c.decideEach(input, args, func(by *deciding, r request.Request, out io.Writer) (decide.Decision, error) {
			d, from := by.Answer(r, &by.buffer)
			if c.json {
				return d, writeJSON(out, explained.NewDecision(d, from))
			}
			_, err := io.WriteString(out, decisionLine(d, from, look))
			return d, err
		})
	}
	return command
}

// deciding is what decides about requests, one after the other.
type deciding struct {
	admission.Control
	buffer admission.Buffer
	parts  *policyfile.Parts
	err    io.Writer
	traced bool
	tracer *geo.Tracer
}

// answerer decides about one request and prints the answer.
type answerer func(*deciding, request.Request, io.Writer) (decide.Decision, error)

// decideEach opens the policy and lets answer decide and print each request. The
// result is the exit code.
func (c *commandLine) decideEach(input *requests, args []string, answer answerer) error {
	parts, policy, err := c.openPolicy()
	if err != nil {
		return err
	}
	control, err := admission.New(policy, parts.Edge)
	if err != nil {
		return err
	}
	by := &deciding{Control: control, parts: parts, err: c.err}
	out := bufio.NewWriterSize(c.out, 64<<10)
	outcome, note := allGood, pseudoNote{out: c.err}
	read, err := c.each(input, args, func(r request.Request) error {
		d, err := answer(by, r, out)
		if !d.Allowed() {
			outcome = outcome.or(denied)
		}
		note.about(d.Client)
		return err
	}, out.Flush)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		return err
	}
	return outcome.or(read).result()
}
