package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
)

func TestVersion(t *testing.T) {
	acme(t)
	got := runIn(t, "", "version")
	require.Equal(t, 0, got.code)
	require.True(t, strings.HasPrefix(got.out, "netwicket "), got.out)
	require.Contains(t, got.out, runtime.Version())
	require.Equal(t, 1, strings.Count(got.out, "\n"), "no policy was named, so none is read")

	got = runIn(t, "", "version", "-c", ".")
	require.Equal(t, 0, got.code)
	for _, want := range []string{"fingerprint", "geo.csv, 3 networks", "3, 3 ACTIVE"} {
		require.Contains(t, got.out, want)
	}

	out := objects(t, runIn(t, "", "version", "-c", ".", "--json").out)[0]
	policy := out["policy"].(map[string]any)
	require.Len(t, policy["fingerprint"], 32)
	require.EqualValues(t, 3, policy["zones"])
	require.EqualValues(t, 3, policy["rules"])
	require.Len(t, policy["data"], 1)
	require.NotContains(t, objects(t, runIn(t, "", "version", "--json").out)[0], "policy")

	require.Equal(t, 1, runIn(t, "", "version", "-c", "absent").code)
	require.Equal(t, 1, runIn(t, "", "version", "stray").code)
}

// Whatever of a policy is named has the policy read, and read with it.
func TestVersionOfWhatIsNamed(t *testing.T) {
	acme(t)
	for _, args := range []string{"-c absent.json", "-g absent.csv", "--service NORD_VPN=absent.txt", "--threat absent.txt", "--config absent.json", "--geo absent.csv"} {
		got := runIn(t, "", words("version "+args)...)
		require.Equal(t, []any{1, ""}, []any{got.code, got.out}, args)
		require.Contains(t, got.stderr, args[strings.Index(args, "absent"):]+":1:1: error: ")
	}
	require.Zero(t, runIn(t, "", words("version --unknown-country trust")...).code)
}

// A release's version is the linker's.
func TestVersionOfARelease(t *testing.T) {
	before := version
	t.Cleanup(func() { version = before })
	version = "v9.8.7"
	require.True(t, strings.HasPrefix(runIn(t, "", "version").out, "netwicket v9.8.7 ("))
}

// Without a release, the version is that of the module that go install fetched, or the commit.
func TestVersionOfABuild(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}
	short := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123"}}
	for _, row := range []struct {
		module   string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", commit, "v1.2.3"}, {"(devel)", commit, "devel 0123456789ab"}, {"", commit, "devel 0123456789ab"},
		{"", short, "devel 0123"}, {"(devel)", nil, "devel"}, {"", commit[:1], "devel"},
	} {
		require.NotEqual(t, "unknown", versionText(), "every build of a module knows what it is")
		require.Equal(t, row.want, builtText(&debug.BuildInfo{Main: debug.Module{Version: row.module}, Settings: row.settings}))
	}
}

func TestVersionShowsDataDates(t *testing.T) {
	database := realdata.Path(t, "mmdb/GeoLite2-Country-20180206.mmdb")
	folder(t, map[string]string{"network.json": `{}`})
	got := runIn(t, "", "version", "-c", "network.json", "-g", database)
	require.Contains(t, got.out, "built 2018-02-07")
	require.Contains(t, got.out, "GeoLite2-Country")
	explained := runIn(t, "", "explain", "--json", "-c", "network.json", "-g", database, "192.0.2.1")
	require.Contains(t, explained.out, `"data":[{"type":"GeoLite2-Country","built":"2018-02-07T`)
}
