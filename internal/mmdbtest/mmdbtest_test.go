package mmdbtest_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// maxminddb reads back what was written, verifies the file, and answers the
// longest prefix of each address.
func TestMaxmindDBReadsWhatIsWritten(t *testing.T) {
	long := strings.Repeat("long ", 100)
	everything := mmdbtest.Map{
		"string": "text", "empty": "", "long": long, "longer": strings.Repeat(long, 200), "bool": true, "no": false,
		"uint16": uint16(7), "uint32": 70000, "uint64": uint64(1) << 40, "zero": uint32(0), "int32": int32(-5),
		"double": 1.5, "float": float32(0.5), "bytes": []byte{1, 2, 3},
		"array": mmdbtest.Array{"a", uint16(2), mmdbtest.Map{"b": "c"}},
		"map":   mmdbtest.Map{"nested": mmdbtest.Map{"deeper": "value"}},
	}
	networks := []mmdbtest.Network{
		{Prefix: "1.0.0.0/8", Record: mmdbtest.Map{"name": "eight", "shared": everything["map"]}},
		{Prefix: "1.2.3.4/32", Record: everything},
		{Prefix: "1.2.0.0/16", Record: mmdbtest.Map{"name": "sixteen", "shared": everything["map"]}},
		{Prefix: "128.0.0.0/1", Record: "a string"},
	}
	six := append([]mmdbtest.Network{{Prefix: "2001:db8::/32", Record: everything}}, networks...)
	for _, size := range []int{24, 28, 32} {
		for _, version := range []int{4, 6} {
			t.Run(fmt.Sprintf("%d bits, IPv%d", size, version), func(t *testing.T) {
				file := mmdbtest.File{Type: "Test", RecordSize: size, IPVersion: version, Networks: networks, Built: time.Unix(1e9, 0)}
				if version == 6 {
					file.Networks, file.Aliases = six, true
				}
				content, err := file.Bytes()
				require.NoError(t, err)
				again, err := file.Bytes()
				require.NoError(t, err)
				require.Equal(t, content, again)

				reader, err := maxminddb.OpenBytes(content)
				require.NoError(t, err)
				require.NoError(t, reader.Verify())
				require.Equal(t, "Test", reader.Metadata.DatabaseType)
				require.Equal(t, time.Unix(1e9, 0), reader.Metadata.BuildTime())
				name := func(addr string) any {
					var record any
					result := reader.Lookup(netip.MustParseAddr(addr))
					require.NoError(t, result.Decode(&record))
					if fields, ok := record.(map[string]any); ok {
						return fields["name"]
					}
					return record
				}
				require.Equal(t, "eight", name("1.1.1.1"))
				require.Equal(t, "sixteen", name("1.2.3.5"))
				require.Equal(t, "a string", name("200.1.1.1"))
				require.Nil(t, name("2.0.0.0"))
				if version == 6 {
					require.Equal(t, "sixteen", name("2002:102:305::1"))
					require.Equal(t, "sixteen", name("2001:0:102:305::1"))
					require.Equal(t, "sixteen", name("::ffff:1.2.3.5"))
				}
				var got map[string]any
				require.NoError(t, reader.Lookup(netip.MustParseAddr("1.2.3.4")).Decode(&got))
				require.Equal(t, map[string]any{
					"string": "text", "empty": "", "long": long, "longer": strings.Repeat(long, 200), "bool": true, "no": false,
					"uint16": uint64(7), "uint32": uint64(70000), "uint64": uint64(1) << 40, "zero": uint64(0), "int32": int32(-5),
					"double": 1.5, "float": float32(0.5), "bytes": []byte{1, 2, 3},
					"array": []any{"a", uint64(2), map[string]any{"b": "c"}},
					"map":   map[string]any{"nested": map[string]any{"deeper": "value"}},
				}, got)
			})
		}
	}
}

// Equal records and equal parts of records are stored once.
func TestEqualValuesAreStoredOnce(t *testing.T) {
	file := func(n int) mmdbtest.File {
		f := mmdbtest.File{Type: "Test", IPVersion: 4}
		for i := range n {
			f.Networks = append(f.Networks, mmdbtest.Network{
				Prefix: fmt.Sprintf("10.0.%d.0/24", i),
				Record: mmdbtest.Map{"country": mmdbtest.Map{"name": strings.Repeat("x", 1000)}, "even": i%2 == 0},
			})
		}
		return f
	}
	content, err := file(200).Bytes()
	require.NoError(t, err)
	require.Less(t, len(content), 4000)
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		want string
		file mmdbtest.File
	}{
		{"IP version 5", mmdbtest.File{IPVersion: 5}},
		{"record size 16", mmdbtest.File{RecordSize: 16}},
		{"192.0.2.1/24 has bits behind the prefix", mmdbtest.File{Networks: []mmdbtest.Network{{Prefix: "192.0.2.1/24"}}}},
		{"2001:db8::/32 in an IPv4 database", mmdbtest.File{IPVersion: 4, Networks: []mmdbtest.Network{{Prefix: "2001:db8::/32"}}}},
		{"0.0.0.0/0: the root of the tree is a node", mmdbtest.File{IPVersion: 4, Networks: []mmdbtest.Network{{Prefix: "0.0.0.0/0"}}}},
		{"10.0.0.0/8 is given twice", mmdbtest.File{Networks: []mmdbtest.Network{{Prefix: "10.0.0.0/8", Record: ""}, {Prefix: "10.0.0.0/8", Record: ""}}}},
		{"network 10.0.0.0/8: a: element 0: a value of type complex128", mmdbtest.File{Networks: []mmdbtest.Network{{Prefix: "10.0.0.0/8", Record: mmdbtest.Map{"a": mmdbtest.Array{1i}}}}}},
		{"-1 is no uint32", mmdbtest.File{Networks: []mmdbtest.Network{{Prefix: "10.0.0.0/8", Record: -1}}}},
		{"networks in 2002::/16", mmdbtest.File{Aliases: true, Networks: []mmdbtest.Network{{Prefix: "2002:1::/32", Record: ""}}}},
		{"no prefix", mmdbtest.File{Networks: []mmdbtest.Network{{Prefix: "x"}}}},
	} {
		_, err := test.file.Bytes()
		if test.want == "no prefix" {
			require.Error(t, err)
			continue
		}
		require.ErrorContains(t, err, test.want)
	}
}
