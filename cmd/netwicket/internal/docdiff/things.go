package docdiff

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// zones are the zones of all documents by their ids, those without one by name. Of
// several with one name the first is held against the first, and so on.
func zones(p *policyfile.Parts) []thing {
	var list []thing
	seen := map[string]int{}
	for _, document := range p.Config.Zones {
		for i := range document.Zones {
			z := &document.Zones[i]
			nth := seen[z.Key()]
			seen[z.Key()]++
			list = append(list, thing{
				kind: "zone", id: z.ID, name: z.Name, key: fmt.Sprint(nth, " ", z.Key()), facts: zoneFacts(z),
				put:  func(c decide.Config) decide.Config { return withZone(c, z.Key(), nth, z) },
				take: func(c decide.Config) decide.Config { return withZone(c, z.Key(), nth, nil) },
			})
		}
	}
	return list
}

func zoneFacts(z *zone.Zone) []fact {
	facts := []fact{
		{"name", z.Name}, {"type", string(z.Type)}, {"status", word(z.Active, "ACTIVE", "INACTIVE")},
		{"usage", word(z.Blocklist, "BLOCKLIST", "POLICY")},
	}
	if z.System {
		facts = append(facts, fact{"system", "true"})
	}
	if z.Exempt {
		facts = append(facts, fact{"exempt zone", "true"})
	}
	facts = append(facts, entryFacts("gateway", z.Gateways)...)
	facts = append(facts, entryFacts("proxy", z.Proxies)...)
	if z.Proxy != zone.ProxyUnset {
		facts = append(facts, fact{"proxy type", ProxyName(z.Proxy)})
	}
	facts = append(facts, termFacts("location", z.Locations, func(p zone.Place) string {
		if p.Region != "" {
			return p.Region
		}
		return p.Country
	})...)
	facts = append(facts, termFacts("asn", z.ASNs, func(asn uint32) string { return "AS" + strconv.FormatUint(uint64(asn), 10) })...)
	return append(facts, termFacts("ip service category", z.Categories, func(c string) string { return c })...)
}

// ProxyName is a type of proxy as Okta writes it, empty for none.
func ProxyName(t zone.ProxyType) string {
	switch t {
	case zone.AnyAnonymizer:
		return "Any"
	case zone.TorAnonymizer:
		return "TorAnonymizer"
	case zone.NotTorAnonymizer:
		return "NotTorAnonymizer"
	case zone.ProxyUnset:
	}
	return ""
}

func entryFacts(what string, entries []zone.Entry) []fact {
	facts := make([]fact, len(entries))
	for i := range entries {
		facts[i] = fact{what, entries[i].Text}
		if entries[i].Text == "" { // a model made by code
			facts[i].value = entries[i].Range.String()
		}
	}
	return facts
}

func termFacts[T any](what string, terms zone.Terms[T], text func(T) string) []fact {
	var facts []fact
	for _, term := range terms.Include {
		facts = append(facts, fact{what, text(term.Value)})
	}
	for _, term := range terms.Exclude {
		facts = append(facts, fact{"excluded " + what, text(term.Value)})
	}
	return facts
}

// withZone is a Config with another zone in the place of the nth of that key, or
// behind all others if it has none; nil: without it.
func withZone(c decide.Config, key string, nth int, put *zone.Zone) decide.Config {
	documents := make([]zone.Zones, 0, len(c.Zones)+1)
	for _, document := range c.Zones {
		kept := make([]zone.Zone, 0, len(document.Zones))
		for i := range document.Zones {
			z := document.Zones[i]
			if z.Key() == key {
				if nth--; nth == -1 {
					if put == nil {
						continue
					}
					z, put = *put, nil
				}
			}
			kept = append(kept, z)
		}
		document.Zones = kept
		documents = append(documents, document)
	}
	if put != nil {
		documents = append(documents, zone.Zones{Zones: []zone.Zone{*put}})
	}
	c.Zones = documents
	return c
}

// rules are the rules of each document by their ids, those without one by name. A
// document is known by its place among the others: each is a policy of its own.
func rules(p *policyfile.Parts) []thing {
	var list []thing
	for at, document := range p.Config.Rules {
		list = append(list, thing{
			kind: "policy", name: document.File, key: fmt.Sprint(at),
			put:  func(c decide.Config) decide.Config { return withRuleSet(c, at, &document) },
			take: func(c decide.Config) decide.Config { return withRuleSet(c, at, nil) },
		})
		seen := map[string]int{}
		for i := range document.Rules {
			r := &document.Rules[i]
			nth := seen[ruleKey(r)]
			seen[ruleKey(r)]++
			list = append(list, thing{
				kind: "rule", id: r.ID, name: r.Name, key: fmt.Sprint(at, " ", nth, " ", ruleKey(r)), facts: ruleFacts(r),
				put:  func(c decide.Config) decide.Config { return withRule(c, at, ruleKey(r), nth, r) },
				take: func(c decide.Config) decide.Config { return withRule(c, at, ruleKey(r), nth, nil) },
			})
		}
	}
	return list
}

func ruleKey(r *zone.Rule) string {
	if r.ID != "" {
		return r.ID
	}
	return r.Name
}

func ruleFacts(r *zone.Rule) []fact {
	facts := []fact{
		{"name", r.Name}, {"status", word(r.Active, "ACTIVE", "INACTIVE")}, {"access", word(r.Allow, "ALLOW", "DENY")},
	}
	if r.HasPriority {
		facts = append(facts, fact{"priority", strconv.Itoa(r.Priority)})
	}
	connection := map[zone.Connection]string{
		zone.Anywhere: "ANYWHERE", zone.InZones: "ZONE", zone.InSystemZone: "ON_NETWORK", zone.OutsideSystemZone: "OFF_NETWORK", zone.Disabled: "DISABLED",
	}[r.Network.Connection]
	facts = append(facts, fact{"connection", connection})
	for _, id := range r.Network.Include {
		facts = append(facts, fact{"included zone", id.ID})
	}
	for _, id := range r.Network.Exclude {
		facts = append(facts, fact{"excluded zone", id.ID})
	}
	for _, path := range r.Narrowed {
		if at := strings.Index(path, "conditions/"); at >= 0 {
			path = path[at:] // where the rule stands among the others is no difference
		}
		facts = append(facts, fact{"narrowed by", path})
	}
	return facts
}

func withRuleSet(c decide.Config, at int, put *zone.RuleSet) decide.Config {
	sets := append([]zone.RuleSet(nil), c.Rules[:min(at, len(c.Rules))]...)
	if put != nil {
		sets = append(sets, *put)
	}
	if at+1 < len(c.Rules) {
		sets = append(sets, c.Rules[at+1:]...)
	}
	c.Rules = sets
	return c
}

func withRule(c decide.Config, at int, key string, nth int, put *zone.Rule) decide.Config {
	if at >= len(c.Rules) {
		return c
	}
	set := c.Rules[at]
	kept := make([]zone.Rule, 0, len(set.Rules)+1)
	for i := range set.Rules {
		r := set.Rules[i]
		if ruleKey(&r) == key {
			if nth--; nth == -1 {
				if put == nil {
					continue
				}
				r, put = *put, nil
			}
		}
		kept = append(kept, r)
	}
	if put != nil {
		kept = append(kept, *put)
	}
	set.Rules = kept
	return withRuleSet(c, at, &set)
}

// others are what a policy has one of.
func others(p *policyfile.Parts) []thing {
	c := &p.Config
	var list []thing
	add := func(kind string, facts []fact, put, take func(*decide.Config)) {
		list = append(list, thing{kind: kind, key: kind, facts: facts, put: on(put), take: on(take)})
	}
	if threat := c.ThreatInsight; threat != nil {
		facts := []fact{{"action", ThreatName(threat.Action)}}
		for _, id := range threat.ExcludeZones {
			facts = append(facts, fact{"excluded zone", id.ID})
		}
		feeds := c.ThreatFeeds
		for _, feed := range feeds {
			facts = append(facts, entryFacts("threat feed network", feed.Entries)...)
		}
		add("ThreatInsight configuration", facts, func(c *decide.Config) { c.ThreatInsight, c.ThreatFeeds = threat, feeds },
			func(c *decide.Config) { c.ThreatInsight, c.ThreatFeeds = nil, nil })
	}
	if network := c.SailPoint; network != nil {
		facts := append(entryFacts("network", network.Range), termFacts("country", zone.Terms[string]{Include: network.Geolocation}, func(s string) string { return s })...)
		add("network configuration", append(facts, fact{"whitelisted", strconv.FormatBool(network.Allowlist)}),
			func(c *decide.Config) { c.SailPoint = network }, func(c *decide.Config) { c.SailPoint = nil })
	}
	if profile := c.AuthProfile; profile != nil {
		add("authentication profile", []fact{{"offNetwork", strconv.FormatBool(profile.OffNetwork)}, {"untrustedGeography", strconv.FormatBool(profile.UntrustedGeography)}},
			func(c *decide.Config) { c.AuthProfile = profile }, func(c *decide.Config) { c.AuthProfile = nil })
	}
	if overlay := c.Overlay; overlay != nil {
		add("overlay", append(overlayFacts("denied", overlay.Deny), overlayFacts("allowed", overlay.Allow)...),
			func(c *decide.Config) { c.Overlay = overlay }, func(c *decide.Config) { c.Overlay = nil })
	}
	if table := c.Geo; table != nil {
		add("geo sources", geoFacts(table), func(c *decide.Config) { c.Geo = table }, func(c *decide.Config) { c.Geo = nil })
	}
	unknown := c.UnknownCountry
	add("unknownCountry", []fact{{"answer", word(unknown == decide.TrustUnknownCountry, "trust", "deny")}},
		func(c *decide.Config) { c.UnknownCountry = unknown }, nil)
	return list
}

// settings are what is no document.
func settings(p *policyfile.Parts) []thing {
	mode := thing{kind: "mode", key: "mode", facts: []fact{{"mode", word(p.Observe, "observe", "enforce")}}}
	return append([]thing{mode}, edgeThings(p)...)
}

func on(change func(*decide.Config)) func(decide.Config) decide.Config {
	if change == nil {
		return nil
	}
	return func(c decide.Config) decide.Config {
		change(&c)
		return c
	}
}

// ThreatName is ThreatInsight's action as Okta writes it.
func ThreatName(a zone.ThreatAction) string {
	switch a {
	case zone.ThreatAudit:
		return "audit"
	case zone.ThreatBlock:
		return "block"
	case zone.ThreatNone:
	}
	return "none"
}

func overlayFacts(what string, entries []zone.OverlayEntry) []fact {
	var facts []fact
	for i := range entries {
		value := entries[i].Text
		if until := entries[i].Until; !until.IsZero() {
			value += " until " + until.UTC().Format(time.RFC3339)
		}
		facts = append(facts, fact{what + " network", value})
	}
	return facts
}

func geoFacts(table *geo.Table) []fact {
	var facts []fact
	for _, d := range table.Datasets() {
		value := d.Type
		if !d.Built.IsZero() {
			value += " of " + d.Built.UTC().Format(time.RFC3339)
		}
		facts = append(facts, fact{"source", fmt.Sprintf("%s, %d networks", value, d.Networks)})
	}
	return facts
}

// edgeThings is the edge. It finds clients, about whom the policy then decides as
// before.
func edgeThings(p *policyfile.Parts) []thing {
	if p.Edge == nil {
		return nil
	}
	e := p.Edge
	facts := []fact{{"source", string(e.Source)}, {"onMissing", string(e.OnMissing)}, {"allTrusted", string(e.AllTrusted)}}
	for _, prefix := range e.Trusted {
		facts = append(facts, fact{"trusted network", prefix.String()})
	}
	for _, option := range []struct {
		name string
		on   bool
	}{{"trustUnix", e.TrustUnix}, {"allowTrustAll", e.AllowTrustAll}} {
		if option.on {
			facts = append(facts, fact{option.name, "true"})
		}
	}
	facts = slices.DeleteFunc(facts, func(f fact) bool { return f.value == "" })
	return []thing{{kind: "edge", key: "edge", facts: facts}}
}

func word(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
