package decide_test

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/zone"
)

// said are the findings of a policy, errors or else warnings: code, value and text.
func said(t *testing.T, config decide.Config) (texts []string) {
	t.Helper()
	policy, err := decide.Compile(config)
	findings := policy.Info().Warnings
	if err != nil {
		var ok bool
		findings, ok = err.(decide.Findings) //nolint:errorlint // it is not wrapped
		require.True(t, ok, "%v", err)
	}
	for _, f := range findings {
		texts = append(texts, f.Code+" "+f.Value+": "+f.Err.Error())
	}
	return texts
}

// What a policy asks of the geo sources, and what is said where they do not have it: of
// each zone that is in force once, whatever other zones stand beside it.
func TestNeeds(t *testing.T) {
	zoneOf := func(id, kind, terms string) string {
		return fmt.Sprintf(`{"id":%q,"name":%q,"type":%q,"status":"ACTIVE","usage":"POLICY",%s}`, id, id, kind, terms)
	}
	switchedOff := func(text string) string { return strings.Replace(text, `"ACTIVE"`, `"INACTIVE"`, 1) }
	all := func(zones ...string) documents {
		return documents{zones: "[" + ipZoneJSON("in", "POLICY", "10.0.0.0/8", "") + "," + strings.Join(zones, ",") + "," + ipZoneJSON("out", "POLICY", "10.0.0.0/8", "") + "]"}
	}
	with := func(d documents, csv string) documents { d.csv = csv; return d }
	places := func(list, region string) string {
		return zoneOf("p", "DYNAMIC_V2", fmt.Sprintf(`"locations":{%q:[{"country":"US","region":%q}]}`, list, region))
	}
	services := func(id string, categories ...string) string {
		return zoneOf(id, "DYNAMIC_V2", `"ipServiceCategories":{"include":["`+strings.Join(categories, `","`)+`"]}`)
	}
	regions := func(n int) (csv string) {
		for i := range n {
			csv += fmt.Sprintf("192.0.2.%d,US,US-%c,,,\n", i, 'A'+rune(i))
		}
		return csv
	}
	absent := func(tail string) string {
		return `absent-region US-ZZ: no geo source has a region of this code, so that for addresses in US zone "p" is unknown, which denies wherever it matters; ` + tail
	}
	unnamed := func(id, category string) string {
		return `unnamed-operator ` + category + `: zone "` + id + `" names an operator that no geo source names; addresses of unnamed services of its type are unknown to it`
	}
	for name, row := range map[string]struct {
		documents documents
		want      []string
	}{
		"two data of two zones": {all(zoneOf("c", "DYNAMIC", `"locations":[{"country":"US"}]`), zoneOf("a", "DYNAMIC", `"asns":["1"]`)), []string{
			`no-data c: zone "c" needs the country of an address: no geo source provides the data; add a database or an overlay that has it`,
			`no-data a: zone "a" needs the ASN of an address: no geo source provides the data; add a database or an overlay that has it`,
		}},
		"INACTIVE zones need nothing": {all(switchedOff(zoneOf("c", "DYNAMIC", `"locations":[{"country":"US"}]`)), switchedOff(services("s", "NORD_VPN"))), nil},
		"a region that is included": {with(all(places("include", "US-CA")), "192.0.2.1,US,,,,\n"), []string{
			`no-data p: zone "p" needs the region of an address: no geo source provides the data; add a database or an overlay that has it`,
		}},
		"services of several sorts are told of at once": {with(all(services("s", "ANONYMIZER_TOR", "NORD_VPN", "PROXY")), "192.0.2.1,US,,,,\n"), []string{
			`no-data s: zone "s" needs the IP services (ipServiceCategories) of an address, of the sorts tor, vpn, public_proxy, residential_proxy: no geo source provides the data; add a source that tells of them, or take them for none with assumeNone`,
		}},
		"of a country with no region":        {with(all(places("include", "US-ZZ")), "192.0.2.1,DE,DE-BE,,,\n192.0.2.2,UZ,UZ-TK,,,\n"), []string{absent("no source has any region of it")}},
		"of a country with seven":            {with(all(places("exclude", "US-ZZ")), regions(7)+"192.0.2.99,DE,DE-BE,,,\n"), []string{absent("its regions there are US-A, US-B, US-C, US-D, US-E, US-F, US-G")}},
		"of a country with eight":            {with(all(places("include", "US-ZZ")), regions(8)), []string{absent("its regions there are US-A, US-B, US-C, US-D, US-E, US-F, US-G, US-H")}},
		"of a country with nine":             {with(all(places("include", "US-ZZ")), regions(9)), []string{absent("its regions there are US-A, US-B, US-C, US-D, US-E, US-F, US-G, US-H and others")}},
		"an INACTIVE zone of such a region":  {with(all(switchedOff(places("include", "US-ZZ")), zoneOf("c", "DYNAMIC", `"locations":[{"country":"US"}]`)), regions(1)), nil},
		"an operator in lower case":          {with(all(services("s", "ANONYMIZER_TOR", "nord_vpn", "other_vpn")), "192.0.2.1,,,,,VPN|ANONYMIZER_TOR\n192.0.2.2,,,,,OTHER_VPN\n"), []string{unnamed("s", "NORD_VPN")}},
		"operators of two zones":             {with(all(services("s", "NORD_VPN"), services("t", "OTHER_VPN", "THIRD_VPN")), "192.0.2.1,,,,,VPN\n192.0.2.2,US,,,,VPN\n192.0.2.3,DE,,,,VPN\n192.0.2.4,,,,,THIRD_VPN\n"), []string{unnamed("s", "NORD_VPN"), unnamed("t", "OTHER_VPN")}},
		"an operator of an INACTIVE zone":    {with(all(switchedOff(services("s", "NORD_VPN")), services("t", "THIRD_VPN")), "192.0.2.1,,,,,VPN|THIRD_VPN\n"), nil},
		"an operator that is named at last":  {with(all(services("s", "NORD_VPN")), "192.0.2.1,US,,,,VPN\n192.0.2.2,DE,,,,VPN\n192.0.2.3,DE,,,,VPN|NORD_VPN\n"), nil},
		"categories that are no operators'":  {with(all(services("s", "ANONYMIZER_TOR", "ALL_PROXIES_VPNS")), "192.0.2.1,,,,,ANONYMIZER_TOR|VPN|PROXY\n"), nil},
		"a profile that enforces no country": {documents{sailPoint: `{"geolocation":["US"]}`, profile: `{"offNetwork":false,"untrustedGeography":false}`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, text := range said(t, row.documents.config(t)) {
				if !strings.HasPrefix(text, "family-without-data") && !strings.HasPrefix(text, "unknown-category") { // see TestFamilies and package zone
					got = append(got, text)
				}
			}
			require.Equal(t, row.want, got)
		})
	}
}

// A database of either family that names operators meets the need of one.
func TestOperatorsOfOneFamily(t *testing.T) {
	for version, prefix := range map[int]string{4: "192.0.2.0/24", 6: "2001:db8::/32"} {
		content, err := mmdbtest.File{Type: "Test", IPVersion: version, Networks: []mmdbtest.Network{{Prefix: prefix, Record: mmdbtest.Map{"provider_name": "NordVPN"}}}}.Bytes()
		require.NoError(t, err)
		config := documents{zones: `[{"id":"z","name":"z","type":"DYNAMIC_V2","status":"ACTIVE","usage":"POLICY","ipServiceCategories":{"include":["NORD_VPN"]}}]`}.config(t)
		config.Geo, err = geo.Load(geo.Source{File: "test.mmdb", Data: content})
		require.NoError(t, err)
		_, err = decide.Compile(config)
		require.NoError(t, err)
	}
}

// What ThreatInsight's document says of zones and feeds, and what it leaves alone: the IP
// zones that it names, of however many, and no others.
func TestExcludedZones(t *testing.T) {
	const count = 140
	var zones, listed []string
	for i := range count {
		zones = append(zones, ipZoneJSON(fmt.Sprint("z", i), "POLICY", fmt.Sprintf("192.0.2.%d/32", i), ""))
		listed = append(listed, fmt.Sprintf("192.0.2.%d", i))
	}
	zones[7] = strings.Replace(ipZoneJSON("z7", "POLICY", "10.0.0.0/8", ""), `"ACTIVE"`, `"INACTIVE"`, 1)
	zones[8] = ipZoneJSON("z8", "BLOCKLIST", "10.0.0.0/8", "")
	excluded := []int{3, 63, 64, 70, 71, 127, 128, 139}
	ids := []string{`"absent"`, `"z7"`, `"gone"`, `"z8"`}
	for _, i := range excluded {
		ids = append(ids, fmt.Sprintf(`"z%d"`, i))
	}
	policy := documents{zones: "[" + strings.Join(zones, ",") + "]", threat: `{"action":"block","excludeZones":[` + strings.Join(ids, ",") + `]}`, feeds: []string{strings.Join(listed, "\n")}}.compile(t)
	for i := range count {
		addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		require.Equal(t, slices.Contains(excluded, i), policy.Decide(addr).Allowed(), "zone %d", i)
		require.Equal(t, policy.Explain(addr).Decision, policy.Decide(addr))
	}
	var codes []string
	for _, f := range policy.Info().Warnings {
		if f.File == "threat.json" {
			codes = append(codes, f.Code+" "+f.Value)
		}
	}
	require.Equal(t, []string{"unknown-zone absent", "not-an-ip-zone z7", "unknown-zone gone", "not-an-ip-zone z8"}, codes)

	for threat, feeds := range map[string][]string{`{"action":"block","excludeZones":[]}`: {"192.0.2.1"}, `{"action":"none","excludeZones":[]}`: nil} {
		require.Empty(t, documents{threat: threat, feeds: feeds}.compile(t).Info().Warnings, threat)
	}
}

// The warnings of every document are the policy's.
func TestWarningsOfAllDocuments(t *testing.T) {
	config := snapshotDocuments.config(t)
	warn := func(of string) zone.Findings {
		return zone.Findings{{File: of, Line: 1, Column: 1, Code: "test", Err: fmt.Errorf("of %s", of), Warning: true}}
	}
	config.Zones[0].Warnings = append(config.Zones[0].Warnings, warn("zones")...)
	config.Rules[0].Warnings = append(config.Rules[0].Warnings, warn("rules")...)
	config.ThreatInsight.Warnings = warn("threat")
	config.ThreatFeeds[0].Warnings = warn("feed")
	config.SailPoint.Warnings = warn("network")
	config.AuthProfile = &zone.AuthProfile{Warnings: warn("profile")}
	config.Overlay.Warnings = warn("overlay")
	var err error
	config.Geo, err = geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n192.0.2.0/24,US,,,,\n192.0.3.0/24,,,,,\n")})
	require.NoError(t, err)
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	var of []string
	for _, f := range policy.Info().Warnings {
		if f.Code == "test" || f.Code == "states-nothing" {
			of = append(of, f.File)
		}
	}
	slices.Sort(of)
	require.Equal(t, []string{"feed", "geo.csv", "network", "overlay", "profile", "rules", "threat", "zones"}, of)
}

// What went into a policy is counted, however it was made.
func TestInfoCounts(t *testing.T) {
	config := snapshotDocuments.config(t)
	compiled, err := decide.Compile(config)
	require.NoError(t, err)
	again, err := decide.Recompile(compiled, config)
	require.NoError(t, err)
	read := readSnapshot(t, snapshotOf(t, compiled))
	ends := &zone.Overlay{Deny: []zone.OverlayEntry{{Entry: config.Overlay.Deny[0].Entry, Until: overlayNow.Add(time.Hour)}}}
	laidOver, err := read.WithOverlay(ends, overlayNow)
	require.NoError(t, err)
	for name, policy := range map[string]*decide.Policy{"compiled": compiled, "again": again, "read": read, "laid over": laidOver} {
		info := policy.Info()
		require.Equal(t, []int{5, 4, 3}, []int{info.Zones, info.ActiveZones, info.Rules}, name)
		require.Equal(t, compiled.Info().TableBytes4, info.TableBytes4, name)
		require.Equal(t, compiled.Info().TableBytes6, info.TableBytes6, name)
	}
	require.Positive(t, compiled.Info().TableBytes4)
	require.Positive(t, compiled.Info().TableBytes6)
	require.Equal(t, 1, len(compiled.Info().Data))
	// One answer stands behind the addresses that look again, and is counted as those before are.
	policy := documents{zones: "[" + ipZoneJSON("a", "BLOCKLIST", "203.0.113.0/24", "") + "," + ipZoneJSON("b", "BLOCKLIST", "2a00::/16", "") + "]"}.compile(t)
	require.Equal(t, 3, policy.Info().Decisions)
}

// Each property belongs to some types of zones, and is refused of the others.
func TestForeignProperties(t *testing.T) {
	addr := netip.MustParseAddr("203.0.113.9")
	one := []zone.Entry{{Range: netipx.IPRangeFrom(addr, addr)}}
	countries, asns := zone.TermsOf(zone.Place{Country: "DE"}), zone.TermsOf[uint32](7)
	table, err := geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n192.0.2.1,US,,7,none,-\n192.0.2.2,,,,tor,VPN|PROXY|ANONYMIZER_TOR\n")})
	require.NoError(t, err)
	for _, property := range []struct {
		field string
		set   func(*zone.Zone)
		of    string // types that have it
	}{
		{"Gateways", func(z *zone.Zone) { z.Gateways = one }, "IP"},
		{"Proxies", func(z *zone.Zone) { z.Proxies = one }, "IP"},
		{"Locations", func(z *zone.Zone) { z.Locations.Include = countries }, "DYNAMIC DYNAMIC_V2"},
		{"Locations.Exclude", func(z *zone.Zone) { z.Locations.Exclude = countries }, "DYNAMIC_V2"},
		{"ASNs", func(z *zone.Zone) { z.ASNs.Include = asns }, "DYNAMIC DYNAMIC_V2"},
		{"ASNs.Exclude", func(z *zone.Zone) { z.ASNs.Exclude = asns }, "DYNAMIC_V2"},
		{"Categories", func(z *zone.Zone) { z.Categories.Include = zone.TermsOf("PROXY") }, "DYNAMIC_V2"},
		{"Proxy", func(z *zone.Zone) { z.Proxy = zone.AnyAnonymizer }, "DYNAMIC"},
	} {
		for _, kind := range []zone.Type{zone.IP, zone.Dynamic, zone.DynamicV2} {
			z := zone.Zone{Type: kind, ID: "z", Name: "z", Active: true}
			if kind != zone.IP { // which would be empty
				z.Locations.Include = zone.TermsOf(zone.Place{Country: "FR"})
			}
			property.set(&z)
			texts := said(t, decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{z}}}, Geo: table, AssumeNone: geo.AllSorts})
			has := slices.Contains(strings.Fields(property.of), string(kind))
			field, _, _ := strings.Cut(property.field, ".")
			refused := slices.ContainsFunc(texts, func(text string) bool {
				return strings.HasPrefix(text, "wrong-shape z: Zones[0].Zones[0]."+field)
			})
			require.Equal(t, !has, refused, "%s of %s: %q", property.field, kind, texts)
		}
	}
	// The whole of what is said where the field is the zone itself, or one among others.
	refusedOf := func(z zone.Zone) []string {
		z.ID, z.Name, z.Active = "z", "z", true
		return said(t, decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{z}}}, Geo: table})
	}
	require.Equal(t, []string{"empty-zone z: Zones[0].Zones[0]: an ACTIVE dynamic zone needs locations, asns, a proxyType or ipServiceCategories"}, refusedOf(zone.Zone{Type: zone.Dynamic}))
	require.Equal(t, []string{`unknown-type z: Zones[0].Zones[0].Type: "NEW" is no type of a zone; an ACTIVE zone needs the type IP, DYNAMIC or DYNAMIC_V2`}, refusedOf(zone.Zone{Type: "NEW", Proxy: 9, Exempt: true}))
	require.Equal(t, []string{`bad-country z: Zones[0].Zones[0].Locations.Include[0]: expected a country of two capital letters, or a region of it such as US-CA; found country "usa", region ""`},
		refusedOf(zone.Zone{Type: zone.Dynamic, Locations: zone.Terms[zone.Place]{Include: zone.TermsOf(zone.Place{Country: "usa"})}}))
	require.Equal(t, []string{"wrong-shape z: Zones[0].Zones[0].Exempt: the exempt zone has to be the system's IP zone of usage POLICY"}, refusedOf(zone.Zone{Type: zone.IP, Blocklist: true, System: true, Exempt: true}))
	exempt := zone.Zone{Type: zone.IP, ID: "e", Name: "DefaultExemptIpZone", Active: true, System: true, Exempt: true, Gateways: one}
	require.Empty(t, said(t, decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{exempt}}}}))
	exempt.Exempt = false
	require.Equal(t, []string{"wrong-shape e: Zones[0].Zones[0].Exempt: the system's zone of this name is the exempt zone"}, said(t, decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{exempt}}}}))
}

// The edges of what a rule may say.
func TestRuleModels(t *testing.T) {
	addr := netip.MustParseAddr("203.0.113.9")
	office := zone.Zone{Type: zone.IP, ID: "office", Name: "office", Active: true, Gateways: []zone.Entry{{Range: netipx.IPRangeFrom(addr, addr)}}}
	many := []zone.ZoneID{{ID: zone.AllZones}, {ID: "office"}}
	highest, lowest := math.MaxInt32, math.MinInt32
	for _, row := range []struct {
		rule zone.Rule
		want string
	}{
		{zone.Rule{Network: zone.NetworkCondition{Connection: zone.InZones, Exclude: many}}, "all-zones-not-alone"},
		{zone.Rule{Network: zone.NetworkCondition{Connection: zone.InZones, Exclude: many[:1]}}, ""},
		{zone.Rule{HasPriority: true, Priority: math.MaxInt32}, ""},
		{zone.Rule{HasPriority: true, Priority: math.MinInt32}, ""},
		{zone.Rule{HasPriority: true, Priority: highest + 1}, "bad-priority"},
		{zone.Rule{HasPriority: true, Priority: lowest - 1}, "bad-priority"},
		{zone.Rule{Priority: highest + 1}, ""},
	} {
		if strconv.IntSize == 32 && row.want == "bad-priority" {
			continue // an int of 32 bits holds none
		}
		row.rule.Name, row.rule.Active = "r", true
		texts := said(t, decide.Config{Zones: []zone.Zones{{Zones: []zone.Zone{office}}}, Rules: []zone.RuleSet{{Rules: []zone.Rule{row.rule}}}})
		if row.want == "" {
			require.Empty(t, texts)
			continue
		}
		require.Len(t, texts, 1)
		require.Contains(t, texts[0], row.want+" ")
	}
}

// Who asks nobody is told that nothing is known, and who needs no more is told no more.
func TestMembershipOfNothing(t *testing.T) {
	var none decide.Membership
	for range none.Zones() {
		require.Fail(t, "there is no policy")
	}
	require.Equal(t, []decide.State{decide.No, decide.Unknown, decide.Unknown}, []decide.State{none.Zone("z"), none.OnNetwork(), none.TrustedCountry()})
	chain := chainOf("192.0.2.1")
	m := documents{zones: "[" + ipZoneJSON("a", "POLICY", "192.0.2.0/24", "") + "," + ipZoneJSON("b", "POLICY", "10.0.0.0/8", "") + "]"}.compile(t).Match(chain)
	require.Equal(t, []decide.State{decide.Unknown, decide.Unknown}, []decide.State{m.OnNetwork(), m.TrustedCountry()}, "there is no SailPoint document")
	var seen []string
	for ref, state := range m.Zones() {
		seen = append(seen, ref.ID+" "+state.String())
	}
	require.Equal(t, []string{"a match", "b no"}, seen)
	for range m.Zones() {
		break
	}
	m = documents{sailPoint: `{"range":["10.0.0.0/8"],"geolocation":["US"],"whitelisted":true}`, csv: "192.0.2.0/24,FR,,,,\n"}.compile(t).Match(chain)
	require.Equal(t, []decide.State{decide.No, decide.No}, []decide.State{m.OnNetwork(), m.TrustedCountry()})
	live := new(decide.Live)
	live.Swap(new(decide.Policy))
	require.Equal(t, decide.NoPolicy, live.Decide(chain[0]).Reason)
	require.False(t, live.Allows(chain[0]))
}
