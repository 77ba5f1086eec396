package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/decide/policyfile"
)

func (c *commandLine) exportCommand() *cobra.Command {
	var format string
	command := &cobra.Command{
		Use:   "export --format FORMAT",
		Short: "Write the decisions for nginx, HAProxy, nftables and others",
		Long: `Writes the decision about requests of one hop for every address, aggregated to
the fewest networks:

  nginx      a geo block that sets $netwicket_allow to 1, by default to 0
  haproxy    a map for map_ip, with the value allow
  nftables   two sets and a chain that drops what is not in them
  cidr       the allowed networks, one a line
  csv        network, decision and reason, of all addresses

What is not listed is denied. A comment at the top, for csv a note on standard
error, says which policy and which data went in, and what the program that reads
it must see to: proxies are not looked at, nor IPv4 addresses embedded in Teredo
and local NAT64 addresses.`,
		Example: `  netwicket export --format nginx > /etc/nginx/netwicket.conf
  netwicket export -c okta/ --format cidr | grepcidr -f /dev/stdin access.log`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.export(format) },
	}
	command.Flags().StringVar(&format, "format", "", "`FORMAT` to write: "+strings.Join(export.Formats(), ", ")+" (required)")
	offerValues(command, "format", export.Formats()...)
	return command
}

func (c *commandLine) export(format string) error {
	if format == "" {
		return errors.New("--format is missing; expected " + strings.Join(export.Formats(), ", "))
	}
	parts, policy, err := c.openPolicy()
	if err != nil {
		return err
	}
	names := c.paths
	if len(names) == 0 {
		names = []string{policyfile.FileName}
	}
	heading := export.Heading{Program: "netwicket " + versionText(), Names: names, Info: policy.Info(), LeavesEmbedded: parts.TestsEmbedded()}
	if err := export.Write(c.out, format, policy, heading); err != nil {
		return err
	}
	if format == "csv" {
		for _, line := range heading.Header() {
			if _, err := fmt.Fprintln(c.err, "netwicket: "+oneLine(line)); err != nil {
				return err
			}
		}
	}
	return nil
}
