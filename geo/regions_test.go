package geo_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/internal/realdata"
)

func within(country string, codes ...string) record {
	subdivisions := mmdbtest.Array{}
	for _, code := range codes {
		subdivisions = append(subdivisions, record{"iso_code": code})
	}
	return record{"country": record{"iso_code": country}, "subdivisions": subdivisions}
}

func TestRegions(t *testing.T) {
	table := load(t,
		database(t, at("192.0.2.0/25", within("IT", "25", "MI")), at("192.0.2.128/25", within("IT", "25")), at("198.51.100.0/24", within("IT", "25", "MI"))),
		corrections("198.51.100.9,,IT-RM,,,", "198.51.100.10,IT,,,,", "198.51.100.11,FR,,,,", "198.51.100.12,,-,,,"),
	)
	milan := lookup(t, table, "192.0.2.1").Regions
	require.Equal(t, []string{"IT-25", "IT-MI"}, slices.Collect(milan.All()))
	require.Equal(t, "IT-25", milan.First())
	require.Equal(t, "IT-25, IT-MI", milan.String())
	require.True(t, milan.Known())
	for range milan.All() {
		break
	}
	require.True(t, milan == lookup(t, table, "198.51.100.1").Regions, "equal regions of one table are ==")
	for addr, want := range map[string]string{
		"192.0.2.200":   "IT-25",
		"198.51.100.9":  "IT-RM", // a cell takes the place of all
		"198.51.100.10": "IT-25, IT-MI",
		"198.51.100.11": "unknown",
		"198.51.100.12": "unknown",
		"203.0.113.1":   "unknown",
	} {
		require.Equal(t, want, lookup(t, table, addr).Regions.String(), addr)
	}
	unknown := lookup(t, table, "203.0.113.1").Regions
	require.False(t, unknown.Known())
	require.Empty(t, unknown.First())
	require.Empty(t, slices.Collect(unknown.All()))
}

// The regions that sources use at all, also where a later source leaves nobody in
// them.
func TestRegionsOfATable(t *testing.T) {
	table := load(t,
		database(t, at("192.0.2.0/24", within("IT", "25", "MI")), at("198.51.100.0/24", within("BE", "VLG", "VAN"))),
		corrections("192.0.2.0/24,,IT-RM,,,"),
	)
	require.Equal(t, []string{"BE-VAN", "BE-VLG", "IT-25", "IT-MI", "IT-RM"}, table.Regions())
	require.Empty(t, (*geo.Table)(nil).Regions())
	require.Empty(t, new(geo.Table).Regions())
	require.Empty(t, load(t).Regions())
}

func TestRegionsAllocateNothing(t *testing.T) {
	table := load(t, database(t, at("192.0.2.0/25", within("IT", "25", "MI"))))
	addr := netip.MustParseAddr("192.0.2.1")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for code := range table.Lookup(addr).Regions.All() {
			if code == "" {
				t.Error("a region without a code")
			}
		}
	}))
}

// A record that has a key twice is what its last entry says, as maxminddb reads it.
func TestSubdivisionsTwice(t *testing.T) {
	data := []byte{7<<5 | 3} // a map of three entries
	for _, value := range []any{
		"country", record{"iso_code": "IT"}, "subdivisions", within("IT", "25", "MI")["subdivisions"], "subdivisions", within("IT", "62")["subdivisions"],
	} {
		bytes, err := mmdbtest.Value(value)
		require.NoError(t, err)
		data = append(data, bytes...)
	}
	content, err := mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: data}.Bytes()
	require.NoError(t, err)
	table := load(t, geo.Source{File: "twice.mmdb", Data: content})
	require.Equal(t, "IT-62", lookup(t, table, "192.0.2.1").Regions.String())
	agreesEverywhere(t, table, content)
}

// MaxMind's own test database has a place on two levels.
func TestCityTestDatabaseHasBothLevels(t *testing.T) {
	table := load(t, geo.Source{File: realdata.Path(t, "maxmind/test-data/GeoIP2-City-Test.mmdb")})
	require.Equal(t, "GB-ENG, GB-WBK", lookup(t, table, "2.125.160.216").Regions.String())
}
