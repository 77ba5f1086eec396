package decide

import (
	"slices"
	"time"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Info describes a policy: what went in and what came out.
type Info struct {
	Snapshot      bool   // read from a snapshot: the documents and databases are not at hand
	Fingerprint   string // hash of all that decides: documents, databases, options and what of the overlay has expired; hexadecimal
	Data          []geo.Dataset
	Zones         int
	ActiveZones   int
	Rules         int
	Classes       int // sets of addresses that nothing in the policy tells apart
	Intervals4    int // of IPv4 addresses of one class
	Intervals6    int
	Decisions     int // different answers for a chain of one
	TableBytes4   int // size of the IPv4 part of the table that Decide reads
	TableBytes6   int
	TestsEmbedded bool      // IPv4 addresses embedded in IPv6 ones count by themselves: a blocklist, ThreatInsight or an overlay that denies is in force
	OverlayUntil  time.Time // when the next overlay entry expires; zero: none does
	Warnings      Findings
}

// Info describes the policy. The zero value describes the zero Policy. The
// slices are the caller's own.
func (p *Policy) Info() Info {
	if p == nil {
		return Info{}
	}
	info := p.info
	info.Data = slices.Clone(info.Data)
	info.TestsEmbedded = p.everyHop || p.threat.action != zone.ThreatNone
	info.Warnings = slices.Clone(info.Warnings)
	return info
}

// describe fills the policy's own description.
// See docs/semantics.md, policy-4.
func (c *compiler) describe() {
	info := &c.p.info
	info.Fingerprint = fingerprint(&c.config)
	info.Data = c.config.Geo.Datasets()
	for i := range c.config.Rules {
		info.Rules += len(c.config.Rules[i].Rules)
	}
	info.Warnings = c.warnings
}
