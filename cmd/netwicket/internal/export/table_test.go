package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// randomPolicy has zones, rules, lists, an overlay and countries over networks of
// both families, some of them in those that embed IPv4.
func randomPolicy(t testing.TB, seed uint64) *decide.Policy {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 5))
	each := func(count int, format string) string {
		var list []string
		for range count {
			list = append(list, fmt.Sprintf(format, randomNetwork(random)))
		}
		return strings.Join(list, ",")
	}
	const gateway = `{"type":"CIDR","value":%q}`
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"IP","id":"b","name":"B, \"the first\"","usage":"BLOCKLIST","gateways":[`+each(8, gateway)+`]},
		{"type":"IP","id":"c","name":"C\nof two lines\u001b[2J","usage":"BLOCKLIST","gateways":[`+each(8, gateway)+`]},
		{"type":"DYNAMIC","id":"d","name":"D","usage":"BLOCKLIST","locations":[{"country":"US"}],"asns":[]},
		{"type":"IP","id":"i","name":"In","gateways":[`+each(10, gateway)+`]}]`))
	require.NoError(t, err)
	rules, err := zone.ParseOktaRules("rules.json", []byte(`[{"id":"1","name":"office, 1","priority":1,"conditions":{"network":{"connection":"ZONE","include":["i"]}},"actions":{"signon":{"access":"`+[]string{"DENY", "ALLOW"}[seed%2]+`"}}},
		{"id":"2","name":"rest","priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}]`))
	require.NoError(t, err)
	network, err := zone.ParseSailPoint("network.json", []byte(`{"range":[`+each(20, "%q")+`],"geolocation":["FR"],"whitelisted":false}`))
	require.NoError(t, err)
	overlay, err := zone.ParseOverlay("overlay.json", []byte(`{"deny":[`+each(4, `{"network":%q,"why":"w"}`)+`],"allow":[`+each(4, `{"network":%q,"why":"w"}`)+`]}`))
	require.NoError(t, err)
	corrections, seen := "network,country,region,asn,anonymizer,services\n", map[string]bool{}
	for range 60 {
		if n := randomNetwork(random); !seen[n] {
			seen[n] = true
			corrections += n + "," + []string{"DE", "FR", "US"}[random.IntN(3)] + ",,,,\n"
		}
	}
	table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte(corrections)})
	require.NoError(t, err)
	policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}, SailPoint: &network, Overlay: &overlay, Geo: table})
	require.NoError(t, err)
	return policy
}

func randomNetwork(random *rand.Rand) string {
	addr := randomAddr(random)
	bits := 2 + random.IntN(31)
	if addr.Is6() {
		bits = []int{2 + random.IntN(12), 16 + random.IntN(50), 96 + random.IntN(33)}[random.IntN(3)]
	}
	return netip.PrefixFrom(addr, bits).Masked().String()
}

func randomAddr(random *rand.Rand) netip.Addr {
	var b [16]byte
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	switch random.IntN(6) {
	case 0, 1, 2:
		return netip.AddrFrom4([4]byte(b[:4]))
	case 3:
		return netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1})
	case 4:
		return netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]})
	default:
		b[0] = 0x20 | b[0]&0x1f
		return netip.AddrFrom16(b)
	}
}

// A row is what a table says of a range.
type row struct {
	r    netipx.IPRange
	said string
}

// readTable reads a table, and holds every row to its own columns.
func readTable(t *testing.T, table export.Table) []row {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, export.WriteTable(&out, table))
	require.Equal(t, strings.Count(out.String(), "\n"), len(strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")))
	cells, err := csv.NewReader(bytes.NewReader(out.Bytes())).ReadAll()
	require.NoError(t, err)
	require.Len(t, cells, strings.Count(out.String(), "\n"), "each row is one line")
	heading := []string{"family", "start_ip", "end_ip", "start_int", "end_int", "network_bucket", "decision", "reason", "zone", "rule"}
	if table.Compare {
		heading = append(heading, "was_decision", "was_reason", "was_zone", "was_rule")
	}
	require.Equal(t, heading, cells[0])
	var rows []row
	for _, c := range cells[1:] {
		r := netipx.IPRangeFrom(netip.MustParseAddr(c[1]), netip.MustParseAddr(c[2]))
		if !r.IsValid() || c[0] != familyOf(r.From()) || c[3] != numberOf(r.From()) || c[4] != numberOf(r.To()) || c[5] != bucketOf(r.From()) {
			t.Fatalf("%q contradicts itself", c)
		}
		if !table.NoBuckets && c[5] != bucketOf(r.To()) {
			t.Fatalf("%q is of two buckets", c)
		}
		rows = append(rows, row{r, strings.Join(c[6:], "|")})
	}
	return rows
}

func familyOf(addr netip.Addr) string { return map[bool]string{true: "4", false: "6"}[addr.Is4()] }

func numberOf(addr netip.Addr) string {
	if b := addr.AsSlice(); addr.Is6() {
		return hex.EncodeToString(b)
	}
	b := addr.As4()
	return strconv.Itoa(int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]))
}

func bucketOf(addr netip.Addr) string {
	if b := addr.As16(); addr.Is6() {
		return hex.EncodeToString(b[:2])
	}
	b := addr.As4()
	return strconv.Itoa(int(b[0])<<8 | int(b[1]))
}

// asRow is what a row has to say of a decision.
func asRow(policy *decide.Policy, addr netip.Addr) string {
	d := policy.Decide(addr)
	zone := ""
	if d.Zone != nil {
		zone = strings.NewReplacer("\n", `\n`, "\x1b", `\x1b`).Replace(d.Zone.Name)
	}
	return strings.Join([]string{d.Verdict.String(), d.Reason.String(), zone, d.Rule}, "|")
}

var embedding = []string{"64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"}

// TestTableAnswersAsThePolicyDoes holds tables of random policies to Decide, at the
// ends of every row and at random addresses, in every form that there is.
func TestTableAnswersAsThePolicyDoes(t *testing.T) {
	for seed := range uint64(12) {
		table := export.Table{Policy: randomPolicy(t, seed), NoBuckets: seed%3 != 0, NoEmbedded: seed%2 == 0, Family: []int{0, 4, 6, 0}[seed%4]}
		if seed%4 > 1 {
			table.Compare, table.Against = true, randomPolicy(t, seed+1000)
		}
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { requireTable(t, table, seed, 20_000) })
	}
	t.Run("nobody", func(t *testing.T) { requireTable(t, export.Table{Compare: true}, 0, 20_000) })
}

// The same of small policies, in all forms that have no buckets.
func TestTablesOfSmallPolicies(t *testing.T) {
	subjects := policies(t)
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"RANGE","value":"2001:db8::-2002::"},
		{"type":"RANGE","value":"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff-2003::5"},{"type":"CIDR","value":"64:ff9b::/96"},{"type":"RANGE","value":"64:ff9b:1:ffff:ffff:ffff:ffff:fff0-64:ff9b:2::"}]}]`))
	require.NoError(t, err)
	subjects["ends of what embeds"], err = decide.Compile(decide.Config{Zones: []zone.Zones{zones}})
	require.NoError(t, err)
	subjects["by chance"], subjects["by another"] = randomPolicy(t, 1), randomPolicy(t, 4)
	seed := uint64(0)
	for name, policy := range subjects {
		for _, family := range []int{0, 4, 6} {
			for _, against := range []string{"", "blocklists", "by chance"} {
				seed++
				table := export.Table{Policy: policy, NoBuckets: true, NoEmbedded: seed%2 == 0, Family: family, Compare: against != "", Against: subjects[against]}
				t.Run(fmt.Sprint(name, family, against), func(t *testing.T) { requireTable(t, table, seed, 300) })
			}
		}
	}
}

func TestTableWithBuckets(t *testing.T) {
	requireTable(t, export.Table{Policy: policies(t)["allow list"], Family: 4}, 1, 300)
}

func requireTable(t *testing.T, table export.Table, seed uint64, probes int) {
	t.Helper()
	rows := readTable(t, table)
	want := func(addr netip.Addr) string {
		said := asRow(table.Policy, addr)
		if table.Compare {
			said += "|" + asRow(table.Against, addr)
		}
		return said
	}
	var missing netipx.IPSetBuilder
	for _, family := range []int{4, 6} {
		if table.Family == 0 || table.Family == family {
			missing.AddPrefix(netip.PrefixFrom(map[int]netip.Addr{4: netip.IPv4Unspecified(), 6: netip.IPv6Unspecified()}[family], 0))
		}
	}
	missing.RemovePrefix(netip.MustParsePrefix("::ffff:0:0/96"))
	for _, network := range embedding {
		if table.NoEmbedded {
			missing.RemovePrefix(netip.MustParsePrefix(network))
		}
	}
	expected, err := missing.IPSet()
	require.NoError(t, err)
	var seen netipx.IPSetBuilder
	for i, r := range rows {
		if i > 0 && !rows[i-1].r.To().Less(r.r.From()) {
			t.Fatalf("%v is not behind %v", r.r, rows[i-1].r)
		}
		if i > 0 && rows[i-1].said == r.said && rows[i-1].r.To().Next() == r.r.From() && (table.NoBuckets || bucketOf(rows[i-1].r.To()) == bucketOf(r.r.From())) {
			t.Fatalf("%v and %v say the same", rows[i-1], r)
		}
		seen.AddRange(r.r)
		for _, addr := range []netip.Addr{r.r.From(), r.r.To()} {
			if !scattered(addr) && want(addr) != r.said {
				t.Fatalf("%v: %q, decided %q", addr, r.said, want(addr))
			}
		}
	}
	covered, err := seen.IPSet()
	require.NoError(t, err)
	require.True(t, expected.Equal(covered), "rows for other addresses than those that the table is about")
	random := rand.New(rand.NewPCG(seed, 6))
	for range probes {
		addr := randomAddr(random)
		at, found := rowOf(rows, addr)
		if found != expected.Contains(addr) || found && !scattered(addr) && rows[at].said != want(addr) {
			t.Fatalf("%v: found %v, decided %q", addr, found, want(addr))
		}
	}
}

func rowOf(rows []row, addr netip.Addr) (int, bool) {
	low, high := 0, len(rows)
	for low < high {
		if middle := (low + high) / 2; rows[middle].r.To().Less(addr) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(rows) && rows[low].r.Contains(addr)
}

// A table that found no room is an error, wherever the room ended.
func TestTableFails(t *testing.T) {
	var whole bytes.Buffer
	table := export.Table{Policy: policies(t)["closed"], NoBuckets: true}
	require.NoError(t, export.WriteTable(&whole, table))
	for left := 0; left < whole.Len(); left += 1 + left%7 {
		require.ErrorIs(t, export.WriteTable(&room{left}, table), syscall.ENOSPC)
	}
	require.NoError(t, export.WriteTable(&room{whole.Len()}, table))
	// What is written in many pieces ends with the first that finds none.
	large := export.Table{Policy: policies(t)["closed"], Family: 4}
	short := &room{100_000}
	require.ErrorIs(t, export.WriteTable(short, large), syscall.ENOSPC)
	require.Negative(t, short.left)
	require.Greater(t, short.left, -100_000, "nothing is written behind it")
}

// room is a disk with room for so many bytes.
type room struct{ left int }

func (r *room) Write(p []byte) (int, error) {
	if r.left -= len(p); r.left < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}
