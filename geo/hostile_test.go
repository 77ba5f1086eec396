package geo_test

import (
	"io/fs"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/internal/realdata"
)

// marker begins the metadata of a database.
const marker = "\xab\xcd\xefMaxMind.com"

// agreesEverywhere holds the table against maxminddb's Lookup at the ends of
// all its ranges and at the edges of all networks of the file. Where maxminddb
// cannot decode a record as a whole, the table need not either.
func agreesEverywhere(t testing.TB, table *geo.Table, content []byte) {
	t.Helper()
	o := newOracle(t, content)
	networks := slices.Collect(rangesOf(table))
	seen := 0
	for result := range o.reader.Networks(maxminddb.IncludeAliasedNetworks(), maxminddb.IncludeNetworksWithoutData()) {
		if seen++; result.Err() != nil || seen > 20_000 {
			break
		}
		networks = append(networks, netipx.RangeOfPrefix(result.Prefix()))
	}
	for _, network := range networks {
		for _, addr := range []netip.Addr{network.From(), network.To(), network.From().Prev(), network.To().Next()} {
			if !addr.IsValid() {
				continue
			}
			if addr = addr.Unmap(); addr.Is4() || o.reader.Metadata.IPVersion == 6 {
				if err := o.reader.Lookup(addr).Err(); err != nil {
					t.Fatalf("%s: loaded, but maxminddb cannot look it up: %v", addr, err)
				}
			}
			want, err := o.expected(table, addr)
			if err != nil {
				continue
			}
			if got := plainOf(table.Lookup(addr)); got != want {
				t.Fatalf("%s: got %+v, want %+v", addr, got, want)
			}
		}
	}
}

// maxAllocated is what loading a hostile file may allocate in all; what it
// holds at any moment is less.
const maxAllocated = 256 << 20

// loadBounded loads a file that may be hostile. The deadline is there to name
// the file that hangs, not to measure anything: a load takes milliseconds, and
// a busy machine with the race detector a thousand times as long.
func loadBounded(t *testing.T, source geo.Source) (*geo.Table, error) {
	t.Helper()
	type outcome struct {
		table *geo.Table
		err   error
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan outcome, 1)
	go func() {
		table, err := geo.Load(source)
		done <- outcome{table, err}
	}()
	select {
	case got := <-done:
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(maxAllocated))
		return got.table, got.err
	case <-time.After(time.Minute):
		t.Fatal("Load does not end")
		return nil, nil
	}
}

// Files that were made to break readers end in an error that names the file, or
// in the right answers.
func TestHostileFiles(t *testing.T) {
	paths := files(t, filepath.Join(realdata.Path(t, "maxmind/bad-data"), "*", "*.mmdb"))
	for _, broken := range []string{
		"GeoIP2-City-Test-Broken-Double-Format.mmdb", "GeoIP2-City-Test-Invalid-Node-Count.mmdb",
		"MaxMind-DB-test-broken-pointers-24.mmdb", "MaxMind-DB-test-broken-search-tree-24.mmdb",
	} {
		paths = append(paths, realdata.Path(t, "maxmind/test-data/"+broken))
	}
	require.Len(t, paths, 25)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			table, err := loadBounded(t, geo.Source{File: path})
			if err != nil {
				require.Equal(t, path, findings(t, err)[0].File)
				return
			}
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			agreesEverywhere(t, table, content)
			consistent(t, table)
		})
	}
}

// A real file that ends early, at any place, is refused.
func TestTruncatedFiles(t *testing.T) {
	content := sample(t)[0].Data
	for end := range len(content) - 1 {
		_, err := geo.Load(geo.Source{File: "truncated.mmdb", Data: content[:end]})
		require.Error(t, err, "the first %d of %d bytes", end, len(content))
	}
}

// Trees and records made to cost time or memory, or to leave a hole.
func TestHostileTrees(t *testing.T) {
	value := func(v any) []byte {
		b, err := mmdbtest.Value(v)
		require.NoError(t, err)
		return b
	}
	us := value(country("US"))
	chain := func(n int, last [2]uint32) (nodes [][2]uint32) {
		for i := range n {
			nodes = append(nodes, [2]uint32{uint32(i + 1), uint32(i + 1)})
		}
		return append(nodes, last)
	}
	for _, test := range []struct {
		name string
		raw  mmdbtest.Raw
		want string
	}{
		{"a node is its own child", mmdbtest.Raw{Nodes: [][2]uint32{{0, 1}}}, "node 0 of the search tree is its own descendant"},
		{"a cycle", mmdbtest.Raw{Nodes: [][2]uint32{{1, 3}, {2, 3}, {1, 3}}}, "node 1 of the search tree is its own descendant"},
		{"more paths than addresses", mmdbtest.Raw{Nodes: chain(100, [2]uint32{101 + 16, 101})}, "more than 816 networks below its 101 nodes"},
		{"deeper than an address", mmdbtest.Raw{Nodes: chain(128, [2]uint32{129 + 16, 129})}, "deeper than an address has bits, at node 128"},
		{"fewer paths than may be", mmdbtest.Raw{Nodes: chain(4, [2]uint32{5 + 16, 5})}, ""},
		{"as many paths as may be", mmdbtest.Raw{Nodes: append(chain(5, [2]uint32{7 + 16, 7}), [2]uint32{7, 7})}, ""},
		{"deeper than an IPv4 address", mmdbtest.Raw{IPVersion: 4, Nodes: func() (nodes [][2]uint32) {
			for i := range uint32(33) {
				nodes = append(nodes, [2]uint32{i + 1, 33})
			}
			return nodes
		}()}, "deeper than an address has bits"},
		{"a short subtree at too deep a place", mmdbtest.Raw{Nodes: func() (nodes [][2]uint32) {
			const n = 130 // 0: left to 128, a subtree of two; right down a path that ends in it at bit 127
			nodes = append(nodes, [2]uint32{128, 1})
			for i := uint32(1); i < 127; i++ {
				nodes = append(nodes, [2]uint32{i + 1, n})
			}
			return append(nodes, [2]uint32{128, n}, [2]uint32{129, n}, [2]uint32{n, n + 16})
		}()}, "deeper than an address has bits"},
		{"a record into the separator", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 15, 1}}}, "(16) points outside the data section"},
		{"a record behind the data", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1 + 16 + uint32(len(us))}}}, "points outside the data section"},
		{"a record far behind the data", mmdbtest.Raw{RecordSize: 32, Nodes: [][2]uint32{{1, math.MaxUint32}}}, "(4294967295) points outside the data section"},
		{"a record in the middle of a value", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1 + 16 + 1}}}, ""},
		{"a network whose record is broken", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1 + 16}}, Data: []byte{0xe1, 0x47}}, "network 8000::/1, record at offset 0 of the data section: a value runs past the end"},
		{"an IPv4 network whose record is broken", mmdbtest.Raw{IPVersion: 4, Nodes: [][2]uint32{{1, 2}, {2, 2 + 16}}, Data: []byte{0xe1, 0x47}}, "network 64.0.0.0/2, record at offset 0"},
		{"a map of more entries than the file has bytes", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: []byte{0xff, 0xff, 0xff, 0xff}}, "runs past the end"},
		{"a string of one byte more than are left", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: append(slices.Clone(us[:len(us)-3]), 0x43, 'U', 'S')}, "runs past the end"},
		{"a pointer past the end", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: []byte{0x27, 0xff}}, "runs past the end"},
		{"a pointer to itself", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: []byte{0x20, 0x00}}, "a pointer that points to a pointer"},
		{"a type that does not exist", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: []byte{0x00, 0xff}}, "a value of type 262"},
		{"a cache container", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: []byte{0x00, 0x05}}, "a cache container of size 0"},
		{"a key that is no string", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: []byte{0xe1, 0xa1, 0x01, 0xa1, 0x01}}, "a map key of type uint16"},
		{"a country that is a number", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: value(record{"country": 1})}, "country: expected a map, found uint32"},
		{"a country code that is a number", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: value(record{"country": record{"iso_code": 1}})}, "country: expected a string, found uint32"},
		{"more subdivisions than any country has", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: value(record{"subdivisions": slices.Repeat(mmdbtest.Array{record{"iso_code": "MI"}}, 17)})}, "subdivisions: 17 subdivisions inside one another; the limit is 16"},
		{"subdivisions that are a map", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: value(record{"subdivisions": record{}})}, "subdivisions: expected an array, found map"},
		{"an ASN that is a map", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: value(record{"asn": record{}})}, "asn: expected an unsigned integer, found map"},
		{"a flag that is a string", mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: value(record{"is_anonymous": "yes"})}, "is_anonymous: expected a boolean, found string"},
		{"no nodes", mmdbtest.Raw{}, "no search tree: node_count is 0"},
		{"more nodes than the file has", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1}}, Metadata: record{"node_count": 1000}}, "not a readable MMDB file"},
		{"as many nodes as a number can say", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1}}, Metadata: record{"node_count": ^uint64(0)}}, "not a readable MMDB file"},
		{"an unknown record size", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1}}, Metadata: record{"record_size": uint16(20)}}, "record size"},
		{"an unknown IP version", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1}}, Metadata: record{"ip_version": uint16(5)}}, "ip_version 5 in the metadata; expected 4 or 6"},
		{"a later format", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1}}, Metadata: record{"binary_format_major_version": uint16(3)}}, "format version 3.0; this reads version 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.raw.Data == nil {
				test.raw.Data = us
			}
			content, err := test.raw.Bytes()
			require.NoError(t, err)
			table, err := loadBounded(t, geo.Source{File: "hostile.mmdb", Data: content})
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			agreesEverywhere(t, table, content)
		})
	}
}

// Many records that each skip or point to the same huge value: the work is
// bounded by the size of the file, not by records times value.
func TestRecordsThatShareHugeValues(t *testing.T) {
	const records = 20_000
	t.Run("nested in one another", func(t *testing.T) {
		// {"": {"": {"": ...}}}, and a record into every level.
		var data []byte
		for range records {
			data = append(data, 0xe1, 0x40)
		}
		data = append(data, 0xe0)
		_, err := loadBounded(t, geo.Source{File: "nested.mmdb", Data: fanOut(t, records, data, func(i int) int { return 2 * i })})
		require.ErrorContains(t, err, "would not end")
	})
	t.Run("pointed to", func(t *testing.T) {
		// One map of 32,000 entries that every record has for its country.
		huge := []byte{0xfe, 0x7b, 0xe3} // 285 + 0x7be3 = 32000
		for range 32_000 {
			huge = append(huge, 0x40, 0xe0)
		}
		data := huge
		entry := append([]byte{0xe1, 0x47}, "country\x20\x00"...)
		for range records {
			data = append(data, entry...)
		}
		_, err := loadBounded(t, geo.Source{File: "pointed.mmdb", Data: fanOut(t, records, data, func(i int) int { return len(huge) + i*len(entry) })})
		require.ErrorContains(t, err, "would not end")
	})
	for _, key := range []string{"\x4ccountry_code", "\x47country", "\x43asn", "\x47service", "\x4dprovider_name"} {
		t.Run("one long text for every "+key[1:], func(t *testing.T) {
			huge := append([]byte{0x5e, 0x74, 0x13}, slices.Repeat([]byte{'A'}, 30_000)...) // 285 + 0x7413 = 30000
			data := huge
			entry := []byte("\xe1" + key + "\x20\x00")
			for range records {
				data = append(data, entry...)
			}
			_, err := loadBounded(t, geo.Source{File: "text.mmdb", Data: fanOut(t, records, data, func(i int) int { return len(huge) + i*len(entry) })})
			require.ErrorContains(t, err, key[1:]+": the records refer to the same data so often that reading them would not end")
		})
	}
}

// fanOut is a file with a network for each of n records.
func fanOut(t *testing.T, n int, data []byte, offset func(i int) int) []byte {
	t.Helper()
	// A complete binary tree in heap order: node i has the children 2i+1 and 2i+2.
	nodes := n - 1
	raw := mmdbtest.Raw{RecordSize: 32, Data: data}
	record := func(child int) uint32 {
		if child < nodes {
			return uint32(child)
		}
		return uint32(nodes + 16 + offset(child-nodes))
	}
	for i := range nodes {
		raw.Nodes = append(raw.Nodes, [2]uint32{record(2*i + 1), record(2*i + 2)})
	}
	content, err := raw.Bytes()
	require.NoError(t, err)
	return content
}

// What is wrong with sources as a whole; all of them are reported at once.
func TestLoadErrors(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("hello"), 0o600))
	missing := filepath.Join(folder, "missing.mmdb")
	alone, packed := filepath.Join(folder, "alone.mmdb"), filepath.Join(folder, "packed.csv")
	require.NoError(t, os.WriteFile(alone, []byte(marker), 0o600))
	require.NoError(t, os.WriteFile(packed, []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), 0o600))
	for _, test := range []struct {
		name   string
		source geo.Source
		code   string
		want   string
	}{
		{"missing", geo.Source{File: missing}, "unreadable", "no such file or directory"},
		{"folder", geo.Source{File: folder}, "unreadable", "it is a folder; expected a regular file"},
		{"nothing", geo.Source{}, "unreadable", "a source needs a File or Data"},
		{"unknown format", geo.Source{File: text}, "unknown-format", "neither an MMDB file nor CSV corrections nor a geofeed"},
		{"not an MMDB", geo.Source{File: text, Kind: geo.MMDB}, "bad-mmdb", "not a readable MMDB file"},
		{"empty MMDB", geo.Source{File: "x.mmdb", Data: []byte{}}, "bad-mmdb", "its end holds no metadata"},
		{"metadata too far from the end", geo.Source{File: "x.mmdb", Data: append([]byte(marker), make([]byte, 128<<10-len(marker)+1)...)}, "bad-mmdb", "its end holds no metadata"},
		{"metadata as far as may be", geo.Source{File: "x", Data: append([]byte(marker), make([]byte, 128<<10-len(marker))...)}, "bad-mmdb", "not a readable MMDB file: at offset"},
		{"metadata alone", geo.Source{File: "x", Data: []byte(marker)}, "bad-mmdb", "not a readable MMDB file: at offset"},
		{"metadata alone in a file", geo.Source{File: alone}, "bad-mmdb", "not a readable MMDB file: at offset"},
		{"packed", geo.Source{File: packed}, "unreadable", "gzip"},
		{"no corrections", geo.Source{File: text, Kind: geo.CSV}, "bad-header", "expected the header line network,country,region,asn,anonymizer,services"},
		{"netset without a service", geo.Source{File: text, Kind: geo.Netset}, "unknown-format", "a netset needs the service that its networks are"},
		{"MMDB with a service", geo.Source{File: text, Kind: geo.MMDB, Service: "NORD_VPN"}, "unknown-format", "a service is for a netset"},
		{"no such kind", geo.Source{File: text, Kind: geo.Netset + 1}, "unknown-format", "kind 4 is no format"},
		{"an MMDB as a list", geo.Source{File: "x.mmdb", Data: sample(t)[0].Data, Service: "NORD_VPN"}, "not-a-list", "this is an MMDB database"},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, err := geo.Load(test.source)
			require.Nil(t, table)
			require.Len(t, findings(t, err), 1)
			f := findings(t, err)[0]
			require.ErrorContains(t, f, test.want)
			require.Equal(t, test.code, f.Code)
			require.Equal(t, test.source.File, f.File)
			require.Equal(t, [2]int{1, 1}, [2]int{f.Line, f.Column})
		})
	}
	_, err := geo.Load(geo.Source{File: missing}, corrections("x,,,,,", "192.0.2.1,USA,,,,"), geo.Source{File: text}, list("NORD_VPN", "192.0.2.1"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	var codes []string
	for _, f := range findings(t, err) {
		codes = append(codes, f.Code)
	}
	require.Equal(t, []string{"unreadable", "bad-address", "bad-country", "unknown-format"}, codes)
}

// The format is told by the content first, so that a name does not matter.
func TestKindsAreTold(t *testing.T) {
	misnamed := filepath.Join(t.TempDir(), "x.mmdb")
	require.NoError(t, os.WriteFile(misnamed, []byte(header), 0o600))
	for _, test := range []struct {
		name   string
		source geo.Source
		want   string
	}{
		{"MMDB by content", geo.Source{File: "x.bin", Data: sample(t)[0].Data}, "GeoLite2-City"},
		{"MMDB by content against the ending", geo.Source{File: "x.csv", Data: sample(t)[0].Data}, "GeoLite2-City"},
		{"corrections by content", geo.Source{File: "x", Data: []byte(header)}, "csv"},
		{"corrections by ending", geo.Source{File: "X.CSV", Data: []byte("\xef\xbb\xbf" + header)}, "csv"},
		{"corrections by kind against the ending", geo.Source{File: misnamed, Kind: geo.CSV}, "csv"},
		{"a geofeed by content, of more bytes than the end that metadata are looked for in", geo.Source{File: "x", Data: []byte(strings.Repeat("# a comment\n", 20<<10) + "192.0.2.0/24,US,,,\n")}, "geofeed"},
		{"netset by service", geo.Source{File: "x.csv", Data: []byte("192.0.2.1"), Service: "NORD_VPN"}, "netset"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, load(t, test.source).Datasets()[0].Type)
		})
	}
}

// A file is read whole: what happens to it afterwards changes nothing.
func TestFilesMayBeRewritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "geo.mmdb")
	content := sample(t)[0].Data
	require.NoError(t, os.WriteFile(path, content, 0o600))
	table := load(t, geo.Source{File: path})
	require.NoError(t, os.WriteFile(path, make([]byte, len(content)), 0o600))
	require.Equal(t, "US", lookup(t, table, "8.8.8.8").Country)
	consistent(t, table)
}

// A file beyond the limit is refused by its size, unread.
func TestHugeFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.mmdb")
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	if err := file.Truncate(2<<30 + 1); err != nil {
		t.Skipf("this file system has no sparse files: %v", err)
	}
	_, err = loadBounded(t, geo.Source{File: path})
	require.ErrorContains(t, err, "it is larger than the limit of 2 GiB")
	if size := int64(2 << 30); strconv.IntSize == 64 && !raceEnabled { // the detector keeps twice as much for what is never touched
		_, err = geo.Load(geo.Source{File: "huge.mmdb", Data: make([]byte, size+1)})
		require.ErrorContains(t, err, "it is larger than the limit of 2 GiB")
		require.Len(t, findings(t, err), 1)
	}
}

// TestBrokenValues: a value that is looked for and cannot be read is an error of its
// key, wherever in the record it stands.
func TestBrokenValues(t *testing.T) {
	entry := func(key string, content []byte) []byte { // a map of one
		name, err := mmdbtest.Value(key)
		require.NoError(t, err)
		return slices.Concat([]byte{0xe1}, name, content)
	}
	pastEnd := []byte{0x27, 0xff}                                                          // a pointer
	array := func(content []byte) []byte { return append([]byte{0x01, 0x04}, content...) } // of one
	tests := map[string][]byte{
		"country: iso":        entry("country", entry("iso_code", pastEnd)),
		"country: asn":        entry("country", entry("AutonomousSystemNumber", pastEnd)),
		"traits: asn":         entry("traits", entry("autonomous_system_number", pastEnd)),
		"subdivisions: one":   entry("subdivisions", array(pastEnd)),
		"subdivisions: code":  entry("subdivisions", array(entry("iso_code", pastEnd))),
		"subdivisions: rest":  entry("subdivisions", array(entry("names", []byte{0x47, 'x'}))),
		"registered_country:": entry("registered_country", entry("iso_code", pastEnd)),
	}
	for _, key := range []string{
		"country", "country_code", "registered_country", "represented_country", "subdivisions", "autonomous_system_number", "asn", "traits",
		"is_anonymous", "is_anonymous_vpn", "is_public_proxy", "is_residential_proxy", "is_tor_exit_node",
		"vpn", "is_vpn", "proxy", "is_proxy", "tor", "is_tor", "relay", "is_relay", "is_icloud_relay", "provider_name", "service", "proxy_type", "provider",
	} {
		tests[key+":"] = entry(key, pastEnd)
	}
	for name, data := range tests {
		content, err := mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: data}.Bytes()
		require.NoError(t, err)
		_, err = loadBounded(t, geo.Source{File: "hostile.mmdb", Data: content})
		key, _, _ := strings.Cut(name, ":")
		require.ErrorContains(t, err, "record at offset 0 of the data section: "+key+": ", name)
		require.ErrorContains(t, err, "runs past the end", name)
	}
}
