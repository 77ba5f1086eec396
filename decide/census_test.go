package decide_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// census counts in how many policies each feature occurs, so that a proof over
// random policies says what it was about.
type census struct {
	mutex  sync.Mutex
	counts map[string]int
}

func newCensus() *census { return &census{counts: map[string]int{}} }

// wanted are the features that no proof may lack.
func wanted() []string {
	all := []string{
		"exempt zone", "INACTIVE zone", "ANYWHERE", "DISABLED", "ON_NETWORK", "OFF_NETWORK", "ZONE include", "ZONE exclude",
		zone.AllZones, zone.AllIPZones, "narrowed rule", "INACTIVE rule", "two rule policies",
		"ThreatInsight none", "ThreatInsight audit", "ThreatInsight block", "excludeZones",
		"overlay deny", "overlay allow", "SailPoint allow list", "SailPoint block list", "SailPoint range",
	}
	for _, kind := range []zone.Type{zone.IP, zone.Dynamic, zone.DynamicV2} {
		all = append(all, fmt.Sprintf("%s POLICY", kind), fmt.Sprintf("%s BLOCKLIST", kind))
	}
	for _, unknown := range []string{"deny", "trust"} {
		for _, profile := range []string{"none", "false/false", "true/false", "false/true", "true/true"} {
			all = append(all, "profile "+profile+", unknown "+unknown)
		}
	}
	return all
}

func (c *census) count(config decide.Config) {
	seen := map[string]bool{}
	for _, document := range config.Zones {
		for i := range document.Zones {
			countZone(seen, &document.Zones[i])
		}
	}
	for _, set := range config.Rules {
		for i := range set.Rules {
			countRule(seen, &set.Rules[i])
		}
	}
	seen["two rule policies"] = len(config.Rules) == 2
	if threat := config.ThreatInsight; threat != nil {
		seen["ThreatInsight "+[...]string{zone.ThreatNone: "none", zone.ThreatAudit: "audit", zone.ThreatBlock: "block"}[threat.Action]] = true
		seen["excludeZones"] = len(threat.ExcludeZones) > 0
	}
	if overlay := config.Overlay; overlay != nil {
		seen["overlay deny"], seen["overlay allow"] = len(overlay.Deny) > 0, len(overlay.Allow) > 0
	}
	profile := "none"
	if p := config.AuthProfile; p != nil {
		profile = fmt.Sprintf("%v/%v", p.OffNetwork, p.UntrustedGeography)
	}
	if document := config.SailPoint; document != nil {
		unknown := [...]string{decide.DenyUnknownCountry: "deny", decide.TrustUnknownCountry: "trust"}[config.UnknownCountry]
		seen["profile "+profile+", unknown "+unknown] = true
		if len(document.Geolocation) > 0 {
			seen[map[bool]string{true: "SailPoint allow list", false: "SailPoint block list"}[document.Allowlist]] = true
		}
		seen["SailPoint range"] = len(document.Range) > 0
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for feature, present := range seen {
		if present {
			c.counts[feature]++
		}
	}
}

func countZone(seen map[string]bool, z *zone.Zone) {
	switch {
	case !z.Active:
		seen["INACTIVE zone"] = true
	case z.Exempt:
		seen["exempt zone"] = true
	case z.Blocklist:
		seen[string(z.Type)+" BLOCKLIST"] = true
	default:
		seen[string(z.Type)+" POLICY"] = true
	}
}

func countRule(seen map[string]bool, r *zone.Rule) {
	if !r.Active {
		seen["INACTIVE rule"] = true
		return
	}
	if len(r.Narrowed) > 0 {
		seen["narrowed rule"] = true
	}
	switch r.Network.Connection {
	case zone.Anywhere:
		seen["ANYWHERE"] = true
	case zone.Disabled:
		seen["DISABLED"] = true
	case zone.InSystemZone:
		seen["ON_NETWORK"] = true
	case zone.OutsideSystemZone:
		seen["OFF_NETWORK"] = true
	case zone.InZones: // by its lists, below
	}
	for name, list := range map[string][]zone.ZoneID{"ZONE include": r.Network.Include, "ZONE exclude": r.Network.Exclude} {
		for _, id := range list {
			seen[name] = true
			if id.ID == zone.AllZones || id.ID == zone.AllIPZones {
				seen[id.ID] = true
			}
		}
	}
}

// report prints the census; a feature that was wanted and never occurred is an
// error if all of it is demanded.
func (c *census) report(t *testing.T, all bool) {
	t.Helper()
	var lines []string
	for _, feature := range slices.Sorted(maps.Keys(c.counts)) {
		lines = append(lines, fmt.Sprintf("%s: %d", feature, c.counts[feature]))
	}
	t.Logf("policies with\n%s", strings.Join(lines, "\n"))
	for _, feature := range wanted() {
		if all {
			require.Positive(t, c.counts[feature], "no random policy has the feature %q", feature)
		}
	}
}
