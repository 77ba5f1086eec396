package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/geo"
)

// replayFlags are what replay asks beside the format of the logs.
type replayFlags struct {
	against string
	top     int
}

func (c *commandLine) replayCommand() *cobra.Command {
	var flags replayFlags
	command := &cobra.Command{
		Use:   "replay LOG...",
		Short: "Decide every request of access logs",
		Long: `Decides every request that access logs record, through the proxies that they
record, and sums up. LOG is a file, plain or compressed with gzip or zstd, or -
for standard input.

Formats: the common and combined formats of Apache and nginx, also with a
virtual host or X-Forwarded-For in front of the peer or X-Forwarded-For behind
the user agent; those of HAProxy (httplog), Envoy, Istio, Amazon's load
balancers, CloudFront and IIS; JSON lines; Okta System Log events, also as
EventBridge, Splunk and event hooks deliver them; or lines that a regular
expression takes apart. Without --format each line is recognised, also behind
what Docker, Kubernetes or syslog put in front of it. Where the policy has an
edge, it resolves the client from the peer and X-Forwarded-For; without one, the
peer is the nearest hop and X-Forwarded-For supplies the hops behind it. Okta's
events carry their own chain.

Lines that are no record are counted, and the first ones shown on standard
error. Ends with 0 whatever was decided, and with 1 if a log could not be read.`,
		Example: `  netwicket replay /var/log/nginx/access.log*
  netwicket replay --against next/netwicket.json access.log
  netwicket replay --field peer=request.remote_ip --field xff=request.headers.X-Forwarded-For caddy.log
  netwicket replay --pattern '^(?P<peer>\S+) \S+ "(?P<xff>[^"]*)"' proxy.log`,
	}
	format := newLogFlags(command)
	command.Flags().StringVar(&flags.against, "against", "", "show who would change under this `POLICY`: a policy file, folder, vendor document or snapshot")
	command.Flags().IntVar(&flags.top, "top", 10, "how many (`N`) rows of each list to show")
	command.RunE = func(_ *cobra.Command, args []string) error { return c.replay(flags, format, args) }
	return command
}

func (c *commandLine) replay(flags replayFlags, format *logFlags, args []string) error {
	config, err := c.replayConfig(flags, format)
	if err != nil {
		return err
	}
	inputs, bar := c.logInputs(args)
	report := replay.Run(config, inputs)
	bar.finish()
	c.reportFaults(report)
	if report.Lines == 0 && len(report.Failed) > 0 {
		return undecided // a report of nothing would look like one of a quiet day
	}
	if c.json {
		err = writeJSON(c.out, newReplayJSON(report, config.Against != nil))
	} else {
		_, err = c.out.Write(replayText(report, flags, c.style()))
	}
	if err != nil {
		return err
	}
	return replayStatus(report)
}

// replayStatus: logs without a single record were read in a wrong format.
func replayStatus(report *replay.Report) error {
	if len(report.Failed) > 0 || report.Decided == 0 && report.Unreadable > 0 {
		return undecided
	}
	return nil
}

// replayConfig opens the policy, or the two of them.
func (c *commandLine) replayConfig(flags replayFlags, format *logFlags) (replay.Config, error) {
	config := replay.Config{Workers: runtime.GOMAXPROCS(0)}
	var err error
	if config.Parse, err = format.parser(); err != nil {
		return config, err
	}
	if flags.against == "" {
		parts, policy, opened := c.openPolicy()
		if opened != nil {
			return config, opened
		}
		config.Subject, err = subject(parts, policy)
		return config, err
	}
	pair, err := c.openPolicies(c.paths, []string{flags.against})
	if err != nil {
		return config, err
	}
	if config.Subject, err = subject(pair[0].Parts, pair[0].Policy); err != nil {
		return config, err
	}
	other, err := subject(pair[1].Parts, pair[1].Policy)
	config.Against = &other
	return config, err
}

// reportFaults shows what could not be read.
func (c *commandLine) reportFaults(report *replay.Report) {
	for _, err := range report.Failed {
		fmt.Fprintf(c.err, "netwicket: %s\n", oneLine(err.Error()))
	}
	for _, f := range report.Faults {
		text := ""
		if f.Text != "" {
			text = ": " + shortQuote(f.Text)
		}
		fmt.Fprintf(c.err, "netwicket: %s:%d: no record: %s%s\n", oneLine(f.Name), f.Line, oneLine(f.Err.Error()), text)
	}
	if more := report.Unreadable - uint64(len(report.Faults)); more > 0 {
		fmt.Fprintf(c.err, "netwicket: and %d more lines that are no record\n", more)
	}
	if report.Decided == 0 && report.Unreadable > 0 {
		fmt.Fprintln(c.err, "netwicket: no line could be read; say what they are with --format, or where the addresses stand "+
			"with --pattern RE for text, such as --pattern '^(?P<peer>\\S+) ', and --field NAME=PATH for JSON, such as --field peer=remote.ip")
	}
}

// replayJSON is the outcome as replay prints it.
type replayJSON struct {
	Lines      uint64           `json:"lines"`
	Decided    uint64           `json:"decided"`
	Unreadable uint64           `json:"unreadable"`
	Allow      uint64           `json:"allow"`
	Deny       uint64           `json:"deny"`
	Reasons    explained.Object `json:"reasons"`
	Unknown    geo.Field        `json:"unknown"`
	Clients    int              `json:"clients"`
	Networks   *grainJSON       `json:"clientNetworks,omitempty"` // where clients were counted by network
	Against    *replayChanges   `json:"against,omitempty"`
}

type grainJSON struct {
	IPv4 int `json:"ipv4"`
	IPv6 int `json:"ipv6"`
}

// replayChanges is what --against adds.
type replayChanges struct {
	NewlyDenied  uint64 `json:"newlyDenied"`
	NewlyAllowed uint64 `json:"newlyAllowed"`
	Clients      int    `json:"clients"`
}

func newReplayJSON(report *replay.Report, against bool) replayJSON {
	out := replayJSON{
		Lines: report.Lines, Decided: report.Decided, Unreadable: report.Unreadable,
		Allow: report.Allow, Deny: report.Deny, Reasons: explained.Object{}, Clients: report.Clients,
	}
	for _, count := range report.Reasons {
		out.Reasons = append(out.Reasons, explained.Member{Key: count.Of.String(), Value: count.Requests})
	}
	for _, count := range report.Unknown {
		out.Unknown |= count.Of
	}
	if report.Grain.Bits4 != 32 {
		out.Networks = &grainJSON{report.Grain.Bits4, report.Grain.Bits6}
	}
	if against {
		out.Against = &replayChanges{report.Changes.ToDeny, report.Changes.ToAllow, report.Changes.Clients}
	}
	return out
}
