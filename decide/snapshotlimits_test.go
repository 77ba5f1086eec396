package decide_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// The sections of a snapshot's content, as docs/snapshot.md numbers them.
const (
	textsSection = iota + 1
	zonesSection
	patternsSection
	setsSection
	rulesSection
	settingsSection
	classesSection
	edges4Section
	edges6Section
	repeatsSection
	infoSection
	documentsSection
)

func number(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// Every number of things has its limit: as many as the limit are looked for, one more are
// refused before.
func TestSnapshotLimits(t *testing.T) {
	body := openSnapshot(t, snapshotOf(t, snapshotDocuments.compile(t))).Body
	fingerprint := func() []byte {
		_, size := binary.Uvarint(sectionsOf(body)[infoSection])
		return sectionsOf(body)[infoSection][:size]
	}()
	for name, c := range map[string]struct {
		section uint16
		before  []byte
		limit   uint64
	}{
		"texts":             {textsSection, nil, 1_000_000},
		"zones":             {zonesSection, nil, 1_000_000},
		"address patterns":  {patternsSection, nil, 1_000_000},
		"geo patterns":      {patternsSection, number(0), 1_000_000},
		"chunks of sets":    {setsSection, nil, 1_000_000},
		"policies":          {rulesSection, nil, 1_000_000},
		"rules":             {rulesSection, number(1), 1_000_000},
		"rules behind one":  {rulesSection, join(number(2), number(1), []byte{0, 1}), 999_999},
		"excluded zones":    {settingsSection, []byte{2}, 3},
		"classes":           {classesSection, nil, 1_000_000},
		"intervals of IPv4": {edges4Section, nil, 16_000_000},
		"intervals of IPv6": {edges6Section, nil, 16_000_000},
		"repeats":           {repeatsSection, nil, 1_000_000},
		"geo sources":       {infoSection, join(fingerprint, number(0)), 1_000_000},
	} {
		refused := func(n uint64) string {
			changed := sectionsOf(body)
			changed[c.section] = join(c.before, number(n))
			_, err := decide.ReadBody(bodyOf(changed))
			require.Error(t, err, name)
			return err.Error()
		}
		require.Contains(t, refused(c.limit), "are said to follow in 0 bytes", name)
		require.Contains(t, refused(c.limit+1), fmt.Sprintf("the snapshot has %d ", c.limit+1), name)
		require.Contains(t, refused(c.limit+1), fmt.Sprintf("the limit is %d", c.limit), name)
	}
	geo := func(before int, n uint64) []byte { // of a geo pattern, before so many of its numbers
		return join(number(0), number(1), make([]byte, before), number(n), make([]byte, 9-before))
	}
	for name, c := range map[string]struct {
		section uint16
		content []byte
		says    string
	}{
		"gateways":    {patternsSection, join(number(1), number(1_000_000)), "set 1000000 is named, and there are 1000000"},
		"proxies":     {patternsSection, join(number(1), number(0), number(1_000_000)), "set 1000000 is named, and there are 1000000"},
		"match":       {patternsSection, geo(0, 1_000_000), "set 1000000 is named, and there are 1000000"},
		"unknown":     {patternsSection, geo(1, 1_000_000), "set 1000000 is named, and there are 1000000"},
		"causes":      {patternsSection, geo(4, 1_000_000), "set 1000000 is named, and there are 1000000"},
		"last causes": {patternsSection, geo(7, 1_000_000), "set 1000000 is named, and there are 1000000"},
		"a repeat":    {patternsSection, geo(8, 1_000_000), "repeat 1000000 is named, and there are 1000000"},
		"rules":       {infoSection, join(fingerprint, number(1_000_000)), "rules 1000000 is named, and there are 1000000"},
		"a kind":      {infoSection, join(fingerprint, number(0), number(1), []byte{4}, make([]byte, 9)), "4 stands where a number below 4 is expected"},
		"networks":    {infoSection, join(fingerprint, number(0), number(1), []byte{0, 0, 0}, number(1<<31-1), make([]byte, 9)), "networks 2147483647 is named, and there are 2147483647"},
		"networks4":   {infoSection, join(fingerprint, number(0), number(1), []byte{0, 0, 0, 0}, number(1<<31-1), make([]byte, 9)), "networks 2147483647 is named, and there are 2147483647"},
		"fields":      {infoSection, join(fingerprint, number(0), number(1), []byte{0, 0, 0, 0, 0, 32}), "32 stands where a number below 32 is expected"},
		"exempt":      {zonesSection, join(number(1), number(0), number(0), dynamicText(t, body), []byte{3}), "which does not go with its use EXEMPT"},
		"rules apart": {rulesSection, join(number(1), number(1), []byte{0, 1}, number(1), number(1_000_001), make([]byte, 4)), "not in order"},
	} {
		changed := sectionsOf(body)
		changed[c.section] = c.content
		_, err := decide.ReadBody(bodyOf(changed))
		require.ErrorContains(t, err, c.says, name)
	}
}

// dynamicText is the number of the text DYNAMIC.
func dynamicText(t *testing.T, body []byte) []byte {
	texts := sectionsOf(body)[textsSection]
	count, size := binary.Uvarint(texts)
	texts = texts[size:]
	for i := range count {
		length, size := binary.Uvarint(texts)
		if string(texts[size:][:length]) == "DYNAMIC" {
			return number(i)
		}
		texts = texts[size+int(length):]
	}
	require.Fail(t, "there is no such text")
	return nil
}

// Sets of every number of zones and rules around the words and chunks that they are kept in
// come back as they were. TestReadSets has what stands behind the last zone.
func TestSnapshotOfManyZones(t *testing.T) {
	for _, width := range []int{1, 64, 65, 513, 1025} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var zones, asns, addresses, rules []string
			for i := range width {
				usage := "POLICY"
				if i%9 == 4 {
					usage = "BLOCKLIST"
				}
				zones = append(zones, ipZoneJSON(fmt.Sprint("z", i), usage, fmt.Sprintf("10.%d.%d.0/24 192.0.2.%d/32", i/256, i%256, i%200), ""))
				asns = append(asns, fmt.Sprintf(`{"id":"d%d","name":"d%d","type":"DYNAMIC_V2","status":"ACTIVE","usage":"POLICY","asns":{"include":["%d","%d"]}}`, i, i, i+1, i/3+1))
				addresses = append(addresses, fmt.Sprintf("10.%d.%d.7,,,%d,,", i/256, i%256, i+1))
				if i%5 == 0 && usage == "POLICY" {
					rules = append(rules, fmt.Sprintf(`{"name":"%d","conditions":{"network":{"connection":"ZONE","include":["z%d","d%d"]}},"actions":{"signon":{"access":"DENY"}}}`, i, i, i))
				}
			}
			rules = append(rules, `{"name":"rest","actions":{"signon":{"access":"ALLOW"}}}`)
			excluded := fmt.Sprintf(`{"action":"block","excludeZones":["z0","z%d"]}`, (width-1)/9*9)
			compiled := documents{
				zones: "[" + strings.Join(append(zones, asns...), ",") + "]", csv: strings.Join(addresses, "\n"), rules: []string{"[" + strings.Join(rules, ",") + "]"},
				threat: excluded, feeds: []string{"10.0.0.0/8"},
			}.compile(t)
			file := snapshotOf(t, compiled)
			read := readSnapshot(t, file)
			require.Empty(t, decide.SameAsRead(compiled, read))
			require.Equal(t, file, snapshotOf(t, read))
		})
	}
}

// What repeats IPv4 lies within one block, of which the geo patterns repeat nothing, and
// IPv4 has no class of it; an edge changes something.
func TestSnapshotRepeats(t *testing.T) {
	content, err := mmdbtest.File{Type: "Test", Aliases: true, Repeats: []string{"2a00::/16"}, Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "US"}}}, {Prefix: "198.51.100.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
	}}.Bytes()
	require.NoError(t, err)
	for name, corrections := range map[string]string{"what IPv4 has": "", "what IPv4 has not": "192.0.0.0/16,FR,,,,\n"} {
		config := documents{zones: `[{"id":"us","name":"US","type":"DYNAMIC","status":"ACTIVE","usage":"POLICY","locations":[{"country":"US"}]},` + ipZoneJSON("bad", "BLOCKLIST", "203.0.113.0/24 2001:db8::/32", "") + `]`}.config(t)
		sources := []geo.Source{{File: "test.mmdb", Data: content}}
		if corrections != "" {
			sources = append(sources, geo.Source{File: "over.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n" + corrections)})
		}
		config.Geo, err = geo.Load(sources...)
		require.NoError(t, err)
		compiled, err := decide.Compile(config)
		require.NoError(t, err)
		file := snapshotOf(t, compiled)
		require.Empty(t, decide.SameAsRead(compiled, readSnapshot(t, file)), name)
		require.Equal(t, file, snapshotOf(t, readSnapshot(t, file)), name)
		body := openSnapshot(t, file).Body
		own := decide.Repeating(compiled)
		read := func(section uint16, content []byte) error {
			changed := sectionsOf(body)
			changed[section] = content
			_, err := decide.ReadBody(bodyOf(changed))
			return err
		}
		says := func(err error, want string, wanted bool) {
			t.Helper()
			require.Equal(t, wanted, err != nil && strings.Contains(err.Error(), want), "%s: %v, not %q", name, err, want)
		}
		says(read(repeatsSection, number(0)), "names a repeat that there is none of", true)
		says(read(repeatsSection, join(number(1), []byte{16, 1}, number(1), number(0), number(uint64(own.Pattern)))), "which itself repeats IPv4", true)
		says(read(repeatsSection, join(number(1), []byte{16, 1}, number(1), number(0), number(0))), "which itself repeats IPv4", own.Pattern == 0)
		says(read(edges4Section, join(number(1), number(0), number(uint64(own.Class)))), "stands among those of IPv4", true)
		says(read(edges4Section, join(number(1), number(0), number(uint64(own.Embeds)))), "stands among those of IPv4", true)
		says(read(edges4Section, join(number(2), number(0), number(uint64(own.Plain)), number(7), number(uint64(own.Plain)))), "edge 1 of IPv4 changes nothing", true)
		says(read(edges6Section, join(number(2), number(0), number(uint64(own.Plain)), number(7), number(uint64(own.Plain)))), "edge 1 of IPv6 changes nothing", true)

		// Classes that repeat IPv4 are judged with every geo pattern: too many judgments are refused.
		many := sectionsOf(body)
		patterns, numbers := many[patternsSection], 0
		next := func(from []byte) int { n, size := binary.Uvarint(from[numbers:]); numbers += size; return int(n) }
		for range 3 * next(patterns) {
			next(patterns)
		}
		before := numbers
		count := next(patterns)
		many[patternsSection] = join(patterns[:before], number(uint64(count+40)), patterns[numbers:], make([]byte, 40*9))
		numbers = 0
		classes := next(many[classesSection])
		more := 16_000_000/(count+40) + 1
		many[classesSection] = join(number(uint64(classes+more)), many[classesSection][numbers:], bytes.Repeat(join(number(0), number(uint64(own.Pattern))), more))
		_, err = decide.ReadBody(bodyOf(many))
		says(err, "judgments about classes that repeat IPv4; the limit is 16000000", true)

		// A block of any size, in which an interval lies that ends with the address space or not.
		const within = "does not lie within one block"
		for _, bits := range []byte{0, 1, 2, 3, 16, 27, 28, 29, 63, 64, 65, 95, 96} {
			changed := sectionsOf(body)
			changed[repeatsSection] = number(uint64(own.Repeats))
			for range own.Repeats {
				changed[repeatsSection] = join(changed[repeatsSection], []byte{bits, 0})
			}
			for _, interval := range []struct {
				edges [][]byte // of the interval and of the one behind it
				fits  byte     // bits of the smallest block
			}{
				{[][]byte{wide(112), wide(100)}, 28},                           // 1::/28, with something behind it
				{[][]byte{wide(127)}, 1},                                       // 8000::/1, to the end
				{[][]byte{join(bytes.Repeat([]byte{0x80}, 18), []byte{3})}, 2}, // c000::/2, to the end
			} {
				edges := join(number(uint64(1+len(interval.edges))), number(0), number(uint64(own.Plain)))
				for i, at := range interval.edges {
					edges = join(edges, at, number(uint64([]int{own.Class, own.Plain}[i])))
				}
				changed[edges6Section] = edges
				_, err := decide.ReadBody(bodyOf(changed))
				says(err, within, bits > interval.fits)
			}
		}
	}
}
