package pull_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What shrinks below seven tenths is refused, and what stays at them is not (U12).
func TestShrinks(t *testing.T) {
	dynamic := func(countries, networks, services string) string {
		return fmt.Sprintf(`{"type":"DYNAMIC_V2","id":"nzo4","name":"D","status":"ACTIVE","usage":"BLOCKLIST","locations":{"include":[%s]},"asns":{"include":[%s]},"ipServiceCategories":{"include":[%s]}}`, countries, networks, services)
	}
	anonymizers := func(usage string) string {
		return fmt.Sprintf(`{"type":"DYNAMIC","id":"nzo5","name":"A","status":"ACTIVE","usage":%q,"proxyType":"Any"}`, usage)
	}
	rules := func(n int, status string) []string {
		all := []string{rule("0pr1", "ACTIVE", "ALLOW", `"connection":"ZONE","include":["nzo3"]`)}
		for i := range n - 1 {
			all = append(all, rule(fmt.Sprint("0prx", i), status, "DENY", `"connection":"ANYWHERE"`))
		}
		return all
	}
	const countries, networks, services = `{"country":"DE"},{"country":"FR"}`, `"1","2"`, `"NORD_VPN"`
	four, one := zone("nzo2", "BLOCKLIST", false, "203.0.113.1/32", "203.0.113.2/32", "203.0.113.3/32", "203.0.113.4/32"), zone("nzo2", "BLOCKLIST", false, "203.0.113.1/32")
	s := newStage(t, `{"assumeNone":["tor","vpn","public_proxy","residential_proxy"],"geo":["geo.csv"],"services":{"NORD_VPN":["nord.txt"]}}`)
	s.write("geo.csv", "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,1,,\n")
	s.write("nord.txt", "192.0.2.9\n")
	s.tenant.zones[1] = four
	s.tenant.zones = append(s.tenant.zones, dynamic(countries, networks, services), anonymizers("BLOCKLIST"))
	for i := range 5 {
		s.tenant.zones = append(s.tenant.zones, zone(fmt.Sprint("nzx", i), "POLICY", false, "192.0.2.0/24"))
	}
	s.tenant.rules["00p1"] = rules(10, "ACTIVE")
	s.tenant.threat = `{"action":"none"}`
	s.pulled()
	before := *s.tenant
	for _, c := range []struct {
		change func(o *tenant)
		want   string // empty: it is taken
	}{
		{func(o *tenant) { o.zones = o.zones[:7] }, ""},
		{func(o *tenant) { o.zones = o.zones[:6] }, "zones: 6 now, 10 in force; fewer than 70% are left"},
		{func(o *tenant) { o.rules["00p1"] = rules(7, "ACTIVE") }, ""},
		{func(o *tenant) { o.rules["00p1"] = rules(6, "ACTIVE") }, "ACTIVE rules: 6 now, 10 in force; fewer than 70% are left"},
		{func(o *tenant) { o.rules["00p1"] = rules(10, "INACTIVE") }, "ACTIVE rules: 1 now, 10 in force; fewer than 70% are left"},
		// Places, networks, services and anonymizers count as addresses do.
		{func(o *tenant) { o.zones[1] = one }, ""},
		{func(o *tenant) { o.zones[1], o.zones[3] = one, dynamic(`{"country":"DE"}`, networks, services) }, "entries of ACTIVE blocklist zones: 6 now, 10 in force; fewer than 70% are left"},
		{func(o *tenant) { o.zones[1], o.zones[3] = one, dynamic(countries, `"1"`, services) }, "entries of ACTIVE blocklist zones: 6 now, 10 in force; fewer than 70% are left"},
		{func(o *tenant) { o.zones[1], o.zones[3] = one, dynamic(countries, networks, "") }, "entries of ACTIVE blocklist zones: 6 now, 10 in force; fewer than 70% are left"},
		{func(o *tenant) { o.zones[1], o.zones[4] = one, anonymizers("POLICY") }, "entries of ACTIVE blocklist zones: 6 now, 10 in force; fewer than 70% are left"},
		{func(o *tenant) { o.zones[1] = strings.Replace(four, `"ACTIVE"`, `"INACTIVE"`, 1) }, "entries of ACTIVE blocklist zones: 6 now, 10 in force; fewer than 70% are left"},
		// What is there once cannot be fewer.
		{func(o *tenant) { o.zones = o.zones[1:] }, `the system zone "zone nzo1" (nzo1) is gone`},
		{func(o *tenant) { o.threat = "" }, "the ThreatInsight configuration is gone"},
	} {
		*s.tenant = before
		s.tenant.zones, s.tenant.rules = slices.Clone(before.zones), map[string][]string{"00p1": before.rules["00p1"]}
		c.change(s.tenant)
		look, err := s.Look(t.Context())
		require.NoError(t, err)
		if c.want == "" {
			require.Nil(t, look.Refused)
			continue
		}
		require.NotNil(t, look.Refused, c.want)
		require.Equal(t, []string{"shrink guard: " + c.want}, look.Refused.Causes)
		require.Equal(t, look.Refused, s.Switch(look))
		s.AcceptShrink = true
		look, err = s.Look(t.Context())
		require.NoError(t, err)
		require.Nil(t, look.Refused, "it is wanted")
		s.AcceptShrink = false
	}
}

// Seven tenths are seven tenths of many as well.
func TestShrinksByOneOfMany(t *testing.T) {
	s := newStage(t, "")
	block := func(n int) {
		var networks []string
		for i := range n {
			networks = append(networks, fmt.Sprintf("203.0.%d.%d/32", i/256, i%256))
		}
		s.tenant.zones[1] = zone("nzo2", "BLOCKLIST", false, networks...)
	}
	block(1000)
	s.pulled()
	block(699)
	_, err := s.keeps()
	require.ErrorContains(t, err, "entries of ACTIVE blocklist zones: 699 now, 1000 in force")
	block(700)
	s.pulled()
}

// Whoever lets in more than a hundredth of the internet anew is refused, and whoever
// lets in a hundredth is not; private addresses and IPv6 do not count (U12).
func TestOpens(t *testing.T) {
	for _, c := range []struct {
		networks []string
		want     string
	}{
		{[]string{"32.0.0.0-34.52.234.183"}, ""}, // 37,022,392 and those of 198.51.100.0/24 are kept: see below
		{[]string{"32.0.0.0-34.52.235.119"}, ""},
		{[]string{"32.0.0.0-34.52.235.120"}, "shrink guard: 37022585 IPv4 addresses would be newly allowed, 1.0% of the routed ones; more than 1% are not taken"},
		{[]string{"10.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "2001::/16"}, ""},
	} {
		s := newStage(t, "")
		s.pulled()
		s.tenant.zones[2] = zone("nzo3", "POLICY", false, append([]string{"198.51.100.0/24"}, c.networks...)...)
		if c.want == "" {
			s.pulled()
			continue
		}
		look, err := s.keeps()
		require.ErrorContains(t, err, c.want)
		require.Len(t, look.Refused.Causes, 1)
		s.AcceptShrink = true
		s.pulled()
	}
	// What is kept out anew is not let in.
	s := newStage(t, "")
	s.tenant.rules["00p1"][1] = rule("0pr2", "ACTIVE", "ALLOW", `"connection":"ANYWHERE"`)
	s.pulled()
	s.tenant.rules["00p1"][1] = rule("0pr2", "ACTIVE", "DENY", `"connection":"ANYWHERE"`)
	s.pulled()
}

// An address that is guarded is not denied anew, whatever may shrink (U11, D4).
func TestGuards(t *testing.T) {
	s := newStage(t, `{"serve":{"guard":["198.51.100.9","10.0.0.1"]}}`)
	look, err := s.keeps()
	require.EqualError(t, err, strings.Join(look.Refused.Causes, "; "))
	require.Len(t, look.Refused.Causes, 1, "before, everybody was denied by nobody's policy")
	require.Contains(t, look.Refused.Causes[0], "guard: it denies 10.0.0.1, which is in serve.guard: ")

	s = newStage(t, "{}")
	s.pulled()
	s.write("netwicket.json", strings.Replace(s.read("netwicket.json"), "{", `{"serve":{"guard":["198.51.100.9","10.0.0.1"]},`, 1))
	s.AcceptShrink = true
	s.tenant.zones[2] = zone("nzo3", "POLICY", false, "198.51.100.128/25")
	look, err = s.keeps()
	require.ErrorContains(t, err, "guard: it denies 198.51.100.9, which is in serve.guard: ")
	require.Len(t, look.Refused.Causes, 1, "10.0.0.1 is denied already")
	s.tenant.zones[2] = zone("nzo3", "POLICY", false, "198.51.100.0/28")
	s.pulled()
}

// What is no policy is an error, also beside what is not of one piece; what is of less
// is refused with it.
func TestWhatIsNoPolicy(t *testing.T) {
	s := newStage(t, "")
	s.tenant.zones[0] = strings.Replace(s.tenant.zones[0], "192.0.2.0/24", "192.0.2.0/99", 1)
	_, err := s.keeps()
	require.ErrorContains(t, err, "okta/zones.json:")
	s.tenant.zones = append(s.tenant.zones, s.tenant.zones[1])
	look, err := s.keeps()
	require.ErrorContains(t, err, "okta/zones.json:")
	require.Len(t, look.Warnings, 1)
	require.Contains(t, look.Warnings[0], "the zone nzo2 is there twice")

	// What is no id at all names no zone: it is the document that is wrong.
	s = newStage(t, "")
	s.tenant.rules["00p1"][0] = rule("0pr1", "ACTIVE", "ALLOW", `"connection":"ZONE","include":[7]`)
	look, err = s.keeps()
	require.ErrorContains(t, err, "okta/rules/00p1.json:")
	require.Empty(t, look.Warnings)

	// It can be read, and not compiled.
	s = newStage(t, "")
	s.tenant.zones = append(s.tenant.zones, `{"type":"DYNAMIC","id":"nzo4","name":"D","status":"ACTIVE","usage":"BLOCKLIST","proxyType":"Tor"}`)
	look, err = s.keeps()
	require.Error(t, err)
	require.Nil(t, look.Refused)
	require.Equal(t, look.After.Err, err)

	// Both: the guard's causes come first.
	s = newStage(t, "")
	s.pulled()
	s.tenant.rules["00p1"][0] = rule("0pr1", "ACTIVE", "ALLOW", `"connection":"ZONE","include":["nzo9"]`)
	s.tenant.threat = ""
	look, err = s.keeps()
	require.Equal(t, []string{"shrink guard: the ThreatInsight configuration is gone", `okta: what the tenant answered is not of one piece, 3 times in a row: the rule "rule 0pr1" names the zone nzo9, which is not there`}, look.Refused.Causes)
	require.Equal(t, err, look.Refused)
	s.tenant.rules["00p1"][0] = rule("0pr1", "ACTIVE", "ALLOW", `"connection":"ZONE","include":["nzo3"]`)
	s.tenant.zones = append(s.tenant.zones, `{"type":"DYNAMIC","id":"nzo4","name":"D","status":"ACTIVE","usage":"BLOCKLIST","proxyType":"Tor"}`)
	look, err = s.keeps()
	require.Equal(t, []string{"shrink guard: the ThreatInsight configuration is gone"}, look.Refused.Causes)
	require.Equal(t, err, look.Refused)

	// It shrinks, and changed while it was read.
	s = newStage(t, "")
	s.pulled()
	s.tenant.threat = ""
	s.tenant.before = func(question string, _ int) {
		if question == threatsQuestion {
			s.tenant.zones[0] = zone("nzo1", "POLICY", true, fmt.Sprintf("192.0.2.%d/32", len(s.tenant.asked)))
		}
	}
	look, err = s.keeps()
	require.Equal(t, []string{"shrink guard: the ThreatInsight configuration is gone", "okta: what the tenant answered is not of one piece, 3 times in a row: the zones changed while the rest was read"}, look.Refused.Causes)
	require.Equal(t, err, look.Refused)

	// It shrinks, opens and locks out: all of it is told.
	s = newStage(t, `{"serve":{"guard":["198.51.100.9"]}}`)
	s.pulled()
	s.tenant.threat = ""
	s.tenant.zones[2] = zone("nzo3", "POLICY", false, "32.0.0.0/6")
	look, err = s.keeps()
	require.Len(t, look.Refused.Causes, 3)
	require.Equal(t, err, look.Refused)

	// The only document in force cannot be read: that is not nothing.
	s = newStage(t, `{"okta":{"zones":["z.json"]}}`)
	s.write("z.json", "[")
	look, err = s.keeps()
	require.ErrorContains(t, err, "shrink guard: what is in force does not load")
	require.False(t, look.First)

	// What is to be taken along is gone.
	s = newStage(t, `{"sailpoint":{"networkConfig":"pulled/00112233445566778899aabbccddeeff/sailpoint/network-config.json"}}`)
	_, err = s.keeps()
	require.ErrorContains(t, err, "network-config.json: cannot be read: ")

	// Nobody knows whether it shrinks.
	s = newStage(t, "")
	look = s.pulled()
	zones := "pulled/" + look.Generation + "/okta/zones.json"
	for _, text := range []string{"[", `[{"type":"DYNAMIC","id":"nzo4","name":"D","status":"ACTIVE","usage":"BLOCKLIST","proxyType":"Tor"}]`} {
		s.write(zones, text)
		_, err = s.keeps()
		require.ErrorContains(t, err, "shrink guard: what is in force does not load, so that nobody knows whether it shrinks: "+filepath.Join(s.Folder.Path, "pulled", look.Generation))
		require.NotContains(t, err.Error(), "\n")
	}
	s.AcceptShrink = true
	s.pulled()
}
