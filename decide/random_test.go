package decide_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// randomPolicy writes the vendors' documents at random over a small universe of
// addresses, so that ranges, proxies, countries and chains meet all the time.
type randomPolicy struct {
	*rand.Rand
	pool  []netip.Addr
	large bool                      // more zones and rules than a word has bits
	texts []decide.SnapshotDocument // of the documents of the last config
}

func newRandomPolicy(seed uint64) *randomPolicy {
	r := &randomPolicy{Rand: rand.New(rand.NewPCG(seed, 42))}
	v4 := []string{
		"0.0.0.0", "0.0.0.1", "10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.7", "10.0.0.8", "10.0.0.15",
		"10.0.0.16", "10.0.0.255", "10.0.1.0", "192.0.2.1", "203.0.113.7", "255.255.255.254", "255.255.255.255",
	}
	for _, text := range v4 {
		addr := netip.MustParseAddr(text)
		r.pool = append(r.pool, addr)
		b := addr.As4()
		if r.IntN(3) == 0 { // the same address inside NAT64, 6to4, Teredo and local NAT64
			r.pool = append(r.pool,
				netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]}),
				netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1}),
				netip.AddrFrom16([16]byte{0x20, 0x01, 12: ^b[0], ^b[1], ^b[2], ^b[3]}),
				netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 0, 1, 7, 12: b[0], b[1], b[2], b[3]}))
		}
	}
	for _, text := range []string{"::", "::1", "2001:db8::", "2001:db8::1", "2001:db8::ff", "2001:db8:1::", "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"} {
		r.pool = append(r.pool, netip.MustParseAddr(text))
	}
	return r
}

func pick[T any](r *randomPolicy, from ...T) T { return from[r.IntN(len(from))] }

func (r *randomPolicy) addr() netip.Addr { return r.pool[r.IntN(len(r.pool))] }

// network is an address, a prefix or a range around addresses of the universe.
func (r *randomPolicy) network() string {
	a := r.addr()
	switch r.IntN(4) {
	case 0:
		return a.String()
	case 1:
		bits := a.BitLen() - r.IntN(9)
		return netip.PrefixFrom(a, bits).Masked().String()
	case 2:
		return netip.PrefixFrom(a, r.IntN(a.BitLen()+1)).Masked().String()
	default:
		for {
			if b := r.addr(); b.BitLen() == a.BitLen() {
				if b.Less(a) {
					a, b = b, a
				}
				return a.String() + "-" + b.String()
			}
		}
	}
}

func (r *randomPolicy) entries(most int) []map[string]string {
	var list []map[string]string
	for range r.IntN(most + 1) {
		text := r.network()
		kind := "RANGE"
		if strings.Contains(text, "/") {
			kind = "CIDR"
		}
		list = append(list, map[string]string{"type": kind, "value": text})
	}
	return list
}

func (r *randomPolicy) places() []map[string]any {
	var list []map[string]any
	for _, place := range []map[string]any{
		{"country": "US", "region": nil}, {"country": "DE", "region": "DE-BE"}, {"country": "FR"}, {"country": "CA", "region": "ON"},
		{"country": "DE", "region": "DE-LA"}, {"country": "DE", "region": "DE-NO"}, // an inner region, and one that no source has
	} {
		if r.IntN(3) == 0 {
			list = append(list, place)
		}
	}
	return list
}

func (r *randomPolicy) values(all ...string) []string {
	list := []string{}
	for _, value := range all {
		if r.IntN(3) == 0 {
			list = append(list, value)
		}
	}
	return list
}

var categories = []string{
	"ALL_IP_SERVICES", "ALL_ANONYMIZERS", "ALL_ANONYMIZERS_EXCEPT_TOR", "ALL_PROXIES_VPNS", "ANONYMIZER_TOR",
	"NORD_VPN", "SURFSHARK_VPN", "GLOBALPROTECT_VPN", "OXYLABS_PROXY", "FUTURE_CATEGORY", "ALL_NEW_THINGS",
}

func (r *randomPolicy) zone(i int) map[string]any {
	z := map[string]any{
		"id": fmt.Sprintf("nzo%d", i), "name": fmt.Sprintf("zone %d", i),
		"status": pick(r, "ACTIVE", "ACTIVE", "ACTIVE", "INACTIVE"), "usage": pick(r, "POLICY", "POLICY", "BLOCKLIST"),
		"system": false, "type": pick(r, "IP", "IP", "DYNAMIC", "DYNAMIC_V2"),
	}
	switch z["type"] {
	case "IP":
		z["gateways"], z["proxies"] = r.entries(3), r.entries(2)
	case "DYNAMIC":
		z["locations"], z["proxyType"] = r.places(), pick(r, "", "Any", "TorAnonymizer", "NotTorAnonymizer")
		z["asns"] = append(r.values("64500", "64501"), "64502")
	default:
		z["locations"] = map[string]any{"include": r.places(), "exclude": []any{}}
		z["asns"] = map[string]any{"include": r.values("64500", "64501"), "exclude": r.values("64502")}
		z["ipServiceCategories"] = map[string]any{"include": r.values(categories...), "exclude": append(r.values(categories...), "NORD_VPN")}
	}
	return z
}

// zones are up to n zones; sometimes an exempt zone and a legacy zone are among them.
func (r *randomPolicy) zones(n int) []map[string]any {
	var list []map[string]any
	for i := range 1 + r.IntN(n) {
		list = append(list, r.zone(i))
	}
	if r.IntN(2) == 0 {
		list = append(list, map[string]any{
			"id": "exempt", "name": "DefaultExemptIpZone", "system": true, "status": pick(r, "ACTIVE", "ACTIVE", "INACTIVE"),
			"usage": "POLICY", "type": "IP", "gateways": r.entries(4), "proxies": r.entries(1),
		})
	}
	if r.IntN(2) == 0 {
		list = append(list, map[string]any{
			"id": "legacy", "name": "LegacyIpZone", "system": true, "status": "ACTIVE", "usage": "POLICY", "type": "IP",
			"gateways": r.entries(3), "proxies": r.entries(2),
		})
	}
	return list
}

func (r *randomPolicy) rules(zones []map[string]any) []map[string]any {
	var ids []string
	legacy := false
	for _, z := range zones {
		ids = append(ids, z["id"].(string))
		legacy = legacy || z["id"] == "legacy"
	}
	var list []map[string]any
	most := 5
	if r.large {
		most = 200
	}
	for i := range r.IntN(most) {
		network := map[string]any{"connection": "ANYWHERE"}
		some := func() []string {
			if r.IntN(5) == 0 {
				return []string{pick(r, "ALL_ZONES", "ALL_IP_ZONES")}
			}
			return []string{pick(r, ids...), pick(r, ids...)}
		}
		switch choice := r.IntN(8); {
		case choice < 3:
			network = map[string]any{"connection": "ZONE", "include": some()}
		case choice < 6:
			network = map[string]any{"connection": "ZONE", "exclude": some()}
		case choice == 6 && legacy:
			network = map[string]any{"connection": pick(r, "ON_NETWORK", "OFF_NETWORK")}
		case choice == 7 && r.IntN(2) == 0:
			network = map[string]any{"connection": "DISABLED"}
		}
		conditions := map[string]any{"network": network}
		if r.IntN(5) == 0 {
			conditions["people"] = map[string]any{"groups": map[string]any{"include": []string{"00g1"}}}
		}
		list = append(list, map[string]any{
			"id": fmt.Sprintf("rul%d", i), "name": fmt.Sprintf("rule %d", i), "status": pick(r, "ACTIVE", "ACTIVE", "ACTIVE", "INACTIVE"),
			"priority": 10 - i, "conditions": conditions,
			"actions": map[string]any{"signon": map[string]any{"access": pick(r, "ALLOW", "ALLOW", "DENY")}},
		})
	}
	return list
}

func mustJSON(t testing.TB, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	return data
}

// config compiles all layers, or some of them.
func (r *randomPolicy) config(t testing.TB) decide.Config {
	t.Helper()
	var config decide.Config
	r.texts = nil
	most := 6
	if r.large {
		most = 150
	}
	documents := r.zones(most)
	zones, err := zone.ParseOkta("zones.json", r.document(t, decide.ZonesDocument, "zones.json", documents))
	require.NoError(t, err)
	config.Zones = []zone.Zones{zones}
	for range pick(r, 0, 1, 1, 2) {
		rules, err := zone.ParseOktaRules("rules.json", r.document(t, decide.RulesDocument, "rules.json", append(r.rules(documents), map[string]any{
			"name": "last", "actions": map[string]any{"signon": map[string]any{"access": pick(r, "ALLOW", "ALLOW", "DENY")}},
		})))
		require.NoError(t, err)
		config.Rules = append(config.Rules, rules)
	}
	if r.IntN(2) == 0 {
		threat, err := zone.ParseThreatInsight("threat.json", mustJSON(t, map[string]any{
			"action": pick(r, "none", "audit", "block"), "excludeZones": r.values("nzo0", "nzo1", "legacy"),
		}))
		require.NoError(t, err)
		config.ThreatInsight = &threat
		text := []byte(r.network() + "\n" + r.network() + "\n")
		r.texts = append(r.texts, decide.SnapshotDocument{Kind: decide.ThreatFeedDocument, Name: "feed.txt", Text: text})
		feed, err := zone.ParseFeed("feed.txt", text)
		require.NoError(t, err)
		config.ThreatFeeds = []zone.Feed{feed}
	}
	r.addSailPoint(t, &config)
	r.addOverlay(t, &config)
	config.Geo, err = geo.Load(r.sources(t)...)
	require.NoError(t, err)
	config.AssumeNone = r.assumption(config.Geo)
	return config
}

// document is the text of a document, which is kept beside the config.
func (r *randomPolicy) document(t testing.TB, kind decide.DocumentKind, name string, content any) []byte {
	t.Helper()
	text := mustJSON(t, content)
	r.texts = append(r.texts, decide.SnapshotDocument{Kind: kind, Name: name, Text: text})
	return text
}

func (r *randomPolicy) addSailPoint(t testing.TB, config *decide.Config) {
	if r.IntN(2) == 0 {
		document := map[string]any{"geolocation": r.values("US", "DE", "FR")}
		if r.IntN(3) > 0 {
			document["whitelisted"] = r.IntN(2) == 0
		}
		networks := []string{}
		for range r.IntN(3) {
			if network := r.network(); !strings.Contains(network, "-") {
				networks = append(networks, network)
			}
		}
		document["range"] = networks
		parsed, err := zone.ParseSailPoint("network.json", r.document(t, decide.NetworkConfigDocument, "network.json", document))
		require.NoError(t, err)
		config.SailPoint = &parsed
	}
	if r.IntN(3) == 0 {
		profile, err := zone.ParseAuthProfile("profile.json", mustJSON(t, map[string]any{
			"offNetwork": r.IntN(2) == 0, "untrustedGeography": r.IntN(2) == 0,
		}))
		require.NoError(t, err)
		config.AuthProfile = &profile
	}
	config.UnknownCountry = pick(r, decide.DenyUnknownCountry, decide.TrustUnknownCountry)
}

var overlayNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func (r *randomPolicy) addOverlay(t testing.TB, config *decide.Config) {
	if r.IntN(3) > 0 {
		return
	}
	entry := func() []map[string]any {
		entry := map[string]any{"network": r.network(), "why": "test"}
		if after := pick(r, 0, -time.Hour, time.Hour); after != 0 {
			entry["until"] = overlayNow.Add(after).Format(time.RFC3339)
		}
		return []map[string]any{entry}
	}
	overlay, err := zone.ParseOverlay("overlay.json", r.document(t, decide.OverlayDocument, "overlay.json", map[string]any{"deny": entry(), "allow": entry()}))
	require.NoError(t, err)
	config.Overlay, config.Now = &overlay, overlayNow
}

// chain is up to six hops, some unreadable, some spelled in another way.
func (r *randomPolicy) chain() []netip.Addr {
	var chain []netip.Addr
	for range r.IntN(7) {
		a := r.addr()
		switch r.IntN(12) {
		case 0:
			a = netip.Addr{}
		case 1:
			a = netip.AddrFrom16(a.As16()) // an IPv4 address becomes a mapped one
		case 2:
			if a.Is6() {
				a = a.WithZone("eth0")
			}
		}
		chain = append(chain, a)
	}
	return chain
}
