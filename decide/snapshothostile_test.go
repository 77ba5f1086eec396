package decide_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/internal/snapfile"
)

// snapshotDocuments make a small policy that has something of everything.
var snapshotDocuments = documents{
	zones: `[` + ipZoneJSON("office", "POLICY", "192.0.2.0/24", "10.0.0.1") + `,` + ipZoneJSON("bad", "BLOCKLIST", "203.0.113.0/24", "") + `,` +
		exemptZoneJSON("203.0.113.7") + `,
{"id":"us","name":"US","type":"DYNAMIC","status":"ACTIVE","usage":"POLICY","locations":[{"country":"US"}]},
{"id":"old","name":"OLD","type":"IP","status":"INACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`,
	rules: []string{`[{"name":"from the office","conditions":{"network":{"connection":"ZONE","include":["office","us"]}},"actions":{"signon":{"access":"ALLOW"}}},
{"name":"not old","conditions":{"network":{"connection":"ZONE","exclude":["old"]}},"actions":{"signon":{"access":"DENY"}}},
{"name":"rest","actions":{"signon":{"access":"ALLOW"}}}]`},
	threat: `{"action":"block","excludeZones":["office"]}`, feeds: []string{"198.51.100.9\n192.0.2.9\n"},
	sailPoint: `{"range":["128.0.0.0/1","2000::/3"],"geolocation":["US","DE"],"whitelisted":true}`,
	csv:       "192.0.2.0/24,US,,,,\n198.51.100.0/24,FR,,,,\n2001:db8::/32,DE,,,,\n",
	overlay:   `{"deny":[{"network":"192.0.2.66","why":"test"}],"allow":[{"network":"198.51.100.66","why":"test"}]}`,
}

// sectionsOf are the contents of a body's sections, by tag.
func sectionsOf(body []byte) map[uint16][]byte {
	all := map[uint16][]byte{}
	for len(body) > 0 {
		size := binary.LittleEndian.Uint64(body[2:])
		all[binary.LittleEndian.Uint16(body)] = bytes.Clone(body[10:][:size])
		body = body[10+size:]
	}
	return all
}

func bodyOf(sections map[uint16][]byte) (body []byte) {
	for tag := range uint16(len(sections)) {
		content := sections[tag+1]
		body = binary.LittleEndian.AppendUint16(body, tag+1)
		body = binary.LittleEndian.AppendUint64(body, uint64(len(content)))
		body = append(body, content...)
	}
	return body
}

func openSnapshot(t testing.TB, file []byte) *snapfile.File {
	t.Helper()
	opened, err := snapfile.Read(bytes.NewReader(file))
	require.NoError(t, err)
	return opened
}

// fileOf is a snapshot of a header and a body, with the digest that goes with them.
func fileOf(t testing.TB, header, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, snapfile.Write(&out, header, body))
	return out.Bytes()
}

// codeOf is the code of the one finding that a snapshot is refused with.
func codeOf(t testing.TB, file []byte) string {
	t.Helper()
	policy, err := decide.ReadSnapshot(bytes.NewReader(file))
	require.Error(t, err)
	require.Nil(t, policy)
	findings, ok := errors.AsType[decide.Findings](err)
	require.True(t, ok, "%v", err)
	require.Len(t, findings, 1)
	return findings[0].Code
}

// A snapshot that was cut short anywhere is refused, and never taken for something else.
func TestTruncatedSnapshot(t *testing.T) {
	file := snapshotOf(t, snapshotDocuments.compile(t))
	for size := range file {
		want := "snapshot-truncated"
		if size < 8 {
			want = "snapshot-invalid"
		}
		require.Equal(t, want, codeOf(t, file[:size]), "%d of %d bytes", size, len(file))
	}
	require.Equal(t, "snapshot-invalid", codeOf(t, append(bytes.Clone(file), 0)))
}

// A file in which a byte of the content or of its digest has changed is refused.
func TestDamagedSnapshot(t *testing.T) {
	file := snapshotOf(t, snapshotDocuments.compile(t))
	header, accepted := int(binary.LittleEndian.Uint32(file[12:])), 0
	for at := range file {
		if at >= 64 && at < 64+header { // what the digest does not cover
			continue
		}
		damaged := bytes.Clone(file)
		damaged[at] ^= 0x10
		policy, err := decide.ReadSnapshot(bytes.NewReader(damaged))
		if err == nil { // gzip's head holds a time and a system, and its last byte bits that say nothing
			accepted++
			require.Equal(t, file, snapshotOf(t, policy))
		}
	}
	require.Less(t, accepted, 10)
}

// What the frame and the header may not say.
func TestSnapshotFrame(t *testing.T) {
	policy := snapshotDocuments.compile(t)
	file := snapshotOf(t, policy)
	opened := openSnapshot(t, file)
	put := func(at int, bytes ...byte) func([]byte) []byte {
		return func(file []byte) []byte { copy(file[at:], bytes); return file }
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		code   string
	}{
		"no magic":                      {put(0, 'P', 'K'), "snapshot-invalid"},
		"another format":                {put(8, 2), "snapshot-format"},
		"an unknown flag":               {put(10, 1), "snapshot-format"},
		"another format, cut short":     {func(file []byte) []byte { file[8] = 9; return file[:40] }, "snapshot-format"},
		"a header beyond the limit":     {put(12, 1, 0, 0x10), "snapshot-limit"},
		"a file beyond the limit":       {put(16, 1, 0, 0, 4), "snapshot-limit"},
		"a body beyond the limit":       {put(24, 1, 0, 0, 0x10), "snapshot-limit"},
		"a body larger than it can be":  {put(24, 0, 0, 0, 0x0f), "snapshot-digest"},
		"a body longer than it says":    {put(24, byte(len(opened.Body)-1), byte((len(opened.Body)-1)>>8)), "snapshot-limit"},
		"a body shorter than it says":   {put(24, byte(len(opened.Body)+1), byte((len(opened.Body)+1)>>8)), "snapshot-digest"},
		"a file shorter than its frame": {put(16, 70, 0), "snapshot-invalid"},
		"another digest":                {put(32, 0, 0, 0), "snapshot-digest"},
		"a header that is no JSON":      {func([]byte) []byte { return fileOf(t, []byte("{"), opened.Body) }, "snapshot-invalid"},
		"a header of another policy": {func([]byte) []byte {
			return fileOf(t, bytes.Replace(opened.Header, []byte(`"zones":5`), []byte(`"zones":6`), 1), opened.Body)
		}, "snapshot-invalid"},
		"a header with another fingerprint": {func([]byte) []byte {
			return fileOf(t, bytes.Replace(opened.Header, []byte(policy.Info().Fingerprint[:6]), []byte("000000"), 1), opened.Body)
		}, "snapshot-invalid"},
		"no content": {func([]byte) []byte { return fileOf(t, opened.Header, nil) }, "snapshot-invalid"},
	} {
		require.Equal(t, c.code, codeOf(t, c.change(bytes.Clone(file))), name)
	}
	_, err := decide.ReadSnapshot(bytes.NewReader(put(8, 7)(bytes.Clone(file))))
	require.ErrorContains(t, err, "the snapshot has format 7; this program reads format 1")
	_, err = decide.ReadSnapshotHeader(bytes.NewReader(put(8, 7)(bytes.Clone(file))))
	require.ErrorContains(t, err, "format 7")
	header, err := decide.ReadSnapshotHeader(bytes.NewReader(file[:64+len(opened.Header)]))
	require.NoError(t, err)
	require.Equal(t, policy.Info().Fingerprint, header.Fingerprint)
	require.Equal(t, opened.Digest, header.Digest)
	require.Equal(t, []any{5, policy.Info().Classes, policy.Info().Intervals4, policy.Info().Intervals6}, []any{header.Zones, header.Classes, header.Intervals4, header.Intervals6})

	reading := errors.New("the disk is gone")
	_, err = decide.ReadSnapshot(io.MultiReader(bytes.NewReader(file[:100]), errReader{reading}))
	require.ErrorIs(t, err, reading)
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// A bomb ends at the limit that the file states of itself, and one that states more than
// it can hold is not begun with.
func TestSnapshotBomb(t *testing.T) {
	if raceEnabled {
		t.Skip("takes a minute under the race detector, of one goroutine")
	}
	file := snapshotOf(t, snapshotDocuments.compile(t))
	bomb := fileOf(t, openSnapshot(t, file).Header, make([]byte, 200<<20))
	require.Less(t, len(bomb), 1<<20)
	lied := bytes.Clone(bomb)
	binary.LittleEndian.PutUint64(lied[24:], 1000)
	require.Equal(t, "snapshot-limit", codeOf(t, lied))
	require.Equal(t, "snapshot-invalid", codeOf(t, bomb))
}

// The content may say nothing that is not so.
func TestSnapshotContent(t *testing.T) {
	policy := snapshotDocuments.compile(t)
	body := openSnapshot(t, snapshotOf(t, policy)).Body
	require.Equal(t, body, bodyOf(sectionsOf(body)))
	number := func(n uint64) []byte { return binary.AppendUvarint(nil, n) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	const (
		texts = iota + 1
		zones
		patterns
		sets
		rules
		settings
		classes
		edges4
		edges6
		repeats
		info
	)
	own := sectionsOf(body)
	for name, c := range map[string]struct {
		section uint16
		content []byte
		says    string
	}{
		"more texts than bytes":            {texts, number(1000), "are said to follow"},
		"more texts than there may be":     {texts, number(1_000_001), "the limit is"},
		"a text that goes on":              {texts, join(number(2), number(5), []byte("x")), "are said to follow"},
		"bytes behind the texts":           {texts, append(bytes.Clone(own[texts]), 0), "behind the content"},
		"a zone of an unknown text":        {zones, join(number(1), number(99), number(0), number(0), []byte{1}), "text 99 is named"},
		"a zone of an unknown use":         {zones, join(number(1), number(0), number(0), number(0), []byte{4}), "a number below 4"},
		"a zone of an unknown type":        {zones, join(number(1), number(0), number(0), number(0), []byte{1}), "does not go with its use"},
		"no number of zones":               {zones, nil, "inside a number"},
		"a set that there is none of":      {patterns, join(number(1), number(99), number(0), number(0), number(1), make([]byte, 9)), "names a set of zones"},
		"proxies that there are none of":   {patterns, join(number(1), number(0), number(99), number(0), number(1), make([]byte, 9)), "names a set of zones"},
		"a flag that there is none of":     {patterns, join(number(1), number(0), number(0), number(1), number(1), make([]byte, 9)), "a flag that there is none of"},
		"flags beyond all":                 {patterns, join(number(1), number(0), number(0), number(127), number(1), make([]byte, 9)), "flags 127"},
		"a country that is no truth":       {patterns, join(number(0), number(1), []byte{0, 0, 3}, make([]byte, 6)), "a number below 3"},
		"a place that is none":             {patterns, join(number(0), number(1), []byte{0, 0, 0, 3}, make([]byte, 5)), "a number below 3"},
		"geo sets that there are none of":  {patterns, join(number(1), number(0), number(0), number(0), number(1), []byte{99}, make([]byte, 8)), "geo pattern 0 names a set"},
		"a first set that holds a zone":    {sets, join(number(1), bytes.Repeat([]byte{1, 0, 0, 0, 0, 0, 0, 0}, 1), number(1), make([]byte, 8)), "the empty one"},
		"no set":                           {sets, join(number(0), number(0)), "the empty one"},
		"a set behind the last zone":       {sets, join(number(2), make([]byte, 8), []byte{8, 0, 0, 0, 0, 0, 0, 0}, number(1), make([]byte, 8)), "behind the last one"},
		"a set too short":                  {sets, join(number(2), make([]byte, 8), make([]byte, 4)), "inside a number"},
		"rules out of order":               {rules, join(number(1), number(2), []byte{0, 1, 0, 1}, []byte{2, 1, 0, 0, 0, 0, 0}), "not in order"},
		"a rule behind the last":           {rules, join(number(1), number(1), []byte{0, 1}, []byte{1, 1, 0, 0, 0, 0}), "not in order"},
		"more rules of a zone than rules":  {rules, join(number(1), number(1), []byte{0, 1}, []byte{2, 0, 1, 0, 0, 0, 0}), "rules of a zone"},
		"bits that no rule has":            {rules, join(number(1), number(1), []byte{0, 16}, make([]byte, 5)), "a number below 16"},
		"an unknown action":                {settings, join([]byte{3}, number(0), number(0)), "a number below 3"},
		"an excluded blocklist":            {settings, join([]byte{2}, number(1), number(1), number(0)), "it is a blocklist"},
		"an excluded zone of no bit":       {settings, join([]byte{2}, number(1), number(3), number(0)), "IP zone 3 is named"},
		"settings that there are none of":  {settings, join([]byte{2}, number(0), number(512)), "settings 512"},
		"no class":                         {classes, number(0), "class 0 is named, and there are 0"},
		"no text":                          {texts, number(0), "text 0 is named, and there are 0"},
		"an IPv4 edge of nothing new":      {edges4, join(number(2), number(0), number(0), number(7), number(0)), "edge 1 of IPv4 changes nothing"},
		"an IPv6 edge of nothing new":      {edges6, join(number(2), number(0), number(0), number(7), number(0)), "edge 1 of IPv6 changes nothing"},
		"an IPv4 edge around the end":      {edges4, join(number(3), number(0), number(0), number(5), number(1), number(1<<64-3), number(0)), "edge 2 of IPv4 is not behind"},
		"a second rule behind the last":    {rules, join(number(1), number(2), []byte{0, 1, 0, 1}, []byte{2, 1, 1, 0, 0, 0, 0}), "not in order"},
		"a rule far behind the last":       {rules, join(number(1), number(2), []byte{0, 1, 0, 1}, []byte{2, 1}, number(1<<64-1), []byte{0, 0, 0, 0}), "not in order"},
		"a class of no pattern":            {classes, join(number(1), number(99), number(0)), "address pattern 99"},
		"a class of no geo pattern":        {classes, join(number(1), number(0), number(99)), "geo pattern 99"},
		"no edge":                          {edges4, number(0), "no interval of IPv4"},
		"a first edge that is not 0":       {edges4, join(number(1), number(1), number(0)), "edge 0 of IPv4"},
		"two edges at one address":         {edges4, join(number(2), number(0), number(0), number(0), number(1)), "edge 1 of IPv4"},
		"an edge behind the last address":  {edges4, join(number(2), number(0), number(0), number(1<<32), number(1)), "edge 1 of IPv4"},
		"edges beyond the last address":    {edges4, join(number(3), number(0), number(0), number(1<<31), number(1), number(1<<31), number(0)), "edge 2 of IPv4"},
		"a class that there is none of":    {edges4, join(number(1), number(0), number(99)), "class 99"},
		"no IPv6 edge":                     {edges6, number(0), "no interval of IPv6"},
		"a first IPv6 edge that is not ::": {edges6, join(number(1), number(1), number(0)), "edge 0 of IPv6"},
		"two IPv6 edges at one address":    {edges6, join(number(2), number(0), number(0), number(0), number(1)), "edge 1 of IPv6"},
		"IPv6 edges beyond the last":       {edges6, join(number(3), number(0), number(0), wide(127), number(1), wide(127), number(0)), "edge 2 of IPv6"},
		"an IPv6 edge of 129 bits":         {edges6, join(number(2), number(0), number(0), bytes.Repeat([]byte{0xff}, 18), []byte{4}, number(0)), "inside a number"},
		"a class of IPv6 of none":          {edges6, join(number(1), number(0), number(99)), "class 99"},
		"a block of 97 bits":               {repeats, join(number(1), []byte{97, 0}), "a number below 97"},
		"a block of a third kind":          {repeats, join(number(1), []byte{16, 2}), "a number below 2"},
		"a block without edges":            {repeats, join(number(1), []byte{16, 1}, number(0)), "no interval of IPv4"},
		"a block of no geo pattern":        {repeats, join(number(1), []byte{16, 1}, number(1), number(0), number(99)), "geo pattern 99"},
		"a fingerprint that is none":       {info, join(number(0), number(0), number(0)), "the fingerprint"},
	} {
		changed := sectionsOf(body)
		changed[c.section] = c.content
		got, err := decide.ReadBody(bodyOf(changed))
		require.ErrorContains(t, err, c.says, name)
		require.Nil(t, got, name)
	}
	changed := sectionsOf(body)
	changed[patterns] = join(number(1), number(0), number(1), number(0), number(1), make([]byte, 9))
	for bit, says := range []string{"", "trusts none", "trusts none"} { // the office, a blocklist, the exempt zone
		changed[sets] = join(number(2), make([]byte, 8), []byte{1 << bit, 0, 0, 0, 0, 0, 0, 0}, number(1), make([]byte, 8))
		_, err := decide.ReadBody(bodyOf(changed))
		require.Error(t, err) // the classes are of other patterns
		require.Equal(t, says != "", strings.Contains(err.Error(), "trusts none"), "bit %d: %v", bit, err)
	}
	for tag := range uint16(12) {
		changed := sectionsOf(body)
		delete(changed, tag+1)
		missing := bodyOf(changed)
		if tag < 11 { // the sections behind it have other tags then
			missing = append(bodyOf(changed), 0, 0)
		}
		_, err := decide.ReadBody(missing)
		require.Error(t, err, "section %d", tag+1)
	}
	_, err := decide.ReadBody(append(bytes.Clone(body), 0))
	require.ErrorContains(t, err, "behind the content")
	backwards := append(bytes.Clone(body[10+len(own[texts]):]), body[:10+len(own[texts])]...)
	_, err = decide.ReadBody(backwards)
	require.ErrorContains(t, err, "section 2 where section 1 is expected")
}

// wide is 2 to that power as a wide number.
func wide(power int) []byte {
	b := bytes.Repeat([]byte{0x80}, power/7)
	return append(b, 1<<(power%7))
}

// FuzzSnapshot reads contents that no program wrote: those of policies with bytes of their
// sections changed, four bytes an edit (the section, where, and the new byte), or as they
// come. What is accepted decides without a panic, and is written and read again as what it is.
func FuzzSnapshot(f *testing.F) {
	bodies := [][]byte{openSnapshot(f, snapshotOf(f, snapshotDocuments.compile(f))).Body}
	for seed := range seeds(40) {
		compiled, err := decide.Compile(newRandomPolicy(seed).config(f))
		if err == nil && compiled.Info().OverlayUntil.IsZero() {
			bodies = append(bodies, openSnapshot(f, snapshotOf(f, compiled)).Body)
		}
	}
	for section := range byte(11) {
		f.Add(section, []byte{section, 3 * section, 0, 1})
		f.Add(section+100, []byte{section, 40, 1, section})
	}
	f.Add(byte(255), bodies[0])
	random := newRandomPolicy(1)
	overlay := snapshotDocuments.config(f).Overlay
	f.Fuzz(func(t *testing.T, which byte, edits []byte) {
		body := edits
		if which != 255 {
			sections := sectionsOf(bodies[int(which)%len(bodies)])
			for ; len(edits) >= 4; edits = edits[4:] {
				if content := sections[1+uint16(edits[0])%11]; len(content) > 0 {
					content[(int(edits[1])|int(edits[2])<<8)%len(content)] = edits[3]
				}
			}
			body = bodyOf(sections)
		}
		policy, err := decide.ReadBody(body)
		if err != nil {
			return
		}
		policies := []*decide.Policy{policy}
		if which%2 == 0 {
			laidOver, err := policy.WithOverlay(overlay, overlayNow)
			require.NoError(t, err)
			policies = append(policies, laidOver)
		} else {
			require.Empty(t, decide.Same(policy, readSnapshot(t, snapshotOf(t, policy))))
		}
		for range 20 {
			chain := random.chain()
			for _, p := range policies {
				d := p.DecideChain(chain)
				require.Equal(t, d, p.Explain(chain...).Decision)
				m := p.Match(chain)
				for range m.Zones() {
					_ = m.OnNetwork()
				}
			}
		}
		for _, addr := range random.pool {
			require.Equal(t, policy.Decide(addr).Allowed(), policy.Allows(addr))
		}
		count := 0
		for r := range policy.Ranges() {
			require.True(t, r.IsValid())
			if count++; count > 100_000 {
				break
			}
		}
	})
}

// The file of format 1 that was written first is read for ever, and is what is written of
// the same documents.
func TestSnapshotOfFormat1(t *testing.T) {
	const file = "testdata/snapshot-1.nws"
	compiled := snapshotDocuments.compile(t)
	if os.Getenv("NETWICKET_UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, snapshotOf(t, compiled), 0o644)) //nolint:gosec // others may read it
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, openSnapshot(t, golden).Body, openSnapshot(t, snapshotOf(t, compiled)).Body, "docs/snapshot.md says what this means")
	read := readSnapshot(t, golden)
	require.Empty(t, decide.SameAsRead(compiled, read))
	for text, want := range map[string]string{
		"192.0.2.1": `allow 192.0.2.1 permitted rule="from the office"`, "192.0.2.66": "deny 192.0.2.66 overlay", "198.51.100.66": "allow 198.51.100.66 overlay",
		"203.0.113.1": `deny 203.0.113.1 blocklisted zone="bad"`, "198.51.100.9": "deny 198.51.100.9 threat",
	} {
		require.Contains(t, read.Decide(netip.MustParseAddr(text)).String(), want, text)
	}
	require.Equal(t, "192.0.2.5", fmt.Sprint(read.DecideChain(chainOf("10.0.0.1 192.0.2.5")).Client))
}
