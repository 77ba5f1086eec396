package decide_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// A profile that denies everybody is warned of, at its place, and no other.
func TestProfilesThatDenyEverybody(t *testing.T) {
	for _, network := range []string{"", `{}`, `{"range":["10.0.0.0/8"]}`, `{"whitelisted":true}`, `{"geolocation":["US"],"whitelisted":true}`, `{"geolocation":["US"]}`} {
		for _, profile := range []string{"", `{"offNetwork":false,"untrustedGeography":false}`, `{"offNetwork":true,"untrustedGeography":false}`, `{"offNetwork":false,"untrustedGeography":true}`} {
			if network == "" && profile == "" {
				continue
			}
			config := documents{sailPoint: network, profile: profile, csv: "192.0.2.1,US,,,,\n2001:db8::1,US,,,,\n"}.config(t)
			policy, err := decide.Compile(config)
			require.NoError(t, err)
			got := ""
			for _, f := range policy.Info().Warnings {
				if f.File == "profile.json" && (f.Code == "network-undefined" || f.Code == "empty-allow-list") {
					got += f.Code // of the document by itself its parser warns
				}
			}
			want := ""
			switch { // as everybody is denied
			case strings.Contains(profile, `"offNetwork":true`) && !strings.Contains(network, "range"):
				want = "network-undefined"
			case strings.Contains(profile, `"untrustedGeography":true`) && network == `{"whitelisted":true}`:
				want = "empty-allow-list"
			}
			require.Equal(t, want, got, "%s %s", network, profile)
		}
	}
}

// A rule in force that lists a zone which holds no request for it is warned of, with what comes of
// it; one that is switched off is not, nor is a zone that can be used.
func TestRulesOfZonesThatHoldNothing(t *testing.T) {
	zones := "[" + ipZoneJSON("office", "POLICY", "10.0.0.1", "") + "," + ipZoneJSON("bad", "BLOCKLIST", "10.0.0.2", "") + "," +
		strings.Replace(ipZoneJSON("old", "POLICY", "10.0.0.3", ""), `"ACTIVE"`, `"INACTIVE"`, 1) + "," + strings.Replace(ipZoneJSON("worse", "BLOCKLIST", "10.0.0.4", ""), `"ACTIVE"`, `"INACTIVE"`, 1) + "]"
	const never, may = "it never matches here", "it may match here: an ALLOW rule that excludes it does not apply, a DENY rule does"
	for _, list := range []string{"include", "exclude"} {
		for _, status := range []string{"ACTIVE", "INACTIVE"} {
			for id, want := range map[string]string{"office": "", "bad": "blocklist-zone bad: rule \"r\" refers to zone \"bad\", which is a blocklist; ", "old": "inactive-zone old: rule \"r\" refers to zone \"old\", which is INACTIVE; ", "worse": "inactive-zone worse: rule \"r\" refers to zone \"worse\", which is INACTIVE; "} {
				rules := fmt.Sprintf(`[{"name":"r","status":%q,"conditions":{"network":{"connection":"ZONE",%q:[%q]}},"actions":{"signon":{"access":"ALLOW"}}}]`, status, list, id)
				var got []string
				for _, text := range said(t, documents{zones: zones, rules: []string{rules}}.config(t)) {
					if strings.Contains(text, "refers to zone") {
						got = append(got, text)
					}
				}
				if want == "" || status == "INACTIVE" {
					require.Empty(t, got)
					continue
				}
				require.Equal(t, []string{want + map[string]string{"include": never, "exclude": may}[list]}, got)
			}
		}
	}
}

// Where no source knows of countries at all, none of one family is missed.
func TestCountriesOfNoSource(t *testing.T) {
	for _, text := range said(t, documents{sailPoint: `{"geolocation":["US"],"whitelisted":true}`}.config(t)) {
		require.NotContains(t, text, "family-without-data")
	}
}

// Categories have no case, also in models that no parser made; of an aggregate that Okta adds
// later every sort is needed, whatever its name ends in.
func TestNeedsOfCategories(t *testing.T) {
	config := documents{zones: `[{"id":"z","name":"z","type":"DYNAMIC_V2","status":"ACTIVE","usage":"POLICY","ipServiceCategories":{"include":["NORD_VPN"]}}]`, csv: "192.0.2.1,,,,,NORD_VPN\n"}.config(t)
	for _, spelling := range []string{"NORD_VPN", "nord_vpn", "all_anonymizers", "anonymizer_tor"} {
		config.Zones[0].Zones[0].Categories.Include[0].Value = spelling
		require.NotContains(t, strings.Join(said(t, config), "\n"), "unnamed-operator", spelling)
	}
	config.Zones[0].Zones[0].Categories.Include[0].Value = "other_vpn"
	require.Contains(t, strings.Join(said(t, config), "\n"), "unnamed-operator OTHER_VPN", "as every finding says it")
	for _, category := range []string{"ALL_LATER", "ALL_LATER_VPN", "ALL_LATER_PROXY", "ALL_LATER_TOR"} {
		config := documents{zones: `[{"id":"z","name":"z","type":"DYNAMIC_V2","status":"ACTIVE","usage":"POLICY","ipServiceCategories":{"include":["` + category + `"]}}]`, assume: geo.VPNSort | geo.TorSort}.config(t)
		_, err := decide.Compile(config)
		require.ErrorIs(t, err, decide.ErrNoData, category)
		require.ErrorContains(t, err, "of the sorts public_proxy, residential_proxy:", category)
		config.AssumeNone = geo.AllSorts
		_, err = decide.Compile(config)
		require.NoError(t, err)
	}
}

// A service of which only the type is known may be of any category of that type, and of any that
// says no type; what hides nobody is no anonymizer.
func TestUnnamedServices(t *testing.T) {
	const no, match, unknown = decide.No, decide.Match, decide.Unknown
	for category, want := range map[string][4]decide.State{ // an unnamed VPN, an unnamed proxy, a company's VPN, Tor
		"LATER": {unknown, unknown, no, no}, "LATER_VPN": {unknown, no, no, no}, "LATER_PROXY": {no, unknown, no, no}, "ALL_LATER": {unknown, unknown, unknown, unknown},
		"ALL_ANONYMIZERS": {match, match, no, match}, "ALL_ANONYMIZERS_EXCEPT_TOR": {match, match, no, no}, "ANONYMIZER_TOR": {no, no, no, match},
		"ALL_PROXIES_VPNS": {match, match, match, no}, "ALL_IP_SERVICES": {match, match, match, match}, "GLOBALPROTECT_VPN": {unknown, no, match, no},
	} {
		policy := documents{zones: `[{"id":"z","name":"z","type":"DYNAMIC_V2","status":"ACTIVE","usage":"POLICY","ipServiceCategories":{"include":["` + category + `"]}}]`, csv: "192.0.2.1,,,,none,VPN\n192.0.2.2,,,,none,PROXY\n192.0.2.3,,,,none,GLOBALPROTECT_VPN\n192.0.2.4,,,,none,ANONYMIZER_TOR\n", assume: geo.AllSorts}.compile(t)
		for i, state := range want {
			chain := chainOf(fmt.Sprint("192.0.2.", i+1))
			m := policy.Match(chain)
			require.Equal(t, state, m.Zone("z"), "%s, %v", category, chain)
			checkAgainstExplain(t, policy, 0, chain)
		}
	}
}
