package main

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/shown"
)

func (c *commandLine) adminLogCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "log",
		Short: "List the writes to a policy folder",
		Long: `Lists the generations of the policy folder of -c, the newest first: each write of
netwicket admin is one, and so is what somebody else changed between. Two of them
are compared by netwicket diff FOLDER@N FOLDER@M, and one is made again by
netwicket admin revert N.`,
		Example: `  netwicket admin log -c policy/
  netwicket admin log -c policy/ --json | jq 'select(.caller == "terraform")'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.adminLog() },
	}
}

func (c *commandLine) adminLog() error {
	history, err := c.openHistory()
	if err != nil {
		return err
	}
	generations := history.Generations()
	slices.Reverse(generations)
	if c.json {
		for _, g := range generations {
			if err := writeJSON(c.out, g); err != nil {
				return err
			}
		}
		return nil
	}
	columns := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, g := range generations {
		fmt.Fprintf(columns, "%d\t%s\t%s\t%s\n", g.Number, g.Time.Format(time.RFC3339), callerOf(g), oneLine(g.Action))
	}
	return columns.Flush()
}

// callerOf is who wrote a generation; the program itself and strangers have no name.
func callerOf(g tenant.Generation) string {
	if g.Caller == "" {
		return "-"
	}
	return oneLine(g.Caller)
}

func (c *commandLine) adminShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show N [FILE]",
		Short: "Show a generation of a policy folder, or one of its files",
		Long: `Shows generation N of the policy folder of -c: who wrote it, when, by which
request, and its files, with + at those that are new or different, and - at those
that are gone since the generation before. With FILE, prints what that file held.`,
		Example: `  netwicket admin show 12 -c policy/
  netwicket admin show 12 okta/zones.json -c policy/`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			number, err := generationNumber(args[0])
			if err != nil {
				return err
			}
			if len(args) == 2 {
				return c.adminShowFile(number, args[1])
			}
			return c.adminShow(number)
		},
	}
}

func generationNumber(text string) (int, error) {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		return 0, fmt.Errorf("%q: expected the number of a generation, as netwicket admin log lists them", text)
	}
	return number, nil
}

// generationJSON is a generation as show --json prints it.
type generationJSON struct {
	tenant.Generation
	Files []string `json:"files"`
}

func (c *commandLine) adminShow(number int) error {
	history, err := c.openHistory()
	if err != nil {
		return err
	}
	g, err := history.Generation(number)
	if err != nil {
		return err
	}
	files, err := history.Names(number)
	if err != nil {
		return err
	}
	if c.json {
		return writeJSON(c.out, generationJSON{g, files})
	}
	s := &sheet{look: c.style()}
	s.table(fmt.Sprintf("Generation %d", g.Number), [][]string{
		{"time", g.Time.Format(time.RFC3339)}, {"caller", callerOf(g)}, {"action", g.Action},
		{"request", orWord(g.Request, "-")}, {"fingerprint", orWord(g.Fingerprint, "-")},
	})
	var rows [][]string
	for _, name := range files {
		mark := " "
		if _, changed := g.Changed[name]; changed {
			mark = "+"
		}
		rows = append(rows, []string{mark, name})
	}
	for name, hash := range g.Changed {
		if hash == "" {
			rows = append(rows, []string{"-", name})
		}
	}
	slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[1], b[1]) })
	s.table("Files", rows)
	_, err = c.out.Write(s.out.Bytes())
	return err
}

func (c *commandLine) adminShowFile(number int, name string) error {
	history, err := c.openHistory()
	if err != nil {
		return err
	}
	contents, err := history.Contents(number)
	if err != nil {
		return err
	}
	text, there := contents[name]
	if !there {
		return fmt.Errorf("generation %d has no file %q; netwicket admin show %d lists its files", number, name, number)
	}
	_, err = c.out.Write(shown.JSON(text))
	return err
}

// openHistory reads the history of the policy folder.
func (c *commandLine) openHistory() (*tenant.History, error) {
	folder, err := c.policyFolder()
	if err != nil {
		return nil, err
	}
	return tenant.OpenHistory(folder)
}

func (c *commandLine) adminRevertCommand() *cobra.Command {
	var audit string
	var strict bool
	command := &cobra.Command{
		Use:   "revert N",
		Short: "Make the documents of a generation those of a policy folder again",
		Long: `Makes the documents of the policy folder of -c those of generation N again, as a
write of its own: it is compiled, held against serve.guard, stored whole, and one
more generation of the history. What else stands in netwicket.json stays.

It may be done while netwicket admin serves the folder: the two write in turns,
and the server answers with the new documents at once. While netwicket pull
writes to the folder, it is refused.`,
		Example: `  netwicket admin log -c policy/
  netwicket diff policy@12 policy
  netwicket admin revert 12 -c policy/`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			number, err := generationNumber(args[0])
			if err != nil {
				return err
			}
			return c.adminRevert(number, audit, strict)
		},
	}
	command.Flags().StringVar(&audit, "audit", "", "append the line about it to `FILE` (default standard error)")
	command.Flags().BoolVar(&strict, "strict", false, "refuse it if it brings warnings that were not there before")
	return command
}

func (c *commandLine) adminRevert(number int, audit string, strict bool) error {
	folder, err := c.policyFolder()
	if err != nil {
		return err
	}
	history, err := tenant.OpenHistory(folder)
	if err != nil {
		return err
	}
	if _, err := history.Generation(number); err != nil {
		return err // before anything is made of a folder that admin has never managed
	}
	trail, closeAudit, err := c.auditTrail(audit, c.err)
	if err != nil {
		return err
	}
	defer closeAudit()
	store, err := tenant.Open(tenant.Options{
		Folder: folder, Within: c.within, Strict: strict, Audit: trail, Between: true,
		Holder: fmt.Sprintf("netwicket admin revert (process %d)", os.Getpid()),
	})
	if err != nil {
		return err
	}
	defer store.Close()
	answer, err := store.Revert(&wire.Request{
		Caller: wire.Caller{Name: userName()}, Verb: "REVERT", Path: strconv.Itoa(number), Time: time.Now(),
	}, number)
	if err != nil {
		return err
	}
	for _, warning := range answer.Header.Values("Netwicket-Warning") {
		fmt.Fprintf(c.err, "netwicket: warning: %s\n", oneLine(warning))
	}
	generations := store.History().Generations()
	_, err = fmt.Fprintf(c.out, "generation %d has the documents of generation %d\n", generations[len(generations)-1].Number, number)
	return err
}

// userName is whom the history and the audit name for what a person does here.
func userName() string {
	if who, err := user.Current(); err == nil {
		return who.Username
	}
	return strconv.Itoa(os.Getuid())
}
