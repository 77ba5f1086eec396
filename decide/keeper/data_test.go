package keeper_test

import (
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// german blocks clients in Germany: what database says.
func german(t *testing.T, geo string, built time.Time, networks int) map[string]string {
	t.Helper()
	return map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "geo": ["elsewhere.csv", "` + geo + `"]}`,
		"zones.json": `[{"type": "DYNAMIC_V2", "id": "d", "name": "Germany", "status": "ACTIVE", "usage": "BLOCKLIST",
			"locations": {"include": [{"country": "DE"}], "exclude": []}}]`,
		"elsewhere.csv":   "network,country,region,asn,anonymizer,services\n0.0.0.0/0,US,,,,\n",
		"country.mmdb":    database(t, built, networks),
		"geo/other.mmdb":  database(t, built, 1),
		"geo/z-notes.txt": "not a source",
	}
}

var (
	monday    = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	wednesday = time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
)

// hundredth is an address in the hundredth network of a database.
const hundredth = "198.0.198.7"

func TestOlderDatabaseIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, german(t, "country.mmdb", wednesday, 90))
		k.Move("country.mmdb", database(t, monday, 200))
		report := k.Fails("was built 2026-03-02T00:00:00Z, before the one in force of 2026-03-04T00:00:00Z")
		require.Contains(t, report.Err.Error(), "--force")
		var refused *keeper.Refusal
		require.ErrorAs(t, report.Err, &refused)
		require.True(t, k.Allows(hundredth))

		k.Move("country.mmdb", database(t, wednesday, 100))
		k.Becomes(hundredth, false)
		k.Move("country.mmdb", database(t, wednesday.Add(time.Hour), 90))
		k.Becomes(hundredth, true)
	})
}

func TestSmallDatabaseIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, german(t, "country.mmdb", monday, 100))
		require.False(t, k.Allows(hundredth))
		k.Move("country.mmdb", database(t, wednesday, 49))
		k.Fails("has 49 networks, less than half of the 100 of the one in force")
		require.False(t, k.Allows(hundredth))
		k.Move("country.mmdb", database(t, wednesday, 50))
		k.Becomes(hundredth, true)
	})
}

func TestForceAcceptsDatabases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, german(t, "country.mmdb", wednesday, 100), func(o *keeper.Options) { o.Force = true })
		k.Move("country.mmdb", database(t, monday, 1))
		k.Becomes(hundredth, true)
	})
}

// TestDatabaseUnderAnotherName compares with the database that it replaces.
func TestDatabaseUnderAnotherName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, german(t, "country.mmdb", wednesday, 100))
		k.Write("next.mmdb", database(t, monday, 90))
		k.Move("netwicket.json", german(t, "next.mmdb", monday, 1)["netwicket.json"])
		k.Fails("next.mmdb (GeoLite2-Country) was built 2026-03-02")
		require.False(t, k.Allows(hundredth))
		k.Move("next.mmdb", database(t, wednesday, 90))
		k.Becomes(hundredth, true)
	})
}

func TestHalfWrittenDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, german(t, "country.mmdb", monday, 90))
		content := database(t, wednesday, 100)
		file, err := os.Create(k.Path("country.mmdb"))
		require.NoError(t, err)
		defer file.Close()
		for _, cut := range []int{0, 1, len(content) / 2, len(content) - 1} {
			_, err = file.WriteAt([]byte(content[:cut]), 0)
			require.NoError(t, err)
			k.Fails("country.mmdb")
			require.True(t, k.Allows(hundredth))
			require.False(t, k.Allows("198.0.0.7"), "the database in force has not changed under our feet")
		}
		_, err = file.WriteAt([]byte(content), 0)
		require.NoError(t, err)
		k.Becomes(hundredth, false)
	})
}

func TestFolderGetsAnotherFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, german(t, "geo", monday, 1))
		require.True(t, k.Allows(hundredth))
		k.Move("geo/more.mmdb", database(t, monday, 100))
		k.Becomes(hundredth, false)
		k.Write("geo/.hidden.mmdb", "half of a file")
		k.Write("geo/over.csv", "network,country,region,asn,anonymizer,services\n198.0.198.0/24,US,,,,\n")
		k.Becomes(hundredth, true)
	})
}

// TestFolderIsNotReadForOthers: what is none of the policy's may come and go in a
// folder of geo sources.
func TestFolderIsNotReadForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(time.Hour)
		k := keepertest.Keep(t, german(t, "geo", monday, 1), m.options)
		k.Asked <- struct{}{}
		k.Succeeds()
		begun := m.begun.Load()
		for _, name := range []string{"geo/readme.txt", "geo/.hidden.csv", "geo/country.mmdb.part"} {
			k.Write(name, "anything")
			time.Sleep(3 * keepertest.Brisk().Quiet)
		}
		require.Equal(t, begun, m.begun.Load())
	})
}

// database is a country database with so many networks.
func database(t *testing.T, built time.Time, networks int) string {
	t.Helper()
	return ofType(t, "GeoLite2-Country", built, networks)
}

// ofType is one of another database type.
func ofType(t *testing.T, name string, built time.Time, networks int) string {
	t.Helper()
	file := mmdbtest.File{Type: name, Built: built}
	for i := range networks {
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{198, byte(i / 128), byte(i % 128 * 2), 0}), 24)
		file.Networks = append(file.Networks, mmdbtest.Network{Prefix: prefix.String(), Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}})
	}
	content, err := file.Bytes()
	require.NoError(t, err)
	return string(content)
}
