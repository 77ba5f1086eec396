package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/files"
)

// commandLine is one run of the program: its streams and the flags that all
// commands share.
type commandLine struct {
	in       io.Reader
	out, err io.Writer
	outside  surroundings

	paths          []string
	geo            []string
	services       []string
	threats        []string
	unknownCountry string
	within         string
	assumeNone     []string
	json           bool
	annotates      bool // errors too are commands to GitHub's runner
}

// run runs the program and gives its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &commandLine{in: stdin, out: stdout, err: stderr}
	return c.run(args)
}

func (c *commandLine) run(args []string) int {
	root := c.rootCommand()
	help := &helpWriter{out: c.out}
	root.SetArgs(args)
	root.SetOut(help)
	root.SetErr(c.err)
	err := cmp.Or(root.Execute(), help.err)
	var code status
	switch {
	case err == nil:
		return int(allGood)
	case errors.As(err, &code):
		return int(code)
	default:
		c.report(err)
		return int(undecided)
	}
}

// helpWriter keeps the first error: cobra looks at none when it prints help.
type helpWriter struct {
	out io.Writer
	err error
}

func (w *helpWriter) Write(text []byte) (int, error) {
	n, err := w.out.Write(text)
	w.err = cmp.Or(w.err, err)
	return n, err
}

func (c *commandLine) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "netwicket",
		Short: "Decide who may come in, by Okta zones, SailPoint networks and geo databases",
		Long: `netwicket reads an organisation's Okta network zones, policy rules and
ThreatInsight settings, its SailPoint network configuration and geo databases,
and decides about addresses and proxy chains exactly as the vendors document it.

Exit codes: 0 allowed or all good, 1 could not decide, 2 at least one denial,
3 check, test or doctor found failures.`,
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		CompletionOptions:          cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:                       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			cmd.SetOut(c.err)
			return errors.Join(cmd.Help(), undecided)
		},
	}
	root.Version = versionText()
	root.SetVersionTemplate(programText())
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", ".FlagUsagesWrapped 80 "))
	c.sharedFlags(root)
	root.PersistentPreRunE = c.checkWithin
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help shows what there is", err, cmd.CommandPath())
	})
	root.AddCommand(c.commands()...)
	return root
}

// commands are all commands, each in its own file.
func (c *commandLine) commands() []*cobra.Command {
	return []*cobra.Command{
		c.evalCommand(),
		c.explainCommand(),
		c.resolveCommand(),
		c.checkCommand(),
		c.diffCommand(),
		c.testCommand(),
		c.replayCommand(),
		c.exportCommand(),
		c.filterCommand(),
		c.compileCommand(),
		c.mapCommand(),
		c.consoleCommand(),
		c.serveCommand(),
		c.adminCommand(),
		c.pullCommand(),
		c.keyCommand(),
		c.publishCommand(),
		c.fetchCommand(),
		c.doctorCommand(),
		c.benchCommand(),
		c.versionCommand(),
		c.completionCommand(),
	}
}

func (c *commandLine) sharedFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringArrayVarP(&c.paths, "config", "c", nil, "policy file, folder that holds netwicket.json, vendor document or snapshot at `PATH` (repeatable; default netwicket.json)")
	flags.StringArrayVarP(&c.geo, "geo", "g", nil, "geo source at `PATH`: .mmdb, .csv, or a folder of them (repeatable)")
	flags.StringArrayVar(&c.services, "service", nil, "list of networks that offer an IP service, as `NAME=PATH` (repeatable)")
	flags.StringArrayVar(&c.threats, "threat", nil, "threat feed at `PATH` (repeatable)")
	flags.StringVar(&c.unknownCountry, "unknown-country", "", "what a client of unknown country is to a SailPoint block list, `ANSWER`: deny or trust")
	offerValues(root, "unknown-country", "deny", "trust")
	flags.StringVar(&c.within, "within", "", "folder `DIR` that no path may leave, in a policy file or on the command line, nor a link on the way")
	flags.StringArrayVar(&c.assumeNone, "assume-none", nil, "sorts of anonymizers that are none wherever no geo source states them: `SORT,...` of tor, vpn, public_proxy, residential_proxy, or all (repeatable)")
	offerValues(root, "assume-none", append(geo.SortNames(), "all")...)
	flags.BoolVar(&c.json, "json", false, "print JSON, one object a line")
}

// checkWithin refuses a --within that would hold nothing back.
func (c *commandLine) checkWithin(command *cobra.Command, _ []string) error {
	if !command.Flags().Changed("within") {
		return nil
	}
	info, err := files.File{Path: c.within}.Stat()
	switch {
	case c.within == "":
		return errors.New(`--within "": expected a folder, such as .`)
	case err != nil:
		return fmt.Errorf("--within %q: %w", c.within, files.Cause(err))
	case !info.IsDir():
		return fmt.Errorf("--within %q: expected a folder", c.within)
	}
	return nil
}

// file is a file that the command line names.
func (c *commandLine) file(path string) files.File {
	return files.File{Path: path, Named: true, Within: c.within}
}

func unknownCommand(root *cobra.Command, name string) error {
	text := fmt.Sprintf("unknown command %q", name)
	if near := root.SuggestionsFor(name); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text + "; netwicket --help lists the commands")
}
