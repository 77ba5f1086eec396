package geo_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/realdata"
)

// agrees fails unless the table answers an address as maxminddb does.
func agrees(t *testing.T, table *geo.Table, o *oracle, addr netip.Addr) {
	t.Helper()
	want, err := o.expected(table, addr)
	if err != nil {
		t.Fatalf("maxminddb cannot look up %s, but the file was loaded: %v", addr, err)
	}
	got := table.Lookup(addr)
	if _, found := table.Find(addr); found != got {
		t.Fatalf("%s: Find gives %+v, Lookup %+v", addr, found, got)
	}
	if plainOf(got) != want {
		t.Fatalf("%s: got %+v, want %+v", addr, got, want)
	}
}

// MaxMind's own test databases: each loads and answers as maxminddb's Lookup at
// the edges of every network, aliased and empty ones included, or is refused.
func TestTestDatabasesAgreeWithMaxmindDB(t *testing.T) {
	refused := map[string]string{
		"GeoIP2-City-Test-Broken-Double-Format.mmdb": "a double of size 5",
		"GeoIP2-City-Test-Invalid-Node-Count.mmdb":   "invalid metadata",
		"MaxMind-DB-test-broken-pointers-24.mmdb":    "points outside the data section",
		"MaxMind-DB-test-broken-search-tree-24.mmdb": "is its own descendant",
	}
	for _, path := range files(t, filepath.Join(realdata.Path(t, "maxmind/test-data"), "*.mmdb")) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			table, err := geo.Load(geo.Source{File: path})
			if why, expected := refused[filepath.Base(path)]; expected {
				require.ErrorContains(t, err, why)
				return
			}
			require.NoError(t, err)
			o := newOracle(t, content)
			for result := range o.reader.Networks(maxminddb.IncludeAliasedNetworks(), maxminddb.IncludeNetworksWithoutData()) {
				for _, addr := range edgesOf(result.Prefix()) {
					agrees(t, table, o, addr)
				}
			}
		})
	}
}

// The databases answer as the sources say that MaxMind wrote them from.
func TestTestDatabasesAgreeWithTheirSources(t *testing.T) {
	compared := 0
	for _, path := range files(t, filepath.Join(realdata.Path(t, "maxmind/source-data"), "*.json")) {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		binaryPath := filepath.Join(filepath.Dir(path), "..", "test-data", name+".mmdb")
		if _, err := os.Stat(binaryPath); err != nil {
			continue // MaxMind ships this source without a database
		}
		compared++
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var networks []map[string]map[string]any
			decoder := json.NewDecoder(strings.NewReader(string(text)))
			decoder.UseNumber()
			require.NoError(t, decoder.Decode(&networks))
			table := load(t, geo.Source{File: binaryPath})
			records := mostSpecific(networks)
			for prefix, record := range records {
				want, _ := plainLocation(numbers(record))
				network := netipx.RangeOfPrefix(prefix)
				for _, addr := range []netip.Addr{network.From(), network.To()} {
					if owner := longest(records, addr); owner != prefix {
						continue // a smaller network begins or ends here
					}
					got := table.Lookup(addr)
					require.Equal(t, settled(table, want, addr), plainOf(got), "%s of %s", addr, prefix)
				}
			}
		})
	}
	require.GreaterOrEqual(t, compared, 15)
}

func mostSpecific(networks []map[string]map[string]any) map[netip.Prefix]map[string]any {
	records := map[netip.Prefix]map[string]any{}
	for _, entry := range networks {
		for text, record := range entry {
			prefix := netip.MustParsePrefix(text)
			if b := prefix.Addr().As16(); prefix.Addr().Is6() && prefix.Bits() >= 96 && [12]byte(b[:12]) == [12]byte{} {
				prefix = netip.PrefixFrom(netip.AddrFrom4([4]byte(b[12:])), prefix.Bits()-96)
			}
			records[prefix.Masked()] = record
		}
	}
	return records
}

func longest(records map[netip.Prefix]map[string]any, addr netip.Addr) netip.Prefix {
	for bits := addr.BitLen(); bits >= 0; bits-- {
		prefix, _ := addr.Prefix(bits)
		if _, known := records[prefix]; known {
			return prefix
		}
	}
	return netip.Prefix{}
}

// numbers makes JSON's numbers what an MMDB decodes to.
func numbers(record map[string]any) map[string]any {
	for key, value := range record {
		switch v := value.(type) {
		case json.Number:
			if n, ok := new(big.Int).SetString(string(v), 10); ok {
				record[key] = n.Uint64()
			}
		case map[string]any:
			numbers(v)
		}
	}
	return record
}

// Tor's text files are another program's conversion of the same build, at the
// ends and in the middle of each range. Where a record has no country, Tor
// writes the registered one; the record itself says so.
func TestGeoLite2AgreesWithTorsConversion(t *testing.T) {
	path := realdata.Path(t, "mmdb/GeoLite2-Country-20180206.mmdb")
	table := load(t, geo.Source{File: path})
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	o := newOracle(t, content)
	fallbacks, checked := 0, 0
	check := func(first, last netip.Addr, country string) {
		for _, addr := range []netip.Addr{first, middle(first, last), last} {
			want := country
			if record, has, err := o.lookup(addr); err != nil {
				t.Fatal(err)
			} else if !has.Has(geo.Country) && record.Registered == country {
				want = ""
				fallbacks++
			}
			if want == "??" {
				want = ""
			}
			got := table.Lookup(addr)
			if got.Country != want {
				t.Fatalf("%s: got country %q, want %q (Tor's text says %s)", addr, got.Country, want, country)
			}
			checked++
		}
	}
	eachLine(t, realdata.Path(t, "oracle/tor-geoip-2018-02"), func(cells []string) {
		check(addr4(cells[0]), addr4(cells[1]), cells[2])
	})
	eachLine(t, realdata.Path(t, "oracle/tor-geoip6-2018-02"), func(cells []string) {
		check(netip.MustParseAddr(cells[0]), netip.MustParseAddr(cells[1]), cells[2])
	})
	t.Logf("figure: %d addresses against Tor's conversion of GeoLite2, %d of them where Tor falls back", checked, fallbacks)
	require.Greater(t, checked, 600_000)
	require.Less(t, fallbacks, checked/50)
}

func eachLine(t *testing.T, path string, visit func(cells []string)) {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			visit(strings.Split(line, ","))
		}
	}
	require.NoError(t, lines.Err())
}

func addr4(decimal string) netip.Addr {
	n, _ := new(big.Int).SetString(decimal, 10)
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(n.Uint64()))
	return netip.AddrFrom4(b)
}

func middle(first, last netip.Addr) netip.Addr {
	sum := new(big.Int).Add(new(big.Int).SetBytes(first.AsSlice()), new(big.Int).SetBytes(last.AsSlice()))
	b := sum.Rsh(sum, 1).FillBytes(make([]byte, len(first.AsSlice())))
	addr, _ := netip.AddrFromSlice(b)
	return addr
}

// wholeInternet are the three databases that the figures of this project are
// about.
func wholeInternet(t testing.TB) []geo.Source {
	var sources []geo.Source
	for _, name := range []string{"country-2025.mmdb", "asn-2024.mmdb", "anonymous-2026.mmdb"} {
		sources = append(sources, geo.Source{File: realdata.Path(t, "mmdb/"+name)})
	}
	return sources
}

// Three whole-internet databases joined: at both ends of every interval, each
// field is what maxminddb's Lookup in its database says, and every network of
// each database begins and ends where the table says so.
func TestWholeInternetAgreesWithMaxmindDB(t *testing.T) {
	sources := wholeInternet(t)
	table := load(t, sources...)
	var oracles []*oracle
	for _, source := range sources {
		content, err := os.ReadFile(source.File)
		require.NoError(t, err)
		oracles = append(oracles, newOracle(t, content))
	}
	check := func(addr netip.Addr, got geo.Location) {
		country, _, err1 := oracles[0].lookup(addr)
		system, _, err2 := oracles[1].lookup(addr)
		hides, _, err3 := oracles[2].lookup(addr)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(err1, err2, err3)
		}
		want := geo.Location{Country: country.Country, ASN: system.ASN, ASNKnown: system.ASNKnown, Anonymizer: max(hides.Anonymizer, geo.AnonymizerNone), AnonymizerSorts: geo.AllSorts}
		if chosenByClients(addr) {
			want = geo.Location{}
		}
		got.Services = geo.Services{}
		if got != want {
			t.Fatalf("%s: got %+v, want %+v", addr, got, want)
		}
	}
	intervals, step := 0, 1
	if raceEnabled {
		step = 50
	}
	for network, location := range table.All() {
		if intervals++; intervals%step != 0 {
			continue
		}
		check(network.From(), location)
		check(network.To(), location)
		for _, addr := range []netip.Addr{network.From(), network.To()} {
			if table.Lookup(addr) != location {
				t.Fatalf("%s: Lookup gives %+v, All %+v", addr, table.Lookup(addr), location)
			}
		}
		// Most intervals repeat IPv4 in IPv6: a part of them is enough for the slower way.
		if intervals%5 == 0 {
			if wide, found := table.Find(network.To()); wide != network || found != location {
				t.Fatalf("%s: Find gives %s %+v, All %+v", network, wide, found, location)
			}
		}
	}
	for _, o := range oracles {
		networks := 0
		for result := range o.reader.Networks() {
			if networks++; networks%step != 0 {
				continue
			}
			network := netipx.RangeOfPrefix(result.Prefix())
			check(network.From(), table.Lookup(network.From()))
			check(network.To(), table.Lookup(network.To()))
		}
	}
	t.Logf("figure: both ends of %d intervals of three databases of the whole internet, %d locations", intervals, table.Locations())
}
