package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/filter"
)

func filterFormats() []string { return []string{"tsv", "rowbinary"} }

func (c *commandLine) filterCommand() *cobra.Command {
	var format, against string
	command := &cobra.Command{
		Use:   "filter",
		Short: "Answer a stream of addresses, one line for each",
		Long: `Reads addresses from standard input and answers each, in order: for pipes, and
for the executable functions of a warehouse, which wait until all that they
asked is answered.

  tsv        a line is an address, or a chain of them parted by commas, the
             nearest hop first; its answer is decision, reason, zone and rule,
             parted by tabs and escaped as ClickHouse's TabSeparated has it
  rowbinary  an address has 16 bytes, IPv4 mapped into IPv6; its answer is a
             byte, the number of the reason, and 128 besides if it is allowed

What cannot be read is denied, client_unresolved. Every line has an answer, and
standard output holds nothing else. With --against OLD, each answer has what the
policy OLD says behind it. Ends with 0 at the end of the input.`,
		Example: `  netwicket filter < addresses.txt
  cut -f 3 requests.tsv | netwicket filter --against yesterday/ | sort | uniq -c`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return c.filter(format, against, command.Flags().Changed("against"))
		},
	}
	flags := command.Flags()
	flags.StringVar(&format, "format", "tsv", "`FORMAT` of questions and answers: "+strings.Join(filterFormats(), ", "))
	offerValues(command, "format", filterFormats()...)
	flags.StringVar(&against, "against", "", "answer what the policy `OLD` says, too")
	return command
}

func (c *commandLine) filter(format, against string, compare bool) error {
	answer := map[string]func(io.Reader, io.Writer, filter.Policies) error{"tsv": filter.TSV, "rowbinary": filter.RowBinary}[format]
	if answer == nil {
		return fmt.Errorf("unknown format %q; expected %s", format, strings.Join(filterFormats(), ", "))
	}
	var asked filter.Policies
	if compare {
		pair, err := c.openPolicies([]string{against}, c.paths)
		if err != nil {
			return err
		}
		asked = filter.Policies{Policy: pair[1].Policy, Compare: true, Against: pair[0].Policy}
	} else {
		_, policy, err := c.openPolicy()
		if err != nil {
			return err
		}
		asked.Policy = policy
	}
	if isTerminal(c.in) && isTerminal(c.err) {
		fmt.Fprintln(c.err, "netwicket: reading addresses from the terminal, one a line, until Ctrl-D")
	}
	return answer(c.in, c.out, asked)
}
