package netset_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/netset"
	"github.com/netwicket/netwicket/zone"
)

func read(text string, limits netset.Limits) (entries []netset.Entry, found []string) {
	failures, warnings := netset.ReadList("f", text, limits, func(e netset.Entry) { entries = append(entries, e) })
	return entries, report(failures, warnings)
}

func report(failures, warnings finding.List) (lines []string) {
	for _, f := range append(failures[:len(failures):len(failures)], warnings...) {
		lines = append(lines, fmt.Sprintf("%d:%d %v %s %q %v", f.Line, f.Column, f.Warning, f.Code, f.Value, f.Err))
	}
	return lines
}

// TestListLimits has limits that a test can reach in no time.
func TestListLimits(t *testing.T) {
	require.Equal(t, 5_000_000, netset.MaxEntries)
	entries, found := read("::1\n::2\n# x\n\n::3\n", netset.Limits{Entries: 3, Proxies: true})
	require.Len(t, entries, 3)
	require.Empty(t, found)
	entries, found = read("::1\n::2\n::3\n\n ::4\nx\n", netset.Limits{Entries: 3, Proxies: true})
	require.Len(t, entries, 3)
	require.Equal(t, []string{`5:2 false too-many-entries "" more than 3 entries`}, found, "and what follows is not looked at")

	_, found = read("::1\n::2\n", netset.Limits{Bytes: 8, Proxies: true})
	require.Empty(t, found)
	entries, found = read("::1\n::2\n\n", netset.Limits{Bytes: 8, Proxies: true})
	require.Empty(t, entries)
	require.Equal(t, []string{`1:1 false too-large "" the list has 9 bytes, more than the limit of 8`}, found)

	_, found = read(strings.Repeat("#", netset.MaxBytes+1), netset.Limits{})
	require.Equal(t, []string{fmt.Sprintf(`1:1 false too-large "" the list has %d bytes, more than the limit of %d`, netset.MaxBytes+1, netset.MaxBytes)}, found)
	count := 0
	failures, _ := netset.ReadList("f", strings.Repeat("::1\n", netset.MaxEntries+2), netset.Limits{Proxies: true}, func(netset.Entry) { count++ })
	require.EqualError(t, failures, "f:5000001:1: more than 5000000 entries")
	require.Equal(t, 5_000_000, count)

	_, found = read(strings.Repeat("x\n", finding.Limit+5), netset.Limits{})
	require.Len(t, found, finding.Limit+1, "reading ends")
	require.Contains(t, found[finding.Limit], "too-many-findings")
	entries, found = read(strings.Repeat("192.0.2.1/24\n", finding.Limit+5), netset.Limits{})
	require.Len(t, entries, finding.Limit+5, "warnings stop nothing")
	require.Len(t, found, finding.Limit)
}

// pieces are what lines of lists are made of, good and bad.
var pieces = []string{
	"192.0.2.1", "192.0.2.7/24", "192.0.2.0/24", "2001:db8::/32", "2001:db8::1/32", "192.0.2.1-192.0.2.9", "192.0.2.9 - 192.0.2.1",
	"::ffff:192.0.2.1", "::ffff:0:0/90", "0.0.0.0/0", "::/0", "0.0.0.0-255.255.255.255", "1.2.3.4/0", "192.0.2.0/33", "nonsense", "fe80::1%eth0",
	"010.0.0.1", "# comment", "#", "", " ", "\t", "\r", "\xff", "\ufeff", "\ufffd", ",", ";", "\x00", strings.Repeat(" ", netset.MaxLine-9), strings.Repeat("1", netset.MaxLine+1),
}

// lists are the same files for every reader of lists.
func lists() []string {
	all := []string{"", "\n", "\ufeff", "\ufeff192.0.2.7/24", "\ufeffx\nx", "192.0.2.1\r\n192.0.2.2\r\n", "# é\n192.0.2.1 # \xff"}
	random := rand.New(rand.NewPCG(3, 4))
	for range 400 {
		var b strings.Builder
		for range random.IntN(12) {
			b.WriteString(pieces[random.IntN(len(pieces))])
			b.WriteString([]string{"\n", "\r\n", " ", ""}[min(random.IntN(8), 3)])
		}
		all = append(all, b.String(), strings.Join([]string{pieces[random.IntN(len(pieces))], pieces[random.IntN(16)]}, "\n"))
	}
	return all
}

// TestListsAreReadAlike gives the same files to a threat feed and to the list of
// a service: they take the same networks, and say the same at the same places.
func TestListsAreReadAlike(t *testing.T) {
	loaded, refused := 0, 0
	for _, text := range lists() {
		feed, feedErr := zone.ParseFeed("f", []byte(text))
		table, tableErr := geo.Load(geo.Source{File: "f", Data: []byte(text), Service: "NORD_VPN"})
		require.Equal(t, feedErr == nil, tableErr == nil, "%q", text)
		failures, _ := errors.AsType[finding.List](feedErr)
		others, _ := errors.AsType[finding.List](tableErr)
		require.Equal(t, report(failures, nil), report(others, nil), "%q", text)
		if feedErr != nil {
			refused++
			continue
		}
		loaded++
		require.Equal(t, report(nil, feed.Warnings), report(nil, table.Warnings()), "%q", text)
		require.Equal(t, len(feed.Entries), table.Datasets()[0].Networks, "%q", text)
		for _, e := range feed.Entries {
			for addr := range table.Lookup(e.Range.From()).Services.All() {
				require.Equal(t, "NORD_VPN", addr.Name, "%q", text)
			}
			require.NotEmpty(t, table.Lookup(e.Range.To()).Services, "%q", text)
		}
	}
	require.Greater(t, loaded, 50)
	require.Greater(t, refused, 50)
}

// TestNetworksAreReadAlike gives the same networks to a list and to an overlay,
// which differ in positions alone.
func TestNetworksAreReadAlike(t *testing.T) {
	for _, text := range pieces[:17] {
		_, found := read(text, netset.Limits{})
		overlay, err := zone.ParseOverlay("f", []byte(`{"deny":[{"network":"`+text+`","why":"x"}]}`))
		failures, _ := errors.AsType[finding.List](err)
		var others []string
		for _, line := range report(failures, overlay.Warnings) {
			others = append(others, strings.Replace(line, "1:21 ", "1:1 ", 1))
		}
		require.Equal(t, found, others, "%q", text)
	}
}
