package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
)

// What the flags about the policy mean, and what each of them refuses.
func TestPolicyOptions(t *testing.T) {
	vpn, _ := geo.SortsOf("vpn")
	tor, _ := geo.SortsOf("tor")
	all, _ := geo.SortsOf("all")
	c := &commandLine{paths: []string{"p"}, geo: []string{"g"}, threats: []string{"t"}, services: []string{"NORD_VPN=a", "MY_VPN=b=c"}, unknownCountry: "trust", within: "w", assumeNone: []string{"vpn,tor", "vpn"}}
	got, err := c.policyOptions()
	require.NoError(t, err)
	require.Equal(t, policyfile.Options{
		Paths: []string{"p"}, Geo: []string{"g"}, Threats: []string{"t"}, UnknownCountry: "trust", Within: "w", AssumeNone: vpn | tor,
		Services: []policyfile.ServiceList{{Name: "NORD_VPN", Path: "a"}, {Name: "MY_VPN", Path: "b=c"}},
	}, got)
	for _, country := range []string{"", "deny", "trust"} {
		_, err := (&commandLine{unknownCountry: country}).policyOptions()
		require.NoError(t, err)
	}
	got, err = (&commandLine{assumeNone: []string{"all"}}).policyOptions()
	require.NoError(t, err)
	require.Equal(t, all, got.AssumeNone)
	for want, c := range map[string]commandLine{
		`--unknown-country "x": expected deny or trust`:    {unknownCountry: "x"},
		`--unknown-country "DENY": expected deny or trust`: {unknownCountry: "DENY"},
		`--assume-none "vpn,x": expected `:                 {assumeNone: []string{"vpn,x"}},
		`--assume-none "": expected `:                      {assumeNone: []string{""}},
		`--service "NORD_VPN": expected NAME=PATH`:         {services: []string{"NORD_VPN"}},
		`--service "NORD_VPN=": expected NAME=PATH`:        {services: []string{"NORD_VPN="}},
		`--service "nord vpn=x": `:                         {services: []string{"nord vpn=x"}},
		`--service "=x": `:                                 {services: []string{"=x"}},
	} {
		for _, of := range []func() error{
			func() error { _, err := c.policyOptions(); return err },
			func() error { _, _, err := c.openPolicy(); return err },
			func() error { _, err := c.openPolicies(nil, nil); return err },
			func() error { _, err := c.servedPolicies(); return err },
			func() error { _, err := c.doctorOptions(doctorFlags{}); return err },
		} {
			require.ErrorContains(t, of(), want)
		}
	}
}

// One regular file that begins as a snapshot does is one; whatever cannot be looked at before
// it is read is none.
func TestSnapshotSize(t *testing.T) {
	folder(t, map[string]string{"a.json": "{}", "short": decide.SnapshotMagic[:3], "magic": decide.SnapshotMagic, "more": decide.SnapshotMagic + "xyz", "other": "x" + decide.SnapshotMagic})
	c := &commandLine{}
	for path, want := range map[string]int{"a.json": 0, "short": 0, "magic": len(decide.SnapshotMagic), "more": len(decide.SnapshotMagic) + 3, "other": 0, "absent": 0, ".": 0, os.DevNull: 0} {
		require.EqualValues(t, want, c.snapshotSize([]string{path}), path)
	}
	require.Zero(t, c.snapshotSize(nil))
	require.Zero(t, c.snapshotSize([]string{"more", "a.json"}))
	require.Zero(t, (&commandLine{within: "absent"}).snapshotSize([]string{"more"}))
}

// A snapshot is loaded by one processor, with a limit that goes with its size and more
// collections; all of it is as before afterwards, and a limit of somebody's own is left alone.
func TestSparing(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	defer debug.SetGCPercent(debug.SetGCPercent(80))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for before, want := range map[int64]int64{math.MaxInt64: 12<<20 + 8*1000, 1 << 40: 1 << 40} {
		debug.SetMemoryLimit(before)
		loaded := false
		sparing(1000, func() {
			loaded = true
			require.Equal(t, want, debug.SetMemoryLimit(-1))
			require.Equal(t, 1, runtime.GOMAXPROCS(0))
			require.Equal(t, thriftyPercent, gcPercent())
		})
		require.True(t, loaded)
		require.Equal(t, before, debug.SetMemoryLimit(-1))
		require.Equal(t, 3, runtime.GOMAXPROCS(0))
		require.Equal(t, 80, gcPercent())
	}
	// A policy of documents takes all that there is, and so does what is none.
	folder(t, map[string]string{"net.json": `{"range":["192.0.2.0/24"]}`, "policy.nws": decide.SnapshotMagic})
	debug.SetMemoryLimit(math.MaxInt64)
	for path, want := range map[string][]int64{"net.json": {3, math.MaxInt64}, "absent": {3, math.MaxInt64}, "policy.nws": {1, 12<<20 + 8*int64(len(decide.SnapshotMagic))}} {
		loaded := 0
		(&commandLine{}).loading([]string{path}, func() {
			loaded++
			require.Equal(t, want, []int64{int64(runtime.GOMAXPROCS(0)), debug.SetMemoryLimit(-1)}, path)
		})
		require.Equal(t, 1, loaded, path)
	}
}
