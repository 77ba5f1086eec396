package spacemap_test

import (
	"cmp"
	"fmt"
	"image/color"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// told is what a map has to say, of whole networks: each is cut at every address where
// anything at all begins, and the first address of each piece is asked about by Decide,
// Match and Lookup, as no map does.
type told struct {
	saying
	ground *slowGround
	zones  []toldZone
	own    map[string]bool // the zones with a colour of their own
	tables []*geo.Table    // of each source alone
	files  []string
	edges  []netip.Addr
	known  map[spacemap.By]map[netip.Addr]string // what was worked out already
}

type toldZone struct {
	name  string
	width float64 // addresses of IPv4, and /64s of IPv6
}

// crowded is a policy of many zones and two sources, over few networks: most pixels deep
// in them hold several things. Two of the zones are wide and hold others.
func crowded(t testing.TB, seed uint64) (spacemap.Subject, []geo.Source) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 31))
	near := func() netip.Prefix {
		around := []string{"198.51.96.0/21", "198.51.100.0/28", "203.0.112.0/22", "8.0.0.0/8", "2600:7::/44", "2001:db8:5::/60", "2600:7:1:8::/62"}[random.IntN(7)]
		outer := netip.MustParsePrefix(around)
		b := outer.Addr().As16()
		from := outer.Bits()
		if outer.Addr().Is4() {
			from += 96
		}
		for bit := from; bit < 128; bit++ {
			b[bit/8] |= byte(random.IntN(2)) << (7 - bit%8)
		}
		bits := min(from+random.IntN(16), 128)
		inner := netip.PrefixFrom(netip.AddrFrom16(b), bits)
		if outer.Addr().Is4() {
			inner = netip.PrefixFrom(inner.Addr().Unmap(), bits-96)
		}
		return inner.Masked()
	}
	var zones []string
	var before []string
	for i := range 15 {
		var gateways []string
		for range 3 + i {
			gateways = append(gateways, fmt.Sprintf(`{"type":"CIDR","value":%q}`, near()))
		}
		if i == 2 {
			gateways = append(gateways, `{"type":"CIDR","value":"198.51.0.0/16"}`, `{"type":"CIDR","value":"2600::/16"}`)
		}
		if i == 9 {
			gateways = before // one as wide as another
		}
		if i == 6 {
			before = gateways
		}
		zones = append(zones, fmt.Sprintf(`{"type":"IP","id":"nz%d","name":"Zone %d","usage":%q,"gateways":[%s]}`, i, i, []string{"POLICY", "BLOCKLIST", "POLICY"}[i%3], strings.Join(gateways, ",")))
	}
	parsed, err := zone.ParseOkta("zones.json", []byte("["+strings.Join(zones, ",")+"]"))
	require.NoError(t, err)
	parsed.Zones[4].Name, parsed.Zones[7].ID = "", "" // one is called by its id, and one has none
	var allowed []string
	for range 25 {
		allowed = append(allowed, fmt.Sprintf("%q", near()))
	}
	network, err := zone.ParseSailPoint("network.json", fmt.Appendf(nil, `{"range":[%s],"geolocation":["FR"],"whitelisted":false}`, strings.Join(allowed, ",")))
	require.NoError(t, err)
	var over [2][]string
	for i := range 16 {
		over[i%2] = append(over[i%2], fmt.Sprintf(`{"network":%q,"why":"test"}`, near()))
	}
	overlay, err := zone.ParseOverlay("overlay.json", fmt.Appendf(nil, `{"deny":[%s],"allow":[%s]}`, strings.Join(over[0], ","), strings.Join(over[1], ",")))
	require.NoError(t, err)
	var sources []geo.Source
	for i := range 2 {
		text, seen := "network,country,region,asn,anonymizer,services\n", map[netip.Prefix]bool{}
		for range 30 {
			if n := near(); !seen[n] {
				seen[n] = true
				text += fmt.Sprintf("%s,%s,,%s,,\n", n, []string{"DE", "FR", "US", ""}[random.IntN(4)], []string{"", "64500"}[random.IntN(2)])
			}
		}
		sources = append(sources, geo.Source{File: fmt.Sprintf("source%d.csv", i), Data: []byte(text)})
	}
	table, err := geo.Load(sources...)
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{parsed}, SailPoint: &network, Overlay: &overlay, Geo: table}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	return spacemap.Subject{Name: "crowded", Policy: policy, Config: config}, sources
}

// oracle knows what a map of a subject has to say.
func oracle(t testing.TB, subject spacemap.Subject, sources []geo.Source) *told {
	t.Helper()
	o := &told{saying: saying{policy: subject.Policy, old: subject.Old, table: subject.Config.Geo}, ground: counting(t, subject.Config), known: make(map[spacemap.By]map[netip.Addr]string)}
	o.counts = o.ground.counts
	edge := func(r netipx.IPRange) {
		o.edges = append(o.edges, r.From())
		if behind := r.To().Next(); behind.IsValid() {
			o.edges = append(o.edges, behind)
		}
	}
	o.edges = slices.Clone(o.ground.edges)
	if subject.Compare {
		other := counting(t, subject.OldConfig)
		o.counts = func(a netip.Addr) bool { return o.ground.counts(a) || other.counts(a) }
		o.edges = append(o.edges, other.edges...)
		for r := range subject.Old.Ranges() {
			edge(r)
		}
	}
	for r := range subject.Policy.Ranges() {
		edge(r)
	}
	for _, source := range sources {
		table, err := geo.Load(source)
		require.NoError(t, err)
		o.tables, o.files = append(o.tables, table), append(o.files, source.File)
		for r := range table.All() {
			edge(r)
		}
	}
	slices.SortFunc(o.edges, netip.Addr.Compare)
	o.edges = slices.Compact(o.edges)
	for _, document := range subject.Config.Zones {
		for i := range document.Zones {
			z := toldZone{name: cmp.Or(document.Zones[i].Name, document.Zones[i].ID)}
			var all netipx.IPSetBuilder
			for _, e := range document.Zones[i].Gateways {
				all.AddRange(e.Range)
			}
			set, err := all.IPSet()
			require.NoError(t, err)
			for _, r := range set.Ranges() {
				if r.From().Is4() {
					z.width += size(r)
				} else {
					z.width += size(r) / (1 << 64)
				}
			}
			o.zones = append(o.zones, z)
		}
	}
	o.own = o.zonesWithColours()
	return o
}

// zonesWithColours are the twelve zones that most addresses have the colour of. What embeds
// IPv4 addresses is in no zone here, and is told by none of the IPv4 address.
func (o *told) zonesWithColours() map[string]bool {
	shown := make(map[string]float64)
	for text, each := range map[string]float64{"0.0.0.0/0": 1, "::/0": 1 << 64} {
		for _, p := range o.piecesBy(netipx.RangeOfPrefix(netip.MustParsePrefix(text)), o.zoneOf) {
			if !repeatsIPv4(p.From()) {
				shown[p.what] += size(p.IPRange) / each
			}
		}
	}
	var names []string
	for _, z := range o.zones {
		names = append(names, z.name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(shown["zone "+b], shown["zone "+a]) })
	own := make(map[string]bool)
	for _, name := range names[:min(len(names), 12)] {
		own[name] = true
	}
	return own
}

// of is the key and the name of the colour of an address.
func (o *told) of(by spacemap.By, addr netip.Addr) string {
	if !o.counts(addr) {
		if addr.Is4() || o.ground.special(addr) {
			return "reserved "
		}
		return "unnamed "
	}
	switch by {
	case spacemap.ByZone:
		what := o.zoneOf(addr)
		if name, is := strings.CutPrefix(what, "zone "); is && !o.own[name] {
			return "otherZones "
		}
		return what
	case spacemap.BySource:
		for i, table := range slices.Backward(o.tables) {
			if table.Lookup(addr).Country != "" {
				return "source " + o.files[i]
			}
		}
		return "noSource "
	case spacemap.ByDecision, spacemap.ByReason, spacemap.ByCountry, spacemap.ByChange:
	}
	return o.saying.of(by, addr)
}

// zoneOf is the zone that denies, or else the narrowest one that holds an address.
func (o *told) zoneOf(addr netip.Addr) string {
	if d := o.policy.Decide(addr); d.Zone != nil {
		return "zone " + cmp.Or(d.Zone.Name, d.Zone.ID)
	}
	m, i, name, least := o.policy.Match([]netip.Addr{addr}), 0, "", 0.0
	for z, state := range m.Zones() {
		if state == decide.Match && (name == "" || o.zones[i].width < least) {
			name, least = cmp.Or(z.Name, z.ID), o.zones[i].width
		}
		i++
	}
	if name == "" {
		return "noZone "
	}
	return "zone " + name
}

// piece is a range and what it is.
type piece struct {
	netipx.IPRange
	what string
}

// pieces are those of a range, of which neighbours may be the same.
func (o *told) pieces(by spacemap.By, within netipx.IPRange) []piece {
	if o.known[by] == nil {
		o.known[by] = make(map[netip.Addr]string)
	}
	return o.piecesBy(within, func(addr netip.Addr) string {
		what, known := o.known[by][addr]
		if !known {
			what = o.of(by, addr)
			o.known[by][addr] = what
		}
		return what
	})
}

func (o *told) piecesBy(within netipx.IPRange, of func(netip.Addr) string) []piece {
	var list []piece
	from := within.From()
	at, found := slices.BinarySearchFunc(o.edges, from, netip.Addr.Compare)
	if found {
		at++
	}
	for ; at < len(o.edges) && within.Contains(o.edges[at]); at++ {
		list = append(list, piece{netipx.IPRangeFrom(from, o.edges[at].Prev()), of(from)})
		from = o.edges[at]
	}
	return append(list, piece{netipx.IPRangeFrom(from, within.To()), of(from)})
}

// amounts are how many addresses of a range are what.
func (o *told) amounts(by spacemap.By, within netipx.IPRange) map[string]float64 {
	all := make(map[string]float64)
	for _, p := range o.pieces(by, within) {
		all[p.what] += size(p.IPRange)
	}
	return all
}

// counted says of a colour's key that its addresses count.
func counted(what string) bool { return what != "reserved " && what != "unnamed " }

// standsOut says which colours must not vanish behind the others: what is allowed, what
// changes, and any zone, country or source.
func standsOut(what string) bool {
	key, _, _ := strings.Cut(what, " ")
	return slices.Contains([]string{"allow", "newlyAllowed", "newlyDenied", "otherReason", "zone", "otherZones", "country", "source"}, key)
}

// blended is the colour of a pixel that holds several: each side's by shares, and both
// sides by shares of at least two fifths.
func blended(amounts map[string]float64, paint map[string]color.RGBA) (want [3]float64) {
	var weight [2]float64
	var sums [2][3]float64
	for what, n := range amounts {
		if !counted(what) {
			continue
		}
		side := 0
		if standsOut(what) {
			side = 1
		}
		c := paint[what]
		weight[side] += n
		for i, v := range [3]uint8{c.R, c.G, c.B} {
			sums[side][i] += n * float64(v)
		}
	}
	share := [2]float64{weight[0] / (weight[0] + weight[1]), weight[1] / (weight[0] + weight[1])}
	if weight[0] > 0 && weight[1] > 0 {
		for i := range share {
			share[i] = min(max(share[i], 0.4), 0.6)
		}
	}
	for i := range want {
		for side := range share {
			if weight[side] > 0 {
				want[i] += share[side] * sums[side][i] / weight[side]
			}
		}
	}
	return want
}

// strongest are those that may have a pixel of which one has all: of what stands out, or
// else of the rest, the largest.
func strongest(amounts map[string]float64) []string {
	var all []string
	for what := range amounts {
		if counted(what) {
			all = append(all, what)
		}
	}
	if slices.ContainsFunc(all, standsOut) {
		all = slices.DeleteFunc(all, func(what string) bool { return !standsOut(what) })
	}
	most := slices.MaxFunc(all, func(a, b string) int { return cmp.Compare(amounts[a], amounts[b]) })
	return slices.DeleteFunc(all, func(what string) bool { return amounts[what] < amounts[most] })
}

// entriesOf are entries of a list.
func entriesOf(networks ...string) (list []zone.Entry) {
	for _, text := range networks {
		list = append(list, zone.Entry{Range: netipx.RangeOfPrefix(netip.MustParsePrefix(text))})
	}
	return list
}
