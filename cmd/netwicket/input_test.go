package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

// Every request is handled in its order, wherever it comes from, and the first that cannot be
// ends the work; what is no request is told, and outranks what the others come to.
func TestEachRequestInOrder(t *testing.T) {
	stop := errors.New("no room")
	lines := "192.0.2.1\n{\"remote\":1}\n192.0.2.2\n"
	for name, row := range map[string]struct {
		flags, args []string
		in          io.Reader
		fails       string // the request that cannot be handled
		unflushed   bool
		handled     []string
		outcome     status
		err         string
		told        int
	}{
		"addresses":              {args: []string{"192.0.2.7", "x"}, handled: []string{"192.0.2.7", "x"}},
		"an address that fails":  {args: []string{"192.0.2.7", "192.0.2.8"}, fails: "192.0.2.7", handled: []string{"192.0.2.7"}, outcome: undecided, err: "no room"},
		"one that is described":  {flags: []string{"--remote", "192.0.2.7"}, in: strings.NewReader(lines), handled: []string{"192.0.2.7"}},
		"described, and fails":   {flags: []string{"--remote", "192.0.2.7"}, fails: "192.0.2.7", handled: []string{"192.0.2.7"}, err: "no room"},
		"described twice":        {flags: []string{"--remote", "192.0.2.7"}, args: []string{"192.0.2.8"}, outcome: undecided, err: "a request of its own"},
		"lines":                  {in: strings.NewReader("192.0.2.1\n192.0.2.2\n"), handled: []string{"192.0.2.1", "192.0.2.2"}},
		"lines by name":          {args: []string{"-"}, in: strings.NewReader("192.0.2.1\n"), handled: []string{"192.0.2.1"}},
		"a line that is broken":  {in: strings.NewReader(lines), handled: []string{"192.0.2.1", "192.0.2.2"}, outcome: undecided, told: 1},
		"broken, then addresses": {args: []string{"-", "192.0.2.7"}, in: strings.NewReader(lines), handled: []string{"192.0.2.1", "192.0.2.2", "192.0.2.7"}, outcome: undecided, told: 1},
		"a line that fails":      {args: []string{"-", "192.0.2.7"}, in: strings.NewReader("192.0.2.1\n192.0.2.2\n"), fails: "192.0.2.1", handled: []string{"192.0.2.1"}, outcome: undecided, err: "no room"},
		"input that breaks off": {
			args: []string{"-", "192.0.2.7"}, in: io.MultiReader(strings.NewReader("192.0.2.1\n"), iotest.ErrReader(errors.New("torn"))), handled: []string{"192.0.2.1"}, outcome: undecided, err: "standard input, line 2: torn",
		},
		"answers that cannot be flushed": {args: []string{"-", "192.0.2.7"}, in: strings.NewReader("192.0.2.1\n"), unflushed: true, outcome: undecided, err: "no room"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			command := &cobra.Command{}
			r := newRequests(command)
			require.NoError(t, command.ParseFlags(row.flags))
			in := row.in
			if in == nil {
				in = iotest.ErrReader(errors.New("nobody asked for standard input"))
			}
			var handled []string
			outcome, err := (&commandLine{in: in, out: io.Discard, err: &stderr}).each(r, row.args, func(one request.Request) error {
				handled = append(handled, one.Remote)
				if one.Remote == row.fails {
					return stop
				}
				return nil
			}, func() error {
				if row.unflushed {
					return stop
				}
				return nil
			})
			require.Equal(t, row.handled, handled)
			require.Equal(t, row.outcome, outcome)
			require.Equal(t, row.told, strings.Count(stderr.String(), "netwicket: standard input, line 2: "), stderr.String())
			if row.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, row.err)
			}
		})
	}
}
