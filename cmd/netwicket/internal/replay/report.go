package replay

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// Report is what came out. Lists are sorted by number, the largest first, and
// then by name, so that equal logs give equal reports.
type Report struct {
	Lines, Decided, Unreadable uint64 // Lines is the sum of the other two, but where one record is several requests
	Allow, Deny                uint64
	Reasons                    []Count[decide.Reason]
	Zones                      []Count[decide.ZoneRef] // of the blocklist zones that denied
	Rules                      []Count[Rule]           // that decided
	Unknown                    []Count[geo.Field]      // data that were unknown where a decision turned on them
	Countries                  []CountryCount
	First, Last                time.Time // of all requests; zero: no record had a time
	Over                       Over
	Clients                    int // different ones, by Grain
	Grain                      Grain
	ByClient                   []Client
	Changes                    Changes
	Watched                    []uint64 // requests by range of Config.Watch
	Faults                     []Fault  // the first of the Unreadable lines
	Failed                     []error  // logs that could not be read, or not to the end
}

// Count is a number of requests.
type Count[K any] struct {
	Of       K
	Requests uint64
}

// Rule is a rule by name, and what it did.
type Rule struct {
	Name    string
	Verdict decide.Verdict
}

// CountryCount is the requests of clients of one country; "" is unknown.
type CountryCount struct {
	Country          string
	Requests, Denied uint64
}

// Client is the requests of one client.
type Client struct {
	Network          netip.Prefix // of one address, unless Report.Grain is wider
	Country          string       // empty for a wider network
	Requests, Denied uint64
	ToDeny, ToAllow  uint64 // requests that the other policy denies or allows instead
	Reasons          decide.Reasons
	First, Last      time.Time
}

// Changes is what another policy decides differently.
type Changes struct {
	ToDeny, ToAllow uint64 // requests
	Clients         int    // that any of them came from
	Outcomes        []Count[[2]decide.Outcome]
}

// Fault is a line that is no record.
type Fault struct {
	File int    // index of the input
	Name string // of the input
	Line int
	Text string // the start of the line
	Err  error
}

// shownFaults is how many faults are kept.
const shownFaults = 5

func (f Fault) compare(other Fault) int {
	return cmp.Or(cmp.Compare(f.File, other.File), cmp.Compare(f.Line, other.Line))
}

func (t *tally) report(inputs []Input, failed []error) *Report {
	r := &Report{
		Lines: t.lines, Unreadable: t.unreadable, Decided: t.decided,
		Countries: t.byCountry, First: when(t.first), Last: when(t.last),
		Over: t.over.report(), Clients: len(t.clients.rows), Grain: grains()[t.clients.level],
		Changes: Changes{ToDeny: t.changed[0], ToAllow: t.changed[1]},
		Watched: t.watched, Faults: t.faults, Failed: failed,
	}
	for i := range r.Faults {
		r.Faults[i].Name = inputs[r.Faults[i].File].Name
	}
	reasons := make(map[decide.Reason]uint64)
	zones := make(map[decide.ZoneRef]uint64)
	rules := make(map[Rule]uint64)
	unknown := make(map[geo.Field]uint64)
	for i := range t.decisions.counts {
		d, n := &t.decisions.counts[i].judgment, t.decisions.counts[i].requests
		for datum := geo.Field(1); datum <= d.Unknown; datum <<= 1 {
			if d.Unknown.Has(datum) {
				unknown[datum] += n
			}
		}
		reasons[d.Reason] += n
		if d.Zone != nil {
			zones[*d.Zone] += n
		}
		if d.Rule != "" {
			rules[Rule{d.Rule, d.Verdict}] += n
		}
		if d.Verdict == decide.Allow {
			r.Allow += n
		} else {
			r.Deny += n
		}
	}
	r.Reasons = counts(reasons, func(a, b decide.Reason) int { return cmp.Compare(a.String(), b.String()) })
	r.Zones = counts(zones, func(a, b decide.ZoneRef) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	r.Rules = counts(rules, func(a, b Rule) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Verdict, b.Verdict)) })
	r.Unknown = counts(unknown, cmp.Compare[geo.Field])
	r.Changes.Outcomes = counts(t.changes, comparePairs)
	slices.SortFunc(r.Countries, func(a, b CountryCount) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Country, b.Country))
	})
	t.listClients(r)
	return r
}

// listClients needs the countries as the tally numbered them, so it does not
// take them from the report.
func (t *tally) listClients(r *Report) {
	names := make([]string, len(t.countries))
	for code, i := range t.countries {
		names[i] = code
	}
	for i := range t.clients.rows {
		c := &t.clients.rows[i]
		bits := r.Grain.Bits6
		if c.addr.Is4() {
			bits = r.Grain.Bits4
		}
		if c.toDeny+c.toAllow > 0 {
			r.Changes.Clients++
		}
		country := ""
		if t.clients.level == 0 {
			country = names[c.country]
		}
		r.ByClient = append(r.ByClient, Client{
			Network: netip.PrefixFrom(c.addr, bits), Country: country,
			Requests: c.requests, Denied: c.denied, ToDeny: c.toDeny, ToAllow: c.toAllow,
			Reasons: c.reasons, First: when(c.first), Last: when(c.last),
		})
	}
}

// Top are the clients with the largest numbers, above zero.
func (r *Report) Top(n int, number func(*Client) uint64) []Client {
	var list []Client
	for i := range r.ByClient {
		if number(&r.ByClient[i]) > 0 {
			list = append(list, r.ByClient[i])
		}
	}
	slices.SortFunc(list, func(a, b Client) int {
		return cmp.Or(cmp.Compare(number(&b), number(&a)), a.Network.Addr().Compare(b.Network.Addr()))
	})
	return list[:min(n, len(list))]
}

func counts[K comparable](numbers map[K]uint64, compare func(a, b K) int) []Count[K] {
	var list []Count[K]
	for of := range maps.Keys(numbers) {
		list = append(list, Count[K]{of, numbers[of]})
	}
	slices.SortFunc(list, func(a, b Count[K]) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), compare(a.Of, b.Of))
	})
	return list
}

func comparePairs(a, b [2]decide.Outcome) int {
	return cmp.Or(compareOutcomes(a[0], b[0]), compareOutcomes(a[1], b[1]))
}

func compareOutcomes(a, b decide.Outcome) int {
	return cmp.Or(cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Reason.String(), b.Reason.String()))
}

func when(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
