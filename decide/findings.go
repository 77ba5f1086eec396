package decide

import (
	"fmt"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// Finding is one error or warning of a compilation, with its position.
type Finding = finding.Finding

// Findings is several of them.
type Findings = finding.List

func (c *compiler) fail(at zone.Position, value, code, format string, args ...any) {
	c.errors = append(c.errors, newFinding(at, value, code, fmt.Errorf(format, args...)))
}

func (c *compiler) warn(at zone.Position, value, code, format string, args ...any) {
	f := newFinding(at, value, code, fmt.Errorf(format, args...))
	f.Warning = true
	c.warnings = append(c.warnings, f)
}

// report is fail for what is in force and warn for what is not.
func (c *compiler) report(inForce bool, at zone.Position, value, code, format string, args ...any) {
	if inForce {
		c.fail(at, value, code, format, args...)
	} else {
		c.warn(at, value, code, format, args...)
	}
}

func (c *compiler) reportUnknownZone(spec *zone.Rule, id zone.ZoneID) {
	c.report(spec.Active, id.Position, id.ID, "unknown-zone",
		"rule %q refers to a zone that the policy does not have: %w", spec.Label(), ErrUnknownZone)
}

func newFinding(at zone.Position, value, code string, err error) *Finding {
	return &Finding{File: at.File, Line: max(at.Line, 1), Column: max(at.Column, 1), Path: at.Path, Value: value, Code: code, Err: err}
}

func positionText(at zone.Position) string {
	return (&Finding{File: at.File, Line: at.Line, Column: at.Column}).Position()
}
