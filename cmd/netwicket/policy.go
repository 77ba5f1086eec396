package main

import (
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// openPolicy loads and compiles the policy that the flags name.
func (c *commandLine) openPolicy() (*policyfile.Parts, *decide.Policy, error) {
	return c.openPolicyAt(c.paths...)
}

// openPolicyAt is openPolicy for other paths than those of -c. The other flags
// about the policy hold for it too.
func (c *commandLine) openPolicyAt(paths ...string) (*policyfile.Parts, *decide.Policy, error) {
	options, err := c.policyOptions()
	if err != nil {
		return nil, nil, err
	}
	options.Paths, options.Now = paths, time.Now()
	return policyfile.Open(options)
}
