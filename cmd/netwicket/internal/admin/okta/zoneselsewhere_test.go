package okta_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// openZones is a folder whose zones came from elsewhere.
func openZones(t testing.TB, list string) *org {
	t.Helper()
	return openWith(t, map[string]string{"netwicket.json": `{"okta":{"zones":["z.json"]}}`, "z.json": list})
}

// The places and ASNs of the enhanced zone are what they are, one by one, on either side and
// in their order; what is sent as it was is no change (Z18).
func TestPlacesOfTheEnhancedZone(t *testing.T) {
	const places = `"locations":{"include":[{"country":"US","region":null},{"country":"CA","region":"CA-QC"}],"exclude":[{"country":"DE","region":"DE-BE"}]}`
	const asns = `"asns":{"include":["1","2"],"exclude":["3"]}`
	body := func(more string) string {
		return `{"type":"DYNAMIC_V2","id":"nzo1","name":"DefaultEnhancedDynamicZone","status":"INACTIVE","usage":"BLOCKLIST","system":true,"ipServiceCategories":{"include":["ALL_ANONYMIZERS"],"exclude":[]},` + more + `}`
	}
	o := openZones(t, "["+body(places+","+asns)+"]")
	files := o.files()
	for _, change := range [][2]string{
		{`{"country":"US","region":null}`, `{"country":"FR","region":null}`}, {`{"country":"US","region":null}`, `{"country":"US","region":"US-CA"}`},
		{`"CA-QC"`, `"CA-ON"`}, {`"CA-QC"`, `null`}, {`{"country":"US","region":null},`, ``}, {`"DE-BE"`, `"DE-BB"`}, {`{"country":"DE","region":"DE-BE"}`, ``},
		{`"exclude":[{"country":"DE","region":"DE-BE"}]`, `"exclude":[{"country":"DE","region":"DE-BE"},{"country":"FR"}]`},
	} {
		o.call("PUT", zones+"/nzo1", body(strings.Replace(places, change[0], change[1], 1)+","+asns)).invalid("locations",
			"locations: The locations of the system zone DefaultEnhancedDynamicZone cannot be changed.")
	}
	for _, change := range [][2]string{{`"1","2"`, `"2","1"`}, {`"1","2"`, `"1"`}, {`"3"`, `"4"`}, {`"3"`, ``}, {`"3"`, `"3","5"`}} {
		o.call("PUT", zones+"/nzo1", body(places+","+strings.Replace(asns, change[0], change[1], 1))).invalid("asns",
			"asns: The ASNs of the system zone DefaultEnhancedDynamicZone cannot be changed.")
	}
	o.call("PUT", zones+"/nzo1", strings.Replace(body(places+","+asns), "INACTIVE", "ACTIVE", 1)).invalid("status",
		"status: The status of the system zone DefaultEnhancedDynamicZone changes by activate and deactivate only.")
	require.Equal(t, files, o.files())
	o.must("PUT", zones+"/nzo1", body(places+","+asns))
	o.must("PUT", zones+"/nzo1", strings.Replace(body(places+","+asns), "ALL_ANONYMIZERS", "NORD_VPN", 1))
}

// A zone that has the name of one of the system's and is none of them is like any other.
func TestNamesOfTheSystemZones(t *testing.T) {
	o := openZones(t, `[{"type":"IP","id":"nzo1","name":"BlockedIpZone","status":"ACTIVE","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},
		{"type":"IP","id":"nzo2","name":"LegacyIpZone","status":"ACTIVE","usage":"POLICY","system":true,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`)
	o.must("POST", zones, office192("DefaultExemptIpZone", ""))
	o.call("PUT", zones+"/nzo2", office192("DefaultEnhancedDynamicZone", "")).invalid("name", "name: "+takenText)
	o.must("PUT", zones+"/nzo1", office192("BlockedIpZone", `,"usage":"POLICY"`))
	o.must("PUT", zones+"/nzo1", office192("Renamed", ""))
	o.call("POST", zones, office192("", "")).invalid("name", "name: "+blankText)
	for name, fits := range map[string]bool{`\uffff`: true, `\ud800\udc00`: false, "x\U00010000": false} {
		status := o.call("POST", zones, office192(name, "")).status
		require.Equal(t, map[bool]int{true: 200, false: 400}[fits], status, name)
	}
}

// A zone needs something that it holds, and of whatever it may hold one is enough, alone or
// with others (Z12).
func TestWhatAZoneHolds(t *testing.T) {
	o := openGeo(t)
	parts := []string{`"locations":{"include":[{"country":"US"}]}`, `"locations":{"exclude":[{"country":"US"}]}`, `"asns":{"include":["1"]}`, `"asns":{"exclude":["1"]}`,
		`"ipServiceCategories":{"include":["NORD_VPN"]}`, `"ipServiceCategories":{"exclude":["NORD_VPN"]}`}
	for i, part := range parts {
		for _, other := range parts[i:] {
			name, _, _ := strings.Cut(other, ":")
			if other != part && strings.HasPrefix(part, name) { // both sides of one part
				other = part[:len(part)-1] + "," + strings.SplitN(other, "{", 2)[1]
			} else if other != part {
				other = part + "," + other
			}
			o.call("POST", zones, `{"type":"DYNAMIC_V2","name":"",`+other+`}`).invalid("name", "name: "+blankText) // and nothing else
		}
	}
	o.must("POST", zones, `{"type":"DYNAMIC","name":"a","locations":[{"country":"US"}],"asns":["1"]}`)
	o.must("POST", zones, `{"type":"IP","name":"c","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"CIDR","value":"192.0.2.0/24"}]}`)
	o.call("POST", zones, `{"type":"DYNAMIC","name":"d"}`).invalid("locations", "locations: A dynamic zone needs asns, locations or proxyType.")
	o.call("POST", zones, `{"type":"DYNAMIC","name":"d","proxyType":null}`).invalid("locations")
}

// A new zone is no list of exemptions, whatever is sent (Z19).
func TestNewZonesExemptNobody(t *testing.T) {
	o := openZones(t, `[{"type":"IP","id":"nzo1","name":"Bad","status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`)
	o.must("POST", zones, office192("Mine", `,"useAsExemptList":true,"system":true`))
	require.NotContains(t, o.files()["z.json"], "useAsExemptList")
	require.Equal(t, "deny", o.verdict("192.0.2.1"))
}

// Regions of an enhanced zone are as those of any, on either side (Z9).
func TestRegionsOfEnhancedZones(t *testing.T) {
	o := openGeo(t)
	r := o.must("POST", zones, `{"type":"DYNAMIC_V2","name":"z","locations":{"include":[{"country":"FR","region":"IDF"},{"country":"AX","region":""}],"exclude":[{"country":"US","region":"CA"},{"country":"DE","region":"DE-BE"}]}}`)
	require.Contains(t, r.body, `"locations":{"include":[{"country":"FR","region":"FR-IDF"},{"country":"AX","region":null}],"exclude":[{"country":"US","region":"US-CA"},{"country":"DE","region":"DE-BE"}]}`)
}
