package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/internal/mutants/reach"
	"github.com/netwicket/netwicket/internal/realdata"
)

// library is what the library and what it stands on are made of.
const library = "internal/addrnum,internal/packed,internal/shown,internal/mistaken,internal/finding,internal/files,internal/netset,internal/jsondoc,internal/parallel," +
	"zone,geo,internal/iptable,decide/internal/oracle,decide/internal/snapfile,decide/release,decide/keeper,decide/policyfile,decide/gate,decide"

// everything are the packages that are mutated: the library, and the rooms of the program.
func everything() string {
	var rooms []string
	for folder := range reach.Packages {
		if strings.HasPrefix(folder, "cmd/netwicket") {
			rooms = append(rooms, folder)
		}
	}
	slices.Sort(rooms)
	return library + "," + strings.Join(rooms, ",")
}

type options struct {
	packages, only string
	tests          *regexp.Regexp // that are asked
	longest        time.Duration  // that a test may take to be asked
	budget         time.Duration
	jobs           int
	list, fresh    bool
	own            bool
	again          bool // only survivors
	fields         bool // losses, instead of operators and statements
}

// find finds the mutants that are asked for.
func (o *options) find(s *source) []*mutant {
	if o.fields {
		return losses(s)
	}
	return mutants(s)
}

// remembered is the name of the file that remembers them.
func (o *options) remembered() string {
	if o.fields {
		return "fields.txt"
	}
	return "results.txt"
}

func main() {
	var o options
	flag.StringVar(&o.packages, "packages", "", "packages to mutate, `folder,folder`; empty: the library's and the program's")
	flag.StringVar(&o.only, "only", "", "only functions whose name contains this `text`")
	flag.DurationVar(&o.budget, "budget", 40*time.Minute, "begin no function after this time")
	flag.IntVar(&o.jobs, "jobs", runtime.NumCPU(), "mutants to try at the same time")
	flag.BoolVar(&o.list, "list", false, "list the mutants and end")
	flag.BoolVar(&o.fresh, "fresh", false, "remember nothing")
	flag.BoolVar(&o.own, "own", false, "only the package's own tests; the next run puts what survives before the others")
	tests := flag.String("tests", "", "ask only tests whose name matches this `regexp`; the next run puts what survives before the others")
	flag.DurationVar(&o.longest, "longest", 0, "ask only tests that take at most this time of a processor; the next run puts what survives before the others")
	flag.BoolVar(&o.again, "again", false, "only what survived, also where code or tests have changed; the next run without it tries the others of such functions")
	flag.BoolVar(&o.fields, "fields", false, "the other mutants: a field that is not set, a limit a hundred times as large; fields.txt remembers them")
	table := flag.Bool("table", false, "print what is remembered by package and end")
	flag.Parse()
	var err error
	if o.tests, err = regexp.Compile(*tests); err != nil {
		fmt.Fprintln(os.Stderr, "machine: -tests:", err)
		os.Exit(1)
	}
	if err := run(o, *table); err != nil {
		fmt.Fprintln(os.Stderr, "machine:", err)
		os.Exit(1)
	}
}

func run(o options, table bool) error {
	root, err := realdata.Repository()
	if err != nil {
		return err
	}
	remembered := filepath.Join(root, "cmd", "internal", "mutants", "machine", o.remembered())
	results, err := readMemory(remembered)
	if err != nil {
		return err
	}
	known, err := equivalents(equivalentText)
	if err != nil {
		return err
	}
	results.explain(known)
	if table {
		fmt.Print(results.table())
		return nil
	}
	deadline := time.Now().Add(o.budget)
	var problems []error
	for folder := range strings.SplitSeq(cmp.Or(o.packages, everything()), ",") {
		s, err := load(root, folder)
		if err != nil {
			return err
		}
		if o.list {
			for _, m := range o.find(s) {
				fmt.Printf("%s: %s\n", s.fileSet.Position(m.node.Pos()), m.key())
			}
			continue
		}
		w := &workshop{root: root, source: s, options: o, deadline: deadline, results: results, file: remembered, equivalent: map[string]bool{}}
		for _, e := range known {
			if e.folder == folder {
				w.equivalent[e.key] = true
			}
		}
		if err := w.work(); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", folder, err))
		}
	}
	if !o.list {
		fmt.Print(results.table())
	}
	return errors.Join(problems...)
}
