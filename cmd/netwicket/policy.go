package main

import (
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/policyfile"
)

// openPolicy loads and compiles the policy that the flags name.
func (c *commandLine) openPolicy() (*policyfile.Parts, *decide.Policy, error) {
	options, err := c.policyOptions()
	if err != nil {
		return nil, nil, err
	}
	options.Now = time.Now()
	return policyfile.Open(options)
}
