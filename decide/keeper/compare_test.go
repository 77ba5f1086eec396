package keeper_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
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
	asns := func(network string) map[string]string { return with("geo/rows.csv", header+network+",,,64500,,\n") }
	feeds := `"feed.txt", "more.txt"`
	without := with("geo/rows.csv", "")
	unlisted := with("zones.json", keepertest.Blocklist("203.0.113.0/24"), "netwicket.json", strings.Replace(suppliedBy(`"geo"`, feeds), `["nord.txt"]`, `[]`, 1))
	listed := func(list string) map[string]string {
		return with("zones.json", keepertest.Blocklist("203.0.113.0/24"), "nord.txt", list, "geo/anonymous.mmdb", "")
	}
	listless := listed("")
	listless["netwicket.json"] = unlisted["netwicket.json"]
	some := func(rows string) map[string]string { return with("geo/anonymous.mmdb", "", "geo/rows.csv", rows) }
	tor := header + "192.0.2.0/25,,,,tor,\n2001:db8::/32,,,,tor,\n"
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
		"an older one":                             {with("geo/country.mmdb", database(t, wednesday, 100)), base, []string{"geo/country.mmdb (GeoLite2-Country) was built " + monday.Format(time.RFC3339) + ", before the one in force of " + wednesday.Format(time.RFC3339)}},
		"a newer one":                              {base, with("geo/country.mmdb", database(t, wednesday, 100)), nil},
		"exactly half":                             {with("feed.txt", "192.0.2.1\n192.0.2.2\n"), with("feed.txt", "192.0.2.1\n"), nil},
		"less than half":                           {base, with("feed.txt", "192.0.2.1\n"), []string{"feed.txt (threat feed) has 1 networks, less than half of the 3 of the one in force"}},
		"no feed":                                  {base, with("netwicket.json", suppliedBy(`"geo"`, ``)), []string{"there is no threat feed any more, of 4 networks"}},
		"empty corrections go":                     {with("geo/rows.csv", header), with("geo/rows.csv", ""), nil},
		"corrections go":                           {base, with("geo/rows.csv", ""), []string{"geo/rows.csv (csv) is gone from its folder, with 3 networks"}},
		"another type":                             {base, with("geo/country.mmdb", exits(t, wednesday)), []string{"geo/country.mmdb (GeoIP2-Anonymous-IP) took the place of a GeoLite2-Country, and provides no country", "geo/country.mmdb (GeoIP2-Anonymous-IP) has 1 networks, less than half of the 100 of the one in force"}},
		"another type of as much":                  {base, with("geo/country.mmdb", ofType(t, "DBIP-Country-Lite", monday, 100)), nil},
		"corrections of something else":            {base, asns("192.0.2.0/25"), []string{"geo/rows.csv (csv) has 1 networks, less than half of the 3 of the one in force"}},
		"a database without a date":                {base, with("geo/country.mmdb", database(t, time.Unix(1<<50, 0), 100)), []string{"geo/country.mmdb (GeoLite2-Country) was built at an unknown time, before the one in force of " + monday.Format(time.RFC3339)}},
		"two in the place of one":                  {base, with("geo/country.mmdb", "", "geo/c.mmdb", database(t, monday, 1), "geo/d.mmdb", database(t, monday, 1)), []string{"geo/country.mmdb (GeoLite2-Country) is gone from its folder, with 100 networks"}},
		"one in the place of two":                  {two, with("geo/anonymous.mmdb", "", "geo/other.mmdb", exits(t, monday)), []string{"geo/anonymous.mmdb (GeoIP2-Anonymous-IP) is gone from its folder, with 1 networks", "geo/more.mmdb (GeoIP2-Anonymous-IP) is gone from its folder, with 1 networks"}},
		"one of two under another name":            {two, with("geo/other.mmdb", exits(t, wednesday)), nil},
		"one of two under another name, and older": {two, with("geo/other.mmdb", exits(t, monday)), []string{"geo/other.mmdb (GeoIP2-Anonymous-IP) was built " + monday.Format(time.RFC3339) + ", before the one in force of " + wednesday.Format(time.RFC3339)}},
		"a list that is a feed now":                {base, with("netwicket.json", strings.Replace(suppliedBy(`"geo"`, feeds+`, "nord.txt"`), `["nord.txt"]`, `["idle.txt"]`, 1)), []string{"idle.txt (netset) has 1 networks, less than half of the 4 of the one in force"}},
		"a list":                                   {base, unlisted, []string{"no source provides services (NORD_VPN) of any address any more, which geo/anonymous.mmdb (GeoIP2-Anonymous-IP) or nord.txt (netset) did"}},
		"some kinds of anonymizers":                {some(tor), some(strings.ReplaceAll(tor, "tor", "anonymous")), []string{"no source provides anonymizer (tor) of any address any more, which geo/rows.csv (csv) did"}},
		"other kinds of anonymizers":               {some(strings.ReplaceAll(tor, "tor", "anonymous")), some(tor), []string{"no source provides anonymizer (vpn, public_proxy, residential_proxy) of any address any more, which geo/rows.csv (csv) did"}},
		"what IPv6 alone had":                      {asns("2001:db8::/32"), without, []string{"geo/rows.csv (csv) is gone from its folder, with 1 networks", "no source provides asn of IPv6 addresses any more, which geo/rows.csv (csv) did"}},
		"what IPv4 alone had":                      {asns("192.0.2.0/25"), without, []string{"geo/rows.csv (csv) is gone from its folder, with 1 networks", "no source provides asn of IPv4 addresses any more, which geo/rows.csv (csv) did"}},
		"what IPv6 alone had, of snapshots":        {snapshot(asns("2001:db8::/32")), snapshot(without), []string{"no source provides asn of IPv6 addresses any more, which the snapshot's csv no. 1 did"}},
		"what IPv4 alone had, of snapshots":        {snapshot(asns("192.0.2.0/25")), snapshot(without), []string{"no source provides asn of IPv4 addresses any more, which the snapshot's csv no. 1 did"}},
		"what IPv6 alone had, of a snapshot":       {snapshot(asns("2001:db8::/32")), without, []string{"no source provides asn of IPv6 addresses any more, which the snapshot's csv no. 1 did"}},
		"what IPv6 alone had, before a snapshot":   {asns("2001:db8::/32"), snapshot(without), []string{"no source provides asn of IPv6 addresses any more, which geo/rows.csv (csv) did"}},
		"a list of IPv4, of snapshots":             {snapshot(listed("203.0.113.1\n")), snapshot(listless), []string{"no source provides services of any address any more, which the snapshot's netset no. 1 did"}},
		"a list of IPv6, of snapshots":             {snapshot(listed("2001:db8::1\n")), snapshot(listless), []string{"no source provides services of any address any more, which the snapshot's netset no. 1 did"}},
		"a folder of less than a snapshot":         {snapshot(base), with("netwicket.json", suppliedBy(`"."`, ``), "over.mmdb", database(t, monday, 100)), []string{"no source provides anonymizer of IPv4 addresses any more, which the snapshot's GeoIP2-Anonymous-IP no. 1 did"}},
		"a snapshot of less":                       {snapshot(base), snapshot(with("geo/country.mmdb", database(t, monday, 40))), []string{"the snapshot's GeoLite2-Country no. 1 has 40 networks, less than half of the 100 of the one in force"}},
		"a snapshot of as much":                    {snapshot(base), snapshot(base), nil},
		"a snapshot of as much as files":           {base, snapshot(with("netwicket.json", suppliedBy(`"geo"`, ``))), nil},
	} {
		if strconv.IntSize == 32 && name == "a database without a date" {
			continue // maxminddb reads the date into a uint, and refuses such a file
		}
		got := keeper.Shrunk(load(row.before), load(row.after))
		for i, text := range got {
			require.True(t, strings.HasSuffix(text, accepted), text)
			got[i] = strings.TrimSuffix(text, accepted)
		}
		require.Equal(t, row.want, got, name)
	}
}
