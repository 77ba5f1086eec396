package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
)

// TestTermsThatOthersHold of one list are told of once, with one that holds them.
func TestTermsThatOthersHold(t *testing.T) {
	list := func(property string, more string, values ...string) string {
		return "[" + dynamicZone("z", "", `"`+property+`":{"include":["`+strings.Join(values, `","`)+`"]`+more+`}`) + "]"
	}
	categories := func(values ...string) string { return list("ipServiceCategories", "", values...) }
	numbers := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint(64496+i))
		}
		return all
	}
	for _, row := range []struct {
		name, zones        string
		covered, duplicate []string
	}{
		{"all", categories("NORD_VPN", "ALL_IP_SERVICES"), []string{`"NORD_VPN": ALL_IP_SERVICES in the same list holds all of it`}, nil},
		{"two that hold it", categories("ALL_IP_SERVICES", "NORD_VPN", "ALL_PROXIES_VPNS"), []string{`"NORD_VPN": ALL_IP_SERVICES in`, `"ALL_PROXIES_VPNS": ALL_IP_SERVICES in`}, nil},
		{"anonymizers", categories("ALL_ANONYMIZERS", "ALL_ANONYMIZERS_EXCEPT_TOR", "ANONYMIZER_TOR", "NORD_VPN"), []string{`"ALL_ANONYMIZERS_EXCEPT_TOR": ALL_ANONYMIZERS in`, `"ANONYMIZER_TOR": ALL_ANONYMIZERS in`}, nil},
		{"proxies and VPNs", categories("ALL_PROXIES_VPNS", "ALL_ANONYMIZERS_EXCEPT_TOR", "ANONYMIZER_TOR", "NORD_VPN", "OXYLABS_PROXY"), []string{`"ALL_ANONYMIZERS_EXCEPT_TOR": ALL_PROXIES_VPNS`, `"NORD_VPN": ALL_PROXIES_VPNS`, `"OXYLABS_PROXY": ALL_PROXIES_VPNS`}, nil},
		{"a value twice, and one that is held behind it", categories("NORD_VPN", "NORD_VPN", "WARP_VPN", "ALL_IP_SERVICES"), []string{`"NORD_VPN": ALL`, `"WARP_VPN": ALL`}, []string{`"NORD_VPN": the list holds this value already (1:`}},
		{"excluded twice", list("ipServiceCategories", `,"exclude":["WARP_VPN","WARP_VPN"]`, "ALL_IP_SERVICES"), nil, []string{`"WARP_VPN": the list holds this value already`}},
		{"two hundred", categories(append(numbers(198), "NORD_VPN", "ALL_IP_SERVICES")...), numbers(0), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := documents{zones: row.zones, alone: true}.subject(t)
			if row.name == "two hundred" {
				require.Len(t, coded(t, s, "covered-term"), 199)
				more := documents{zones: categories(append(numbers(199), "NORD_VPN", "NORD_VPN", "ALL_IP_SERVICES")...), alone: true}.subject(t)
				requireCoded(t, more, "covered-term")
				requireCoded(t, more, "duplicate-term", `"NORD_VPN"`)
				return
			}
			requireCoded(t, s, "covered-term", row.covered...)
			requireCoded(t, s, "duplicate-term", row.duplicate...)
		})
	}
}

// TestTermsThatAreExcludedAgain: some of them, or all.
func TestTermsThatAreExcludedAgain(t *testing.T) {
	const de, us, california = `{"country":"DE"}`, `{"country":"US"}`, `{"country":"US","region":"US-CA"}`
	for _, row := range []struct {
		name, properties string
		some, all        []string
	}{
		{"a region of a country", `"locations":{"include":[` + de + "," + california + `],"exclude":[` + us + `]}`, []string{`"US-CA": exclude takes this back`}, nil},
		{"a country of which a region is excluded", `"locations":{"include":[` + us + `],"exclude":[` + california + `]}`, nil, nil},
		{"all", `"locations":{"include":[` + california + `],"exclude":[` + us + `]}`, nil, []string{`exclude takes back all that include lists, so that zone "z" matches no address`}},
		{"all categories", `"ipServiceCategories":{"exclude":["ALL_IP_SERVICES"]}`, nil, []string{"exclude takes back all"}},
		{"some categories", `"ipServiceCategories":{"exclude":["NORD_VPN"]}`, nil, nil},
		{"the one category", `"ipServiceCategories":{"include":["NORD_VPN"],"exclude":["NORD_VPN"]}`, nil, []string{"exclude takes back all"}},
		{"one of two", `"ipServiceCategories":{"include":["NORD_VPN","WARP_VPN"],"exclude":["NORD_VPN"]}`, []string{`"NORD_VPN"`}, nil},
		{"countries alone", `"locations":{"exclude":[` + de + `]}`, nil, nil},
		{"nothing", `"locations":{"include":[` + de + `]}`, nil, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := documents{zones: "[" + dynamicZone("z", "", row.properties) + "]", alone: true}.subject(t)
			requireCoded(t, s, "excluded-term", row.some...)
			requireCoded(t, s, "zone-matches-nothing", row.all...)
		})
	}
}

// TestSystemZonesOfOtherTypes are told of with what they do as they stand.
func TestSystemZonesOfOtherTypes(t *testing.T) {
	zone := func(name, more string) string { return `[{"id":"z","name":"` + name + `",` + more + `}]` }
	const germany = `"locations":{"include":[{"country":"DE"}]}`
	for _, row := range []struct{ zones, want string }{
		{zone("BlockedIpZone", `"type":"DYNAMIC_V2","system":true,"usage":"BLOCKLIST",`+germany), "is an IP zone of usage BLOCKLIST; as it stands here it blocks nobody"},
		{zone("BlockedIpZone", `"type":"IP","system":true,"usage":"BLOCKLIST","status":"INACTIVE"`), ""},
		{zone("DefaultExemptIpZone", `"type":"DYNAMIC_V2","system":true,`+germany), "is an IP zone of usage POLICY; as it stands here it exempts nobody"},
		{zone("DefaultExemptIpZone", `"type":"IP","system":true,"status":"INACTIVE"`), ""},
		{zone("DefaultEnhancedDynamicZone", `"type":"DYNAMIC","system":true,"usage":"BLOCKLIST","proxyType":"Tor"`), "is a DYNAMIC_V2 zone of usage BLOCKLIST; as it stands"},
		{zone("DefaultEnhancedDynamicZone", `"type":"DYNAMIC_V2","system":true,"usage":"BLOCKLIST","asns":{"include":["64496"]}`), "has no locations and no asns"},
		{zone("DefaultEnhancedDynamicZone", `"type":"DYNAMIC_V2","system":true,"usage":"BLOCKLIST","ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`), ""},
		{zone("Berlin", `"type":"DYNAMIC_V2","system":true,`+germany), "is the IP zone of usage POLICY that ON_NETWORK means"},
		{zone("BlockedIpZone", `"type":"IP"`), "not marked as such, so that it blocks nobody;"},
		{zone("DefaultExemptIpZone", `"type":"IP"`), "not marked as such, so that it exempts nobody;"},
		{zone("LegacyIpZone", `"type":"IP"`), "not marked as such, so that ON_NETWORK and OFF_NETWORK do not mean it;"},
		{zone("DefaultEnhancedDynamicZone", `"type":"DYNAMIC_V2",`+germany), ""},
	} {
		want := []string{}
		if row.want != "" {
			want = []string{row.want}
		}
		requireCoded(t, documents{zones: row.zones, alone: true}.subject(t), "system-zone", want...)
	}
}

// TestSailPointAlone: what is told of its configuration, and of what a profile and
// ThreatInsight switch on.
func TestSailPointAlone(t *testing.T) {
	for _, row := range []struct {
		name string
		documents
		want []string
	}{
		{"a network twice", documents{network: `{"range":["192.0.2.0/24","192.0.2.0/24"]}`}, []string{"network.json:1:26 duplicate-entry"}},
		{"a mask with a length", documents{network: `{"range":["255.255.255.0/24"]}`}, []string{"network.json:1:11 bare-mask"}},
		{"an address that is made up", documents{network: `{"range":["240.0.0.1"]}`}, []string{"network.json:1:11 pseudo-ipv4"}},
		{"a country twice", documents{network: `{"geolocation":["DE","DE"],"whitelisted":false}`, geo: someGeo}, []string{"network.json:1:22 duplicate-term"}},
		{"a profile alone", documents{profile: `{"untrustedGeography":true}`}, []string{"profile.json:1:1 empty-block-list"}},
		{"a profile that enforces nothing, without anything to enforce", documents{network: `{}`, profile: `{}`}, nil},
		{"a profile that enforces nothing", documents{network: `{"range":["192.0.2.0/24"]}`, profile: `{}`}, []string{"profile.json:1:1 nothing-enforced"}},
		{"a profile that enforces nothing of countries", documents{network: `{"geolocation":["DE"],"whitelisted":true}`, profile: `{}`, geo: someGeo}, []string{"profile.json:1:1 nothing-enforced"}},
		{"a profile for networks alone", documents{network: `{"range":["192.0.2.0/24"]}`, profile: `{"offNetwork":true}`}, nil},
		{"an allow list of no country", documents{network: `{"range":["192.0.2.0/24"],"whitelisted":true}`, profile: `{"untrustedGeography":true}`, geo: someGeo}, nil},
		{"a feed that blocks nobody", documents{threat: `{"action":"none"}`, feed: "203.0.113.0/24\n"}, []string{"threat.json:1:1 unused-feed"}},
		{"no feed", documents{threat: `{"action":"none"}`}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := []string{}
			for _, line := range found(t, row.subject(t)) {
				if !strings.Contains(line, "denies-everybody") && !strings.Contains(line, "implicit-block-list") && !strings.Contains(line, "unchecked-country") {
					got = append(got, line)
				}
			}
			require.ElementsMatch(t, row.want, got)
		})
	}
}

// TestGatewaysThatAreProxies: what is INACTIVE or exempt is none, what comes behind it is
// looked at, and the place that is told is the proxy's.
func TestGatewaysThatAreProxies(t *testing.T) {
	const network = "192.0.2.0/25"
	proxies := ipZone("p", "", "", cidr(network))
	requireCoded(t, documents{zones: "[" + proxies + ",\n" + ipZone("off", `,"status":"INACTIVE"`, cidr(network), "") + ",\n" + ipZone("on", "", cidr(network), "") + "]", alone: true}.subject(t), "gateway-is-proxy",
		`zones.json:3:`)
	requireCoded(t, documents{zones: "[" + proxies + `,{"type":"IP","id":"e","name":"DefaultExemptIpZone","system":true,"gateways":[` + cidr(network) + `]}]`, alone: true}.subject(t), "gateway-is-proxy")
	requireCoded(t, documents{zones: "[" + ipZone("own", "", cidr(network), "\n"+cidr(network)) + "]", alone: true}.subject(t), "gateway-is-proxy", `the same zone lists "192.0.2.0/25" (2:`)
	require.Empty(t, lint.Check(documents{zones: "[" + ipZone("y", "", "", "") + "]", alone: true}.subject(t)))
}
