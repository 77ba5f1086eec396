package okta_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	zones     = "/api/v1/zones"
	threats   = "/api/v1/threats/configuration"
	blankText = "The field cannot be left blank"
	takenText = "An object with this field already exists in the current organization"
)

func invalidText(field string) string { return field + ": The field " + field + " is not valid." }

// office192 is the smallest zone.
func office192(name, more string) string {
	return `{"type":"IP","name":"` + name + `","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]` + more + `}`
}

// A zone comes back as it is stored, to the byte: the members in Okta's order, what is
// unset as Okta answers it (Z2, Z4 to Z10).
func TestCreateZones(t *testing.T) {
	const head = `"status":"ACTIVE","usage":"POLICY","created":"2026-02-18T08:28:53.000Z","lastUpdated":"2026-02-18T08:28:53.000Z","system":false,`
	const block = `"status":"ACTIVE","usage":"BLOCKLIST","created":"2026-02-18T08:28:53.000Z","lastUpdated":"2026-02-18T08:28:53.000Z","system":false,`
	for _, row := range []struct{ name, sent, want string }{
		{
			"host bits stay, and what is read-only is ignored",
			`{"_links":{"self":{"href":"x"}},"id":null,"system":true,"created":null,"lastUpdated":"2017-01-24T19:52:34Z","status":"INACTIVE","name":"z","colour":"red","proxies":null,` +
				`"gateways":[{"value":"192.0.2.4/24","type":"CIDR"},{"type":"CIDR","value":"2001:db8::/32"}],"type":"IP"}`,
			`{"type":"IP",@ID,"name":"z",` + head + `"gateways":[{"type":"CIDR","value":"192.0.2.4/24"},{"type":"CIDR","value":"2001:db8::/32"}],"proxies":null,@LINKS}`,
		},
		{
			"ranges lose spaces, a lone address is a range",
			`{"type":"IP","name":"z","gateways":[{"type":"RANGE","value":" 192.0.2.1 -\t192.0.2.9 "},{"type":"RANGE","value":" 2001:db8::1"}],"proxies":[{"type":"RANGE","value":"198.51.100.1"}]}`,
			`{"type":"IP",@ID,"name":"z",` + head + `"gateways":[{"type":"RANGE","value":"192.0.2.1-192.0.2.9"},{"type":"RANGE","value":"2001:db8::1-2001:db8::1"}],"proxies":[{"type":"RANGE","value":"198.51.100.1-198.51.100.1"}],@LINKS}`,
		},
		{
			"an empty list is unset, and what is empty belongs anywhere",
			`{"type":"IP","name":"z","gateways":[],"proxies":[{"type":"CIDR","value":"198.51.100.0/24","x":null}],"asns":[],"locations":{},"ipServiceCategories":{},"proxyType":""}`,
			`{"type":"IP",@ID,"name":"z",` + head + `"gateways":null,"proxies":[{"type":"CIDR","value":"198.51.100.0/24"}],@LINKS}`,
		},
		{
			"only a proxy type",
			`{"type":"DYNAMIC","name":"z","usage":"BLOCKLIST","proxyType":"TorAnonymizer","locations":[],"asns":[],"gateways":null}`,
			`{"type":"DYNAMIC",@ID,"name":"z",` + block + `"locations":null,"proxyType":"TorAnonymizer",@LINKS}`,
		},
		{
			"regions, and ASNs as strings",
			`{"type":"DYNAMIC","name":"z","locations":[{"country":"US"},{"region":"DE-BE","country":"DE"},{"country":"FR","region":"IDF"},{"country":"AX","region":""}],"proxyType":"","asns":["64496",64500]}`,
			`{"type":"DYNAMIC",@ID,"name":"z",` + head + `"locations":[{"country":"US","region":null},{"country":"DE","region":"DE-BE"},{"country":"FR","region":"FR-IDF"},{"country":"AX","region":null}],"proxyType":"","asns":["64496","64500"],@LINKS}`,
		},
		{
			"no proxy type",
			`{"type":"DYNAMIC","name":"z","asns":["1"],"usage":null}`,
			`{"type":"DYNAMIC",@ID,"name":"z",` + head + `"locations":null,"proxyType":null,"asns":["1"],@LINKS}`,
		},
		{
			"both sides of every part",
			`{"type":"DYNAMIC_V2","name":"z","asns":{},"locations":{"exclude":[{"country":"US"}],"exclue":[]},"ipServiceCategories":{"include":["ALL_IP_SERVICES"],"exclude":["SURFSHARK_VPN","FUTURE_CATEGORY"]}}`,
			`{"type":"DYNAMIC_V2",@ID,"name":"z",` + head + `"locations":{"include":[],"exclude":[{"country":"US","region":null}]},"ipServiceCategories":{"include":["ALL_IP_SERVICES"],"exclude":["SURFSHARK_VPN","FUTURE_CATEGORY"]},"asns":{"include":[],"exclude":[]},@LINKS}`,
		},
		{
			"the exempt list's flag has no effect",
			`{"type":"IP","name":"z","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"useAsExemptList":true,"useAsBlackList":false,"usage":"POLICY"}`,
			`{"type":"IP",@ID,"name":"z",` + head + `"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":null,@LINKS}`,
		},
		{
			"128 characters, and letters that a tag could be of",
			`{"type":"IP","name":"` + strings.Repeat("ü", 125) + `<&>","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`,
			`{"type":"IP",@ID,"name":"` + strings.Repeat("ü", 125) + `<&>",` + head + `"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":null,@LINKS}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := openGeo(t)
			answer := o.call("POST", zones, row.sent)
			require.Equal(t, http.StatusOK, answer.status, answer.body)
			id := answer.id()
			require.Regexp(t, `^nzo[0-9A-Za-z]{17}$`, id)
			self := base + zones + "/" + id
			want := strings.NewReplacer(
				`@ID`, `"id":"`+id+`"`,
				`@LINKS`, `"_links":{"self":{"href":"`+self+`","hints":{"allow":["GET","PUT","DELETE"]}},"deactivate":{"href":"`+self+`/lifecycle/deactivate","hints":{"allow":["POST"]}}}`,
			).Replace(row.want)
			require.Equal(t, want, answer.body)
			got := o.must("GET", zones+"/"+id, "")
			require.Equal(t, want, got.body)
			require.Equal(t, answer.header["Etag"], got.header["Etag"])
			require.Equal(t, want, o.again().must("GET", zones+"/"+id, "").body, "after a restart")
		})
	}
}

// What is wrong with a zone is said of all members, in the order in which they were
// sent, and the summary names the first (E3); nothing is stored.
func TestZoneFaults(t *testing.T) {
	const gateways = `"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]`
	network := func(kind, value string) string {
		return `{"type":"IP","name":"z","gateways":[{"type":"` + kind + `","value":"` + value + `"}]}`
	}
	dynamic := func(members string) string { return `{"type":"DYNAMIC","name":"z",` + members + `}` }
	v2 := func(members string) string { return `{"type":"DYNAMIC_V2","name":"z",` + members + `}` }
	o := openGeo(t)
	o.must("POST", zones, office192("Office", ""))
	before := o.files()
	for _, row := range []struct {
		name, sent, field string
		causes            []string // a text that ends in ... is the beginning of one
	}{
		{"nothing", `{}`, "type", []string{"type: " + blankText, "name: " + blankText}},
		{"no type", `{"name":"x",` + gateways + `}`, "type", []string{"type: " + blankText}},
		{"null for a type", `{"name":"x","type":null,` + gateways + `}`, "type", []string{"type: " + blankText}},
		{"type of no letters", `{"name":"x","type":"",` + gateways + `}`, "type", []string{"type: " + blankText}},
		{"unknown type", `{"name":"x","type":"ip",` + gateways + `}`, "type", []string{invalidText("type")}},
		{
			"an unknown type hides nothing else", `{"gateways":[{"type":"CIDR","value":"x"}],"type":"ip","asns":["AS1"]}`, "gateways",
			[]string{"gateways: The IP: x in the CIDR: x is invalid. Make sure it is a valid IPV4.", invalidText("type"), "asns: AS1: expected an AS number...", "name: " + blankText},
		},
		{"no name", `{"type":"IP",` + gateways + `}`, "name", []string{"name: " + blankText}},
		{"name of spaces", `{"type":"IP","name":" \t",` + gateways + `}`, "name", []string{"name: " + blankText}},
		{"129 characters", office192(strings.Repeat("ü", 129), ""), "name", []string{"name: The field is too long; at most 128 characters are allowed."}},
		{"beyond the BMP", office192("x😀", ""), "name", []string{invalidText("name")}},
		{"taken", office192("Office", ""), "name", []string{"name: " + takenText}},
		{"taken by the system", office192("BlockedIpZone", ""), "name", []string{"name: " + takenText}},
		{"status", office192("z", `,"status":"active"`), "status", []string{invalidText("status")}},
		{"the word null for a status", office192("z", `,"status":"null"`), "status", []string{invalidText("status")}},
		{"no letters for a status", office192("z", `,"status":""`), "status", []string{"status: " + blankText}},
		{"usage", office192("z", `,"usage":"BLOCK"`), "usage", []string{invalidText("usage")}},
		{"no letters for a usage", office192("z", `,"usage":""`), "usage", []string{"usage: " + blankText}},
		{
			"everything at once, in the order of the document",
			`{"usage":"x","proxies":[{"type":"CIDR","value":"y"},{"type":"X","value":"192.0.2.0/24"}],"status":"z","type":"IP","gateways":[{"value":"192.0.2.1"}],"name":""}`, "usage",
			[]string{
				invalidText("usage"), "proxies: The IP: y in the CIDR: y is invalid. Make sure it is a valid IPV4.", "proxies: X: unknown type; expected CIDR or RANGE",
				invalidText("status"), "gateways: the entry has no type...", "name: " + blankText,
			},
		},
		// okta.md V1, the vendor's own example
		{"V1", network("RANGE", "1.2.3.4.5-1.2.3.6"), "gateways", []string{"gateways: The IP: 1.2.3.4.5 in the RANGE: 1.2.3.4.5-1.2.3.6 is invalid. Make sure it is a valid IPV4."}},
		{"the other end", network("RANGE", "1.2.3.4-1.2.3.600"), "gateways", []string{"gateways: The IP: 1.2.3.600 in the RANGE: 1.2.3.4-1.2.3.600 is invalid. Make sure it is a valid IPV4."}},
		{"no end", network("RANGE", "1.2.3.4-"), "gateways", []string{"gateways: The IP:  in the RANGE: 1.2.3.4- is invalid. Make sure it is a valid IPV4."}},
		{"a slash in a range", network("RANGE", "15.5.6.7/24-15.5.6.9"), "gateways", []string{"gateways: The IP: 15.5.6.7/24 in the RANGE: 15.5.6.7/24-15.5.6.9 is invalid. Make sure it is a valid IPV4."}},
		{"a network as a range", network("RANGE", "15.5.6.0/24"), "gateways", []string{"gateways: The IP: 15.5.6.0/24 in the RANGE: 15.5.6.0/24 is invalid. Make sure it is a valid IPV4."}},
		{"words", network("RANGE", "not an address"), "gateways", []string{"gateways: The IP: not an address in the RANGE: not an address is invalid. Make sure it is a valid IPV4."}},
		{"backward", network("RANGE", "1.2.3.9-1.2.3.4"), "gateways", []string{"gateways: The IP: 1.2.3.9-1.2.3.4 in the RANGE: 1.2.3.9-1.2.3.4 is invalid. Make sure it is a valid IPV4. (the range ends before it starts)"}},
		{"families", network("RANGE", "192.0.2.1-2001:db8::1"), "gateways", []string{"gateways: The IP: 192.0.2.1-2001:db8::1 in the RANGE: 192.0.2.1-2001:db8::1 is invalid. Make sure it is a valid IPV4. (the range mixes IPv4 and IPv6)"}},
		{"an address with a zone", network("RANGE", "fe80::1%eth0"), "gateways", []string{"gateways: The IP: fe80::1%eth0 in the RANGE: fe80::1%eth0-fe80::1%eth0 is invalid. Make sure it is a valid IPV4."}},
		{"33 bits", network("CIDR", "192.0.2.0/33"), "gateways", []string{"gateways: The IP: 192.0.2.0/33 in the CIDR: 192.0.2.0/33 is invalid. Make sure it is a valid IPV4."}},
		{"a quote", network("CIDR", "1.2.3.4/24'"), "gateways", []string{"gateways: The IP: 1.2.3.4/24' in the CIDR: 1.2.3.4/24' is invalid. Make sure it is a valid IPV4."}},
		{"a CIDR address", network("CIDR", "1.2.3.400/24"), "gateways", []string{"gateways: The IP: 1.2.3.400 in the CIDR: 1.2.3.400/24 is invalid. Make sure it is a valid IPV4."}},
		{"no length", network("CIDR", "192.0.2.1"), "gateways", []string{"gateways: The IP: 192.0.2.1 in the CIDR: 192.0.2.1 is invalid. Make sure it is a valid IPV4."}},
		{"an end of the line", network("CIDR", `x\ny\u202e`), "gateways", []string{`gateways: The IP: x\ny\u202e in the CIDR: x\ny\u202e is invalid. Make sure it is a valid IPV4.`}},
		{"V8", `{"type":"IP","name":"z","gateways":[{"value":"192.0.2.0/24"}]}`, "gateways", []string{"gateways: the entry has no type; expected CIDR or RANGE"}},
		{"no value", `{"type":"IP","name":"z","proxies":[{"type":"CIDR"}]}`, "proxies", []string{"proxies: the entry has no value..."}},
		{"two entries", `{"type":"IP","name":"z","gateways":[{"type":"CIDR","value":"a"},{"type":"CIDR","value":"192.0.2.0/24"},{"type":"RANGE","value":"b"}]}`, "gateways", []string{
			"gateways: The IP: a in the CIDR: a is invalid. Make sure it is a valid IPV4.", "gateways: The IP: b in the RANGE: b is invalid. Make sure it is a valid IPV4.",
		}},
		{"an entry's unknown member", `{"type":"IP","name":"z","gateways":[{"type":"CIDR","value":"192.0.2.0/24","except":"192.0.2.7"}]}`, "gateways", []string{"gateways: except: unknown key..."}},
		// Z12, Z15
		{"an IP zone of nothing", `{"type":"IP","name":"z"}`, "gateways", []string{"gateways: An IP zone needs gateways or proxies."}},
		{"an IP zone of empty lists", `{"type":"IP","name":"z","proxies":[],"gateways":[]}`, "gateways", nil},
		{"a dynamic zone of nothing", dynamic(`"locations":[],"proxyType":"","asns":[]`), "locations", []string{"locations: A dynamic zone needs asns, locations or proxyType."}},
		{"a dynamic zone of the word null", dynamic(`"proxyType":"null"`), "locations", []string{"locations: A dynamic zone needs asns, locations or proxyType."}},
		{"an enhanced zone of nothing", v2(`"locations":{},"asns":{"include":[]}`), "locations", []string{"locations: An enhanced dynamic zone needs..."}},
		{"a blocklist with proxies", office192("z", `,"usage":"BLOCKLIST","proxies":[{"type":"CIDR","value":"198.51.100.0/24"}]`), "proxies", []string{"proxies: A zone of usage BLOCKLIST cannot have proxies."}},
		// what belongs to another type would be lost in silence (okta.md 2.2)
		{"locations of an IP zone", office192("z", `,"locations":[{"country":"US"}]`), "locations", []string{"locations: an IP zone has gateways and proxies only"}},
		{"parts of an IP zone", office192("z", `,"asns":{"exclude":["1"]},"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]},"proxyType":"Any"`), "asns", []string{
			"asns: an IP zone has...", "ipServiceCategories: an IP zone has...", "proxyType: Any: an IP zone has...",
		}},
		{"gateways of a dynamic zone", dynamic(`"proxyType":"Any",` + gateways), "gateways", []string{"gateways: a dynamic zone has no gateways and no proxies; those belong to an IP zone"}},
		{"categories of a dynamic zone", dynamic(`"proxyType":"Any","ipServiceCategories":{"exclude":["NORD_VPN"]}`), "ipServiceCategories", []string{"ipServiceCategories: only a DYNAMIC_V2 zone has..."}},
		{"a proxy type of an enhanced zone", v2(`"asns":{"include":["1"]},"proxyType":"Any"`), "proxyType", []string{"proxyType: Any: only a DYNAMIC zone has..."}},
		// Z11 of dynamic zones
		{"proxy type", dynamic(`"proxyType":"tor"`), "proxyType", []string{"proxyType: tor: unknown proxyType..."}},
		{"an ASN with letters", dynamic(`"asns":["AS64496"]`), "asns", []string{"asns: AS64496: expected an AS number..."}},
		{"an ASN of 33 bits", dynamic(`"asns":["1",4294967296]`), "asns", []string{"asns: 4294967296: expected an AS number..."}},
		{"half an ASN", v2(`"asns":{"exclude":[1.5]}`), "asns", []string{"asns: 1.5: expected an AS number..."}},
		{"a country in lower case", dynamic(`"locations":[{"country":"us"}]`), "locations", []string{"locations: us: expected two upper-case letters..."}},
		{"no country", dynamic(`"locations":[{"region":"US-CA"}]`), "locations", []string{"locations: the location has no country"}},
		{"a region of another country", dynamic(`"locations":[{"country":"US","region":"CA-QC"}]`), "locations", []string{"locations: CA-QC: the region belongs to CA, but the country is US"}},
		{"a region in lower case", v2(`"locations":{"exclude":[{"country":"US","region":"US-ca"}]}`), "locations", []string{"locations: US-ca: expected a code..."}},
		{"V14", dynamic(`"locations":[{"country":"US"},{"country":"US","region":"US-CA"}]`), "locations", []string{"locations: the list holds US as a whole..."}},
		{"V14 to exclude", v2(`"locations":{"exclude":[{"country":"US","region":"CA"},{"country":"US"}]}`), "locations", []string{"locations: the list holds US as a whole..."}},
		// Z13
		{"exclue", v2(`"locations":{"include":[{"country":"US"}],"exclue":[{"country":"CN"}]}`), "locations", []string{"locations: exclue: unknown key..."}},
		{"create", v2(`"ipServiceCategories":{"include":["NORD_VPN"],"create":["X"]}`), "ipServiceCategories", []string{"ipServiceCategories: create: unknown key..."}},
		{"asns", v2(`"asns":{"include":["1"],"only":true}`), "asns", []string{"asns: only: unknown key..."}},
		{"a location's city", dynamic(`"locations":[{"country":"US","city":"Fresno"}]`), "locations", []string{"locations: city: unknown key..."}},
		// a slip would leave out what it was meant to say
		{"usge", office192("z", `,"usge":"BLOCKLIST"`), "usge", []string{`usge: usge: unknown key; did you mean "usage"?`}},
		{"Status", office192("z", `,"Status":null`), "Status", []string{`Status: Status: unknown key; did you mean "status"?`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			o.t = t
			answer := o.call("POST", zones, row.sent)
			answer.invalid(row.field)
			if row.causes != nil {
				var got []string
				for i, cause := range answer.object()["errorCauses"].([]any) {
					text := cause.(map[string]any)["errorSummary"].(string)
					if i < len(row.causes) {
						if begin, cut := strings.CutSuffix(row.causes[i], "..."); cut && strings.HasPrefix(text, begin) {
							text = row.causes[i]
						}
					}
					got = append(got, text)
				}
				require.Equal(t, row.causes, got)
			}
			require.Equal(t, before, o.files(), "nothing is stored")
		})
	}
}

// A member of the wrong kind is no zone at all, whatever else the body says, and the
// zone that is there stays as it was: an object for a list, as an SDK sends it, would
// wipe a block list (H5). The kind is looked at before anything else (H10).
func TestZoneKinds(t *testing.T) {
	o := openGeo(t)
	ip := o.must("POST", zones, office192("Blocked", `,"usage":"BLOCKLIST"`)).id()
	tor := o.must("POST", zones, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","asns":["64496"]}`).id()
	services := o.must("POST", zones, `{"type":"DYNAMIC_V2","name":"VPN","asns":{"include":["64496"]}}`).id()
	before, list := o.files(), o.must("GET", zones, "").body
	for _, row := range []struct{ id, sent, where string }{
		{ip, `{"type":"IP","name":"Blocked","gateways":{}}`, "gateways: expected a list, found an object (line 1, column 42)"},
		{ip, `{"type":"IP","name":"Blocked","gateways":{"0":{"type":"CIDR","value":"192.0.2.0/24"}}}`, "gateways: expected a list, found an object"},
		{ip, office192("Blocked", `,"proxies":{}`), "proxies: expected a list, found an object"},
		{ip, office192("Blocked", `,"proxies":"198.51.100.0/24"`), "proxies: expected a list, found a string"},
		{ip, `{"type":"IP","name":"Blocked","gateways":["192.0.2.0/24"]}`, "gateways.0: expected an object, found a string"},
		{ip, `{"type":"IP","name":"Blocked","gateways":[null]}`, "gateways.0: expected an object, found null"},
		{ip, `{"type":"IP","name":"Blocked","gateways":[{"type":"CIDR","value":"192.0.2.0/24"},7]}`, "gateways.1: expected an object, found a number"},
		{ip, `{"type":"IP","name":"Blocked","gateways":[[]]}`, "gateways.0: expected an object, found an array"},
		{ip, `{"type":"IP","name":"Blocked","gateways":[{"type":"CIDR","value":1}]}`, "gateways.0.value: expected a string, found a number"},
		{ip, `{"type":"IP","name":"Blocked","gateways":[{"type":["CIDR"],"value":"192.0.2.0/24"}]}`, "gateways.0.type: expected a string, found an array"},
		{ip, office192("Blocked", `,"usage":true`), "usage: expected a string, found a boolean"},
		{ip, office192("Blocked", `,"status":0`), "status: expected a string"},
		{ip, office192("Blocked", `,"id":7`), "id: expected a string"},
		{ip, office192("Blocked", `,"created":1485287554`), "created: expected a string"},
		{ip, office192("Blocked", `,"system":"true"`), "system: expected true or false"},
		{ip, office192("Blocked", `,"useAsExemptList":1`), "useAsExemptList: expected true or false"},
		{ip, office192("Blocked", `,"useAsBlackList":"no"`), "useAsBlackList: expected true or false"},
		{ip, office192("Blocked", `,"_links":[]`), "_links: expected an object"},
		{ip, `{"type":1,"name":"Blocked"}`, "type: expected a string"},
		{ip, `{"type":"IP","name":["Blocked"]}`, "name: expected a string"},
		{ip, office192("Blocked", `,"proxyType":{}`), "proxyType: expected a string"},
		{ip, office192("Blocked", `,"locations":"US"`), "locations: expected a list"},
		{ip, office192("Blocked", `,"ipServiceCategories":[]`), "ipServiceCategories: expected an object"},
		{ip, `{"name":"Blocked","gateways":{}}`, "gateways: expected a list"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","asns":{"0":"64496"}}`, "asns: expected a list, found an object"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","asns":{}}`, "asns: expected a list, found an object"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","locations":{"include":[{"country":"US"}]}}`, "locations: expected a list"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","locations":{"0":{"country":"US","region":"US-CA"}}}`, "locations: expected a list"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","asns":[null]}`, "asns.0: expected a string, found null"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","asns":[true]}`, "asns.0: expected a string"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","locations":[{"country":["US"]}]}`, "locations.0.country: expected a string"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","locations":["US"]}`, "locations.0: expected an object"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":"Any","gateways":{}}`, "gateways: expected a list"},
		{tor, `{"type":"DYNAMIC","name":"Tor","proxyType":7}`, "proxyType: expected a string"},
		{services, `{"type":"DYNAMIC_V2","name":"VPN","asns":["64496"]}`, "asns: expected an object, found an array"},
		{services, `{"type":"DYNAMIC_V2","name":"VPN","asns":[]}`, "asns: expected an object, found an array"},
		{services, `{"type":"DYNAMIC_V2","name":"VPN","asns":{"include":{"0":"64496"}}}`, "asns.include: expected a list, found an object"},
		{services, `{"type":"DYNAMIC_V2","name":"VPN","asns":{"include":["1"],"exclude":{}}}`, "asns.exclude: expected a list, found an object"},
		{services, `{"type":"DYNAMIC_V2","name":"VPN","locations":{"include":[{"country":"US"}],"exclude":{}}}`, "locations.exclude: expected a list"},
		{services, `{"type":"DYNAMIC_V2","name":"VPN","ipServiceCategories":{"include":[{"value":"NORD_VPN"}]}}`, "ipServiceCategories.include.0: expected a string"},
		{services, `{"type":"DYNAMIC_V2","name":"VPN","ipServiceCategories":["NORD_VPN"]}`, "ipServiceCategories: expected an object"},
	} {
		for _, call := range [][2]string{{"PUT", zones + "/" + row.id}, {"POST", zones}, {"PUT", zones + "/nzo00000000000000000"}} {
			answer := o.call(call[0], call[1], row.sent, "If-Match", `"old"`)
			answer.refused(http.StatusBadRequest, "E0000003", "The request body was not well-formed.")
			require.Contains(t, answer.body, row.where, row.sent)
		}
		require.Equal(t, before, o.files(), row.sent)
	}
	require.Equal(t, list, o.must("GET", zones, "").body)
	require.Equal(t, "deny", o.verdict("192.0.2.1"))
}

func TestReplaceZone(t *testing.T) {
	o := openOrg(t)
	made := o.must("POST", zones, office192("Office", `,"proxies":[{"type":"RANGE","value":"198.51.100.1-198.51.100.9"}]`))
	at := zones + "/" + made.id()
	branch := o.must("POST", zones, office192("Branch", "")).id()

	t.Run("what is left out is unset, but for usage and status", func(t *testing.T) { // Z17, Z4
		o.t = t
		put := o.must("PUT", at, `{"type":"IP","name":"Bad","gateways":[{"type":"CIDR","value":"192.0.2.0/25"}],"usage":"BLOCKLIST","status":"INACTIVE","id":"`+made.id()+`","created":"1999-01-01T00:00:00.000Z","system":true}`)
		require.Equal(t, http.StatusOK, put.status)
		require.Nil(t, put.at("proxies"))
		require.Equal(t, "BLOCKLIST", put.at("usage"))
		require.Equal(t, false, put.at("system"))
		require.Equal(t, made.at("created"), put.at("created"))
		require.NotEqual(t, made.at("lastUpdated"), put.at("lastUpdated"))
		self := base + at
		require.Contains(t, put.body, `"_links":{"activate":{"href":"`+self+`/lifecycle/activate","hints":{"allow":["POST"]}},"self":{"href":"`+self+`","hints":{"allow":["GET","PUT","DELETE"]}}}`) // Z10
		for _, silent := range []string{"", `,"usage":null,"status":null`} {
			put = o.must("PUT", at, office192("Bad", silent))
			require.Equal(t, "BLOCKLIST", put.at("usage"), "silence lifts no block")
			require.Equal(t, "INACTIVE", put.at("status"))
		}
		put = o.must("PUT", at, office192("Bad", `,"usage":"POLICY","status":"ACTIVE"`))
		require.Equal(t, "POLICY", put.at("usage"))
		require.Equal(t, "ACTIVE", put.at("status"))
		require.Equal(t, put.body, o.must("GET", at, "").body)
	})
	t.Run("what it may not", func(t *testing.T) {
		o.t = t
		before := o.files()
		put := func(body string) reply { return o.call("PUT", at, body) }
		put(`{"type":"DYNAMIC","name":"Office","proxyType":"Any"}`).invalid("type", "type: The type of a zone cannot be changed.")
		put(`{"name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`).invalid("type", "type: "+blankText)
		put(office192("Office", `,"id":"`+branch+`"`)).invalid("id", invalidText("id"))
		put(office192("Branch", "")).invalid("name", "name: "+takenText)
		put(office192("DefaultExemptIpZone", "")).invalid("name", "name: "+takenText)
		put(office192("Office", `,"status":"null"`)).invalid("status", invalidText("status"))
		put(office192("Office", `,"usage":""`)).invalid("usage", "usage: "+blankText)
		put(office192("Office", `,"useAsExemptList":true`)).invalid("useAsExemptList", // okta.md V5
			"useAsExemptList: The network zone does not allow changes to block exemption list.")
		put(`{"type":"IP","name":"Office","gateways":null}`).invalid("gateways")
		put(`{"type":"IP","name":"Office","gateways":[{"type":"RANGE","value":"x"}],"status":"INACTIVE"}`).invalid("gateways", "gateways: The IP: x in the RANGE: x is invalid. Make sure it is a valid IPV4.")
		for _, verb := range []string{"GET", "PUT", "DELETE"} {
			o.call(verb, zones+"/nzo00000000000000000", office192("x", "")).refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: nzo00000000000000000 (NetworkZone)")
		}
		require.Equal(t, before, o.files())
	})
	t.Run("a name that it keeps is its own", func(t *testing.T) {
		o.t = t
		o.must("PUT", zones+"/"+branch, office192("Branch", `,"usage":"POLICY"`))
	})
}

// If-Match that does not name the zone as it is changes nothing (H9): it is looked at
// after existence and before what the body says.
func TestZoneETags(t *testing.T) {
	o := openOrg(t)
	first := o.must("POST", zones, office192("Office", ""))
	at := zones + "/" + first.id()
	tag := first.header.Get("Etag")
	require.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
	second := o.must("PUT", at, office192("Office", ``), "If-Match", `"x", `+tag)
	require.NotEqual(t, tag, second.header.Get("Etag"))
	require.Equal(t, second.header.Get("Etag"), o.must("GET", at, "").header.Get("Etag"))
	o = o.again()
	require.Equal(t, second.header.Get("Etag"), o.must("GET", at, "").header.Get("Etag"), "after a restart")
	before := o.files()
	for _, stale := range []string{tag, `"x"`, "W/" + second.header.Get("Etag"), "", strings.Trim(second.header.Get("Etag"), `"`)} {
		for _, call := range [][3]string{
			{"PUT", at, `{}`}, {"DELETE", at}, {"POST", at + "/lifecycle/activate"}, {"POST", at + "/lifecycle/deactivate"},
		} {
			o.call(call[0], call[1], call[2], "If-Match", stale).refused(http.StatusPreconditionFailed, "E0000231", "ETag value doesn't match.")
		}
	}
	o.call("PUT", zones+"/nzo00000000000000000", office192("x", ""), "If-Match", tag).refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: nzo00000000000000000 (NetworkZone)")
	require.Equal(t, before, o.files())
	off := o.must("POST", at+"/lifecycle/deactivate", "", "If-Match", second.header.Get("Etag"))
	o.must("PUT", at, office192("Office", ``), "If-Match", "*")
	o.call("DELETE", at, "", "If-Match", off.header.Get("Etag")).refused(http.StatusPreconditionFailed, "E0000231", "ETag value doesn't match.")
	require.Equal(t, http.StatusNoContent, o.call("DELETE", at, "", "If-Match", o.must("GET", at, "").header.Get("Etag")).status)

	threat := o.must("GET", threats, "")
	o.call("POST", threats, `{}`, "If-Match", `"x"`).refused(http.StatusPreconditionFailed, "E0000231", "ETag value doesn't match.")
	changed := o.must("POST", threats, `{"action":"audit"}`, "If-Match", threat.header.Get("Etag"))
	require.Equal(t, changed.header.Get("Etag"), o.must("GET", threats, "").header.Get("Etag"))
	o.call("POST", threats, `{"action":"none"}`, "If-Match", threat.header.Get("Etag")).refused(http.StatusPreconditionFailed, "E0000231", "ETag value doesn't match.")
}

func TestZoneLifecycle(t *testing.T) {
	o := openOrg(t)
	made := o.must("POST", zones, office192("Office", ""))
	at := zones + "/" + made.id()
	moved := made.at("lastUpdated")
	for _, step := range [][2]string{{"activate", "ACTIVE"}, {"deactivate", "INACTIVE"}, {"deactivate", "INACTIVE"}, {"activate", "ACTIVE"}} {
		answer := o.must("POST", at+"/lifecycle/"+step[0], "")
		require.Equal(t, http.StatusOK, answer.status)
		require.Equal(t, step[1], answer.at("status"))
		require.NotEqual(t, moved, answer.at("lastUpdated")) // also when nothing changes (Z20)
		moved = answer.at("lastUpdated")
		require.Equal(t, answer.body, o.must("GET", at, "").body)
	}
	for _, verb := range []string{"activate", "deactivate"} {
		o.call("POST", zones+"/nzo0/lifecycle/"+verb, "").refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: nzo0 (NetworkZone)")
	}
	// one that a rule uses may be switched off, for what it is worth (Z20)
	policy := o.must("POST", "/api/v1/policies", `{"type":"OKTA_SIGN_ON","name":"p"}`).id()
	o.must("POST", "/api/v1/policies/"+policy+"/rules", `{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"ALLOW"}},"conditions":{"network":{"connection":"ZONE","include":["`+made.id()+`"]}}}`)
	require.Equal(t, "allow", o.verdict("192.0.2.1"))
	require.Equal(t, http.StatusOK, o.must("POST", at+"/lifecycle/deactivate", "").status)
	require.Equal(t, "deny", o.verdict("192.0.2.1"))
}

func TestDeleteZones(t *testing.T) {
	o := openOrg(t)
	id := o.must("POST", zones, office192("Office", "")).id()
	at := zones + "/" + id
	o.call("DELETE", at, "").refused(http.StatusBadRequest, "E0000001", // okta.md V3
		"Api validation failed: The zone: Office is an active zone. Active zones cannot be deleted.",
		"id: The zone: "+id+" is an active zone. Active zones cannot be deleted.")

	// a rule of any status, and ThreatInsight, keep it (Z22)
	policy := o.must("POST", "/api/v1/policies", `{"type":"ACCESS_POLICY","name":"Staff"}`).id()
	rule := o.must("POST", "/api/v1/policies/"+policy+"/rules?activate=false", `{"type":"ACCESS_POLICY","name":"No\u001b[31m","actions":{"appSignOn":{"access":"DENY"}},"conditions":{"network":{"connection":"ZONE","exclude":["`+id+`"]}}}`).id()
	o.must("POST", threats, `{"action":"block","excludeZones":["`+id+`"]}`)
	o.must("POST", at+"/lifecycle/deactivate", "")
	byRule := "id: The zone: " + id + ` is used by the rule ` + rule + ` (No\x1b[31m) of the policy ` + policy + ` (Staff) and cannot be deleted.`
	byThreat := "id: The zone: " + id + " is used by excludeZones of the ThreatInsight configuration and cannot be deleted."
	o.call("DELETE", at, "").invalid("id", byRule, byThreat)
	o.must("POST", threats, `{"action":"block"}`)
	o.call("DELETE", at, "").invalid("id", byRule)
	o.must("DELETE", "/api/v1/policies/"+policy+"/rules/"+rule, "")
	gone := o.call("DELETE", at, "")
	require.Equal(t, http.StatusNoContent, gone.status)
	require.Empty(t, gone.body)
	for _, verb := range []string{"GET", "DELETE"} {
		o.call(verb, at, "").refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: "+id+" (NetworkZone)")
	}
	require.NotEqual(t, id, o.must("POST", zones, office192("Office", "")).id(), "a name may come again, an id does not") // Z5
}

// The zones of the system (Z18).
func TestSystemZones(t *testing.T) {
	o := openGeo(t)
	list := o.must("GET", zones, "").list()
	require.Len(t, list, 4)
	for i, want := range []string{"LegacyIpZone IP ACTIVE POLICY", "BlockedIpZone IP ACTIVE BLOCKLIST", "DefaultExemptIpZone IP ACTIVE POLICY", "DefaultEnhancedDynamicZone DYNAMIC_V2 INACTIVE BLOCKLIST"} {
		z := list[i]
		require.Equal(t, want, fmt.Sprintf("%s %s %s %s", z["name"], z["type"], z["status"], z["usage"]))
		require.Equal(t, true, z["system"])
		require.Contains(t, fmt.Sprint(z["_links"]), "DELETE") // as Okta has it, though it refuses (Z10)
		at := zones + "/" + z["id"].(string)
		for _, status := range []string{"activate", "deactivate"} {
			require.Equal(t, http.StatusOK, o.must("POST", at+"/lifecycle/"+status, "").status)
			o.call("DELETE", at, "").invalid("id", fmt.Sprintf("id: The zone: %s is a system zone. System zones cannot be deleted.", z["id"])) // before Z21
		}
		o.must("POST", at+"/lifecycle/"+map[any]string{"ACTIVE": "activate", "INACTIVE": "deactivate"}[z["status"]], "")
	}
	t.Run("LegacyIpZone", func(t *testing.T) {
		o.t = t
		at := zones + "/" + list[0]["id"].(string)
		put := o.must("PUT", at, `{"type":"IP","name":"Headquarters"}`)
		require.Equal(t, "Headquarters", put.at("name"))
		require.Equal(t, true, put.at("system"))
		require.Nil(t, put.at("gateways"), "it may hold nothing")
		for _, name := range []string{"BlockedIpZone", "DefaultExemptIpZone"} {
			o.call("PUT", at, `{"type":"IP","name":"`+name+`"}`).invalid("name", "name: "+takenText)
		}
		o.call("PUT", at, `{"type":"IP","name":"x","useAsExemptList":true}`).invalid("useAsExemptList", "useAsExemptList: The network zone does not allow changes to block exemption list.")
		o.must("PUT", at, `{"type":"IP","name":"LegacyIpZone"}`)
	})
	t.Run("BlockedIpZone", func(t *testing.T) {
		o.t = t
		at := zones + "/" + list[1]["id"].(string)
		o.call("PUT", at, `{"type":"IP","name":"BlockedIpZone","gateways":[{"type":"RANGE","value":"203.0.113.9"}]}`).invalid("system", "system: The field must be true for the system zone BlockedIpZone.")
		o.call("PUT", at, `{"type":"IP","system":true,"name":"Mine"}`).invalid("name", "name: The name of the system zone BlockedIpZone cannot be changed.")
		o.call("PUT", at, `{"type":"IP","system":true,"name":"BlockedIpZone","usage":"POLICY"}`).invalid("usage", "usage: The usage of the system zone BlockedIpZone cannot be changed.")
		put := o.must("PUT", at, `{"type":"IP","system":true,"name":"BlockedIpZone","gateways":[{"type":"RANGE","value":"203.0.113.9"}]}`)
		require.Equal(t, "BLOCKLIST", put.at("usage"))
		require.Equal(t, "deny", o.verdict("203.0.113.9"))
		for _, empty := range []string{"null", "[]"} {
			require.Nil(t, o.must("PUT", at, `{"type":"IP","system":true,"name":"BlockedIpZone","gateways":`+empty+`}`).at("gateways"))
		}
	})
	t.Run("DefaultEnhancedDynamicZone", func(t *testing.T) {
		o.t = t
		at := zones + "/" + list[3]["id"].(string)
		body := func(more string) string {
			return `{"type":"DYNAMIC_V2","name":"DefaultEnhancedDynamicZone","ipServiceCategories":{"include":["NORD_VPN"]}` + more + `}`
		}
		o.call("PUT", at, `{"type":"DYNAMIC_V2","name":"Mine","ipServiceCategories":{"include":["NORD_VPN"]}}`).invalid("name", "name: The name of the system zone DefaultEnhancedDynamicZone cannot be changed.")
		o.call("PUT", at, body(`,"locations":{"exclude":[{"country":"DE"}]}`)).invalid("locations")
		o.call("PUT", at, body(`,"asns":{"include":["1"]}`)).invalid("asns")
		o.call("PUT", at, body(`,"status":"ACTIVE"`)).invalid("status", "status: The status of the system zone DefaultEnhancedDynamicZone changes by activate and deactivate only.")
		for _, fine := range []string{"", `,"status":null`, `,"status":"INACTIVE"`} {
			require.Equal(t, "INACTIVE", o.must("PUT", at, body(fine)).at("status"))
		}
		o.must("POST", at+"/lifecycle/activate", "")
		require.Equal(t, "deny", o.verdict("100.64.1.1"))
		o.call("PUT", at, body(`,"status":"INACTIVE"`)).invalid("status")
	})
}

// The exempt zone (Z19).
func TestExemptZone(t *testing.T) {
	o := openOrg(t)
	at := zones + "/" + o.zone("DefaultExemptIpZone")["id"].(string)
	body := func(more string) string {
		return `{"type":"IP","name":"DefaultExemptIpZone","gateways":[{"type":"CIDR","value":"203.0.113.9/32"}]` + more + `}`
	}
	const v4 = "useAsExemptList: The network zone does not allow usage changes for DefaultExemptIpZone."
	o.call("PUT", at, body("")).invalid("useAsExemptList", v4)
	o.call("PUT", at, body(`,"useAsExemptList":false`)).invalid("useAsExemptList", v4)
	o.call("PUT", at, body(`,"useAsExemptList":null`)).invalid("useAsExemptList", v4)
	o.call("PUT", at, body(`,"useAsExemptList":true,"usage":"BLOCKLIST"`)).invalid("usage", "usage: The network zone does not allow usage changes for DefaultExemptIpZone.")
	o.call("PUT", at, body(`,"useAsExemptList":true,"proxies":[{"type":"CIDR","value":"192.0.2.0/24"}]`)).invalid("proxies", "proxies: The exempt zone cannot have proxies.")
	o.call("PUT", at, `{"type":"IP","name":"Mine","useAsExemptList":true}`).invalid("name", "name: The name of the system zone DefaultExemptIpZone cannot be changed.")

	put := o.must("PUT", at, body(`,"useAsExemptList":true`))
	require.Equal(t, []string{"type", "id", "name", "status", "usage", "created", "lastUpdated", "system", "useAsBlackList", "useAsExemptList", "gateways", "proxies", "_links"}, put.keys())
	require.Equal(t, false, put.at("useAsBlackList"))
	require.Equal(t, true, put.at("useAsExemptList"))
	got := o.must("GET", at, "")
	require.NotContains(t, got.keys(), "useAsExemptList")
	require.NotContains(t, got.keys(), "useAsBlackList")
	require.Equal(t, put.header["Etag"], got.header["Etag"])
	require.NotContains(t, o.must("POST", at+"/lifecycle/activate", "").keys(), "useAsExemptList")

	blocked := zones + "/" + o.zone("BlockedIpZone")["id"].(string)
	o.must("PUT", blocked, `{"type":"IP","name":"BlockedIpZone","system":true,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}`)
	require.Equal(t, "allow", o.verdict("203.0.113.9"))
	require.Equal(t, "deny", o.verdict("203.0.113.8"))
}

// A folder whose zones came from elsewhere: what a write is not about stays as it was
// written.
func TestZonesOfAFile(t *testing.T) {
	o := openWith(t, map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"]}}`, "zones.json": `[
  {"id": "nzoA/b", "type": "IP", "name": "Twice", "gateways": [{"type": "CIDR", "value": "192.0.2.0/24"}], "connectionTypes": ["x"]},
  {"id": "nzoB", "type": "IP", "name": "Twice", "gateways": [{"type": "CIDR", "value": "198.51.100.0/24"}]},
  {"id": "nzoC", "type": "FUTURE", "name": "Future", "status": "INACTIVE", "planets": ["Mars"]},
  {"id": "nzoD", "type": "IP", "name": "Guests", "system": true, "useAsExemptList": true, "gateways": [{"type": "CIDR", "value": "203.0.113.9/32"}]},
  {"id": "nzoE", "type": "IP", "name": "Bad", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "203.0.113.0/24"}]},
  {"type": "IP", "name": "No id", "gateways": [{"type": "CIDR", "value": "203.0.113.128/25"}]},
  {"id": "nzoF", "type": "IP", "name": "Mine", "system": true}
]`})
	require.Len(t, o.must("GET", zones, "").list(), 7, "none of the system's is added")
	require.Equal(t, "allow", o.verdict("203.0.113.9"))

	// a lifecycle is about the status alone
	first := o.must("POST", zones+"/nzoA%2Fb/lifecycle/deactivate", "")
	require.Contains(t, first.body, base+zones+"/nzoA%2Fb/lifecycle/activate")
	o.must("POST", zones+"/nzoC/lifecycle/deactivate", "")
	o.must("POST", zones+"/nzoD/lifecycle/deactivate", "")
	require.Equal(t, "deny", o.verdict("203.0.113.9"))
	o.must("POST", zones+"/nzoD/lifecycle/activate", "")
	require.Equal(t, "allow", o.verdict("203.0.113.9"))
	noID := o.zone("No id")["id"].(string)
	o.must("POST", zones+"/"+noID+"/lifecycle/deactivate", "")
	text := o.files()["zones.json"]
	for _, kept := range []string{`"connectionTypes"`, `"planets"`, `"useAsExemptList"`} {
		require.Contains(t, text, kept)
	}
	list := o.must("GET", zones, "").body
	o = o.again()
	require.Equal(t, list, o.must("GET", zones, "").body)
	require.Equal(t, noID, o.zone("No id")["id"])

	// a type that nobody knows cannot be switched on, nor written
	o.call("POST", zones+"/nzoC/lifecycle/activate", "").refused(http.StatusBadRequest, "E0000001", "Api validation failed: policy")
	o.call("PUT", zones+"/nzoC", `{"type":"FUTURE","name":"Future"}`).invalid("type")

	// the exempt zone is what its document says, whatever it is called
	o.call("PUT", zones+"/nzoD", `{"type":"IP","name":"Guests"}`).invalid("useAsExemptList")
	o.must("PUT", zones+"/nzoD", `{"type":"IP","name":"Guests","useAsExemptList":true,"gateways":[{"type":"CIDR","value":"203.0.113.7/32"}]}`)
	require.Equal(t, "allow", o.verdict("203.0.113.7"))
	require.Equal(t, "deny", o.verdict("203.0.113.9"))
	require.NotContains(t, o.must("GET", zones+"/nzoD", "").body, "useAs")
	// and no other zone of the system becomes it, or another, by a name
	for _, name := range []string{"DefaultExemptIpZone", "BlockedIpZone", "DefaultEnhancedDynamicZone"} {
		o.call("PUT", zones+"/nzoF", `{"type":"IP","name":"`+name+`"}`).invalid("name", "name: "+takenText)
	}

	// a name that it shares already it may keep, and no third one may take it
	o.must("PUT", zones+"/nzoB", office192("Twice", ""))
	o.call("PUT", zones+"/nzoE", office192("Twice", "")).invalid("name", "name: "+takenText)
}
