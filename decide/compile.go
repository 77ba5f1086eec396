package decide

import (
	"fmt"
	"slices"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Compile makes a policy of a Config. It is deterministic. An error is or wraps
// [Findings]: all that is wrong, each with its position; there is no half-made
// policy. Warnings are in [Policy.Info]. The documents have to stay as they are
// for [Policy.Explain], see [Config].
//
// The cost is that of one pass over the edges of the geo table and of all
// ranges: some tens of milliseconds for a hundred zones at Okta's limits on
// databases of the whole internet. A policy keeps what it compiled and the
// Config, whose documents it does not copy.
// See docs/semantics.md, policy-5 and sailpoint-12.
func Compile(config Config) (*Policy, error) { return compile(nil, config) }

func compile(previous *Policy, config Config) (*Policy, error) {
	c := &compiler{config: config, p: &Policy{}, previous: previous}
	if err := c.checkParts(); err != nil {
		return nil, err
	}
	if err := c.checkLimits(); err != nil {
		return nil, err
	}
	c.checkModels()
	c.addZones()
	c.p.sailPoint = newSailPoint(config, config.Geo.Provides()&geo.Country != 0)
	c.addRules()
	c.addThreatInsight()
	c.addSailPointWarnings()
	c.addOverlay()
	c.checkData()
	if err := c.errors.Err(); err != nil {
		return nil, err
	}
	c.buildTable()
	c.describe()
	c.p.documents = &documents{config: config}
	return c.p, nil
}

// compiler carries what only the compilation needs.
type compiler struct {
	config           Config
	p                *Policy
	previous         *Policy      // that of [Recompile], or nil
	specs            []*zone.Zone // as Policy.zones
	byID             map[string]int
	stated           statedRegions
	ruleLists        ruleLists
	deny, allow      []zone.OverlayEntry // of the overlay, those in force
	errors, warnings Findings
}

// checkParts refuses a Config that holds nothing to decide by, and feeds of
// which nobody says whether they block.
// See docs/semantics.md, policy-1 and threat-5.
func (c *compiler) checkParts() error {
	noZones := !slices.ContainsFunc(c.config.Zones, func(z zone.Zones) bool { return len(z.Zones) > 0 })
	if len(c.config.ThreatFeeds) > 0 && c.config.ThreatInsight == nil {
		at := zone.Position{File: c.config.ThreatFeeds[0].File}
		return Findings{newFinding(at, "", "feed-without-action", fmt.Errorf("threat feeds need a ThreatInsight configuration that says whether they block"))}
	}
	if noZones && len(c.config.Rules) == 0 && c.config.ThreatInsight == nil && c.config.SailPoint == nil && c.config.AuthProfile == nil {
		return Findings{newFinding(zone.Position{}, "", "empty-policy", ErrEmptyPolicy)}
	}
	return nil
}
