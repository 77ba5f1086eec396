package okta_test

import (
	"fmt"
	"strings"
	"testing"
)

// networksOf are as many different networks.
func networksOf(count int) string {
	var b strings.Builder
	for i := range count {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"CIDR","value":"198.18.%d.%d/32"}`, i/256, i%256)
	}
	return "[" + b.String() + "]"
}

// zoneLimit is how much of something a zone may have.
type zoneLimit struct {
	name, verb, at, body, field string // %s: the list
	most                        int
	list                        func(int) string
	cause                       string
}

// zoneLimits are those of Okta (Z14), and a folder with the zones that they are about.
func zoneLimits(t *testing.T) (*org, []zoneLimit) {
	t.Helper()
	o := openGeo(t)
	legacy := zones + "/" + o.zone("LegacyIpZone")["id"].(string)
	blocked := zones + "/" + o.zone("BlockedIpZone")["id"].(string)
	numbers := func(count int) string { return "[1" + strings.Repeat(",1", count-1) + "]" }
	places := func(count int) string {
		var all []string
		for i := range count {
			all = append(all, fmt.Sprintf(`{"country":"%c%c"}`, 'A'+i/26, 'A'+i%26))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	categories := func(count int) string { return `["NORD_VPN"` + strings.Repeat(`,"NORD_VPN"`, count-1) + "]" }
	return o, []zoneLimit{
		{"gateways", "POST", zones, `{"type":"IP","name":"a","gateways":%s}`, "gateways", 150, networksOf, "No more than 150 gateways may be included in a zone."},
		{"proxies", "POST", zones, `{"type":"IP","name":"b","proxies":%s}`, "proxies", 150, networksOf, "No more than 150 proxies may be included in a zone."},
		{"gateways of a blocklist", "POST", zones, `{"type":"IP","name":"c","usage":"BLOCKLIST","gateways":%s}`, "gateways", 1000, networksOf, "No more than 1000 gateways may be included in a zone of usage BLOCKLIST."},
		{"gateways of the system", "PUT", legacy, `{"type":"IP","name":"LegacyIpZone","gateways":%s}`, "gateways", 5000, networksOf, "No more than 5000 gateways may be included in a system zone."},
		{"proxies of the system", "PUT", legacy, `{"type":"IP","name":"LegacyIpZone","proxies":%s}`, "proxies", 5000, networksOf, "No more than 5000 proxies may be included in a system zone."},
		{"the system's blocklist", "PUT", blocked, `{"type":"IP","name":"BlockedIpZone","system":true,"gateways":%s}`, "gateways", 5000, networksOf, "No more than 5000 gateways may be included in a system zone."},
		{"locations", "POST", zones, `{"type":"DYNAMIC","name":"d","locations":%s}`, "locations", 75, places, "No more than 75 locations may be included in a Location Zone."}, // okta.md V2
		{"ASNs", "POST", zones, `{"type":"DYNAMIC","name":"e","asns":%s}`, "asns", 75, numbers, "No more than 75 asns may be included in a zone."},
		{"V2 locations", "POST", zones, `{"type":"DYNAMIC_V2","name":"f","locations":{"exclude":%s}}`, "locations", 75, places, "No more than 75 locations may be included in a Location Zone."},
		{"V2 ASNs", "POST", zones, `{"type":"DYNAMIC_V2","name":"g","asns":{"include":%s}}`, "asns", 75, numbers, "No more than 75 asns may be included in a zone."},
		{"categories", "POST", zones, `{"type":"DYNAMIC_V2","name":"h","ipServiceCategories":{"exclude":%s}}`, "ipServiceCategories", 75, categories, "No more than 75 ipServiceCategories may be included in a zone."},
	}
}

// Okta's limits, each at the last number that is fine and the first that is not (Z14).
func TestZoneLimits(t *testing.T) {
	o, limits := zoneLimits(t)
	for _, row := range limits {
		t.Run(row.name, func(t *testing.T) {
			o.t = t
			o.must(row.verb, row.at, fmt.Sprintf(row.body, row.list(row.most)))
		})
	}
}

// And not one more.
func TestAboveZoneLimits(t *testing.T) {
	o, limits := zoneLimits(t)
	for _, row := range limits {
		o.call(row.verb, row.at, fmt.Sprintf(row.body, row.list(row.most+1))).invalid(row.field, row.field+": "+row.cause)
	}
}

// At most 100 zones are the customer's, and all IP zones together hold 25,000 networks
// (Z14). A folder that has more already may have fewer, and be changed otherwise.
func TestLimitsOfTheOrganization(t *testing.T) {
	zone := func(name, more string) string {
		return `{"id":"nzo` + name + `","type":"IP","name":"` + name + `","status":"INACTIVE",` + more + `}`
	}
	var list []string
	for i := range 99 {
		list = append(list, zone(fmt.Sprintf("Z%d", i), `"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]`))
	}
	list = append(list, zone("System", `"system":true,"gateways":`+networksOf(24_902))) // and 99 of the others
	o := openWith(t, map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"]}}`, "zones.json": "[" + strings.Join(list, ",") + "]"})
	two := `{"type":"IP","name":"Z1","gateways":[{"type":"CIDR","value":"192.0.2.0/24"},{"type":"CIDR","value":"198.51.100.0/24"}]}`
	const over = ": All IP zones together would have 25002 gateways and proxies; at most 25000 are allowed."
	o.call("POST", zones, office192("new", "")).invalid("gateways", "gateways"+over)
	o.call("POST", zones, `{"type":"IP","name":"new","proxies":[{"type":"CIDR","value":"192.0.2.0/24"}]}`).invalid("proxies", "proxies"+over)
	o.call("PUT", zones+"/nzoZ1", two).invalid("gateways", "gateways"+over)
	o.must("PUT", zones+"/nzoZ1", office192("Z1", ""))
	o.must("DELETE", zones+"/nzoZ2", "")
	o.must("DELETE", zones+"/nzoZ3", "")
	o.must("PUT", zones+"/nzoZ1", two)
	o.must("PUT", zones+"/nzoZ1", office192("other", ""))
}

// TestMostZones: of the customer's zones there are at most 100 (Z14).
func TestMostZones(t *testing.T) {
	var list []string
	for i := range 101 {
		list = append(list, fmt.Sprintf(`{"id":"nzo%d","type":"IP","name":"Z%d","status":"INACTIVE","system":%t,"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`, i, i, i < 2))
	}
	o := openZones(t, "["+strings.Join(list, ",")+"]")
	o.must("POST", zones, office192("the last", ""))
	o.call("POST", zones, office192("one more", "")).invalid("zones", "zones: The organization has 100 network zones; at most 100 are allowed.")
	o.must("PUT", zones+"/nzo7", office192("other", ""))
	o.must("DELETE", zones+"/nzo8", "")
	o.must("POST", zones, office192("one more", ""))
}
