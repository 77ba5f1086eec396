package decide_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// A list that changes at the ends of a /16, over many of them, in the first and the last, or as a
// whole gives the policy that Compile makes, from whatever list it comes.
func TestRecompileAroundParts(t *testing.T) {
	var many []string // so that their /16 becomes a page of the table
	for i := range 40 {
		many = append(many, fmt.Sprintf("2a00:%x::/32", 3*i))
	}
	lists := []string{
		"", "0.0.0.0", "0.0.0.0/16", "0.0.0.0/15", "0.0.255.255-0.1.0.0", "10.0.0.0/16", "10.0.0.0-10.1.0.5", "10.0.0.0-10.1.0.6 10.3.0.0/16", "255.255.0.0/16", "0.0.0.0/0 ::/0",
		"2001:db8::/32 ::1", "::/16 ffff::/16", "2001:0:ffff::-2002:0::1 255.255.255.255", strings.Join(many, " "), strings.Join(many[1:], " ") + " 2a00:1::/48 10.0.0.0/16",
		"2000::-29ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 10.2.0.0/15", "64:ff9b::/96 2002::/16 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	}
	type step struct {
		of       string
		config   decide.Config
		compiled *decide.Policy
	}
	var steps []step
	for i, list := range lists {
		proxies := []string{"", "10.0.0.1", "2a00::/16 10.1.0.0/16"}[i%3]
		for _, access := range []string{"DENY", "ALLOW"} { // which makes one answer of two, and two of one
			config := documents{
				zones: "[" + ipZoneJSON("a", "POLICY", list, proxies) + "," + ipZoneJSON("b", "BLOCKLIST", "10.0.0.0/15 10.3.0.4 2a00:3::/32 2a00:6::/40 ffff::-ffff::5", "") + "]",
				rules: []string{`[{"name":"a","conditions":{"network":{"connection":"ZONE","` + map[string]string{"DENY": "include", "ALLOW": "exclude"}[access] + `":["a"]}},"actions":{"signon":{"access":"ALLOW"}}},{"name":"a","actions":{"signon":{"access":"` + access + `"}}}]`},
				csv:   "9.255.0.0/16,US,,,,\n10.0.128.0/17,DE,,,,\n10.1.0.0/32,US,,,,\n2a00:3::/33,DE,,,,\n255.255.255.255,DE,,,,\n",
			}.config(t)
			if steps != nil {
				config.Geo = steps[0].config.Geo // the same table: else all is made anew
			}
			policy, err := decide.Compile(config)
			require.NoError(t, err)
			steps = append(steps, step{fmt.Sprintf("%q, the rest %s", list, access), config, policy})
		}
	}
	from, previous := steps[0], steps[0].compiled
	for i := range steps { // each on what came of the one before
		to := steps[(i/2*14+6+i%2)%len(steps)]
		policy, err := decide.Recompile(previous, to.config)
		require.NoError(t, err)
		require.Empty(t, decide.Same(to.compiled, policy), "from %s to %s", from.of, to.of)
		from, previous = to, policy
	}
}

// Answers that part, join and change places from one policy to the next are those of Compile,
// whether the lists stay what they are or not.
func TestRecompileOfAnswersThatPart(t *testing.T) {
	rule := func(list, zone, access string) string {
		return fmt.Sprintf(`{"name":"r","conditions":{"network":{"connection":"ZONE",%q:[%q]}},"actions":{"signon":{"access":%q}}}`, list, zone, access)
	}
	const rest = `{"name":"r","actions":{"signon":{"access":"DENY"}}}`
	addrs := chainOf("9.255.255.255 10.0.0.0 10.0.0.1 10.0.0.2 ::a00:1 2001:db8::1 2001:db9::1")
	var previous *decide.Policy
	for i, rules := range []string{
		rule("include", "a", "ALLOW") + "," + rest, rule("include", "a", "DENY") + "," + rest, rule("include", "a", "ALLOW") + "," + rest, rule("exclude", "a", "ALLOW") + "," + rest,
		rule("exclude", "a", "ALLOW") + "," + rule("include", "a", "ALLOW"), rule("include", "b", "ALLOW") + "," + rest, rule("exclude", "b", "ALLOW") + "," + rest, rest, rule("include", "a", "ALLOW") + "," + rest,
	} {
		for _, list := range []string{"10.0.0.0/31 2001:db8::/32", "10.0.0.1", "::a00:1", "10.0.0.2"} {
			config := documents{zones: "[" + ipZoneJSON("a", "POLICY", list, "") + "," + ipZoneJSON("b", "POLICY", "10.0.0.1-10.0.0.2", "") + "]", rules: []string{"[" + rules + "]"}}.config(t)
			config.Geo = nil // the same one
			policy, err := decide.Recompile(previous, config)
			require.NoError(t, err)
			for _, addr := range addrs {
				want := policy.NaiveDecision(addr)
				require.Equal(t, want, policy.Decide(addr), "%d, %s: %v", i, list, addr)
				require.Equal(t, want.Allowed(), policy.Allows(addr), "%d, %s: %v", i, list, addr)
			}
			previous = policy
		}
	}
}

// More pages of IPv6 than 16 bits can tell apart are kept where nothing in them changes.
func TestRecompileOfManyPages(t *testing.T) {
	var many []string
	for page := range 70 {
		many = append(many, fmt.Sprintf("%x:%x::/32", 0x2a00+page, 0x100+page)) // so that no two are alike
		for i := range 34 {
			many = append(many, fmt.Sprintf("%x:%x::/32", 0x2a00+page, 2*i))
		}
	}
	of := func(more string) decide.Config {
		config := documents{zones: "[" + ipZoneJSON("z", "BLOCKLIST", strings.Join(many, " "), "") + "," + ipZoneJSON("y", "BLOCKLIST", more, "") + "]"}.config(t)
		config.Geo = nil // the same one
		return config
	}
	first, err := decide.Compile(of("10.0.0.2"))
	require.NoError(t, err)
	for _, more := range []string{"10.0.0.1", "2a45:1::/48", "10.0.0.2"} {
		want, err := decide.Compile(of(more))
		require.NoError(t, err)
		got, err := decide.Recompile(first, of(more))
		require.NoError(t, err)
		require.Empty(t, decide.Same(want, got), more)
	}
}

// What is known of locations is taken over where all is the same that it follows from: each of
// these alone makes it another.
func TestRecompileSeesWhatLocationsSay(t *testing.T) {
	zone := func(id, name, terms string) string {
		return fmt.Sprintf(`{"id":%q,"name":%q,"type":"DYNAMIC_V2","status":"ACTIVE","usage":"POLICY",%s}`, id, name, terms)
	}
	us, vpn := `"locations":{"include":[{"country":"US"}]}`, `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`
	block := strings.NewReplacer("POLICY", "BLOCKLIST")
	rest := []string{block.Replace(zone("x", "x", vpn)), ipZoneJSON("y", "BLOCKLIST", "192.0.2.4", ""), block.Replace(zone("z", "z", us))}
	zones := func(all ...string) string { return "[" + strings.Join(append(all, rest...), ",") + "]" }
	base := documents{zones: zones(zone("a", "a", us), zone("b", "b", vpn)), csv: "192.0.2.1,US,,1,,\n192.0.2.2,DE,,2,tor,ANONYMIZER_TOR\n192.0.2.3,,,,,\n192.0.2.4,FR,,,,VPN\n", assume: geo.AllSorts}
	with := func(change func(d *documents)) documents { d := base; change(&d); return d }
	config := base.config(t)
	first, err := decide.Compile(config)
	require.NoError(t, err)
	for name, other := range map[string]documents{
		"nothing": base,
		"another table": with(func(d *documents) {
			d.csv = "192.0.2.1,DE,,1,,\n192.0.2.2,US,,2,,\n192.0.2.5,US,,,,\n192.0.2.7,,,,,VPN\n"
		}),
		"an assumption less":      with(func(d *documents) { d.assume = geo.AllSorts &^ geo.VPNSort }),
		"a document of SailPoint": with(func(d *documents) { d.sailPoint = "{}" }),
		"which trusts none":       with(func(d *documents) { d.sailPoint = `{"whitelisted":true}` }),
		"which trusts one":        with(func(d *documents) { d.sailPoint = `{"geolocation":["US"],"whitelisted":true}` }),
		"which trusts the others": with(func(d *documents) { d.sailPoint = `{"geolocation":["US"]}` }),
		"a profile":               with(func(d *documents) { d.profile = `{"offNetwork":false,"untrustedGeography":false}` }),
		"a zone less":             with(func(d *documents) { d.zones = zones(zone("a", "a", us)) }),
		"a zone more":             with(func(d *documents) { d.zones = zones(zone("a", "a", us), zone("b", "b", vpn), zone("c", "c", us)) }),
		"zones in another order":  with(func(d *documents) { d.zones = zones(zone("b", "b", vpn), zone("a", "a", us)) }),
		"a zone of another country": with(func(d *documents) {
			d.zones = zones(zone("a", "a", strings.Replace(us, "US", "DE", 1)), zone("b", "b", vpn))
		}),
		"a zone that is a blocklist": with(func(d *documents) { d.zones = strings.Replace(d.zones, "POLICY", "BLOCKLIST", 1) }),
		"a zone that is none":        with(func(d *documents) { d.zones = strings.Replace(d.zones, "ACTIVE", "INACTIVE", 1) }),
		"an IP zone that blocks no more": with(func(d *documents) {
			d.zones = strings.Replace(d.zones, ipZoneJSON("y", "BLOCKLIST", "192.0.2.4", ""), ipZoneJSON("y", "POLICY", "192.0.2.4", ""), 1)
		}),
		"an INACTIVE zone before": with(func(d *documents) {
			d.zones = strings.Replace(d.zones, "[", "["+strings.Replace(ipZoneJSON("i", "POLICY", "192.0.2.0/24", ""), "ACTIVE", "INACTIVE", 1)+",", 1)
		}),
		"INACTIVE zones among them": with(func(d *documents) {
			d.zones = zones(zone("a", "a", us), strings.Replace(zone("i", "i", us), "ACTIVE", "INACTIVE", 1), zone("b", "b", vpn))
		}),
		"an IP zone before": with(func(d *documents) {
			d.zones = strings.Replace(d.zones, "[", "["+ipZoneJSON("i", "BLOCKLIST", "192.0.2.0/24", "")+",", 1)
		}),
	} {
		changed := other.config(t)
		if other.csv == base.csv {
			changed.Geo = config.Geo // the same table
		}
		want, err := decide.Compile(changed)
		require.NoError(t, err, name)
		got, err := decide.Recompile(first, changed)
		require.NoError(t, err, name)
		require.Empty(t, decide.Same(want, got), name)
		for i := range 6 {
			checkAgainstExplain(t, got, 0, chainOf(fmt.Sprint("192.0.2.", i)))
		}
	}
}
