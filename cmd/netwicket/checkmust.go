package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
)

// expectations are the findings of --must-allow and --must-deny for one policy.
func (c *commandLine) expectations(flags checkFlags, checked policyfile.Checked) (finding.List, error) {
	control, err := admission.New(checked.Policy, checked.Parts.Edge)
	if err != nil {
		return nil, err
	}
	edge := checked.Parts.Edge
	e := &expecting{file: c.file, control: control, named: edge.DecideNamed(checked.Policy), policyName: checked.Parts.Name()}
	e.fallsBack = edge != nil && edge.OnMissing == gate.UsePeer
	for _, text := range flags.mustAllow {
		e.must(decide.Allow, text)
	}
	for _, text := range flags.mustDeny {
		e.must(decide.Deny, text)
	}
	return e.findings, nil
}

// expecting compares what a policy decides with what it must.
type expecting struct {
	file       func(path string) files.File
	control    admission.Control
	named      func(netip.Addr) (decide.Decision, error) // about a client that a proxy names
	fallsBack  bool                                      // a proxy that names nobody is the client
	buffer     admission.Buffer
	policyName string
	findings   finding.List
}

func (e *expecting) fail(file string, line int, code string, cause error) {
	e.findings = append(e.findings, &finding.Finding{File: file, Line: line, Column: 1, Code: code, Err: cause})
}

// must checks an address, or the requests of a file.
func (e *expecting) must(want decide.Verdict, text string) {
	if _, err := netip.ParseAddr(text); err == nil {
		e.one(want, request.Address(text), e.policyName, 1)
		return
	}
	content, err := e.file(text).Read(files.DocumentLimit)
	if err != nil {
		e.fail(text, 1, files.Code(err), fmt.Errorf("neither an address nor a file that can be read: %w", files.Cause(err)))
		return
	}
	input := request.NewReader(bytes.NewReader(content))
	for {
		next, err := input.Next()
		var broken *request.LineError
		switch {
		case errors.As(err, &broken):
			e.fail(text, broken.Line, "bad-request", broken.Err)
		case err != nil:
			return // the end: what is read is at hand
		default:
			e.one(want, next, text, input.Line())
		}
	}
}

// one checks one request. An address that cannot be read is a slip in the list:
// every policy denies it, so it would prove nothing. One that can is a client whom
// a proxy of the edge names.
func (e *expecting) one(want decide.Verdict, r request.Request, file string, line int) {
	got, from := e.control.Answer(r, &e.buffer)
	if r.Bare && from.Err != nil {
		e.fail(file, line, "bad-request", fmt.Errorf("%q is no address", finding.Cut(r.Remote)))
		return
	}
	why := ""
	if r.Bare {
		named, err := e.named(from.Chain[0])
		if want == decide.Allow || !e.fallsBack { // else a proxy at that address may be the client, and has to be denied
			got = named
		}
		if errors.Is(err, gate.ErrAllTrusted) {
			why = ", since it is inside edge.trusted and would be taken for a proxy"
		}
	}
	if got.Verdict == want {
		return
	}
	wanted, happens := "allowed", "denied"
	code := "must-allow"
	if want == decide.Deny {
		wanted, happens, code = "denied", "allowed", "must-deny"
	}
	e.fail(file, line, code, fmt.Errorf("%s must be %s and is %s%s: %s", finding.Cut(r.Remote), wanted, happens, why, got))
}
