package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// exportFlags say what to write, and where.
type exportFlags struct {
	command    *cobra.Command
	format     string
	file       string
	against    string
	family     string
	noEmbedded bool
	noBuckets  bool
	engine     string
	deny       bool
	most       int
	weights    []string
}

func (c *commandLine) exportCommand() *cobra.Command {
	f := &exportFlags{}
	command := &cobra.Command{
		Use:   "export --format FORMAT",
		Short: "Write the decisions for proxies, firewalls and warehouses",
		Long: `Writes the decision about requests of one hop for every address:

  nginx       a geo block that sets $netwicket_allow to 1, by default to 0
  haproxy     a map for map_ip, with the value allow
  nftables    two sets and a chain that drops what is not in them
  cidr        the allowed networks, one a line
  csv         network, decision and reason, of all addresses
  table       ranges with decision, reason, zone and rule, for a warehouse
  sql         how a warehouse reads that table and asks it, for --for ENGINE
  aws-waf     the allowed networks as IP sets, input of create-ip-set
  cloudflare  the allowed networks as items of a list

What is not listed is denied. A comment at the top, for csv and table a note on
standard error, says which policy and which data went in, and what the program
that reads it must see to: proxies are not looked at, nor IPv4 addresses
embedded in Teredo and local NAT64 addresses.

With --deny, cidr, aws-waf and cloudflare list networks that are denied as a
whole: with --max N at most so many, the largest first, or with --weights LOG
those that most requests of the log come from. An allow list cannot be cut.

With --against OLD, table has what the policy OLD says beside it, and its ranges
are cut where either changes.`,
		Example: `  netwicket export --format nginx > /etc/nginx/netwicket.conf
  netwicket export --format table --against yesterday/ -o policy.csv.gz
  netwicket export --format sql --for clickhouse
  netwicket export --deny --max 10000 --format aws-waf --family 4 -o ipset.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.export(f) },
	}
	f.command = command
	flags := command.Flags()
	flags.StringVar(&f.format, "format", "", "`FORMAT` to write: "+strings.Join(export.Formats(), ", ")+" (required)")
	offerValues(command, "format", export.Formats()...)
	flags.StringVarP(&f.file, "output", "o", "", "`FILE` to write, whole or not at all, compressed if its name ends in .gz; - is standard output")
	flags.StringVar(&f.against, "against", "", "table: what the policy `OLD` says, too")
	flags.StringVar(&f.family, "family", "", "table and lists of networks: the addresses of IPv`N` alone, 4 or 6")
	offerValues(command, "family", "4", "6")
	flags.BoolVar(&f.noEmbedded, "no-embedded", false, "table: leave out NAT64, 6to4 and Teredo, where all of IPv4 is repeated")
	flags.BoolVar(&f.noBuckets, "no-buckets", false, "table: do not cut ranges at the borders of buckets")
	flags.StringVar(&f.engine, "for", "", "sql: `ENGINE` that reads it: "+strings.Join(export.Engines(), ", "))
	offerValues(command, "for", export.Engines()...)
	flags.BoolVar(&f.deny, "deny", false, "cidr, aws-waf, cloudflare: networks that are denied as a whole")
	flags.IntVar(&f.most, "max", 0, "at most `N` networks")
	flags.StringArrayVar(&f.weights, "weights", nil, "with --deny: first the networks that most requests of this access `LOG` come from; - is standard input (repeatable)")
	return command
}

// check says which flags do not go together.
func (f *exportFlags) check() error {
	if f.format == "" {
		return errors.New("--format is missing; expected " + strings.Join(export.Formats(), ", "))
	}
	if !slices.Contains(export.Formats(), f.format) {
		return fmt.Errorf("unknown format %q; expected %s", f.format, strings.Join(export.Formats(), ", "))
	}
	if f.command.Flags().Changed("family") && f.family != "4" && f.family != "6" {
		return fmt.Errorf("--family %q: expected 4 or 6", f.family)
	}
	if f.command.Flags().Changed("max") && f.most < 1 {
		return fmt.Errorf("--max %d: expected 1 or more", f.most)
	}
	if f.format == "sql" && !slices.Contains(export.Engines(), f.engine) {
		return fmt.Errorf("--for %q: expected %s", f.engine, strings.Join(export.Engines(), ", "))
	}
	list := slices.Contains(export.ListFormats(), f.format)
	for flag, fits := range map[string]bool{
		"against":     f.format == "table",
		"no-embedded": f.format == "table",
		"no-buckets":  f.format == "table",
		"family":      f.format == "table" || list,
		"for":         f.format == "sql",
		"deny":        list,
		"weights":     f.deny,
		"max":         list || f.format == "nginx" || f.format == "haproxy",
	} {
		if f.command.Flags().Changed(flag) && !fits {
			return fmt.Errorf("--%s does not go with --format %s%s", flag, f.format, map[bool]string{true: " without --deny"}[flag == "weights"])
		}
	}
	return nil
}

// families is --family as a number, 0 for both.
func (f *exportFlags) families() int {
	return map[string]int{"4": 4, "6": 6}[f.family]
}

func (c *commandLine) export(f *exportFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.format == "table" {
		return c.exportTable(f)
	}
	parts, policy, err := c.openPolicy()
	if err != nil {
		return err
	}
	heading := c.heading(policy.Info(), parts.TestsEmbedded())
	if f.format == "sql" {
		return c.writeExport(f, func(out io.Writer) error { return export.WriteSQL(out, f.engine, heading) })
	}
	if f.deny || f.format == "aws-waf" || f.format == "cloudflare" || f.family != "" {
		return c.exportList(f, parts, policy, heading)
	}
	if allowed := len(export.Allowed(policy)); f.most > 0 && allowed > f.most {
		return cutAllowList(allowed, f.most)
	}
	if err := c.writeExport(f, func(out io.Writer) error { return export.Write(out, f.format, policy, heading) }); err != nil {
		return err
	}
	if f.format == "csv" {
		return c.noteHeading(heading.Header())
	}
	return nil
}

func (c *commandLine) heading(info decide.Info, leavesEmbedded bool) export.Heading {
	names := c.paths
	if len(names) == 0 {
		names = []string{policyfile.FileName}
	}
	return export.Heading{Program: "netwicket " + versionText(), Names: names, Info: info, LeavesEmbedded: leavesEmbedded}
}

// noteHeading tells on standard error what a file has no place for.
func (c *commandLine) noteHeading(lines []string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(c.err, "netwicket: "+oneLine(line)); err != nil {
			return err
		}
	}
	return nil
}

// writeExport writes to the file that was asked for, whole or not at all, or to
// standard output.
func (c *commandLine) writeExport(f *exportFlags, write func(io.Writer) error) error {
	if f.file == "" || f.file == "-" {
		return write(c.out)
	}
	return atomicfile.Write(f.file, func(out io.Writer) error {
		if !strings.HasSuffix(strings.ToLower(f.file), ".gz") {
			return write(out)
		}
		compressed := gzip.NewWriter(out)
		return errors.Join(write(compressed), compressed.Close())
	})
}

func (c *commandLine) exportTable(f *exportFlags) error {
	if f.file == "" && isTerminal(c.out) {
		return errors.New("a table is many thousand lines: name a file with -o, such as -o policy.csv.gz, or -o - for this terminal")
	}
	table := export.Table{Family: f.families(), NoEmbedded: f.noEmbedded, NoBuckets: f.noBuckets}
	info, embedded := decide.Info{}, false
	if f.command.Flags().Changed("against") {
		pair, err := c.openPolicies([]string{f.against}, c.paths)
		if err != nil {
			return err
		}
		table.Compare, table.Against, table.Policy = true, pair[0].Policy, pair[1].Policy
		info, embedded = pair[1].Policy.Info(), pair[0].Parts.TestsEmbedded() || pair[1].Parts.TestsEmbedded()
	} else {
		parts, policy, err := c.openPolicy()
		if err != nil {
			return err
		}
		table.Policy, info, embedded = policy, policy.Info(), parts.TestsEmbedded()
	}
	if err := c.writeExport(f, func(out io.Writer) error { return export.WriteTable(out, table) }); err != nil {
		return err
	}
	lines := c.heading(info, embedded).TableHeader()
	if table.Compare {
		lines = append(lines, "beside policy "+table.Against.Info().Fingerprint+" from "+f.against)
	}
	return c.noteHeading(lines)
}
