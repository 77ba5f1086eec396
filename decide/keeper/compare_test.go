package keeper_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// What is said of a delivery that is less than the one in force, word for word.
func TestWhatShrinks(t *testing.T) {
	load := func(files map[string]string) *policyfile.Parts {
		t.Helper()
		folder := t.TempDir()
		for name, text := range files {
			path := filepath.Join(folder, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		}
		t.Chdir(folder)
		parts, _, err := policyfile.Open(policyfile.Options{})
		require.NoError(t, err)
		return parts
	}
	snapshot := func(files map[string]string) map[string]string {
		t.Helper()
		parts := load(files)
		policy, err := parts.Compile()
		require.NoError(t, err)
		var out bytes.Buffer
		require.NoError(t, policy.WriteSnapshot(&out))
		return map[string]string{"netwicket.json": `{"snapshot": "policy.nws"}`, "policy.nws": out.String()}
	}
	const header = "network,country,region,asn,anonymizer,services\n"
	base := supplied(t)
	with := func(changes ...string) map[string]string {
		files := maps.Clone(base)
		for i := 0; i < len(changes); i += 2 {
			if files[changes[i]] = changes[i+1]; changes[i+1] == "" {
				delete(files, changes[i])
			}
		}
		return files
	}
	two := with("geo/more.mmdb", exits(t, wednesday))
	const accepted = "; force accepts it (serve --force), and so does a restart"
	for name, row := range map[string]struct {
		before, after map[string]string
		want          []string
	}{
		"nothing":              {base, base, nil},
		"one of two of a kind": {two, base, []string{"geo/more.mmdb (GeoIP2-Anonymous-IP) is gone from its folder, with 1 networks"}},
		"two of a kind": {two, with("geo/anonymous.mmdb", ""), []string{
			"geo/anonymous.mmdb (GeoIP2-Anonymous-IP) is gone from its folder, with 1 networks", "geo/more.mmdb (GeoIP2-Anonymous-IP) is gone from its folder, with 1 networks",
			"no source provides anonymizer (tor, vpn, public_proxy, residential_proxy), services (tor, vpn, public_proxy, residential_proxy) of any address any more, which geo/anonymous.mmdb (GeoIP2-Anonymous-IP) or geo/more.mmdb (GeoIP2-Anonymous-IP) or nord.txt (netset) did",
		}},
		"an older one":                   {with("geo/country.mmdb", database(t, wednesday, 100)), base, []string{"geo/country.mmdb (GeoLite2-Country) was built " + monday.Format(time.RFC3339) + ", before the one in force of " + wednesday.Format(time.RFC3339)}},
		"a newer one":                    {base, with("geo/country.mmdb", database(t, wednesday, 100)), nil},
		"exactly half":                   {with("feed.txt", "192.0.2.1\n192.0.2.2\n"), with("feed.txt", "192.0.2.1\n"), nil},
		"less than half":                 {base, with("feed.txt", "192.0.2.1\n"), []string{"feed.txt (threat feed) has 1 networks, less than half of the 3 of the one in force"}},
		"no feed":                        {base, with("netwicket.json", suppliedBy(`"geo"`, ``)), []string{"there is no threat feed any more, of 4 networks"}},
		"empty corrections go":           {with("geo/rows.csv", header), with("geo/rows.csv", ""), nil},
		"corrections go":                 {base, with("geo/rows.csv", ""), []string{"geo/rows.csv (csv) is gone from its folder, with 3 networks"}},
		"another type":                   {base, with("geo/country.mmdb", exits(t, wednesday)), []string{"geo/country.mmdb (GeoIP2-Anonymous-IP) took the place of a GeoLite2-Country, and provides no country", "geo/country.mmdb (GeoIP2-Anonymous-IP) has 1 networks, less than half of the 100 of the one in force"}},
		"a snapshot of less":             {snapshot(base), snapshot(with("geo/country.mmdb", database(t, monday, 40))), []string{"the snapshot's GeoLite2-Country no. 1 has 40 networks, less than half of the 100 of the one in force"}},
		"a snapshot of as much":          {snapshot(base), snapshot(base), nil},
		"a snapshot of as much as files": {base, snapshot(with("netwicket.json", suppliedBy(`"geo"`, ``))), nil},
	} {
		got := keeper.Shrunk(load(row.before), load(row.after))
		for i, text := range got {
			require.True(t, strings.HasSuffix(text, accepted), text)
			got[i] = strings.TrimSuffix(text, accepted)
		}
		require.Equal(t, row.want, got, name)
	}
}
