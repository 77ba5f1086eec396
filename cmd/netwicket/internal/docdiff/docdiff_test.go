package docdiff_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
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
	geo  = "192.0.2.0/24,DE,,,,\n203.0.113.0/24,US,US-CA,,,\n"
)

func TestBetween(t *testing.T) {
	old := parts(t, decidetest.Documents{Zones: before, Rules: []string{fmt.Sprintf(rule, 1, `,"b"`, "ALLOW")}, Geo: geo})
	now := parts(t, decidetest.Documents{Zones: after, Rules: []string{fmt.Sprintf(rule, 2, "", "DENY")}, Geo: geo + "10.0.0.0/8,FR,,,,\n", Overlay: `{"deny":[{"network":"10.1.1.1","why":"x"}]}`})
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

// The order of entries and of zones is no difference.
func TestOrderIsNoDifference(t *testing.T) {
	a := parts(t, decidetest.Documents{Zones: before, Geo: geo})
	b := parts(t, decidetest.Documents{Zones: `[{"type":"DYNAMIC_V2","id":"c","name":"Places","usage":"BLOCKLIST","locations":{"include":[{"country":"DE"}]}},
		  {"type":"IP","id":"b","name":"Gone","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},
		  {"type":"IP","id":"a","name":"Offices","gateways":[{"type":"CIDR","value":"198.51.100.0/24"},{"type":"CIDR","value":"192.0.2.0/24"}]}]`, Geo: geo})
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
	document := func() decidetest.Documents {
		zones := `{"type":"IP","id":"always","name":"always","gateways":[{"type":"CIDR","value":"10.0.0.0/8"}]}`
		for i := range random.IntN(5) {
			zones += fmt.Sprintf(`,{"type":"IP","id":"z%d","name":"%s","usage":"%s","status":"%s","gateways":[{"type":"CIDR","value":"192.0.%d.0/24"}],"proxies":[{"type":"CIDR","value":"198.51.%d.0/24"}]}`,
				i, pick("p", "q"), pick("POLICY", "BLOCKLIST"), pick("ACTIVE", "INACTIVE"), random.IntN(4), random.IntN(4))
		}
		rules := ""
		for i := range random.IntN(4) {
			rules += fmt.Sprintf(`{"id":"r%d","name":"%s","priority":%d,"conditions":{"network":{"connection":"ZONE","%s":["always"]}},"actions":{"signon":{"access":"%s"}}},`,
				i, pick("p", "q"), 10*i+random.IntN(5), pick("include", "exclude"), pick("ALLOW", "DENY"))
		}
		rules += `{"id":"last","name":"last","priority":99,"actions":{"signon":{"access":"` + pick("ALLOW", "DENY") + `"}}}`
		return decidetest.Documents{
			Zones: "[" + zones + "]", Rules: []string{"[" + rules + "]"},
			SailPoint: pick("", `{"range":["192.0.0.0/16"]}`, `{"range":["0.0.0.0/0"]}`), Overlay: pick("", `{"deny":[{"network":"192.0.1.7","why":"x"}]}`),
		}
	}
	for round := range 200 {
		old, now := parts(t, document()), parts(t, document())
		config := now.Config
		for _, d := range docdiff.Between(old, now) {
			config = d.Undo(config)
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
