package decide_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// asDocuments writes a Config as the vendors' documents of the same meaning, and
// parses them. What a parser has against them is in err.
func asDocuments(t testing.TB, config decide.Config) (parsed decide.Config, err error) {
	t.Helper()
	parsed = decide.Config{UnknownCountry: config.UnknownCountry, Geo: config.Geo, AssumeNone: config.AssumeNone, Now: config.Now}
	keep := func(e error) {
		if e != nil && err == nil {
			err = e
		}
	}
	for d := range config.Zones {
		list := []map[string]any{}
		for i := range config.Zones[d].Zones {
			list = append(list, zoneDocument(&config.Zones[d].Zones[i]))
		}
		zones, e := zone.ParseOkta("zones.json", mustJSON(t, list))
		keep(e)
		parsed.Zones = append(parsed.Zones, zones)
	}
	for d := range config.Rules {
		list := []map[string]any{}
		for i := range config.Rules[d].Rules {
			list = append(list, ruleDocument(&config.Rules[d].Rules[i]))
		}
		rules, e := zone.ParseOktaRules("rules.json", mustJSON(t, list))
		keep(e)
		parsed.Rules = append(parsed.Rules, rules)
	}
	if threat := config.ThreatInsight; threat != nil {
		document := map[string]any{"action": word(int(threat.Action), "none", "audit", "block"), "excludeZones": ids(threat.ExcludeZones)}
		parsedThreat, e := zone.ParseThreatInsight("threat.json", mustJSON(t, document))
		keep(e)
		parsed.ThreatInsight = &parsedThreat
	}
	for _, list := range config.ThreatFeeds {
		feed, e := zone.ParseFeed("feed.txt", []byte(strings.Join(spans(list.Entries), "\n")))
		keep(e)
		parsed.ThreatFeeds = append(parsed.ThreatFeeds, feed)
	}
	if document := config.SailPoint; document != nil {
		network, e := zone.ParseSailPoint("network.json", mustJSON(t, map[string]any{
			"range": prefixes(document.Range), "geolocation": zone.ValuesOf(document.Geolocation), "whitelisted": document.Allowlist,
		}))
		keep(e)
		parsed.SailPoint = &network
	}
	if profile := config.AuthProfile; profile != nil {
		parsed.AuthProfile = &zone.AuthProfile{OffNetwork: profile.OffNetwork, UntrustedGeography: profile.UntrustedGeography}
	}
	if overlay := config.Overlay; overlay != nil {
		document, e := zone.ParseOverlay("overlay.json", mustJSON(t, map[string]any{"deny": overlayDocument(overlay.Deny), "allow": overlayDocument(overlay.Allow)}))
		keep(e)
		parsed.Overlay = &document
	}
	return parsed, err
}

func zoneDocument(z *zone.Zone) map[string]any {
	document := map[string]any{
		"type": z.Type, "name": z.Name, "status": map[bool]string{true: "ACTIVE", false: "INACTIVE"}[z.Active],
		"usage": map[bool]string{true: "BLOCKLIST", false: "POLICY"}[z.Blocklist], "system": z.System, "useAsExemptList": z.Exempt,
		"gateways": entryDocuments(z.Gateways), "proxies": entryDocuments(z.Proxies),
	}
	if z.Name == "" {
		document["name"] = "without a name"
	}
	if z.ID != "" {
		document["id"] = z.ID
	}
	places := func(terms []zone.Term[zone.Place]) []map[string]any {
		list := []map[string]any{}
		whole := map[string]bool{}
		for _, place := range zone.ValuesOf(terms) {
			whole[place.Country] = whole[place.Country] || place.Region == ""
		}
		for _, place := range zone.ValuesOf(terms) {
			if place.Region != "" && whole[place.Country] && place.Valid() {
				continue // Okta refuses a country beside its region, which a model may hold
			}
			list = append(list, map[string]any{"country": place.Country, "region": place.Region})
		}
		return list
	}
	if z.Type == zone.Dynamic {
		document["locations"], document["asns"] = places(z.Locations.Include), zone.ValuesOf(z.ASNs.Include)
		document["proxyType"] = word(int(z.Proxy), "", "Any", "TorAnonymizer", "NotTorAnonymizer")
		return document
	}
	document["locations"] = map[string]any{"include": places(z.Locations.Include), "exclude": places(z.Locations.Exclude)}
	document["asns"] = map[string]any{"include": zone.ValuesOf(z.ASNs.Include), "exclude": zone.ValuesOf(z.ASNs.Exclude)}
	document["ipServiceCategories"] = map[string]any{"include": zone.ValuesOf(z.Categories.Include), "exclude": zone.ValuesOf(z.Categories.Exclude)}
	return document
}

func ruleDocument(r *zone.Rule) map[string]any {
	conditions := map[string]any{"network": map[string]any{
		"connection": word(int(r.Network.Connection), "ANYWHERE", "ZONE", "ON_NETWORK", "OFF_NETWORK", "DISABLED"),
		"include":    ids(r.Network.Include), "exclude": ids(r.Network.Exclude),
	}}
	for i := range r.Narrowed {
		conditions[fmt.Sprint("other ", i)] = "x"
	}
	document := map[string]any{
		"id": r.ID, "name": r.Name, "status": map[bool]string{true: "ACTIVE", false: "INACTIVE"}[r.Active], "conditions": conditions,
		"actions": map[string]any{"signon": map[string]any{"access": map[bool]string{true: "ALLOW", false: "DENY"}[r.Allow]}},
	}
	if r.HasPriority {
		document["priority"] = r.Priority
	}
	return document
}

func overlayDocument(entries []zone.OverlayEntry) []map[string]any {
	list := []map[string]any{}
	for i := range entries {
		entry := map[string]any{"network": span(entries[i].Range), "why": "x"}
		if until := entries[i].Until; !until.IsZero() {
			entry["until"] = until.Format(time.RFC3339Nano)
		}
		list = append(list, entry)
	}
	return list
}

// word is how a document writes a value that the model counts.
func word(value int, words ...string) string {
	if value < len(words) {
		return words[value]
	}
	return fmt.Sprint("value ", value)
}

// ids leaves out empty ones, which name nobody.
func ids(references []zone.ZoneID) []string {
	list := []string{}
	for _, id := range references {
		if id.ID != "" {
			list = append(list, id.ID)
		}
	}
	return list
}

func span(r netipx.IPRange) string { return r.From().String() + "-" + r.To().String() }

func spans(entries []zone.Entry) []string {
	list := []string{}
	for i := range entries {
		list = append(list, span(entries[i].Range))
	}
	return list
}

func entryDocuments(entries []zone.Entry) []map[string]string {
	list := []map[string]string{}
	for _, text := range spans(entries) {
		list = append(list, map[string]string{"type": "RANGE", "value": text})
	}
	return list
}

// prefixes are the networks of entries, since SailPoint has no ranges.
func prefixes(entries []zone.Entry) []string {
	list := []string{}
	for i := range entries {
		of := entries[i].Range.Prefixes()
		for _, prefix := range of {
			list = append(list, prefix.String())
		}
		if len(of) == 0 {
			list = append(list, "no network")
		}
	}
	return list
}
