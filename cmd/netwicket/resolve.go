package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// resolveFlags change the edge of the policy, or describe one without a policy.
type resolveFlags struct {
	trusted []string
	source  string
}

func (c *commandLine) resolveCommand() *cobra.Command {
	var flags resolveFlags
	command := &cobra.Command{
		Use:   "resolve",
		Short: "Find a request's client address, and decide nothing",
		Long: `Finds the client of the request that --remote and -H describe, or of each
request on standard input, as the edge does. Needs no policy; where there is
one, --trusted and --source override what its edge says.

Prints the client's address, or the error's code and ends with 1.`,
		Example: `  netwicket resolve --trusted 10.0.0.0/8 --source x-forwarded-for \
      --remote 10.0.0.1:4711 -H 'X-Forwarded-For: 203.0.113.9, 10.0.0.2'`,
	}
	command.Flags().StringArrayVar(&flags.trusted, "trusted", nil, "trusted proxies: an address or a prefix (`CIDR`; repeatable)")
	command.Flags().StringVar(&flags.source, "source", "", "where they name the client, `SOURCE`: peer, x-forwarded-for, forwarded, header:NAME or hops:N")
	offerValues(command, "source", "peer", "x-forwarded-for", "forwarded", "header:", "hops:")
	input := newRequests(command)
	command.RunE = func(_ *cobra.Command, args []string) error {
		resolver, err := c.edgeResolver(flags)
		if err != nil {
			return err
		}
		return c.resolveEach(input, args, resolver)
	}
	return command
}

// edgeResolver joins the flags with the policy's edge.
func (c *commandLine) edgeResolver(flags resolveFlags) (*gate.Resolver, error) {
	edge, err := c.policyEdge()
	if err != nil {
		return nil, err
	}
	if len(flags.trusted) > 0 {
		edge.Trusted = nil
	}
	for _, text := range flags.trusted {
		prefix, err := gate.ParseTrusted(text)
		if err != nil {
			return nil, fmt.Errorf("--trusted %q: %w", text, err)
		}
		edge.Trusted = append(edge.Trusted, prefix)
	}
	if flags.source != "" {
		if edge.Source, err = gate.ParseClientSource(flags.source); err != nil {
			return nil, fmt.Errorf("--source %q: %w", flags.source, err)
		}
	}
	for _, f := range edge.Check() {
		if !f.Warning {
			return nil, fmt.Errorf("edge%s: %s", f.Path, f.Message())
		}
		fmt.Fprintf(c.err, "netwicket: warning: edge%s: %s [%s]\n", oneLine(f.Path), f.Message(), f.Code)
	}
	return gate.NewResolver(edge)
}

// policyEdge is the edge of the policy, without its documents and databases.
func (c *commandLine) policyEdge() (gate.Config, error) {
	if len(c.paths) == 0 {
		if _, err := c.file(policyfile.FileName).Stat(); errors.Is(err, fs.ErrNotExist) {
			return gate.Config{}, nil
		}
	}
	edge, err := policyfile.LoadEdge(policyfile.Options{Paths: c.paths, Within: c.within})
	if err != nil || edge == nil {
		return gate.Config{}, err
	}
	return *edge, nil
}

// resolvedJSON is one client as resolve prints it.
type resolvedJSON struct {
	Client *netip.Addr `json:"client"`
	Error  *string     `json:"error"`
	Peer   *netip.Addr `json:"peer"`
}

func (c *commandLine) resolveEach(input *requests, args []string, resolver *gate.Resolver) error {
	out := bufio.NewWriter(c.out)
	outcome, note := allGood, pseudoNote{out: c.err}
	read, err := c.each(input, args, func(r request.Request) error {
		peer, _ := resolver.Peer(r.Remote) // Client says what is wrong with it
		client, err := resolver.Client(r.Remote, r.Header)
		note.about(client)
		failure := ""
		if err != nil {
			outcome, failure = undecided, admission.Code(err)
		}
		if c.json {
			return writeJSON(out, resolvedJSON{explained.AddrOrNull(client), explained.TextOrNull(failure), explained.AddrOrNull(peer)})
		}
		if err == nil {
			failure = client.String()
		}
		_, err = fmt.Fprintln(out, failure)
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
