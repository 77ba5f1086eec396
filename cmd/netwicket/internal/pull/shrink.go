package pull

import (
	"fmt"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// atLeast is the share of what is in force that must be left, in per cent (U12).
const atLeast = 70

// shrunk says what there is less of than in what is in force, by the documents
// alone (U12). On a first run there is nothing to be less than.
func (p *Puller) shrunk(look *Look) []string {
	if look.First || p.AcceptShrink {
		return nil
	}
	if err := look.Before.Err; err != nil {
		return []string{fmt.Sprintf("shrink guard: what is in force does not load, so that nobody knows whether it shrinks: %s", firstOf(err))}
	}
	before, after := &look.Before.Parts.Config, &look.After.Parts.Config
	var causes []string
	fewer := func(what string, was, now int) {
		if int64(now)*100 < int64(was)*atLeast {
			causes = append(causes, fmt.Sprintf("shrink guard: %s: %d now, %d in force; fewer than %d%% are left", what, now, was, atLeast))
		}
	}
	fewer("zones", zonesOf(before), zonesOf(after))
	fewer("entries of ACTIVE blocklist zones", blocklistEntries(before), blocklistEntries(after))
	fewer("ACTIVE rules", activeRules(before), activeRules(after))
	causes = append(causes, lostSystemZones(before, after)...)
	for _, document := range []struct {
		what     string
		was, now bool
	}{
		{"ThreatInsight configuration", before.ThreatInsight != nil, after.ThreatInsight != nil},
		{"SailPoint network configuration", before.SailPoint != nil, after.SailPoint != nil},
		{"SailPoint authentication profile", before.AuthProfile != nil, after.AuthProfile != nil},
	} {
		if document.was && !document.now {
			causes = append(causes, fmt.Sprintf("shrink guard: the %s is gone", document.what))
		}
	}
	return causes
}

// firstOf is the first finding of an error, on one line.
func firstOf(err error) string {
	if list, _ := err.(finding.List); len(list) > 0 { //nolint:errorlint // as Compile returns it
		return list[0].Error()
	}
	return err.Error()
}

func zonesOf(config *decide.Config) int {
	n := 0
	for _, document := range config.Zones {
		n += len(document.Zones)
	}
	return n
}

// blocklistEntries are what ACTIVE blocklist zones block by: addresses, places,
// networks, services, anonymizers.
func blocklistEntries(config *decide.Config) int {
	n := 0
	for _, document := range config.Zones {
		for i := range document.Zones {
			z := &document.Zones[i]
			if !z.Blocks() {
				continue
			}
			n += len(z.Gateways) + len(z.Locations.Include) + len(z.ASNs.Include) + len(z.Categories.Include)
			if z.Proxy != zone.ProxyUnset {
				n++
			}
		}
	}
	return n
}

func activeRules(config *decide.Config) int {
	n := 0
	for _, document := range config.Rules {
		for i := range document.Rules {
			if document.Rules[i].Active {
				n++
			}
		}
	}
	return n
}

// lostSystemZones are the system's zones that are gone: a tenant cannot lose one.
func lostSystemZones(before, after *decide.Config) []string {
	there := make(map[string]bool)
	for _, document := range after.Zones {
		for i := range document.Zones {
			there[document.Zones[i].Key()] = true
		}
	}
	var causes []string
	for _, document := range before.Zones {
		for i := range document.Zones {
			if z := &document.Zones[i]; z.System && !there[z.Key()] {
				causes = append(causes, fmt.Sprintf("shrink guard: the system zone %q (%s) is gone", z.Name, z.Key()))
			}
		}
	}
	return causes
}
