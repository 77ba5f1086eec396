package keeper_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/keepertest"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// The kinds of content of each file. What is cut was cut in half.
var kinds = map[string][]string{
	"netwicket.json":   {"plain", "more", "bare", "edgeless", "cut"},
	"zones.json":       {"one", "two", "three", "guarded", "cut"},
	"v1/zones.json":    {"one", "two", "three", "guarded", "cut"},
	"v2/zones.json":    {"one", "two", "three", "guarded", "cut"},
	"more.json":        {"one", "two", "cut"},
	"overlay.json":     {"quiet", "deny", "brief", "allow", "guarded", "cut"},
	"geo/country.mmdb": {"one", "two", "three", "older", "small", "exits", "cut"},
	"geo/extra.csv":    {"one", "cut"},
	"elsewhere.csv":    {"one"},
}

// digits are what tells kinds of one document apart.
var digits = map[string]int{"one": 1, "two": 2, "three": 3, "older": 4, "small": 5}

// content is what a file of that kind holds that is made now.
func content(name, kind string, now time.Time) string {
	if kind == "cut" {
		whole := content(name, kinds[name][0], now)
		return whole[:len(whole)/2]
	}
	zones := func(id, network string) string {
		return strings.ReplaceAll(`[{"type": "IP", "id": "@", "name": "@", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "`+network+`"}]},
			{"type": "DYNAMIC_V2", "id": "@g", "name": "@g", "status": "ACTIVE", "usage": "BLOCKLIST", "locations": {"include": [{"country": "DE"}], "exclude": []}},
			{"type": "DYNAMIC_V2", "id": "@a", "name": "@a", "status": "ACTIVE", "usage": "BLOCKLIST", "asns": {"include": ["64500"], "exclude": []}}]`, "@", id)
	}
	until := func(seconds int) string {
		return now.Add(time.Duration(seconds) * time.Second).Format(time.RFC3339Nano)
	}
	switch base := filepath.Base(name); {
	case base == "netwicket.json":
		return policies[kind]
	case base == "zones.json" && kind == "guarded":
		return zones("zones", "192.0.2.0/28")
	case base == "zones.json":
		return zones("zones", fmt.Sprintf("203.0.113.%d/32", digits[kind]))
	case base == "more.json":
		return keepertest.Blocklist(fmt.Sprintf("198.51.100.%d/32", digits[kind]))
	case base == "overlay.json":
		return map[string]string{
			"quiet":   `{"deny": []}`,
			"deny":    `{"deny": [{"network": "198.51.100.77"}]}`,
			"brief":   `{"deny": [{"network": "198.51.100.77", "until": "` + until(20) + `"}, {"network": "198.51.100.78", "until": "` + until(50) + `"}]}`,
			"allow":   `{"allow": [{"network": "203.0.113.1", "until": "` + until(20) + `"}]}`,
			"guarded": `{"deny": [{"network": "192.0.2.9"}]}`,
		}[kind]
	case base == "elsewhere.csv": // what is known of no country is blocked
		return "network,country,region,asn,anonymizer,services\n0.0.0.0/0,US,,64496,,\n"
	case base == "extra.csv":
		return "network,country,region,asn,anonymizer,services\n198.19.0.0/24,,,64500,,\n"
	default:
		return databases[kind]
	}
}

// policies have everything in the same place: messages say where a file is named.
var policies = map[string]string{
	"plain":    policyOf("", overlaid, edgy),
	"more":     policyOf(`, "more.json"`, overlaid, edgy),
	"bare":     policyOf("", "", edgy),
	"edgeless": policyOf("", overlaid, ""),
}

const overlaid, edgy = `, "overlay": "overlay.json"`, `, "edge": {}`

func policyOf(more, overlay, edge string) string {
	return `{"geo": ["elsewhere.csv", "geo"], "serve": {"guard": ["192.0.2.9"]}, "okta": {"zones": ["zones.json"` +
		"\n" + more + "\n]}\n" + overlay + "\n" + edge + "\n}"
}

// databases are of four networks in Germany, but for small, which has one, and exits,
// which says nothing of countries.
var databases = func() map[string]string {
	all := map[string]string{}
	for kind, day := range days {
		f := mmdbtest.File{Type: "GeoLite2-Country", Built: day}
		networks := 4
		if kind == "small" {
			networks = 1
		}
		record := mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}
		if kind == "exits" {
			f.Type, record = "GeoIP2-Anonymous-IP", mmdbtest.Map{"is_anonymous": true, "is_tor_exit_node": true}
		}
		for i := range networks {
			prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, byte(10*digits[kind] + i), 0}), 24)
			f.Networks = append(f.Networks, mmdbtest.Network{Prefix: prefix.String(), Record: record})
		}
		f.Description = strings.Repeat("x", 100)
		text, err := f.Bytes()
		if err != nil {
			panic(err)
		}
		f.Description = strings.Repeat("x", 100+1200-len(text)) // all of one size
		if text, err = f.Bytes(); err != nil || len(text) != 1200 {
			panic(fmt.Sprint(len(text), " bytes: ", err))
		}
		all[kind] = string(text)
	}
	return all
}()

// days are when databases were built.
var days = map[string]time.Time{
	"one": day(10), "two": day(11), "three": day(12), "older": day(9), "small": day(13), "exits": day(13),
}

func day(n int) time.Time { return time.Date(1999, 12, n, 0, 0, 0, 0, time.UTC) }
