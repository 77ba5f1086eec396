package main

import (
	"errors"
	"fmt"
	"io"
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
	load := func() { parts, policy, err = policyfile.Open(options) }
	if len(options.Paths) == 1 && c.isSnapshot(options.Paths[0]) {
		(&thrift{}).around(load)
	} else {
		load()
	}
	return parts, policy, err
}

// isSnapshot says that a file is a snapshot. One is read with little memory, since whoever
// has one wants a small process, and a collection costs little where that little is in use.
func (c *commandLine) isSnapshot(path string) bool {
	file := c.file(path)
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return false // a pipe cannot be looked at before it is read
	}
	opened, err := file.Open()
	if err != nil {
		return false
	}
	defer opened.Close()
	head := make([]byte, len(decide.SnapshotMagic))
	n, _ := io.ReadFull(opened, head) // what cannot be read is said when it is opened to be read whole
	return string(head[:n]) == decide.SnapshotMagic
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
		name, path, found := strings.Cut(text, "=")
		if !found || path == "" {
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
