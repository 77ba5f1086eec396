package docdiff_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

func parts(t testing.TB, d decidetest.Documents) *policyfile.Parts {
	t.Helper()
	return &policyfile.Parts{Config: d.Config(t)}
}

func lines(list []docdiff.Difference) []string {
	var all []string
	for _, d := range list {
		all = append(all, fmt.Sprint(d.Way, " ", d.Kind, " ", d.ID, " ", d.Name))
		for _, p := range d.Parts {
			all = append(all, fmt.Sprint("  ", p.Way, " ", p.What, " ", p.Value))
		}
	}
	return all
}

const (
	before = `[{"type":"IP","id":"a","name":"Offices","gateways":[{"type":"CIDR","value":"192.0.2.0/24"},{"type":"CIDR","value":"198.51.100.0/24"}]},
		{"type":"IP","id":"b","name":"Gone","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},
		{"type":"DYNAMIC_V2","id":"c","name":"Places","usage":"BLOCKLIST","locations":{"include":[{"country":"DE"}]}}]`
	after = `[{"type":"DYNAMIC_V2","id":"c","name":"Countries","usage":"BLOCKLIST","locations":{"include":[{"country":"DE"},{"country":"US","region":"US-CA"}]}},
		{"type":"IP","id":"n","name":"New","gateways":[{"type":"RANGE","value":"192.0.2.7"}],"status":"INACTIVE"},
		{"type":"IP","id":"a","name":"Offices","gateways":[{"type":"CIDR","value":"198.51.100.0/24"},{"type":"CIDR","value":"192.0.2.0/25"}],"proxies":[{"type":"RANGE","value":"10.0.0.1"}]}]`
	rule = `[{"id":"r","name":"In","priority":%d,"conditions":{"network":{"connection":"ZONE","include":["a"%s]}},"actions":{"signon":{"access":%q}}}]`
	rows = "192.0.2.0/24,DE,,,,\n203.0.113.0/24,US,US-CA,,,\n"
)

func TestBetween(t *testing.T) {
	old := parts(t, decidetest.Documents{Zones: before, Rules: []string{fmt.Sprintf(rule, 1, `,"b"`, "ALLOW")}, Geo: rows})
	now := parts(t, decidetest.Documents{Zones: after, Rules: []string{fmt.Sprintf(rule, 2, "", "DENY")}, Geo: rows + "10.0.0.0/8,FR,,,,\n", Overlay: `{"deny":[{"network":"10.1.1.1","why":"x"}]}`})
	now.Observe, now.Edge = true, &gate.Config{Source: gate.XForwardedFor}
	require.Equal(t, []string{
		"changed zone c Countries",
		"  removed name Places",
		"  added name Countries",
		"  added location US-CA",
		"added zone n New",
		"  added name New",
		"  added type IP",
		"  added status INACTIVE",
		"  added usage POLICY",
		"  added gateway 192.0.2.7",
		"changed zone a Offices",
		"  removed gateway 192.0.2.0/24",
		"  added gateway 192.0.2.0/25",
		"  added proxy 10.0.0.1",
		"removed zone b Gone",
		"  removed name Gone",
		"  removed type IP",
		"  removed status ACTIVE",
		"  removed usage POLICY",
		"  removed gateway 203.0.113.0/24",
		"changed rule r In",
		"  removed access ALLOW",
		"  removed priority 1",
		"  removed included zone b",
		"  added access DENY",
		"  added priority 2",
		"added overlay  ",
		"  added denied network 10.1.1.1",
		"changed geo sources  ",
		"  removed source csv, 2 networks",
		"  added source csv, 3 networks",
		"changed mode  ",
		"  removed mode enforce",
		"  added mode observe",
		"added edge  ",
		"  added source x-forwarded-for",
	}, lines(docdiff.Between(old, now)))
	require.Empty(t, docdiff.Between(now, now))
}

// Of zones and rules of one name and without ids each is one of its own.
func TestTwins(t *testing.T) {
	zones := func(networks ...string) string {
		text := `{"type":"IP","id":"z","name":"z","gateways":[{"type":"CIDR","value":"12.0.0.0/8"}]}`
		for _, network := range networks {
			text += `,{"type":"IP","name":"twin","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"` + network + `"}]}`
		}
		return "[" + text + "]"
	}
	rules := func(accesses ...string) []string {
		text := ""
		for i, access := range accesses {
			text += `{"name":"twin","priority":` + fmt.Sprint(i) + `,"conditions":{"network":{"connection":"ZONE","include":["z"]}},"actions":{"signon":{"access":"` + access + `"}}},`
		}
		return []string{"[" + text + `{"name":"rest","priority":9,"actions":{"signon":{"access":"DENY"}}}]`}
	}
	two := decidetest.Documents{Zones: zones("10.0.0.0/8", "11.0.0.0/8"), Rules: rules("ALLOW", "DENY")}
	require.Empty(t, docdiff.Between(parts(t, two), parts(t, two)))
	for name, row := range map[string]struct {
		now  decidetest.Documents
		want []string
	}{
		"a zone that is gone": {decidetest.Documents{Zones: zones("10.0.0.0/8"), Rules: two.Rules},
			[]string{"removed zone  twin", "  removed name twin", "  removed type IP", "  removed status ACTIVE", "  removed usage BLOCKLIST", "  removed gateway 11.0.0.0/8"}},
		"a zone that is new": {decidetest.Documents{Zones: zones("10.0.0.0/8", "11.0.0.0/8", "13.0.0.0/8"), Rules: two.Rules},
			[]string{"added zone  twin", "  added name twin", "  added type IP", "  added status ACTIVE", "  added usage BLOCKLIST", "  added gateway 13.0.0.0/8"}},
		"a zone that changed": {decidetest.Documents{Zones: zones("10.0.0.0/8", "11.0.0.0/9"), Rules: two.Rules}, []string{"changed zone  twin", "  removed gateway 11.0.0.0/8", "  added gateway 11.0.0.0/9"}},
		"a rule that changed": {decidetest.Documents{Zones: two.Zones, Rules: rules("DENY", "DENY")}, []string{"changed rule  twin", "  removed access ALLOW", "  added access DENY"}},
		"a rule that is new": {decidetest.Documents{Zones: two.Zones, Rules: rules("ALLOW", "DENY", "DENY")},
			[]string{"added rule  twin", "  added name twin", "  added status ACTIVE", "  added access DENY", "  added priority 2", "  added connection ZONE", "  added included zone z"}},
		"a rule that is gone": {decidetest.Documents{Zones: two.Zones, Rules: rules("ALLOW")},
			[]string{"removed rule  twin", "  removed name twin", "  removed status ACTIVE", "  removed access DENY", "  removed priority 1", "  removed connection ZONE", "  removed included zone z"}},
	} {
		differences := docdiff.Between(parts(t, two), parts(t, row.now))
		require.Equal(t, row.want, lines(differences), name)
		before, err := decide.Compile(parts(t, two).Config)
		require.NoError(t, err)
		undone, err := decide.Compile(differences[0].Undo(parts(t, row.now).Config))
		require.NoError(t, err)
		require.Equal(t, before.Info().Rules, undone.Info().Rules, name)
		require.Equal(t, before.Info().Zones, undone.Info().Zones, name)
		for change := range decide.Diff(before, undone) {
			t.Fatalf("%s: %+v", name, change)
		}
	}
}

// Everything that a policy can have, once it is there and once it is gone.
func TestEveryFact(t *testing.T) {
	const zones = `[{"type":"IP","id":"s","name":"LegacyIpZone","system":true,"gateways":[{"type":"RANGE","value":"192.0.2.1-192.0.2.9"}]},
		{"type":"IP","name":"DefaultExemptIpZone","system":true,"gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]},
		{"type":"DYNAMIC","id":"p","name":"Tor","status":"INACTIVE","proxyType":"TorAnonymizer"},
		{"type":"DYNAMIC","id":"q","name":"Any","status":"INACTIVE","proxyType":"Any"},{"type":"DYNAMIC","id":"o","name":"NotTor","status":"INACTIVE","proxyType":"NotTorAnonymizer"},
		{"type":"DYNAMIC_V2","id":"v","name":"V2","locations":{"include":[{"country":"US","region":"US-CA"}],"exclude":[{"country":"DE"}]},"asns":{"include":["64500"],"exclude":["1"]},
		 "ipServiceCategories":{"include":["NORD_VPN"],"exclude":["ALL_ANONYMIZERS"]},"status":"INACTIVE"}]`
	const rules = `[{"name":"one","conditions":{"people":{"users":{"include":["u"]}},"network":{"connection":"ZONE","include":["s"],"exclude":[]}},"actions":{"signon":{"access":"ALLOW"}}},
		{"id":"2","name":"two","status":"INACTIVE","priority":7,"conditions":{"network":{"connection":"ZONE","exclude":["s"]}},"actions":{"signon":{"access":"DENY"}}},
		{"id":"3","name":"three","conditions":{"network":{"connection":"ON_NETWORK"}},"actions":{"signon":{"access":"DENY"}}}]`
	full := parts(t, decidetest.Documents{
		Zones: zones, Rules: []string{`[{"name":"first","actions":{"signon":{"access":"ALLOW"}}}]`, rules},
		ThreatInsight: `{"action":"audit","excludeZones":["s"]}`, ThreatFeeds: []string{"203.0.113.1\n", "203.0.113.2\n"},
		SailPoint: `{"range":["192.0.2.0/24"],"geolocation":["DE","FR"],"whitelisted":true}`, AuthProfile: `{"offNetwork":true,"untrustedGeography":false}`,
		Overlay: `{"deny":[{"network":"10.1.1.1","why":"x"}],"allow":[{"network":"10.2.0.0/16","why":"x","until":"2030-01-02T01:02:03+01:00"}]}`, Geo: rows,
	})
	full.Config.UnknownCountry = decide.TrustUnknownCountry
	full.Config.Overlay.Deny[0].Text = "10.1.1.1"
	full.Config.Zones[0].Zones[0].Gateways[0].Text = "" // as a model that is made by code
	full.Edge = &gate.Config{
		Source: gate.Forwarded, OnMissing: "deny", AllTrusted: "deny", Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, TrustUnix: true, AllowTrustAll: true,
	}
	want := []string{
		"zone s LegacyIpZone", "name LegacyIpZone", "type IP", "status ACTIVE", "usage POLICY", "system true", "gateway 192.0.2.1-192.0.2.9",
		"zone  DefaultExemptIpZone", "name DefaultExemptIpZone", "type IP", "status ACTIVE", "usage POLICY", "system true", "exempt zone true", "gateway 198.51.100.0/24",
		"zone p Tor", "name Tor", "type DYNAMIC", "status INACTIVE", "usage POLICY", "proxy type TorAnonymizer",
		"zone q Any", "name Any", "type DYNAMIC", "status INACTIVE", "usage POLICY", "proxy type Any",
		"zone o NotTor", "name NotTor", "type DYNAMIC", "status INACTIVE", "usage POLICY", "proxy type NotTorAnonymizer",
		"zone v V2", "name V2", "type DYNAMIC_V2", "status INACTIVE", "usage POLICY", "location US-CA", "excluded location DE", "asn AS64500", "excluded asn AS1",
		"ip service category NORD_VPN", "excluded ip service category ALL_ANONYMIZERS",
		"policy  rules.json", "rule  first", "name first", "status ACTIVE", "access ALLOW", "connection ANYWHERE",
		"policy  rules.json", "rule  one", "name one", "status ACTIVE", "access ALLOW", "connection ZONE", "included zone s", "narrowed by conditions/people",
		"rule 2 two", "name two", "status INACTIVE", "access DENY", "priority 7", "connection ZONE", "excluded zone s",
		"rule 3 three", "name three", "status ACTIVE", "access DENY", "connection ON_NETWORK",
		"ThreatInsight configuration  ", "action audit", "excluded zone s", "threat feed network 203.0.113.1", "threat feed network 203.0.113.2",
		"network configuration  ", "network 192.0.2.0/24", "country DE", "country FR", "whitelisted true",
		"authentication profile  ", "offNetwork true", "untrustedGeography false",
		"overlay  ", "denied network 10.1.1.1", "allowed network 10.2.0.0/16 until 2030-01-02T00:02:03Z",
		"geo sources  ", "source csv, 2 networks",
		"unknownCountry  ", "answer trust", "answer deny",
		"edge  ", "source forwarded", "onMissing deny", "allTrusted deny", "trusted network 10.0.0.0/8", "trustUnix true", "allowTrustAll true",
	}
	for name, list := range map[string][]docdiff.Difference{"added": docdiff.Between(parts(t, decidetest.Documents{}), full), "removed": docdiff.Between(full, parts(t, decidetest.Documents{}))} {
		var got []string
		for _, d := range list {
			got = append(got, fmt.Sprint(d.Kind, " ", d.ID, " ", d.Name))
			for _, p := range d.Parts {
				got = append(got, p.What+" "+p.Value)
				require.True(t, string(p.Way) == name || p.What == "answer")
			}
			require.True(t, string(d.Way) == name || d.Kind == "unknownCountry")
		}
		require.ElementsMatch(t, want, got, name)
	}
	require.Contains(t, lines(docdiff.Between(parts(t, decidetest.Documents{}), full)), "  added answer trust")
	for _, d := range docdiff.Between(parts(t, decidetest.Documents{}), full) {
		undone := d.Undo(full.Config)
		require.Equal(t, d.Kind == "geo sources", undone.Geo == nil)
		require.Equal(t, d.Kind == "overlay", undone.Overlay == nil)
		require.Equal(t, d.Kind == "network configuration", undone.SailPoint == nil)
		require.Equal(t, d.Kind == "authentication profile", undone.AuthProfile == nil)
		require.Equal(t, d.Kind == "ThreatInsight configuration", undone.ThreatInsight == nil && undone.ThreatFeeds == nil)
	}
	observed := parts(t, decidetest.Documents{ThreatInsight: `{"action":"block"}`})
	require.Contains(t, lines(docdiff.Between(full, observed)), "  added action block")
	observed = parts(t, decidetest.Documents{ThreatInsight: `{"action":"none"}`})
	require.Contains(t, lines(docdiff.Between(full, observed)), "  added action none")
}

// The order of entries, zones and rules is no difference.
func TestOrderIsNoDifference(t *testing.T) {
	const one, two = `{"id":"1","name":"one","priority":1,"conditions":{"people":{"users":{"include":["u"]}}},"actions":{"signon":{"access":"DENY"}}}`,
		`{"id":"2","name":"two","priority":2,"actions":{"signon":{"access":"ALLOW"}}}`
	require.Empty(t, docdiff.Between(parts(t, decidetest.Documents{Rules: []string{"[" + one + "," + two + "]"}}), parts(t, decidetest.Documents{Rules: []string{"[" + two + "," + one + "]"}})))
	a := parts(t, decidetest.Documents{Zones: before, Geo: rows})
	b := parts(t, decidetest.Documents{Zones: `[{"type":"DYNAMIC_V2","id":"c","name":"Places","usage":"BLOCKLIST","locations":{"include":[{"country":"DE"}]}},
		  {"type":"IP","id":"b","name":"Gone","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},
		  {"type":"IP","id":"a","name":"Offices","gateways":[{"type":"CIDR","value":"198.51.100.0/24"},{"type":"CIDR","value":"192.0.2.0/24"}]}]`, Geo: rows})
	require.Empty(t, docdiff.Between(a, b))
}

// What each difference decides alone, where that can be told.
func TestShare(t *testing.T) {
	const blocklist = `[{"type":"IP","id":"x","name":"X","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}%s]`
	old := parts(t, decidetest.Documents{Zones: fmt.Sprintf(blocklist, "")})
	now := parts(t, decidetest.Documents{Zones: fmt.Sprintf(blocklist, `,{"type":"IP","id":"y","name":"Y","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.128/25"},{"type":"CIDR","value":"198.51.100.0/26"}]}`),
		SailPoint: `{"geolocation":["CN"]}`})
	policy, err := decide.Compile(now.Config)
	require.NoError(t, err)
	differences := docdiff.Between(old, now)
	require.Len(t, differences, 2)
	size, known := differences[0].Share(now.Config, policy)
	require.True(t, known)
	require.Zero(t, size.IPv4, "the new list denies them all")
	size, known = differences[1].Share(now.Config, policy)
	require.True(t, known)
	require.EqualValues(t, uint64(1<<32-256-64), size.IPv4)

	now.Config.SailPoint = nil
	policy, err = decide.Compile(now.Config)
	require.NoError(t, err)
	size, known = docdiff.Between(old, now)[0].Share(now.Config, policy)
	require.True(t, known)
	require.EqualValues(t, 64, size.IPv4, "the others were blocked before")
}

// To undo every difference gives the old policy: none is missed.
func TestNothingIsMissed(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	document := func(policies int) decidetest.Documents {
		zones := `{"type":"IP","id":"always","name":"always","gateways":[{"type":"CIDR","value":"10.0.0.0/8"}]}`
		for i := range random.IntN(5) {
			zones += fmt.Sprintf(`,{"type":"IP","id":"z%d","name":"%s","usage":"%s","status":"%s","gateways":[{"type":"CIDR","value":"192.0.%d.0/24"}],"proxies":[{"type":"CIDR","value":"198.51.%d.0/24"}]}`,
				i, pick("p", "q"), pick("POLICY", "BLOCKLIST"), pick("ACTIVE", "INACTIVE"), random.IntN(4), random.IntN(4))
		}
		if random.IntN(2) == 0 {
			zones += fmt.Sprintf(`,{"type":"DYNAMIC","name":"anonymous %s","usage":"BLOCKLIST","asns":["%d"]}`, pick("x", "y"), 1+random.IntN(2))
		}
		d := decidetest.Documents{
			Zones: "[" + zones + "]", SailPoint: pick("", `{"range":["192.0.0.0/16"]}`, `{"range":["0.0.0.0/0"]}`, `{"range":["192.0.0.0/16"],"geolocation":["DE"]}`),
			Overlay:     pick("", `{"deny":[{"network":"192.0.1.7","why":"x"}]}`, `{"allow":[{"network":"192.0.1.0/25","why":"x"}]}`),
			AuthProfile: pick("", `{"offNetwork":true}`, `{"untrustedGeography":true}`), Geo: pick("192.0.0.0/20,DE,,1,,\n", "192.0.0.0/23,DE,,2,,\n192.0.2.0/24,FR,,,,\n"),
		}
		for range policies {
			rules := ""
			for i := range random.IntN(4) {
				name := pick(fmt.Sprintf(`"id":"r%d","name":"%s"`, i, pick("p", "q")), fmt.Sprintf(`"name":"n%d"`, i))
				rules += fmt.Sprintf(`{%s,"priority":%d,"conditions":{"network":{"connection":"ZONE","%s":["always"]}},"actions":{"signon":{"access":"%s"}}},`,
					name, 10*i+random.IntN(5), pick("include", "exclude"), pick("ALLOW", "DENY"))
			}
			d.Rules = append(d.Rules, "["+rules+`{"id":"last","name":"last","priority":99,"actions":{"signon":{"access":"`+pick("ALLOW", "DENY")+`"}}}]`)
		}
		if random.IntN(2) == 0 {
			d.ThreatInsight = pick(`{"action":"block"}`, `{"action":"block","excludeZones":["always"]}`, `{"action":"audit"}`)
			d.ThreatFeeds = []string{pick("192.0.2.7\n10.1.1.1\n", "192.0.0.0/30\n")}
		}
		return d
	}
	for round := range 400 {
		policies := random.IntN(4) // of both: who is undone first moves the others up
		old, now := parts(t, document(policies)), parts(t, document(policies))
		if random.IntN(2) == 0 {
			old.Config.UnknownCountry = decide.TrustUnknownCountry
		}
		config := now.Config
		for _, d := range docdiff.Between(old, now) {
			config = d.Undo(config)
		}
		require.Equal(t, inAnyOrder(old.Config), inAnyOrder(config), "round %d", round)
		if round%20 != 0 {
			continue // the same documents decide the same
		}
		was, err := decide.Compile(old.Config)
		require.NoError(t, err)
		undone, err := decide.Compile(config)
		require.NoError(t, err)
		for change := range decide.Diff(was, undone) {
			t.Fatalf("round %d: %+v", round, change)
		}
	}
}

// A policy of rules that came or went is undone whole.
func TestPoliciesOfRulesComeAndGo(t *testing.T) {
	config := func(count int) *policyfile.Parts {
		var documents []string
		for i := range count {
			documents = append(documents, fmt.Sprintf(`[{"name":"r%d","conditions":{"network":{"connection":"ZONE","include":["z%d"]}},"actions":{"signon":{"access":"DENY"}}},
				{"name":"rest","actions":{"signon":{"access":"ALLOW"}}}]`, i, i))
		}
		zones := ""
		for i := range 4 {
			zones += fmt.Sprintf(`{"type":"IP","id":"z%d","name":"z%d","gateways":[{"type":"CIDR","value":"10.%d.0.0/16"}]},`, i, i, i)
		}
		return parts(t, decidetest.Documents{Zones: "[" + zones[:len(zones)-1] + "]", Rules: documents})
	}
	for count := range 4 {
		few, many := config(count), config(count+1)
		for _, pair := range [][2]*policyfile.Parts{{few, many}, {many, few}} {
			policy, err := decide.Compile(pair[1].Config)
			require.NoError(t, err)
			before, err := decide.Compile(pair[0].Config)
			require.NoError(t, err)
			var seen int
			for _, d := range docdiff.Between(pair[0], pair[1]) {
				_, err := decide.Compile(d.Undo(pair[1].Config))
				require.NoError(t, err, "a rule whose policy is not there")
				if d.Kind != "policy" {
					continue
				}
				seen++
				size, known := d.Share(pair[1].Config, policy)
				require.True(t, known)
				require.EqualValues(t, 1<<16, size.IPv4)
				undone, err := decide.Compile(d.Undo(pair[1].Config))
				require.NoError(t, err)
				require.Equal(t, before.Info().Rules, undone.Info().Rules)
				for change := range decide.Diff(before, undone) {
					t.Fatalf("%d policies of rules: %+v", count, change)
				}
			}
			require.Equal(t, 1, seen)
		}
	}
}

// What no address is decided by alone has no share, nor has what nothing fits without.
func TestNoShare(t *testing.T) {
	old := parts(t, decidetest.Documents{Zones: `[]`})
	now := parts(t, decidetest.Documents{Zones: `[{"type":"IP","id":"z","name":"z","gateways":[{"type":"CIDR","value":"10.0.0.0/16"}]}]`,
		Rules: []string{`[{"name":"r","conditions":{"network":{"connection":"ZONE","include":["z"]}},"actions":{"signon":{"access":"DENY"}}}]`}})
	now.Edge, now.Observe = &gate.Config{}, true
	policy, err := decide.Compile(now.Config)
	require.NoError(t, err)
	known := map[string]bool{}
	for _, d := range docdiff.Between(old, now) {
		_, known[d.Kind] = d.Share(now.Config, policy)
	}
	require.Equal(t, map[string]bool{"zone": false, "policy": true, "rule": true, "mode": false, "edge": false}, known)
}

// A database is known by its type and its date.
func TestDatabasesHaveDates(t *testing.T) {
	at := func(day int) *policyfile.Parts {
		data, err := mmdbtest.File{Type: "Country", Built: time.Date(2026, 11, day, 1, 2, 3, 0, time.UTC), Networks: []mmdbtest.Network{
			{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
		}}.Bytes()
		require.NoError(t, err)
		table, err := geo.Load(geo.Source{File: "country.mmdb", Data: data})
		require.NoError(t, err)
		return &policyfile.Parts{Config: decide.Config{Geo: table}}
	}
	require.Equal(t, []string{"changed geo sources  ", "  removed source Country of 2026-11-24T01:02:03Z, 1 networks", "  added source Country of 2026-11-25T01:02:03Z, 1 networks"},
		lines(docdiff.Between(at(24), at(25))))
}
