package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// openPolicy loads and compiles the policy that the flags name.
func (c *commandLine) openPolicy() (*policyfile.Parts, *decide.Policy, error) {
	return c.openPolicyWith(func(*policyfile.Options) {})
}

// openPolicyWith is openPolicy with options that no flag of every command gives.
func (c *commandLine) openPolicyWith(more func(*policyfile.Options)) (*policyfile.Parts, *decide.Policy, error) {
	options, err := c.policyOptions()
	if err != nil {
		return nil, nil, err
	}
	if err := atGenerations(&options); err != nil {
		return nil, nil, err
	}
	more(&options)
	var parts *policyfile.Parts
	var policy *decide.Policy
	c.loading(options.Paths, func() { parts, policy, err = policyfile.Open(options) })
	return parts, policy, err
}

// loading loads the policy of these paths, a snapshot sparingly.
func (c *commandLine) loading(paths []string, load func()) {
	if size := c.snapshotSize(paths); size > 0 {
		sparing(size, load)
		return
	}
	load()
}

// snapshotSize is the size of the one file that a policy is, if that is a snapshot; else 0.
func (c *commandLine) snapshotSize(paths []string) int64 {
	if len(paths) != 1 {
		return 0
	}
	file := c.file(paths[0])
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0 // a pipe cannot be looked at before it is read
	}
	opened, err := file.Open()
	if err != nil {
		return 0
	}
	defer opened.Close()
	head := make([]byte, len(decide.SnapshotMagic))
	n, _ := io.ReadFull(opened, head) // what cannot be read is said when it is opened to be read whole
	if string(head[:n]) != decide.SnapshotMagic {
		return 0
	}
	return info.Size()
}

// sparing loads a snapshot of a size with little memory: whoever has one wants a small
// process, and where little is in use a collection costs little. One processor makes one
// table after the other. A limit makes Go give pages
// back as well, for a tenth of the time (bench/README.md); who has set one is left alone.
func sparing(size int64, load func()) {
	const least, forEachByte = 12 << 20, 8
	if before := debug.SetMemoryLimit(-1); before == math.MaxInt64 {
		debug.SetMemoryLimit(least + forEachByte*size)
		defer debug.SetMemoryLimit(before)
	}
	processors := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(processors)
	(&thrift{}).around(load)
}

// policyOptions are the flags about the policy.
func (c *commandLine) policyOptions() (policyfile.Options, error) {
	options := policyfile.Options{Paths: c.paths, Geo: c.geo, Threats: c.threats, UnknownCountry: c.unknownCountry, Within: c.within}
	if c.unknownCountry != "" && c.unknownCountry != "deny" && c.unknownCountry != "trust" {
		return options, fmt.Errorf("--unknown-country %q: expected deny or trust", c.unknownCountry)
	}
	for _, list := range c.assumeNone {
		for name := range strings.SplitSeq(list, ",") {
			sorts, known := geo.SortsOf(name)
			if !known {
				return options, fmt.Errorf("--assume-none %q: %s, or all", list, jsondoc.Expected(name, geo.SortNames()...))
			}
			options.AssumeNone |= sorts
		}
	}
	for _, text := range c.services {
		name, path, _ := strings.Cut(text, "=")
		if path == "" {
			return options, fmt.Errorf("--service %q: expected NAME=PATH, such as NORD_VPN=nord.txt", text)
		}
		if err := policyfile.CheckServiceName(name); err != nil {
			return options, fmt.Errorf("--service %q: %w", text, err)
		}
		options.Services = append(options.Services, policyfile.ServiceList{Name: name, Path: path})
	}
	return options, nil
}

// openPolicies opens the policies at two lists of paths. The other flags about the
// policy hold for both.
func (c *commandLine) openPolicies(before, after []string) ([2]policyfile.Opened, error) {
	options, err := c.policyOptions()
	if err != nil {
		return [2]policyfile.Opened{}, err
	}
	options.Now = time.Now() // one time for both
	first, second := options, options
	first.Paths, second.Paths = before, after
	if err := errors.Join(atGenerations(&first), atGenerations(&second)); err != nil {
		return [2]policyfile.Opened{}, err
	}
	return policyfile.OpenPair(first, second)
}
