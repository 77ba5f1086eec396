package workload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// The shape of a policy, see the package comment.
const (
	rangesPerZone     = 150
	proxiesPerZone    = 20
	countriesPerZone  = 10
	asnsPerZone       = 20
	zonesPerRule      = 3
	networkRanges     = 100
	blockedCountries  = 20
	censusSize        = 20_000
	blocklistEvery    = 3
	proxiesEvery      = 10
	dynamicKinds      = 4
	dynamicBlocklists = 4

	// From a thousand zones on, the rules of twice as many zones are twice as long, not
	// four times: ten thousand would have more references than a policy may.
	excludedAtMost = 75
)

// Documents are one policy in the vendors' JSON.
type Documents struct {
	Zones     []byte
	Rules     []byte
	SailPoint []byte
}

// Documents writes a policy of n zones. The table says which countries and ASNs
// there are.
func (in *Internet) Documents(n int, table *geo.Table) Documents {
	w := &writer{in: in, census: in.census(table), random: rand.New(rand.NewPCG(uint64(n), 2))}
	w.allZones(n)
	return Documents{Zones: encode(w.zones), Rules: encode(w.rules(max(1, n/5))), SailPoint: encode(w.network())}
}

// Parse reads the documents, into a Config that still lacks the geo table.
func (d *Documents) Parse() (decide.Config, error) {
	zones, err := zone.ParseOkta("zones.json", d.Zones)
	if err != nil {
		return decide.Config{}, err
	}
	rules, err := zone.ParseOktaRules("rules.json", d.Rules)
	if err != nil {
		return decide.Config{}, err
	}
	network, err := zone.ParseSailPoint("network-config.json", d.SailPoint)
	if err != nil {
		return decide.Config{}, err
	}
	return decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}, SailPoint: &network}, nil
}

// encode is JSON of our own structs, which cannot fail.
func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

// census is who lives where: the countries and ASNs of random announced
// addresses, the frequent ones more often.
type census struct {
	countries []string
	asns      []uint32
	distinct  []string // the countries, each once, in order
}

func (in *Internet) census(table *geo.Table) census {
	random := rand.New(rand.NewPCG(1, 3))
	var c census
	for range censusSize {
		prefix := in.anyPrefix(random)
		at := table.Lookup(addressIn(random, prefix))
		if at.Country != "" {
			c.countries = append(c.countries, at.Country)
		}
		if at.ASNKnown {
			c.asns = append(c.asns, at.ASN)
		}
	}
	c.distinct = slices.Clone(c.countries)
	slices.Sort(c.distinct)
	c.distinct = slices.Compact(c.distinct)
	return c
}

// draw takes count different values, or all if there are not so many.
func draw[T comparable](random *rand.Rand, from []T, count int) []T {
	var drawn []T
	for range 50 * count {
		if value := from[random.IntN(len(from))]; !slices.Contains(drawn, value) {
			drawn = append(drawn, value)
		}
		if len(drawn) == count {
			break
		}
	}
	return drawn
}

type entryJSON struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type placeJSON struct {
	Country string  `json:"country"`
	Region  *string `json:"region"`
}

type termsJSON struct {
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
}

type zoneJSON struct {
	Type       string      `json:"type"`
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Status     string      `json:"status"`
	Usage      string      `json:"usage"`
	System     bool        `json:"system"`
	Gateways   []entryJSON `json:"gateways,omitempty"`
	Proxies    []entryJSON `json:"proxies,omitempty"`
	Locations  any         `json:"locations,omitempty"`
	ASNs       any         `json:"asns,omitempty"`
	ProxyType  string      `json:"proxyType,omitempty"`
	Categories *termsJSON  `json:"ipServiceCategories,omitempty"`
}

// writer writes the documents of one policy.
type writer struct {
	in     *Internet
	census census
	random *rand.Rand
	zones  []zoneJSON
	// proxiesDue: a zone that should list proxies was a blocklist.
	proxiesDue bool
}

func (w *writer) allZones(n int) {
	ipZones := max(1, n*60/100)
	for i := range ipZones {
		w.ipZone(i)
	}
	for i := range n - ipZones {
		w.dynamicZone(i)
	}
}

func (w *writer) add(z zoneJSON, blocklist bool) {
	z.ID = fmt.Sprintf("nzo%017d", len(w.zones)+1)
	z.Status, z.Usage = "ACTIVE", "POLICY"
	if blocklist {
		z.Usage = "BLOCKLIST"
	}
	w.zones = append(w.zones, z)
}

func (w *writer) ipZone(i int) {
	blocklist := i%blocklistEvery == blocklistEvery-1
	z := zoneJSON{Type: "IP", Name: fmt.Sprintf("networks %d", i), Gateways: w.entries(rangesPerZone)}
	w.proxiesDue = w.proxiesDue || i%proxiesEvery == 0
	if w.proxiesDue && !blocklist {
		z.Proxies = w.entries(proxiesPerZone)
		w.proxiesDue = false
	}
	w.add(z, blocklist)
}

// entries are announced prefixes, half of them written as ranges.
func (w *writer) entries(count int) []entryJSON {
	entries := make([]entryJSON, count)
	for i := range entries {
		prefix := w.in.anyPrefix(w.random)
		entries[i] = entryJSON{"CIDR", prefix.String()}
		if i%2 == 1 {
			span := netipx.RangeOfPrefix(prefix)
			entries[i] = entryJSON{"RANGE", span.From().String() + "-" + span.To().String()}
		}
	}
	return entries
}

func (w *writer) dynamicZone(i int) {
	proxyTypes := [...]string{"TorAnonymizer", "NotTorAnonymizer", "Any"}
	categories := [...]string{"ANONYMIZER_TOR", "ALL_ANONYMIZERS_EXCEPT_TOR", "ALL_PROXIES_VPNS", "ALL_ANONYMIZERS", "ALL_IP_SERVICES"}
	z := zoneJSON{Type: "DYNAMIC"}
	round := i / dynamicKinds
	switch i % dynamicKinds {
	case 0:
		z.Name = fmt.Sprintf("countries %d", round)
		var places []placeJSON
		for _, country := range draw(w.random, w.census.countries, countriesPerZone) {
			places = append(places, placeJSON{Country: country})
		}
		z.Locations = places
	case 1:
		z.Name = fmt.Sprintf("operators %d", round)
		var asns []string
		for _, asn := range draw(w.random, w.census.asns, asnsPerZone) {
			asns = append(asns, fmt.Sprint(asn))
		}
		z.ASNs = asns
	case 2:
		z.Name = fmt.Sprintf("anonymizers %d", round)
		z.ProxyType = proxyTypes[round%len(proxyTypes)]
	case 3:
		z.Type, z.Name = "DYNAMIC_V2", fmt.Sprintf("services %d", round)
		z.Categories = &termsJSON{Include: []string{categories[round%len(categories)]}, Exclude: []string{}}
	}
	w.add(z, i%dynamicBlocklists == dynamicBlocklists-1)
}

type networkJSON struct {
	Connection string   `json:"connection"`
	Include    []string `json:"include,omitempty"`
	Exclude    []string `json:"exclude,omitempty"`
}

type ruleJSON struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Priority   int            `json:"priority"`
	Status     string         `json:"status"`
	Conditions map[string]any `json:"conditions"`
	Actions    map[string]any `json:"actions"`
}

// rules alternate: in one of three zones, allow or deny in turn; in none of most
// country zones, deny. Either applies to few clients, so that many requests go
// through all rules to the last, which allows.
func (w *writer) rules(count int) []ruleJSON {
	var countryZones, otherZones []string
	for _, z := range w.zones {
		switch {
		case z.Usage != "POLICY": // no rule can be about a blocklist
		case z.Locations != nil:
			countryZones = append(countryZones, z.ID)
		default:
			otherZones = append(otherZones, z.ID)
		}
	}
	var rules []ruleJSON
	for i := range count {
		network, access := networkJSON{Connection: "ANYWHERE"}, "ALLOW"
		switch {
		case i == count-1:
		case i%2 == 0:
			network = networkJSON{Connection: "ZONE", Include: draw(w.random, otherZones, zonesPerRule)}
			if i%4 == 2 {
				access = "DENY"
			}
		default:
			network = networkJSON{Connection: "ZONE", Exclude: draw(w.random, countryZones, min(max(1, len(countryZones)*3/4), excludedAtMost))}
			access = "DENY"
		}
		rules = append(rules, newRule(i, network, access))
	}
	return rules
}

func newRule(i int, network networkJSON, access string) ruleJSON {
	return ruleJSON{
		ID: fmt.Sprintf("0pr%017d", i+1), Name: fmt.Sprintf("rule %d", i+1), Priority: i + 1, Status: "ACTIVE",
		Conditions: map[string]any{"network": network},
		Actions:    map[string]any{"signon": map[string]any{"access": access}},
	}
}

// network is SailPoint's configuration: half of the announced space, in as many
// ranges of either family, and countries that are blocked.
func (w *writer) network() map[string]any {
	var ranges []string
	for _, family := range []Family{IPv4, IPv6} {
		for i, prefix := range w.in.partition(family, networkRanges) {
			if i%2 == 0 {
				ranges = append(ranges, prefix.String())
			}
		}
	}
	countries := draw(w.random, w.census.distinct, blockedCountries)
	return map[string]any{"range": ranges, "geolocation": countries, "whitelisted": false}
}
