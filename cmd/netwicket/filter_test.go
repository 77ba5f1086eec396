package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilter(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["192.0.2.0/24"]}`, "netwicket.json": `{"sailpoint":{"networkConfig":"net.json"}}`, "net.json": `{"range":["192.0.2.0/25"]}`})
	got := runIn(t, "192.0.2.7\n\nx\n192.0.2.200", "filter")
	require.Equal(t, ran{0, "allow\tpermitted\t\t\ndeny\tclient_unresolved\t\t\ndeny\tclient_unresolved\t\t\ndeny\toff_network\t\t\n", ""}, got)
	got = runIn(t, "192.0.2.200\n", "filter", "--against", "old.json")
	require.Equal(t, ran{0, "deny\toff_network\t\t\tallow\tpermitted\t\t\n", ""}, got)
	mapped := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02"
	got = runIn(t, mapped+"\x07"+mapped+"\xc8", "filter", "--format", "rowbinary")
	require.Equal(t, ran{0, "\x8d\x07", ""}, got)
	require.Equal(t, ran{0, "", ""}, runIn(t, "", "filter"))
	for want, args := range map[string][]string{
		`unknown format "csv"; expected tsv, rowbinary`: {"--format", "csv"},
		"absent.json:1:1":             {"-c", "absent.json"},
		"gone.json:1:1":               {"--against", "gone.json"},
		`unknown command "192.0.2.7"`: {"192.0.2.7"},
	} {
		got := runIn(t, "192.0.2.7\n", append([]string{"filter"}, args...)...)
		require.Equal(t, 1, got.code)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, want)
	}
	got = runIn(t, "half", "filter", "--format", "rowbinary")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "within an address")
}
