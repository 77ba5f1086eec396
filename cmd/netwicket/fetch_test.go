package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The channel of each sort of place that fetch may follow.
func TestChannelNames(t *testing.T) {
	folder(t, map[string]string{"one/prod.json": "", "one/sha256": "", "one/notes.txt": "", "two/a.json": "", "two/b.json": "", "none/x": ""})
	for _, row := range []struct{ from, channel, wantFrom, want, bad string }{
		{from: "https://h/p/prod.json", wantFrom: "https://h/p/prod.json", want: "prod"},
		{from: "https://h/p/prod.json", channel: "test", wantFrom: "https://h/p/prod.json", want: "test"},
		{from: "https://h/p/", bad: "--channel is missing, and --from names none"},
		{from: "https://h/p/", channel: "prod", wantFrom: "https://h/p/", want: "prod"},
		{from: "oci://h/r:prod", wantFrom: "oci://h/r", want: "prod"},
		{from: "oci://h/a/r:prod", channel: "prod", wantFrom: "oci://h/a/r", want: "prod"},
		{from: "oci://h/r:prod", channel: "test", bad: "--channel test: --from names prod"},
		{from: "oci://h/r", bad: "--channel is missing"},
		{from: "oci://h:5000", channel: "prod", wantFrom: "oci://h:5000", want: "prod"},
		{from: "oci://h:5000/r", channel: "prod", wantFrom: "oci://h:5000/r", want: "prod"},
		{from: "one", wantFrom: "one", want: "prod"},
		{from: "one", channel: "test", wantFrom: "one", want: "test"},
		{from: "one/prod.json", wantFrom: "one", want: "prod"},
		{from: "one/prod.json", channel: "prod", wantFrom: "one", want: "prod"},
		{from: "one/prod.json", channel: "test", bad: "--channel test: --from names prod"},
		{from: "two", bad: "--channel is missing"},
		{from: "none", bad: "--channel is missing"},
		{from: "absent", bad: "--channel is missing"},
		{from: "one", channel: "a/b", bad: "expected up to 63"},
	} {
		flags := fetchFlags{from: row.from, channel: row.channel}
		err := (&commandLine{}).nameChannel(&flags)
		if row.bad != "" {
			require.ErrorContains(t, err, row.bad, row)
			continue
		}
		require.NoError(t, err, row)
		require.Equal(t, []string{row.wantFrom, row.want}, []string{flags.from, flags.channel}, row)
	}
}

// Without --once, fetch goes on until it is told to end, and logs what happens.
func TestFetchGoesOn(t *testing.T) {
	publisher(t)
	require.Zero(t, runIn(t, "", words("publish --to public --channel prod --key release first.nws")...).code)
	s := goesOnHere(t, "a release is in the state", words("fetch --from public --trust release.pub --state state --every 1h")...)
	require.Equal(t, []any{"installed", 1.0}, []any{s.line["result"], s.line["version"]})
	following := s.find("following")
	require.Equal(t, []any{"public", "prod", "state"}, []any{following["from"], following["channel"], following["state"]})
	s.cancel()
	require.Zero(t, s.ended())
	require.NotNil(t, s.find("shutting down"))
	require.Empty(t, s.out.String())
	require.Contains(t, runIn(t, "", words("fetch --from public --trust release.pub --state state --once")...).out, "unchanged prod 1")
	writeFile(t, "file", "")
	got := runIn(t, "", words("fetch --from public --trust release.pub --state file --once")...)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "file")
}
