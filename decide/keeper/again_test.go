package keeper_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// TestDatabasesAreReadOnce: after the change of another file the databases are not read
// again, but they are when one of them is named, looks other, or somebody asks.
func TestDatabasesAreReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.New(t)
		geoFile := func(country string) string {
			return "network,country,region,asn,anonymizer,services\n203.0.113.0/24," + country + ",,,,\n"
		}
		k.Write("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "geo": ["geo.csv"]}`)
		german := func(more string) string {
			return `[{"type":"DYNAMIC","id":"d","name":"d","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"DE"}]},
				{"type":"IP","id":"i","name":"i","status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"` + more + `"}]}]`
		}
		k.Write("zones.json", german("198.51.100.0/24"))
		k.Write("geo.csv", geoFile("FR"))
		long := time.Now().Add(-time.Hour)
		age := func() { require.NoError(t, os.Chtimes(k.Path("geo.csv"), long, long)) }
		age()
		changed := make(chan string)
		tables := make(chan *geo.Table, 1)
		k.Start(func(o *keeper.Options) {
			o.Changed, o.Timing.Poll = changed, time.Hour
			o.Install = func(parts *policyfile.Parts, _ *decide.Policy) error {
				tables <- parts.Config.Geo
				return nil
			}
		})
		first := <-tables

		k.Write("zones.json", german("198.51.101.0/24"))
		changed <- k.Path("zones.json")
		require.Same(t, first, <-tables)
		k.Becomes("198.51.101.7", false)
		require.True(t, k.Allows("203.0.113.7"))

		k.Write("geo.csv", geoFile("DE")) // as large and as old
		age()
		changed <- k.Path("zones.json")
		require.Same(t, first, <-tables, "it looks as before, and nobody named it")
		changed <- k.Path("geo.csv")
		second := <-tables
		require.NotSame(t, first, second, "it was named")
		k.Becomes("203.0.113.7", false)

		k.Asked <- struct{}{}
		require.Same(t, second, <-tables, "somebody asked, and it holds the same")
		k.Write("geo.csv", geoFile("FR"))
		age()
		k.Asked <- struct{}{}
		third := <-tables
		require.NotSame(t, second, third, "somebody asked")
		k.Becomes("203.0.113.7", true)

		k.Write("geo.csv", geoFile("FR")+"\n")
		changed <- k.Path("zones.json")
		require.NotSame(t, third, <-tables, "it looks other")
		k.Becomes("203.0.113.7", true)
	})
}
