package decide

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// A policy may be as large as docs/snapshot.md says, and by nothing larger.
func TestPolicyFitsASnapshot(t *testing.T) {
	const intervals, things = 16_000_000, 1_000_000
	setsOf := func(n int) *sets { return &sets{stride: 1, perSet: 1, words: make([]uint64, n)} }
	policy := func() *Policy { return &Policy{ipSets: newSets(0), dynamicSets: newSets(0)} }
	for what, c := range map[string]struct {
		limit int
		have  func(p *Policy, n int)
	}{
		"intervals of IPv4":     {intervals, func(p *Policy, n int) { p.info.Intervals4 = n }},
		"intervals of IPv6":     {intervals, func(p *Policy, n int) { p.info.Intervals6 = n }},
		"zones":                 {things, func(p *Policy, n int) { p.zones = make([]compiledZone, n) }},
		"classes":               {things, func(p *Policy, n int) { p.classes, p.geoPatterns = make([]class, n), make([]geoPattern, 1) }},
		"address patterns":      {things, func(p *Policy, n int) { p.addressPatterns = make([]addressPattern, n) }},
		"geo patterns":          {things, func(p *Policy, n int) { p.geoPatterns = make([]geoPattern, n) }},
		"sets of IP zones":      {things, func(p *Policy, n int) { p.ipSets = setsOf(n) }},
		"sets of dynamic zones": {things, func(p *Policy, n int) { p.dynamicSets = setsOf(n) }},
	} {
		p := policy()
		c.have(p, c.limit)
		require.NoError(t, p.checkSize(), what)
		c.have(p, c.limit+1)
		require.ErrorContains(t, p.checkSize(), fmt.Sprintf("the snapshot has %d %s; the limit is %d", c.limit+1, what, c.limit), what)
	}
	// Classes that repeat IPv4 are judged with every geo pattern; the others are not.
	for _, c := range []struct {
		repeating, others, patterns int
		says                        string
	}{
		{4000, 9000, 4000, ""}, {4001, 0, 4000, "16004000"}, {4000, 9000, 4001, "16004000"}, {0, 900_000, 900_000, ""}, {1, 900_000, 900_000, ""}, {900_000, 0, 17, ""}, {900_000, 0, 18, "16200000"},
	} {
		p := policy()
		p.geoPatterns = make([]geoPattern, c.patterns)
		p.geoPatterns[1].repeats = 1
		for range c.repeating {
			p.classes = append(p.classes, class{geo: 1})
		}
		p.classes = append(p.classes, make([]class, c.others)...)
		err := p.checkSize()
		if c.says == "" {
			require.NoError(t, err, "%+v", c)
			continue
		}
		require.ErrorContains(t, err, "the snapshot has "+c.says+" judgments about classes that repeat IPv4; the limit is 16000000")
	}
}

// What no snapshot may hold is refused before anything of it is written.
func TestTooLargeForASnapshot(t *testing.T) {
	p, err := Compile(Config{SailPoint: &zone.NetworkConfig{}})
	require.NoError(t, err)
	require.NoError(t, p.WriteSnapshot(io.Discard))
	large := *p
	large.info.Intervals6 = 16_000_001
	var out bytes.Buffer
	err = large.WriteSnapshot(&out)
	findings, ok := errors.AsType[Findings](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "snapshot-limit", findings[0].Code)
	require.ErrorContains(t, err, "the snapshot has 16000001 intervals of IPv6")
	require.Zero(t, out.Len())
	full := errors.New("the disk is full")
	reader, writer := io.Pipe()
	require.NoError(t, reader.CloseWithError(full))
	require.ErrorIs(t, p.WriteSnapshot(writer), full)
}

// A snapshot names the version of this module, in whatever program it is.
func TestProgramOfASnapshot(t *testing.T) {
	module := func(path, version string) debug.Module { return debug.Module{Path: path, Version: version} }
	const path = "github.com/netwicket/netwicket"
	for _, c := range []struct {
		main debug.Module
		deps []debug.Module
		want string
	}{
		{module(path+"/cmd", "v1.2.3"), nil, "netwicket 1.2.3"},
		{module(path, "v1.2.3"), nil, "netwicket 1.2.3"},
		{module(path+"/cmd", "(devel)"), nil, "netwicket devel"},
		{module(path+"/cmd", ""), nil, "netwicket devel"},
		{module(path+"/cmd", "v0.0.0"), nil, "netwicket devel"},
		{module(path+"/cmd", "v1.2.3"), []debug.Module{module(path, "v0.0.0"), module("go4.org/netipx", "v9.9.9")}, "netwicket 1.2.3"},
		{module(path+"/cmd", "v1.2.4"), []debug.Module{module(path, "v1.2.3")}, "netwicket 1.2.4"},
		{module("example.com/gateway", "v7.0.0"), []debug.Module{module("go4.org/netipx", "v9.9.9"), module(path, "v1.2.4"), module("example.com/last", "v8.0.0")}, "netwicket 1.2.4"},
		{module("example.com/gateway", "v7.0.0"), []debug.Module{module("example.com"+"/cmd", "v9.9.9")}, "netwicket devel"},
	} {
		info := &debug.BuildInfo{Main: c.main}
		for i := range c.deps {
			info.Deps = append(info.Deps, &c.deps[i])
		}
		require.Equal(t, c.want, programOf(info), "%v", c)
	}
	require.Equal(t, "netwicket devel", programOf(&debug.BuildInfo{}))
	require.Equal(t, "netwicket devel", programOf(nil))
	require.Regexp(t, "^netwicket .", program())
}

// A fingerprint in a snapshot is what Compile makes: 16 bytes in lower hexadecimal digits.
func TestFingerprintInASnapshot(t *testing.T) {
	const good = "0123456789abcdef0123456789abcdef"
	for text, want := range map[string]bool{
		good: true, good[1:]: false, good[2:]: false, good + "00": false, good + "g": false, good + "zz": false, "": false,
		"0123456789ABCDEF0123456789abcdef": false, "g" + good[1:]: false, good[:31] + "g": false,
	} {
		require.Equal(t, want, isFingerprint(text), text)
	}
}
