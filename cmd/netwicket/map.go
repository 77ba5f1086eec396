package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide/policyfile"
)

func (c *commandLine) mapCommand() *cobra.Command {
	var file, old string
	command := &cobra.Command{
		Use:   "map -o FILE",
		Short: "Draw the address space by decision",
		Long: `Draws what the policy decides: all of IPv4 on a Hilbert curve, where networks
are squares, and the networks of IPv6 that a zone, a list or a geo source names.
Space that IANA reserves is grey and not counted, unless one of them names it.

The ending of FILE says what is written: a .png, an .svg, or an .html page to
zoom, search and filter, which needs no network.

With --diff only what changes from the policy OLD to this one is coloured; what
-g and the other flags name is part of both.

Decisions are those about requests of one hop. IPv4 addresses embedded in NAT64
and 6to4 addresses count as they do in a decision; those in Teredo addresses,
2001::/32, and in local NAT64 addresses, 64:ff9b:1::/48, do not.`,
		Example: `  netwicket map -o policy.html
  netwicket map -c today/ --diff yesterday/ -o change.png`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.drawMap(file, old) },
	}
	command.Flags().StringVarP(&file, "output", "o", "", "`FILE` to write: .png, .svg or .html (required)")
	command.Flags().StringVar(&old, "diff", "", "colour only what changes from this policy, `OLD`")
	return command
}

func (c *commandLine) drawMap(file, old string) error {
	write, err := mapWriter(file)
	if err != nil {
		return err
	}
	subject, err := c.mapSubject(old)
	if err != nil {
		return err
	}
	return atomicfile.Write(file, func(out io.Writer) error { return write(spacemap.New(subject), out) })
}

// mapWriter is how a map is written to a file of that name.
func mapWriter(file string) (func(*spacemap.Map, io.Writer) error, error) {
	if file == "" {
		return nil, errors.New("map: name the file to write with -o, such as -o policy.html")
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".png":
		return (*spacemap.Map).PNG, nil
	case ".svg":
		return (*spacemap.Map).SVG, nil
	case ".html":
		return (*spacemap.Map).HTML, nil
	default:
		return nil, fmt.Errorf("-o %q: expected a name that ends in .png, .svg or .html", file)
	}
}

// mapSubject opens the policy, or both.
func (c *commandLine) mapSubject(old string) (spacemap.Subject, error) {
	if old == "" {
		parts, policy, err := c.openPolicy()
		if err != nil {
			return spacemap.Subject{}, err
		}
		opened := policyfile.Opened{Parts: parts, Policy: policy}
		return spacemap.Subject{Name: mapTitle(parts), Policy: policy, Config: parts.Config, Notes: mapNotes([]policyfile.Opened{opened})}, nil
	}
	pair, err := c.openPolicies([]string{old}, c.paths)
	if err != nil {
		return spacemap.Subject{}, err
	}
	return spacemap.Subject{
		Name: mapTitle(pair[1].Parts), Policy: pair[1].Policy, Config: pair[1].Parts.Config,
		Compare: true, OldName: mapTitle(pair[0].Parts), Old: pair[0].Policy, OldConfig: pair[0].Parts.Config, Notes: mapNotes(pair[:]),
	}, nil
}

// mapTitle is how a map calls a policy: as it was named, but a folder that was
// named by dots alone, by its own name.
func mapTitle(parts *policyfile.Parts) string {
	name := parts.Name()
	if last := filepath.Base(name); last != "." && last != ".." {
		return name
	}
	if full, err := filepath.Abs(name); err == nil {
		return filepath.Base(full)
	}
	return name
}

// mapNotes is what a map by ranges leaves out, if it can matter
// (docs/semantics.md, range-2).
func mapNotes(opened []policyfile.Opened) []string {
	var notes []string
	if slices.ContainsFunc(opened, func(o policyfile.Opened) bool { return o.Parts.TestsEmbedded() }) {
		notes = append(notes, "Teredo addresses, 2001::/32, and local NAT64 addresses, 64:ff9b:1::/48, are shown without the IPv4 addresses in them.")
	}
	if slices.ContainsFunc(opened, func(o policyfile.Opened) bool { return o.Parts.SnapshotFile != "" }) {
		notes = append(notes, "A snapshot does not tell which networks its policy names, nor countries: every address counts.")
	}
	return notes
}
