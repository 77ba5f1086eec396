package main

import (
	"fmt"
	"io"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

func (c *commandLine) explainCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "explain [ADDR...]",
		Short: "Decide, and show everything that led to the decision",
		Long: `Decides like eval, and shows for each request every hop, zone, rule and layer:
hit or miss, and why; at the end the policy's fingerprint and the dates of its
data.

--from-log takes the request from a line of an access log, read as replay reads
it.`,
		Example: `  netwicket explain 203.0.113.9
  netwicket explain --json --remote 10.0.0.1:4711 -H 'X-Forwarded-For: 203.0.113.9'
  netwicket explain --from-log "$(grep -m1 ' 403 ' access.log)"`,
	}
	input := newRequests(command)
	input.line = newLogLine(command)
	command.RunE = func(_ *cobra.Command, args []string) error {
		look := c.style()
		return c.decideEach(input, args, func(by *deciding, r request.Request, out io.Writer) (decide.Decision, error) {
			e, from := by.Explain(r, &by.buffer)
			provenance := explained.NewProvenance(&e, by.said(e.Decision.Client))
			if c.json {
				return e.Decision, writeJSON(out, explained.New(&e, from, by.Policy.Info(), provenance))
			}
			return e.Decision, writeExplanation(out, &e, from, by.Policy.Info(), &provenance, look)
		})
	}
	return command
}

// said is what each source says of the client; nothing without a client, and where
// the sources cannot be read once more, as a pipe cannot.
func (d *deciding) said(client netip.Addr) []geo.Said {
	if !client.IsValid() {
		return nil
	}
	if !d.traced {
		d.traced = true
		var err error
		if d.tracer, err = d.parts.Tracer(); err != nil {
			fmt.Fprintf(d.err, "netwicket: it is not shown which source says what: %s\n", oneLine(err.Error()))
		}
	}
	return d.tracer.At(client)
}
