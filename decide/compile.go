package decide

import (
	"fmt"
	"iter"
	"net/netip"

	"go4.org/netipx"

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
func Compile(config Config) (*Policy, error) {
	c := &compiler{config: config, p: &Policy{}}
	if err := c.checkParts(); err != nil {
		return nil, err
	}
	c.checkOptions()
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
	specs            []*zone.Zone // as Policy.zones
	byID             map[string]int
	deny, allow      []zone.OverlayEntry // of the overlay, those in force
	errors, warnings Findings
}

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

// checkParts refuses a Config that holds nothing to decide by, and feeds of
// which nobody says whether they block.
func (c *compiler) checkParts() error {
	zones := 0
	for i := range c.config.Zones {
		zones += len(c.config.Zones[i].Zones)
	}
	if len(c.config.ThreatFeeds) > 0 && c.config.ThreatInsight == nil {
		at := zone.Position{File: c.config.ThreatFeeds[0].File}
		return Findings{newFinding(at, "", "feed-without-action", fmt.Errorf("threat feeds need a ThreatInsight configuration that says whether they block"))}
	}
	if zones == 0 && len(c.config.Rules) == 0 && c.config.ThreatInsight == nil && c.config.SailPoint == nil && c.config.AuthProfile == nil {
		return Findings{newFinding(zone.Position{}, "", "empty-policy", ErrEmptyPolicy)}
	}
	return nil
}

func (c *compiler) addThreatInsight() {
	document := c.config.ThreatInsight
	if document == nil {
		return
	}
	c.warnings = append(c.warnings, document.Warnings...)
	c.p.threat = threatInsight{action: document.Action}
	for _, feed := range c.config.ThreatFeeds {
		c.warnings = append(c.warnings, feed.Warnings...)
	}
	if document.Action != zone.ThreatNone && len(c.config.ThreatFeeds) == 0 {
		c.warn(document.Position, "", "no-feed", "ThreatInsight acts on no address here: Okta's own list is not public, so a threat feed has to be given")
	}
	for _, id := range document.ExcludeZones {
		index, found := c.byID[id.ID]
		if !found {
			c.warn(id.Position, id.ID, "unknown-zone", "excludeZones names a zone that the policy does not have; nothing is exempt through it")
			continue
		}
		if z := c.specs[index]; !z.Walked() {
			c.warn(id.Position, id.ID, "not-an-ip-zone", "excludeZones names zone %q, which is no ACTIVE IP zone of usage POLICY; nothing is exempt through it", z.Name)
			continue
		}
		c.p.threat.excluded = addToMask(c.p.threat.excluded, c.p.zones[index].bit)
	}
}

func (c *compiler) addSailPointWarnings() {
	document, profile, s := c.config.SailPoint, c.config.AuthProfile, &c.p.sailPoint
	var at zone.Position
	if document != nil {
		c.warnings = append(c.warnings, document.Warnings...)
		at = document.Position
	}
	if profile != nil {
		c.warnings = append(c.warnings, profile.Warnings...)
		at = profile.Position
	}
	if profile == nil {
		return
	}
	if profile.OffNetwork && !s.network {
		c.warn(at, "", "network-undefined", "the profile blocks access from off network and no network is defined: everybody is denied network_undefined")
	}
	if profile.UntrustedGeography && len(s.document.Geolocation) == 0 && s.document.Allowlist {
		c.warn(at, "", "empty-allow-list", "the profile blocks untrusted geographies and the allow list holds no country: everybody is denied empty_allow_list")
	}
}

// buildTable sweeps both families and interns the classes.
func (c *compiler) buildTable() {
	p := c.p
	var list events
	walkable := make([]uint64, p.ipWords)
	for i := range p.zones {
		z, spec := &p.zones[i], c.specs[i]
		p.blocklists = p.blocklists || z.blocks
		if z.kind != ipZone {
			continue
		}
		list.add(feature{gatewayFeature, z.bit}, ranges(spec.Gateways))
		if spec.Exempts() {
			list.add(flagOf(exempted), ranges(spec.Gateways))
		}
		if spec.TrustsProxies() {
			list.add(feature{proxyFeature, z.bit}, ranges(spec.Proxies))
		}
		setBit(walkable, z.bit, spec.Walked())
	}
	p.walkable = walkable
	c.addFlags(&list)
	list.sort()

	addresses, locations := newPatternState(p), newGeoCompiler(p, c.specs)
	byLocation := locations.patternsOf(c.config.Geo)
	var intervals intervals
	sweep(list[ipv4], patternEdges(c.config.Geo, ipv4, byLocation), addresses, intervals.add4)
	sweep(list[ipv6], patternEdges(c.config.Geo, ipv6, byLocation), addresses, intervals.add6)
	p.addressPatterns, p.ipSets = addresses.patterns, addresses.sets.sets
	p.geoPatterns, p.dynamicSets = locations.patterns, locations.sets.sets
	p.ruleSetsOf = locations.ruleSets.sets
	p.settleRules()
	p.everyHop = p.blocklists || len(c.deny) > 0
	p.info.Intervals4, p.info.Intervals6 = len(intervals.first4), len(intervals.first6)
	p.info.Classes = len(intervals.classes.list)
	newNumbers := p.settle(intervals.classes.list)
	p.table = intervals.table(newNumbers)
	p.keepSecondLooks()
}

// addFlags adds the lists that are no zones.
func (c *compiler) addFlags(list *events) {
	var feeds []netipx.IPRange
	for _, feed := range c.config.ThreatFeeds {
		feeds = append(feeds, ranges(feed.Entries)...)
	}
	list.add(flagOf(threatened), feeds)
	if document := c.config.SailPoint; document != nil {
		list.add(flagOf(onNetwork), ranges(document.Range))
	}
	list.add(flagOf(overlayDenied), overlayRanges(c.deny))
	list.add(flagOf(overlayAllowed), overlayRanges(c.allow))
	list.add(flagOf(embedsIPv4), embeddingRanges())
}

// embeddingRanges are NAT64, 6to4 and Teredo.
func embeddingRanges() []netipx.IPRange {
	var all []netipx.IPRange
	for _, prefix := range []string{"64:ff9b::/96", "2002::/16", "2001::/32"} {
		all = append(all, netipx.RangeOfPrefix(netip.MustParsePrefix(prefix)))
	}
	return all
}

func ranges(entries []zone.Entry) []netipx.IPRange {
	all := make([]netipx.IPRange, len(entries))
	for i := range entries {
		all[i] = entries[i].Range
	}
	return all
}

// patternEdges is the geo table's edges of one family with patterns for
// locations, equal neighbours merged.
func patternEdges(table *geo.Table, fam family, byLocation []uint32) iter.Seq2[key, uint32] {
	return func(yield func(key, uint32) bool) {
		last, fresh := uint32(0), true
		same := func(location uint32) bool {
			pattern := byLocation[location]
			if !fresh && pattern == last {
				return true
			}
			last, fresh = pattern, false
			return false
		}
		if fam == ipv4 {
			for at, location := range table.Edges4() {
				if !same(location) && !yield(key{Lo: uint64(at)}, last) {
					return
				}
			}
			return
		}
		for at, location := range table.FoldedEdges6() {
			if !same(location) && !yield(key{Hi: at[0], Lo: at[1]}, last) {
				return
			}
		}
	}
}
