package docdiff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// inAnyOrder is what a Config has, zones and rules as they were given and sorted, since their
// order in the documents is no difference.
func inAnyOrder(c decide.Config) map[string]any {
	zones := []string{}
	for _, document := range c.Zones {
		for i := range document.Zones {
			zones = append(zones, string(document.Zones[i].Text))
		}
	}
	slices.Sort(zones)
	policies := [][]string{}
	for _, set := range c.Rules {
		rules := []string{}
		for i := range set.Rules {
			rules = append(rules, string(set.Rules[i].Text))
		}
		slices.Sort(rules)
		policies = append(policies, rules)
	}
	return map[string]any{
		"zones": zones, "policies": policies, "ThreatInsight": c.ThreatInsight, "feeds": c.ThreatFeeds, "SailPoint": c.SailPoint,
		"profile": c.AuthProfile, "overlay": c.Overlay, "unknown": c.UnknownCountry,
	}
}

// What a policy has one of is given back as it was, whether it came, went or changed,
// and nothing else is touched.
func TestOneOfAKindIsUndone(t *testing.T) {
	const other = "192.0.2.0/24,FR,,,,\n"
	bare := decidetest.Documents{Zones: `[]`}
	for kind, documents := range map[string][2]decidetest.Documents{
		"ThreatInsight configuration": {{ThreatInsight: `{"action":"block"}`, ThreatFeeds: []string{"192.0.2.7\n"}}, {ThreatInsight: `{"action":"audit"}`}},
		"network configuration":       {{SailPoint: `{"range":["192.0.2.0/24"]}`}, {SailPoint: `{"range":["192.0.3.0/24"]}`}},
		"authentication profile":      {{AuthProfile: `{"offNetwork":true}`}, {AuthProfile: `{"untrustedGeography":true}`}},
		"overlay":                     {{Overlay: `{"deny":[{"network":"10.1.1.1","why":"x"}]}`}, {Overlay: `{"allow":[{"network":"10.1.1.1","why":"x"}]}`}},
		"geo sources":                 {{Geo: rows}, {Geo: other}},
	} {
		one, two := documents[0], documents[1]
		one.Zones, two.Zones = `[]`, `[]`
		for _, pair := range [][2]decidetest.Documents{{one, two}, {two, one}, {one, bare}, {bare, one}} {
			old, now := parts(t, pair[0]), parts(t, pair[1])
			list := docdiff.Between(old, now)
			require.Len(t, list, 1, kind)
			require.Equal(t, kind, list[0].Kind)
			undone := list[0].Undo(now.Config)
			require.Equal(t, inAnyOrder(old.Config), inAnyOrder(undone), kind)
			require.Same(t, old.Config.Geo, undone.Geo, kind)
			require.Equal(t, inAnyOrder(parts(t, pair[1]).Config), inAnyOrder(now.Config), "the policy itself stays: %s", kind)
		}
	}
	trusting, denying := parts(t, bare), parts(t, bare)
	trusting.Config.UnknownCountry = decide.TrustUnknownCountry
	for _, pair := range [][2]*policyfile.Parts{{trusting, denying}, {denying, trusting}} {
		list := docdiff.Between(pair[0], pair[1])
		require.Len(t, list, 1)
		require.Equal(t, pair[0].Config.UnknownCountry, list[0].Undo(pair[1].Config).UnknownCountry)
	}
}

// A rule with an id is known by it, whatever it is called; of several policies the one
// alone is undone that has it.
func TestOneOfManyIsUndone(t *testing.T) {
	policy := func(access string, names ...string) string {
		text := ""
		for i, name := range names {
			text += fmt.Sprintf(`{"id":"r%d","name":%q,"priority":%d,"actions":{"signon":{"access":%q}}},`, i, name, i, access)
		}
		return "[" + text + `{"id":"last","name":"last","priority":99,"actions":{"signon":{"access":"DENY"}}}]`
	}
	zones := func(ids ...string) string {
		text := `{"type":"IP","id":"always","name":"always","gateways":[{"type":"CIDR","value":"10.0.0.0/8"}]}`
		for _, id := range ids {
			text += fmt.Sprintf(`,{"type":"IP","id":%q,"name":"z","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`, id)
		}
		return "[" + text + "]"
	}
	old := parts(t, decidetest.Documents{Zones: zones("a", "c"), Rules: []string{policy("ALLOW", "one", "same", "same"), policy("ALLOW", "two"), policy("ALLOW", "three")}})
	for name, test := range map[string]struct {
		now  decidetest.Documents
		want []string
	}{
		"renamed":          {decidetest.Documents{Zones: zones("a", "c"), Rules: []string{policy("ALLOW", "other", "same", "same"), policy("ALLOW", "two"), policy("ALLOW", "three")}}, []string{"changed rule r0 other", "  removed name one", "  added name other"}},
		"of the second":    {decidetest.Documents{Zones: zones("a", "c"), Rules: []string{policy("ALLOW", "one", "same", "same"), policy("DENY", "two"), policy("ALLOW", "three")}}, []string{"changed rule r0 two", "  removed access ALLOW", "  added access DENY"}},
		"zone put between": {decidetest.Documents{Zones: zones("a", "b", "c"), Rules: []string{policy("ALLOW", "one", "same", "same"), policy("ALLOW", "two"), policy("ALLOW", "three")}}, []string{"added zone b z", "  added name z", "  added type IP", "  added status ACTIVE", "  added usage POLICY", "  added gateway 192.0.2.0/24"}},
	} {
		t.Run(name, func(t *testing.T) {
			now := parts(t, test.now)
			list := docdiff.Between(old, now)
			require.Equal(t, test.want, lines(list))
			require.Equal(t, inAnyOrder(old.Config), inAnyOrder(list[0].Undo(now.Config)))
		})
	}
}

// A snapshot has no documents that could differ: what stands beside it does.
func TestSnapshotsDifferInSettings(t *testing.T) {
	policy := func(snapshot string) *policyfile.Parts {
		p := parts(t, decidetest.Documents{Zones: before, Rules: []string{fmt.Sprintf(rule, 1, "", "ALLOW")}, Geo: rows})
		p.SnapshotFile = snapshot
		return p
	}
	other := parts(t, decidetest.Documents{Zones: after, AuthProfile: `{"offNetwork":true}`})
	other.Observe, other.Edge = true, &gate.Config{Source: gate.XForwardedFor}
	want := []string{"changed mode  ", "  removed mode enforce", "  added mode observe", "added edge  ", "  added source x-forwarded-for"}
	require.Equal(t, want, lines(docdiff.Between(policy("a.snapshot"), other)), "it was one")
	other.SnapshotFile = "b.snapshot"
	require.Equal(t, want, lines(docdiff.Between(policy(""), other)), "it is one now")
	require.Equal(t, want, lines(docdiff.Between(policy("a.snapshot"), other)), "both are")
}
