package oracle_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/internal/oracle"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
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
	add("DYNAMIC_V2", "BLOCKLIST", `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"],"exclude":["ALL_IP_SERVICES"]}`)
	const ( // what sources tell of elsewhere
		all      = "192.0.2.250,,,,tor,ANONYMIZER_TOR|VPN|PROXY\n192.0.2.251,,,,anonymous,\n"
		tor      = "192.0.2.250,,,,tor,ANONYMIZER_TOR\n"
		vpn      = "192.0.2.250,,,,anonymous,VPN\n"
		operator = "192.0.2.250,,,,,NORD_VPN\n"
	)
	for _, row := range []struct{ told, cells, want string }{
		{all, ",", "--- ----? ------ -- -- -"},
		{all, "none,-", "--- ----? ------ -- -- -"},
		{all, "tor,ANONYMIZER_TOR", "xx- x-x-? x----- xx xx -"},
		{all, ",ANONYMIZER_TOR=plain", "--- x-x-? x----- xx xx -"},
		{all, "anonymous,NORD_VPN", "x-x xxxx? -x---- -- -- -"},
		{all, "anonymous,VPN", "x-x xxxx? -??-?? ?? ?? -"},
		{all, "anonymous,PROXY", "x-x xxxx? ---??? xx xx -"},
		{all, ",OXYLABS_PROXY=plain", "--- xx--? ---x-- x- x- -"},
		{all, ",ODD=plain", "--- xx--? -----x x- x- -"},
		{all, "anonymous,ANONYMIZER_TOR|NORD_VPN", "x-x xxxx? xx---- -- xx -"},
		{tor, ",", "?-? ????? -???-? ?? ?? -"},
		{tor, ",OXYLABS_PROXY=plain", "?-? xx--? ---x-- x- x- -"},
		{vpn, ",", "??- ????? ?--??? ?? ?? -"},
		{vpn, ",ODD=plain", "??- xx--? -----x x- x- -"},
		{operator, ",", "??? ????? ?--??? ?? ?? -"},
		{"", ",", "??? ????? ?????? ?? ?? -"},
		{"", "none,-", "--- ----? ------ -- -- -"},
	} {
		o := oracleOf(t, decidetest.Documents{Zones: array(zones...), Geo: row.told + "192.0.2.1,,,," + row.cells + "\n"}, nil)
		require.Equal(t, row.want, statesAt(o), "%q beside %q", row.cells, row.told)
	}

	hides, err := mmdbtest.File{Type: "Test", IPVersion: 6, Networks: []mmdbtest.Network{{Prefix: "192.0.2.1/32", Record: mmdbtest.Map{"vpn": true}}}}.Bytes()
	require.NoError(t, err)
	for _, row := range []struct {
		name   string
		source geo.Source
		want   string
	}{
		{"a database of VPNs, which may be Tor besides", geo.Source{File: "vpn.mmdb", Data: hides}, "x?? xxxx? ?????? ?? ?? -"},
		{"the list of an operator, with this one", geo.Source{File: "nord.txt", Data: []byte("192.0.2.1"), Service: "NORD_VPN"}, "??? xxxx? ?x???? -- ?? -"},
		{"the list of an operator, with others", geo.Source{File: "nord.txt", Data: []byte("192.0.2.2"), Service: "NORD_VPN"}, "??? ????? ?-???? ?? ?? -"},
		{"the list of Tor", geo.Source{File: "tor.txt", Data: []byte("192.0.2.2"), Service: "ANONYMIZER_TOR"}, "??? ????? -???-? ?? ?? -"},
		{"the list of proxies", geo.Source{File: "proxy.txt", Data: []byte("192.0.2.2"), Service: "PROXY"}, "??? ????? ???-?? ?? ?? -"},
		{"the list of VPNs", geo.Source{File: "vpn.txt", Data: []byte("192.0.2.2"), Service: "VPN"}, "??? ????? ?--??? ?? ?? -"},
	} {
		o := oracleOf(t, decidetest.Documents{Zones: array(zones...)}, func(d *oracle.Documents) {
			d.Geo, err = geo.Load(row.source)
			require.NoError(t, err)
		})
		require.Equal(t, row.want, statesAt(o), row.name)
	}
}

// statesAt are the states of all zones at 192.0.2.1, grouped as TestTerms has them.
func statesAt(o *oracle.Oracle) string {
	var states strings.Builder
	for i, z := range o.Decide(chainOf("192.0.2.1")).Zones {
		switch i {
		case 3, 8, 14, 16, 18:
			states.WriteByte(' ')
		}
		states.WriteString(map[string]string{"no": "-", "unknown": "?", "match": "x"}[z.State.String()])
	}
	return states.String()
}
