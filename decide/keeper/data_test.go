package keeper_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
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
	k := keep(t, german(t, "country.mmdb", wednesday, 90))
	k.move("country.mmdb", database(t, monday, 200))
	report := k.fails("was built 2026-03-02T00:00:00Z, before the one in force of 2026-03-04T00:00:00Z")
	require.Contains(t, report.Err.Error(), "--force")
	var refused *keeper.Refusal
	require.ErrorAs(t, report.Err, &refused)
	require.True(t, k.allows(hundredth))

	k.move("country.mmdb", database(t, wednesday, 100))
	k.becomes(hundredth, false)
	k.move("country.mmdb", database(t, wednesday.Add(time.Hour), 90))
	k.becomes(hundredth, true)
}

func TestSmallDatabaseIsRefused(t *testing.T) {
	k := keep(t, german(t, "country.mmdb", monday, 100))
	require.False(t, k.allows(hundredth))
	k.move("country.mmdb", database(t, wednesday, 49))
	k.fails("has 49 networks, less than half of the 100 of the one in force")
	require.False(t, k.allows(hundredth))
	k.move("country.mmdb", database(t, wednesday, 50))
	k.becomes(hundredth, true)
}

func TestForceAcceptsDatabases(t *testing.T) {
	k := keep(t, german(t, "country.mmdb", wednesday, 100), func(o *keeper.Options) { o.Force = true })
	k.move("country.mmdb", database(t, monday, 1))
	k.becomes(hundredth, true)
}

// TestDatabaseUnderAnotherName compares with the database that it replaces.
func TestDatabaseUnderAnotherName(t *testing.T) {
	k := keep(t, german(t, "country.mmdb", wednesday, 100))
	k.write("next.mmdb", database(t, monday, 90))
	k.move("netwicket.json", german(t, "next.mmdb", monday, 1)["netwicket.json"])
	k.fails("next.mmdb (GeoLite2-Country) was built 2026-03-02")
	require.False(t, k.allows(hundredth))
	k.move("next.mmdb", database(t, wednesday, 90))
	k.becomes(hundredth, true)
}

func TestHalfWrittenDatabase(t *testing.T) {
	k := keep(t, german(t, "country.mmdb", monday, 90))
	content := database(t, wednesday, 100)
	file, err := os.Create(k.path("country.mmdb"))
	require.NoError(t, err)
	defer file.Close()
	for _, cut := range []int{0, 1, len(content) / 2, len(content) - 1} {
		_, err = file.WriteAt([]byte(content[:cut]), 0)
		require.NoError(t, err)
		k.fails("country.mmdb")
		require.True(t, k.allows(hundredth))
		require.False(t, k.allows("198.0.0.7"), "the database in force has not changed under our feet")
	}
	_, err = file.WriteAt([]byte(content), 0)
	require.NoError(t, err)
	k.becomes(hundredth, false)
}

func TestFolderGetsAnotherFile(t *testing.T) {
	k := keep(t, german(t, "geo", monday, 1))
	require.True(t, k.allows(hundredth))
	k.move("geo/more.mmdb", database(t, monday, 100))
	k.becomes(hundredth, false)
	require.NoError(t, os.Remove(k.path("geo/more.mmdb")))
	k.becomes(hundredth, true)
	k.write("geo/.hidden.mmdb", "half of a file")
	k.write("geo/over.csv", "network,country,region,asn,anonymizer,services\n198.0.198.0/24,DE,,,,\n")
	k.becomes(hundredth, false)
}

// TestWritingNeverStops rewrites the documents without a pause. Every policy
// that gets in force is one of those written, and the last one gets there.
func TestWritingNeverStops(t *testing.T) {
	k := keep(t, plainPolicy())
	one, other := blocklist("203.0.113.0/24"), blocklist("203.0.113.0/24", "198.51.100.0/24")
	end := time.Now().Add(2 * time.Second)
	for i := 0; time.Now().Before(end); i++ {
		k.write("zones.json", []string{one, other}[i%2])
		require.False(t, k.allows("203.0.113.7"))
	}
	k.write("zones.json", blocklist("192.0.2.0/24"))
	k.becomes("192.0.2.7", false)
	require.True(t, k.allows("203.0.113.7"))
}

func TestFoldersToWatch(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(root, name) }
	for _, folder := range []string{"plain", "volume/..1", "far/away", "geo"} {
		require.NoError(t, os.MkdirAll(at(folder), 0o700))
	}
	for _, file := range []string{"plain/a.json", "volume/..1/b.json", "far/away/c.json"} {
		require.NoError(t, os.WriteFile(at(file), nil, 0o600))
	}
	for link, target := range map[string]string{
		"volume/..data": "..1", "volume/b.json": "..data/b.json", "near": at("far"), "plain/loop": "loop", "plain/broken": "../nowhere/x",
	} {
		require.NoError(t, os.Symlink(target, at(link)))
	}
	for _, test := range []struct {
		path string
		want []string
	}{
		{"plain/a.json", []string{"plain"}},
		{"plain/missing.json", []string{"plain"}},
		{"missing/deeper/a.json", []string{""}},
		{"volume/b.json", []string{"volume", "volume/..1", "volume/..data"}},
		{"near/away/c.json", []string{"", "far/away", "near/away"}},
		{"plain/loop", []string{"plain"}},
		{"plain/broken", []string{"", "plain"}},
		{"geo", []string{"", "geo"}},
	} {
		var want []string
		for _, folder := range test.want {
			want = append(want, at(folder))
		}
		require.Equal(t, want, keeper.Folders([]string{at(test.path)}), test.path)
	}
}
