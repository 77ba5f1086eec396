package keeper_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// exits is a database of Tor exits.
func exits(t *testing.T, built time.Time) string {
	t.Helper()
	content, err := mmdbtest.File{Type: "GeoIP2-Anonymous-IP", Built: built, Networks: []mmdbtest.Network{
		{Prefix: "198.51.100.0/24", Record: mmdbtest.Map{"is_anonymous": true, "is_tor_exit_node": true}},
	}}.Bytes()
	require.NoError(t, err)
	return string(content)
}

// supplied is a policy with something of everything that is delivered.
func supplied(t *testing.T) map[string]string {
	return map[string]string{
		"netwicket.json":     suppliedBy(`"geo"`, `"feed.txt", "more.txt"`),
		"threat.json":        `{"action": "block", "excludeZones": []}`,
		"zones.json":         `[{"type": "DYNAMIC_V2", "id": "n", "name": "Nord", "status": "ACTIVE", "usage": "BLOCKLIST", "ipServiceCategories": {"include": ["NORD_VPN"]}}]`,
		"geo/anonymous.mmdb": exits(t, monday),
		"geo/country.mmdb":   database(t, monday, 100),
		"geo/rows.csv":       "network,country,region,asn,anonymizer,services\n192.0.2.0/25,DE,,,,\n192.0.2.128/25,FR,,,,\n198.18.0.0/24,DE,,,,\n",
		"nord.txt":           "203.0.113.1\n203.0.113.2\n203.0.113.3\n203.0.113.4\n",
		"feed.txt":           "192.0.2.1\n192.0.2.2\n192.0.2.3\n",
		"more.txt":           "192.0.2.9\n",
		"idle.txt":           "203.0.113.9\n",
	}
}

func suppliedBy(geo, feeds string) string {
	return `{"okta": {"zones": ["zones.json"], "threatInsight": "threat.json", "threatFeeds": [` + feeds + `]},
		"geo": [` + geo + `], "services": {"NORD_VPN": ["nord.txt"]}}`
}

// TestShrunkDeliveries: each of these loads, and would let somebody in or say less
// than the policy in force does.
func TestShrunkDeliveries(t *testing.T) {
	remove := func(name string) func(*keepertest.Kept) {
		return func(k *keepertest.Kept) { require.NoError(k.T, os.Remove(k.Path(name))) }
	}
	move := func(name, content string) func(*keepertest.Kept) {
		return func(k *keepertest.Kept) { k.Move(name, content) }
	}
	for name, row := range map[string]struct {
		shrink func(*keepertest.Kept)
		want   []string // empty: it is in force
	}{
		"a database is gone from its folder": {remove("geo/country.mmdb"), []string{"country.mmdb (GeoLite2-Country) is gone from its folder, with 100 networks"}},
		"corrections are gone":               {remove("geo/rows.csv"), []string{"rows.csv (csv) is gone from its folder, with 3 networks"}},
		"the only one of its sort is gone": {remove("geo/anonymous.mmdb"), []string{
			"anonymous.mmdb (GeoIP2-Anonymous-IP) is gone from its folder", "no source provides anonymizer (tor",
		}},
		"another type": {move("geo/anonymous.mmdb", database(t, wednesday, 100)), []string{"no source provides anonymizer (tor"}},
		"another type beside corrections that state some of what is lost": {move("geo/country.mmdb", exits(t, wednesday)), []string{
			"country.mmdb (GeoIP2-Anonymous-IP) took the place of a GeoLite2-Country, and provides no country",
		}},
		"corrections in half":              {move("geo/rows.csv", "network,country,region,asn,anonymizer,services\n192.0.2.0/25,DE,,,,\n"), []string{"rows.csv (csv) has 1 networks, less than half of the 3"}},
		"a list in less than half":         {move("nord.txt", "203.0.113.1\n"), []string{"nord.txt (netset) has 1 networks, less than half of the 4"}},
		"an empty list":                    {move("nord.txt", "# nobody\n"), []string{"nord.txt (netset) has 0 networks, less than half of the 4"}},
		"a feed in less than half":         {move("feed.txt", "192.0.2.1\n"), []string{"feed.txt (threat feed) has 1 networks, less than half of the 3"}},
		"an empty feed":                    {move("more.txt", ""), []string{"more.txt (threat feed) has 0 networks, less than half of the 1"}},
		"no feed any more":                 {move("netwicket.json", suppliedBy(`"geo"`, ``)), []string{"there is no threat feed any more, of 4 networks"}},
		"another feed, not half":           {move("netwicket.json", suppliedBy(`"geo"`, `"more.txt", "idle.txt"`)), []string{"idle.txt (threat feed) has 1 networks, less than half of the 3"}},
		"a list in half":                   {move("nord.txt", "203.0.113.1\n203.0.113.2\n"), nil},
		"a feed that is named no more":     {move("netwicket.json", suppliedBy(`"geo"`, `"feed.txt"`)), nil},
		"a database that is named no more": {move("netwicket.json", suppliedBy(`"geo/anonymous.mmdb", "geo/rows.csv"`, `"feed.txt", "more.txt"`)), nil},
		"data that nobody names any more":  {move("netwicket.json", suppliedBy(`"geo/anonymous.mmdb"`, `"feed.txt", "more.txt"`)), []string{"no source provides country of IPv4 addresses any more, which"}},
		"renamed": {func(k *keepertest.Kept) {
			require.NoError(k.T, os.Rename(k.Path("geo/country.mmdb"), k.Path("geo/country2.mmdb")))
		}, nil},
		"a category that has no list any more": {func(k *keepertest.Kept) {
			k.Move("netwicket.json", strings.Replace(suppliedBy(`"geo"`, `"feed.txt", "more.txt"`), "NORD_VPN", "PIA_VPN", 1))
		}, []string{"no source provides services (NORD_VPN)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := keepertest.Keep(t, supplied(t))
				before := k.Keeper.Live().Policy()
				row.shrink(k)
				if row.want == nil {
					k.Succeeds()
					return
				}
				r := k.Fails(row.want[0])
				for _, want := range append(row.want, "serve --force") {
					require.ErrorContains(t, r.Err, want)
				}
				var refused *keeper.Refusal
				require.ErrorAs(t, r.Err, &refused)
				require.Same(t, before, k.Keeper.Live().Policy())

				forced := keepertest.Keep(t, supplied(t), func(o *keeper.Options) { o.Force = true })
				row.shrink(forced)
				forced.Succeeds()
			})
		})
	}
}
