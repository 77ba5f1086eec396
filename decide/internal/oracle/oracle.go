// Package oracle is the second evaluator. It answers the question of package
// decide by another way: it goes through the documents hop by hop and entry by
// entry, evaluates every layer although the first denial has decided, and keeps
// what it saw. People read its answers as explanations, and the tests hold every
// compiled decision against them.
//
// It is worth that only as long as it works everything out for itself. It reads
// the parsed documents and the geo table and imports nothing else of netwicket:
// the order of rules, the zones that they name, what is in force and what has
// expired are here a second time, written from docs/semantics.md and not from
// the compiled code. What the two evaluators share, neither can check.
package oracle

import (
	"net/netip"
	"slices"
	"time"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Documents is what an oracle works from, as decide.Config has it. The zero
// value restricts nothing.
type Documents struct {
	Zones         []zone.Zones
	Rules         []zone.RuleSet
	ThreatInsight *zone.ThreatInsight
	ThreatFeeds   []zone.Feed

	SailPoint           *zone.NetworkConfig
	AuthProfile         *zone.AuthProfile
	TrustUnknownCountry bool // to SailPoint's block list

	Geo        *geo.Table
	AssumeNone geo.Sorts // sorts of anonymizers that are none wherever Geo does not say

	Overlay *zone.Overlay
	Now     time.Time // the time at which overlay entries may have expired; zero: none has
}

// Oracle answers from documents. It is immutable and safe for concurrent use.
// What decides it has read once, when it was made; of the documents' lists it
// looks up the texts of entries, so they must stay as they are.
type Oracle struct {
	zones    []networkZone
	policies []policy
	geo      *geo.Table
	regions  []string // every region code that a geo source uses

	assumeNone geo.Sorts

	threatInsight bool // there is a ThreatInsight configuration
	threatAction  zone.ThreatAction
	feeds         []list
	leftAlone     []int // the zones whose requests ThreatInsight leaves alone

	sailPoint    *zone.NetworkConfig
	networks     list // its range
	authProfile  *zone.AuthProfile
	trustUnknown bool // unknown countries pass a block list

	deny, allow []overlayEntry // of the overlay, those in force
}

// networkZone is a zone's model with its lists, searched one entry after another.
type networkZone struct {
	zone.Zone
	gateways list
	proxies  list // only those that count: of ACTIVE IP zones of usage POLICY, the exempt zone excepted
}

// canHold says that a rule's condition can be in the zone at all.
func (z *networkZone) canHold() bool { return z.Active && !z.Blocklist }

// New makes an oracle. It copies no list, but notes for every entry where it
// begins and ends.
func New(d Documents) *Oracle {
	o := &Oracle{geo: d.Geo, regions: d.Geo.Regions(), assumeNone: d.AssumeNone, trustUnknown: d.TrustUnknownCountry}
	for _, document := range d.Zones {
		for i := range document.Zones {
			z := networkZone{Zone: document.Zones[i]}
			z.Locations, z.ASNs, z.Categories = ownTerms(z.Locations), ownTerms(z.ASNs), ownTerms(z.Categories)
			z.gateways = newList(z.Gateways)
			if z.Active && z.Type == zone.IP && !z.Blocklist && !z.Exempt {
				z.proxies = newList(z.Proxies)
			}
			o.zones = append(o.zones, z)
		}
	}
	o.readRules(d.Rules)
	o.readThreatInsight(d.ThreatInsight, d.ThreatFeeds)
	o.readSailPoint(d.SailPoint, d.AuthProfile)
	if d.Overlay != nil {
		o.deny = unexpired(d.Overlay.Deny, d.Now)
		o.allow = unexpired(d.Overlay.Allow, d.Now)
	}
	return o
}

// Explain answers for a chain, nearest hop first; the zero Addr stands for a hop
// that could not be read.
func (o *Oracle) Explain(chain []netip.Addr) Answer { return o.evaluate(chain, false) }

// Decide is Explain without the sentences, which take longer than the evaluation.
func (o *Oracle) Decide(chain []netip.Addr) Answer { return o.evaluate(chain, true) }

func ownTerms[T any](t zone.Terms[T]) zone.Terms[T] {
	return zone.Terms[T]{Include: slices.Clone(t.Include), Exclude: slices.Clone(t.Exclude)}
}

func (o *Oracle) evaluate(chain []netip.Addr, quiet bool) Answer {
	r := request{Oracle: o, client: -1, quiet: quiet}
	r.readChain(chain)
	r.lookAtHops()
	r.lookAtZones()
	r.askLayers()
	r.answer.ClientIndex = r.client
	r.conclude()
	return r.answer
}
