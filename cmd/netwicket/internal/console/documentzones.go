package console

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/netset"
	"github.com/netwicket/netwicket/zone"
)

// What the tables of zones and of their entries show at once.
const (
	maxZoneRows  = 500
	maxEntryRows = 1000
)

// zoneTable is the table of zones, as one searches and sorts it.
type zoneTable struct {
	Query string
	Sort  string
	Sorts []string
	Rows  []zoneRow
	Found int // zones that the search finds
	Total int
	More  int // found ones that are not shown
}

// zoneRow is one zone of the table.
type zoneRow struct {
	*zone.Zone
	Nth      int // of the zones with this key
	Holds    []held
	Uses     []use
	Errors   int
	Warnings int
}

// held is how many of one kind a zone has.
type held struct {
	What  string // gateways, proxies, locations, asns, categories
	Count int
}

// use is a place where a zone counts.
type use struct {
	How    string // key of the text: rule-included ...
	Name   string // of the rule
	Policy int    // of the rule
	Nth    int
	Key    string // of the rule; empty: the use is no rule
	At     place
	Active bool
}

// zonesOf is the table for a query: q is searched, sort orders.
func zonesOf(config *decide.Config, found finding.List, query url.Values) zoneTable {
	table := zoneTable{Query: strings.TrimSpace(query.Get("q")), Sorts: []string{"document", "name", "type", "entries", "uses"}}
	table.Sort = table.Sorts[max(slices.Index(table.Sorts, query.Get("sort")), 0)]
	seek := newSeeker(table.Query)
	for _, row := range zoneRows(config) {
		table.Total++
		if seek.finds(row.Zone) {
			table.Rows = append(table.Rows, row)
		}
	}
	sortZones(table.Rows, table.Sort)
	table.Found = len(table.Rows)
	if table.More = max(table.Found-maxZoneRows, 0); table.More > 0 {
		table.Rows = table.Rows[:maxZoneRows]
	}
	for i := range table.Rows {
		row := &table.Rows[i]
		row.Errors, row.Warnings = countFindings(within(found, row.Position))
	}
	return table
}

// zoneRows are all zones in document order.
func zoneRows(config *decide.Config) []zoneRow {
	var rows []zoneRow
	seen := map[string]int{}
	sets := make([][]ruleRow, len(config.Rules))
	for policy := range sets {
		sets[policy] = ruleRows(config, policy)
	}
	for d := range config.Zones {
		for i := range config.Zones[d].Zones {
			z := &config.Zones[d].Zones[i]
			rows = append(rows, zoneRow{Zone: z, Nth: seen[z.Key()], Holds: holds(z), Uses: usesOf(config.ThreatInsight, sets, z)})
			seen[z.Key()]++
		}
	}
	return rows
}

func sortZones(rows []zoneRow, by string) {
	order := map[string]func(a, b zoneRow) int{
		"name":    func(a, b zoneRow) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
		"type":    func(a, b zoneRow) int { return cmp.Compare(a.Type, b.Type) },
		"entries": func(a, b zoneRow) int { return cmp.Compare(b.entries(), a.entries()) },
		"uses":    func(a, b zoneRow) int { return cmp.Compare(len(b.Uses), len(a.Uses)) },
	}[by]
	if order != nil {
		slices.SortStableFunc(rows, order)
	}
}

func (r zoneRow) entries() (n int) {
	for _, h := range r.Holds {
		n += h.Count
	}
	return n
}

// State is what the zone does, by the word of Okta that says it.
func (r zoneRow) State() string {
	if r.Active {
		return "ACTIVE"
	}
	return "INACTIVE"
}

// Usage is the usage of the zone.
func (r zoneRow) Usage() string {
	if r.Blocklist {
		return "BLOCKLIST"
	}
	return "POLICY"
}

func holds(z *zone.Zone) []held {
	all := []held{
		{"gateways", len(z.Gateways)}, {"proxies", len(z.Proxies)}, {"locations", len(z.Locations.Include) + len(z.Locations.Exclude)},
		{"asns", len(z.ASNs.Include) + len(z.ASNs.Exclude)}, {"categories", len(z.Categories.Include) + len(z.Categories.Exclude)},
	}
	return slices.DeleteFunc(all, func(h held) bool { return h.Count == 0 })
}

// usesOf are all places where a zone counts.
func usesOf(threat *zone.ThreatInsight, sets [][]ruleRow, z *zone.Zone) []use {
	var uses []use
	at := placeOf(z.Position)
	if z.Blocklist {
		uses = append(uses, use{How: "blocklist", At: at, Active: z.Blocks()})
	}
	if z.Exempt {
		uses = append(uses, use{How: "exempt", At: at, Active: z.Exempts()})
	}
	for policy, rows := range sets {
		for _, row := range rows {
			if how, listed := ruleUse(&row.Rule.Network, z); how != "" {
				uses = append(uses, use{how, row.Label(), policy, row.Nth, row.Key(), placeOf(listed), row.Active})
			}
		}
	}
	if threat != nil {
		for _, id := range threat.ExcludeZones {
			if id.Names(z) {
				uses = append(uses, use{How: "threat", At: placeOf(id.Position), Active: threat.Action != zone.ThreatNone && z.Walked()})
			}
		}
	}
	return uses
}

// ruleUse is how a condition is about a zone, and where it says so; empty: it is not.
func ruleUse(n *zone.NetworkCondition, z *zone.Zone) (how string, at zone.Position) {
	switch n.Connection {
	case zone.InZones:
		for _, id := range n.Listed() {
			switch {
			case !id.Names(z):
			case n.Excludes():
				return "rule-excluded", id.Position
			default:
				return "rule-included", id.Position
			}
		}
	case zone.InSystemZone:
		if z.SystemZone() {
			return "rule-inside", n.Position
		}
	case zone.OutsideSystemZone:
		if z.SystemZone() {
			return "rule-outside", n.Position
		}
	case zone.Anywhere, zone.Disabled:
	}
	return "", zone.Position{}
}

// seeker finds zones by what people know of them: a part of the name, id, type, usage or
// an entry as it is written, or an address or network that an entry holds.
type seeker struct {
	text   string // in lower case
	prefix netip.Prefix
}

func newSeeker(text string) seeker {
	r, _, _ := netset.Parse(text) // what is none has no network
	network, _ := r.Prefix()      // nor has a range that is no network: both are sought as text
	return seeker{strings.ToLower(text), network}
}

func (s seeker) finds(z *zone.Zone) bool {
	row := zoneRow{Zone: z}
	for _, text := range []string{z.Name, z.ID, string(z.Type), row.Usage(), row.State()} {
		if s.in(text) {
			return true
		}
	}
	for _, e := range entriesOf(z) {
		if s.in(e.Value) {
			return true
		}
	}
	return slices.ContainsFunc(z.Gateways, s.meets) || slices.ContainsFunc(z.Proxies, s.meets)
}

func (s seeker) in(text string) bool { return strings.Contains(strings.ToLower(text), s.text) }

// meets is false where there is no network or no range, and for those of two families.
func (s seeker) meets(e zone.Entry) bool {
	return e.Range.Contains(s.prefix.Addr()) || s.prefix.Contains(e.Range.From())
}

// zoneView is one zone with all that there is to say of it.
type zoneView struct {
	zoneRow
	At       place
	Entries  []entryRow
	More     int // entries that are not shown
	Proxies  string
	Findings finding.List
	Ignored  bool // the proxies have no effect
	Removal  *removal
}

// entryRow is one entry or term of a zone.
type entryRow struct {
	What  string // gateway, proxy, location, location-excluded ...
	Value string
	At    place
}

func (c *Console) zoneView(on *subject, query url.Values) *zoneView {
	var twins []zoneRow
	for _, row := range zoneRows(&on.Parts.Config) {
		if row.Key() == query.Get("zone") {
			twins = append(twins, row)
		}
	}
	number, _ := strconv.Atoi(query.Get("nth"))
	row, found := nth(twins, number)
	if !found {
		return nil
	}
	v := &zoneView{zoneRow: row, At: placeOf(row.Position), Entries: entriesOf(row.Zone), Findings: within(c.reviewed(on), row.Position)}
	if v.More = max(len(v.Entries)-maxEntryRows, 0); v.More > 0 {
		v.Entries = v.Entries[:maxEntryRows]
	}
	v.Ignored = len(row.Zone.Proxies) > 0 && !row.TrustsProxies()
	v.Proxies = docdiff.ProxyName(row.Proxy)
	if query.Has("without") && on.Policy != nil {
		change := c.removeZone(on, row.Zone)
		v.Removal = &change
	}
	return v
}

// entriesOf are all entries and terms of a zone, in the order of its properties.
func entriesOf(z *zone.Zone) []entryRow {
	var rows []entryRow
	for _, list := range []struct {
		what    string
		entries []zone.Entry
	}{{"gateway", z.Gateways}, {"proxy", z.Proxies}} {
		for i := range list.entries {
			rows = append(rows, entryRow{list.what, list.entries[i].Text, placeOf(list.entries[i].Position)})
		}
	}
	rows = append(rows, termRows("location", z.Locations, func(p zone.Place) string { return cmp.Or(p.Region, p.Country) })...)
	rows = append(rows, termRows("asn", z.ASNs, func(asn uint32) string { return "AS" + strconv.FormatUint(uint64(asn), 10) })...)
	return append(rows, termRows("category", z.Categories, func(c string) string { return c })...)
}

func termRows[T any](what string, terms zone.Terms[T], text func(T) string) []entryRow {
	var rows []entryRow
	for _, term := range terms.Include {
		rows = append(rows, entryRow{what, text(term.Value), placeOf(term.Position)})
	}
	for _, term := range terms.Exclude {
		rows = append(rows, entryRow{what + "-excluded", text(term.Value), placeOf(term.Position)})
	}
	return rows
}
