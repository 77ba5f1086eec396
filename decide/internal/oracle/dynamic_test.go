package oracle_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
)

// TestTerms: which anonymizers and services are of which terms, by docs/semantics.md,
// dynamic-4, dynamic-6, dynamic-7, dynamic-10, dynamic-11, dynamic-14 and dynamic-15.
// The states stand in the order of the terms: x matches, - does not, ? is unknown.
func TestTerms(t *testing.T) {
	var zones []string
	add := func(kind, usage, members string) {
		zones = append(zones, dynamicZone(kind, "z"+strconv.Itoa(len(zones)), usage, members))
	}
	for _, want := range []string{"Any", "Tor", "NotTorAnonymizer"} {
		add("DYNAMIC", "POLICY", `"proxyType":"`+want+`"`)
	}
	for _, want := range []string{"ALL_IP_SERVICES", "ALL_PROXIES_VPNS", "ALL_ANONYMIZERS", "ALL_ANONYMIZERS_EXCEPT_TOR", "ALL_OF_LATER"} {
		add("DYNAMIC_V2", "POLICY", `"ipServiceCategories":{"include":["`+want+`"]}`)
	}
	for _, want := range []string{"ANONYMIZER_TOR", "NORD_VPN", "Express_VPN", "OXYLABS_PROXY", "SOME_TOR", "ODD"} {
		add("DYNAMIC_V2", "POLICY", `"ipServiceCategories":{"include":["`+want+`"]}`)
	}
	for _, usage := range []string{"POLICY", "BLOCKLIST"} {
		add("DYNAMIC_V2", usage, `"ipServiceCategories":{"exclude":["NORD_VPN"]}`)
		add("DYNAMIC_V2", usage, `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"],"exclude":["nord_vpn"]}`)
	}
	const ( // what sources tell of elsewhere
		all      = "192.0.2.250,,,,tor,ANONYMIZER_TOR|VPN|PROXY\n192.0.2.251,,,,anonymous,\n"
		tor      = "192.0.2.250,,,,tor,ANONYMIZER_TOR\n"
		vpn      = "192.0.2.250,,,,anonymous,VPN\n"
		operator = "192.0.2.250,,,,,NORD_VPN\n"
	)
	for _, row := range []struct{ told, cells, want string }{
		{all, ",", "--- ----? ------ -- --"},
		{all, "none,-", "--- ----? ------ -- --"},
		{all, "tor,ANONYMIZER_TOR", "xx- x-x-? x----- xx xx"},
		{all, "anonymous,NORD_VPN", "x-x xxxx? -x---- -- --"},
		{all, "anonymous,VPN", "x-x xxxx? -??-?? ?? ??"},
		{all, "anonymous,PROXY", "x-x xxxx? ---??? xx xx"},
		{all, ",OXYLABS_PROXY=plain", "--- xx--? ---x-- x- x-"},
		{all, ",ODD=plain", "--- xx--? -----x x- x-"},
		{all, "anonymous,ANONYMIZER_TOR|NORD_VPN", "x-x xxxx? xx---- -- xx"},
		{tor, ",", "?-? ????? -???-? ?? ??"},
		{tor, ",OXYLABS_PROXY=plain", "?-? xx--? ---x-- x- x-"},
		{vpn, ",", "??- ????? ?--??? ?? ??"},
		{vpn, ",ODD=plain", "??- xx--? -----x x- x-"},
		{operator, ",", "??? ????? ?--??? ?? ??"},
		{"", ",", "??? ????? ?????? ?? ??"},
		{"", "none,-", "--- ----? ------ -- --"},
	} {
		o := oracleOf(t, decidetest.Documents{Zones: array(zones...), Geo: row.told + "192.0.2.1,,,," + row.cells + "\n"}, nil)
		var got strings.Builder
		for _, z := range o.Decide(chainOf("192.0.2.1")).Zones {
			got.WriteString(map[string]string{"no": "-", "unknown": "?", "match": "x"}[z.State.String()])
		}
		require.Equal(t, strings.ReplaceAll(row.want, " ", ""), got.String(), "%q beside %q", row.cells, row.told)
	}
}
