package zone_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

func TestFeed(t *testing.T) {
	feed, err := zone.ParseFeed("f.txt", []byte("# a comment\n\n1.2.3.4\n \t10.1.2.3/8 # behind\r\n2001:DB8::/32#close\n1.2.3.4 - 1.2.3.9\t\n::ffff:1.2.3.4"))
	require.NoError(t, err)
	require.Equal(t, "f.txt", feed.File)
	require.Equal(t, []string{
		"1.2.3.4=1.2.3.4-1.2.3.4", "10.1.2.3/8=10.0.0.0-10.255.255.255",
		"2001:DB8::/32=2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		"1.2.3.4 - 1.2.3.9=1.2.3.4-1.2.3.9", "::ffff:1.2.3.4=1.2.3.4-1.2.3.4",
	}, ranges(feed.Entries))
	require.Equal(t, zone.Position{File: "f.txt", Line: 3, Column: 1}, feed.Entries[0].Position)
	require.Equal(t, zone.Position{File: "f.txt", Line: 4, Column: 3}, feed.Entries[1].Position)

	for _, text := range []string{"", "\n", "\r\n\r\n", "#", "  # x", "\ufeff# x"} {
		feed, err := zone.ParseFeed("", []byte(text))
		require.NoError(t, err, "%q", text)
		require.Empty(t, feed.Entries)
	}
	feed, err = zone.ParseFeed("", []byte("\ufeff1.2.3.4\n1.2.3.5"))
	require.NoError(t, err)
	require.Equal(t, []int{4, 1}, []int{feed.Entries[0].Position.Column, feed.Entries[1].Position.Column}, "a byte order mark takes columns")
}

func TestFeedErrors(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"all are reported", "1.2.3\n1.2.3.4\n  1.2.3.4/40 # x\n1.2.3.9-1.2.3.1", []string{"1:1 error bad-address", "3:3 error bad-cidr", "4:1 error bad-range"}},
		{"two on a line", "1.2.3.4 1.2.3.5", []string{"1:1 error not-a-list"}},
		{"a comma", "1.2.3.4,", nil},
		{"a comment behind a semicolon", "; x", []string{"1:1 warning no-networks"}},
		{"a digit is missing", "198.51.100.7/2", []string{"1:1 warning host-bits", "1:1 warning wide-network"}},
		{"private networks", "198.51.100.7\n10.1.0.0/16\n192.168.0.1", []string{"2:1 warning reserved-in-feed"}},
		{"another kind of file", "198.51.100.7\n0.0.0.0 ads.example.com\n0.0.0.0 www.example.com\n", []string{"2:1 error not-a-list"}},
		{"zone", "fe80::1%eth0", []string{"1:1 error bad-address"}},
		{"carriage return inside", "1.2.3.4\r1.2.3.5", []string{"1:1 error bad-address"}},
		{"NUL", "1.2.3.4\x00", []string{"1:1 error bad-address"}},
		{"invalid UTF-8", "1.2.3.4\n1.2.3.5 # \xff", []string{"2:11 error bad-encoding"}},
		{"replacement character is fine", "1.2.3.5 # \ufffd", nil},
		{"4 KiB", strings.Repeat(" ", 4<<10-7) + "1.2.3.4", nil},
		{"more than 4 KiB", "::1\n" + strings.Repeat(" ", 4<<10-6) + "1.2.3.4\n::2", []string{"2:1 error line-too-long"}},
		{"everything", "1.2.3.4\n 0.0.0.0/0", []string{"2:2 warning everything"}},
		{"host bits", "1.2.3.4/24", []string{"1:1 warning host-bits"}},
		{"no network", "# nobody\n", []string{"1:1 warning no-networks"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			feed, err := zone.ParseFeed("f.txt", []byte(row.text))
			require.Equal(t, row.want, report(feed.Warnings, err))
		})
	}
	_, err := zone.ParseFeed("f.txt", []byte("\n 1.2.3.4/40"))
	require.EqualError(t, err, `f.txt:2:2: "1.2.3.4/40": not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (prefix length out of range)`)
}

func TestOverlay(t *testing.T) {
	overlay, err := zone.ParseOverlay("o.json", []byte(`{"deny":[
{"network":"203.0.113.0/24","until":"2030-01-02T15:04:05+02:00","why":"stuffing"},
{"network":"2001:db8::1","why":"x"}],
"allow":[{"network":"1.2.3.4-1.2.3.9","why":"y"}]}`))
	require.NoError(t, err)
	require.Empty(t, overlay.Warnings)
	require.Len(t, overlay.Deny, 2)
	require.Len(t, overlay.Allow, 1)
	require.Equal(t, "203.0.113.0-203.0.113.255", overlay.Deny[0].Range.String())
	require.Equal(t, "203.0.113.0/24", overlay.Deny[0].Text)
	require.Equal(t, zone.Position{File: "o.json", Line: 2, Column: 12, Path: "/deny/0/network"}, overlay.Deny[0].Position)
	require.True(t, overlay.Deny[0].Until.Equal(time.Date(2030, 1, 2, 13, 4, 5, 0, time.UTC)))
	require.Equal(t, "stuffing", overlay.Deny[0].Why)
	require.True(t, overlay.Deny[1].Until.IsZero())
	require.True(t, overlay.Allow[0].Until.IsZero())
	require.Equal(t, "1.2.3.4-1.2.3.9", overlay.Allow[0].Range.String())
	for _, text := range []string{`{}`, `{"deny":null,"allow":[]}`} {
		overlay, err := zone.ParseOverlay("", []byte(text))
		require.NoError(t, err)
		require.Empty(t, append(overlay.Deny, overlay.Allow...))
	}
}

func TestOverlayFindings(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", ``, []string{"1:1 error bad-json"}},
		{"array", `[]`, []string{"1:1 error bad-type"}},
		{"unknown list", `{"block":[]}`, []string{"1:2 error unknown-key /block"}},
		{"miscased list", `{"Deny":[]}`, []string{"1:2 error unknown-key /Deny"}},
		{"object as list", `{"deny":{}}`, []string{"1:9 error bad-type /deny"}},
		{"string as entry", `{"deny":["1.2.3.4"]}`, []string{"1:10 error bad-type /deny/0"}},
		{"duplicate key", `{"deny":[],"deny":[]}`, []string{"1:12 error duplicate-key /deny"}},
		{"unknown member", entry(`"network":"::1","why":"x","expires":"x"`), []string{"2:28 error unknown-key /allow/0/expires"}},
		{"no network", entry(`"why":"x"`), []string{"2:1 error missing-network /allow/0"}},
		{"null network", entry(`"network":null,"why":"x"`), []string{"2:12 error bad-type /allow/0/network"}},
		{"bad address", entry(`"network":"1.2.3","why":"x"`), []string{"2:12 error bad-address /allow/0/network"}},
		{"zone", entry(`"network":"fe80::1%eth0","why":"x"`), []string{"2:12 error bad-address /allow/0/network"}},
		{"bad network", entry(`"network":"1.2.3.4/33","why":"x"`), []string{"2:12 error bad-cidr /allow/0/network"}},
		{"bad range", entry(`"network":"1.2.3.4-1.2.3.1","why":"x"`), []string{"2:12 error bad-range /allow/0/network"}},
		{"host bits", entry(`"network":"1.2.3.4/24","why":"x"`), []string{"2:12 warning host-bits /allow/0/network"}},
		{"everything", entry(`"network":"0.0.0.0/0","why":"x"`), []string{"2:12 warning everything /allow/0/network"}},
		{"date only", entry(`"network":"::1","why":"x","until":"2030-01-02"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"no time zone", entry(`"network":"::1","why":"x","until":"2030-01-02T15:04:05"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"comma in seconds", entry(`"network":"::1","why":"x","until":"2030-01-02T15:04:05,5Z"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"hour of one digit", entry(`"network":"::1","why":"x","until":"2030-01-02T5:04:05Z"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"offset of 99 hours", entry(`"network":"::1","why":"x","until":"2030-01-02T15:04:05+99:00"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"offset of 24:00", entry(`"network":"::1","why":"x","until":"2030-01-02T15:04:05-24:00"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"fraction", entry(`"network":"::1","why":"x","until":"2030-01-02T15:04:05.25-23:59"`), nil},
		{"30 February", entry(`"network":"::1","why":"x","until":"2030-02-30T15:04:05Z"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"number as time", entry(`"network":"::1","why":"x","until":1893596645`), []string{"2:36 error bad-type /allow/0/until"}},
		{"empty time", entry(`"network":"::1","why":"x","until":""`), []string{"2:36 error bad-time /allow/0/until"}},
		{"null time", entry(`"network":"::1","why":"x","until":null`), []string{"2:36 error bad-type /allow/0/until"}},
		{"the zero time", entry(`"network":"::1","why":"x","until":"0001-01-01T00:00:00Z"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"a second before 1970", entry(`"network":"::1","why":"x","until":"1970-01-01T00:59:59+01:00"`), []string{"2:36 error bad-time /allow/0/until"}},
		{"1970", entry(`"network":"::1","why":"x","until":"1970-01-01T00:00:00Z"`), nil},
		{"empty time of a denial", strings.Replace(entry(`"network":"::1","why":"x","until":""`), "allow", "deny", 1), []string{"2:36 error bad-time /deny/0/until"}},
		{"number as reason", entry(`"network":"::1","why":7`), []string{"2:24 error bad-type /allow/0/why", "2:24 warning missing-why /allow/0/why"}},
		{"no reason", entry(`"network":"::1"`), []string{"2:1 warning missing-why /allow/0"}},
		{"empty reason", entry(`"network":"::1","why":""`), []string{"2:24 warning missing-why /allow/0/why"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			overlay, err := zone.ParseOverlay("", []byte(row.text))
			require.Equal(t, row.want, report(overlay.Warnings, err))
		})
	}
}

func entry(members string) string { return "{\"allow\":[\n{" + members + "}]}" }
