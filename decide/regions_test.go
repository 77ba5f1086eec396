package decide_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

// placed is a record of a City database: a country and its subdivisions.
func placed(country string, codes ...string) mmdbtest.Map {
	subdivisions := mmdbtest.Array{}
	for _, code := range codes {
		subdivisions = append(subdivisions, mmdbtest.Map{"iso_code": code})
	}
	return mmdbtest.Map{"country": mmdbtest.Map{"iso_code": country}, "subdivisions": subdivisions}
}

// Regions inside one another, and codes that no source uses.
func TestRegions(t *testing.T) {
	file := mmdbtest.File{Type: "Test-City", Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.1/32", Record: placed("IT", "25", "MI")},
		{Prefix: "192.0.2.2/32", Record: placed("IT", "62", "RM")},
		{Prefix: "192.0.2.3/32", Record: placed("IT", "25")},
		{Prefix: "192.0.2.4/32", Record: placed("IT")},
		{Prefix: "192.0.2.5/32", Record: placed("BE", "VLG", "VAN")},
		{Prefix: "192.0.2.6/32", Record: placed("IT", "25", "MI")}, // corrected
	}}
	content, err := file.Bytes()
	require.NoError(t, err)
	table, err := geo.Load(
		geo.Source{File: "city.mmdb", Data: content},
		geo.Source{File: "geo.csv", Data: []byte("network,country,region,asn,anonymizer,services\n192.0.2.6,,IT-RM,,,\n"), Kind: geo.CSV},
	)
	require.NoError(t, err)
	include := func(region string) string {
		return `[{"country":"` + region[:2] + `","region":"` + region + `"}]`
	}
	const (
		milan, rome, lombardy, italy, antwerp = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"
		corrected, nowhere                    = "192.0.2.6", "198.51.100.1"
	)
	for _, row := range []struct {
		name, locations, addr string
		want                  decide.State
	}{
		{"the outer region", include("IT-25"), milan, decide.Match},
		{"the inner region", include("IT-MI"), milan, decide.Match},
		{"another inner region", include("IT-MI"), rome, decide.No},
		{"the outer region alone is known", include("IT-MI"), lombardy, decide.No},
		{"the country alone is known", include("IT-MI"), italy, decide.Unknown},
		{"another country", include("IT-MI"), antwerp, decide.No},
		{"an unknown country", include("IT-MI"), nowhere, decide.Unknown},
		{"a cell takes the place of all", include("IT-MI"), corrected, decide.No},
		{"the region of the cell", include("IT-RM"), corrected, decide.Match},
		{"a code that no source uses", include("IT-LOM"), milan, decide.Unknown},
		{"a code that no source uses, without a region", include("IT-LOM"), italy, decide.Unknown},
		{"a code that no source uses, in another country", include("IT-LOM"), antwerp, decide.No},
		{"a code that no source uses, beside one that holds", `[{"country":"IT","region":"IT-LOM"},{"country":"IT","region":"IT-MI"}]`, milan, decide.Match},
		{"an inner region is excluded", `{"include":[{"country":"BE"}],"exclude":` + include("BE-VAN") + `}`, antwerp, decide.No},
		{"another inner region is excluded", `{"include":[{"country":"IT"}],"exclude":` + include("IT-MI") + `}`, rome, decide.Match},
		{"a code that no source uses is excluded", `{"include":[{"country":"IT"}],"exclude":` + include("IT-LOM") + `}`, milan, decide.Unknown},
		{"a code that no source uses is excluded elsewhere", `{"include":[{"country":"BE"}],"exclude":` + include("IT-LOM") + `}`, antwerp, decide.Match},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, usage := range []string{"POLICY", "BLOCKLIST"} {
				zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"DYNAMIC_V2","id":"z","name":"z","usage":"`+usage+`","locations":`+v2(row.locations)+`}]`))
				require.NoError(t, err)
				policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Geo: table})
				require.NoError(t, err)
				addr := netip.MustParseAddr(row.addr)
				member := policy.Match([]netip.Addr{addr})
				for key, state := range member.Zones() {
					require.Equal(t, row.want, state, "%s %s", usage, key)
				}
				e := policy.Explain(addr)
				require.Equal(t, row.want, e.Zones[0].State, usage)
				require.Equal(t, policy.Decide(addr), e.Decision)
				require.Equal(t, usage == "POLICY" || row.want == decide.No, e.Decision.Allowed(), usage)
			}
		})
	}
}

// In MaxMind's own test database the address is in England and in West Berkshire.
func TestInnerRegionOfMaxMindsTestDatabase(t *testing.T) {
	table, err := geo.Load(geo.Source{File: realdata.Path(t, "maxmind/test-data/GeoIP2-City-Test.mmdb")})
	require.NoError(t, err)
	addr := netip.MustParseAddr("2.125.160.216")
	for _, region := range []string{"GB-ENG", "GB-WBK"} {
		zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"DYNAMIC","id":"z","name":"z","usage":"BLOCKLIST","locations":[{"country":"GB","region":"`+region+`"}]}]`))
		require.NoError(t, err)
		policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Geo: table})
		require.NoError(t, err)
		require.Empty(t, policy.Info().Warnings)
		require.Equal(t, decide.Blocklisted, policy.Decide(addr).Reason, region)
		require.Equal(t, policy.Decide(addr), policy.Explain(addr).Decision)
	}
}

// v2 is a list of locations as DYNAMIC_V2 has it.
func v2(locations string) string {
	if locations[0] == '[' {
		return `{"include":` + locations + `}`
	}
	return locations
}

// A region that no source has under this code is warned about, and what there is
// instead is named.
func TestAbsentRegions(t *testing.T) {
	const csv = "192.0.2.1,CN,CN-BJ,,,\n192.0.2.2,CN,CN-SH,,,\n192.0.2.3,IN,,,,\n192.0.2.4,US,US-CA,,,\n2001:db8::1,US,US-CA,,,\n"
	for _, row := range []struct{ name, locations, want string }{
		{"a code that is used", `[{"country":"US","region":"US-CA"}]`, ""},
		{"a country", `[{"country":"IN"}]`, ""},
		{"a code of the past", `[{"country":"CN","region":"CN-11"}]`, `zones.json:1:80 /0/locations/exclude/0: "CN-11": no geo source has a region of this code, so that for addresses in CN zone "z" is unknown, which denies wherever it matters; its regions there are CN-BJ, CN-SH`},
		{"a country without regions", `[{"country":"IN","region":"IN-UP"}]`, `zones.json:1:80 /0/locations/exclude/0: "IN-UP": no geo source has a region of this code, so that for addresses in IN zone "z" is unknown, which denies wherever it matters; no source has any region of it`},
	} {
		t.Run(row.name, func(t *testing.T) {
			policy := documents{zones: `[{"type":"DYNAMIC_V2","id":"z","name":"z","locations":{"include":[],"exclude":` + row.locations + `}}]`, csv: csv}.compile(t)
			text := ""
			for _, f := range policy.Info().Warnings {
				require.Equal(t, "absent-region", f.Code)
				text += f.Error()
			}
			require.Equal(t, row.want, text)
		})
	}
}
