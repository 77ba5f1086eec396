package main

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
)

func TestSettingChanges(t *testing.T) {
	prefixes := func(texts ...string) (all []netip.Prefix) {
		for _, text := range texts {
			all = append(all, netip.MustParsePrefix(text))
		}
		return all
	}
	base := gate.Config{Trusted: prefixes("10.0.0.0/8", "192.0.2.1/32"), Source: gate.XForwardedFor}
	for _, test := range []struct {
		name    string
		observe bool
		change  func(*gate.Config)
		want    []string
	}{
		{"nothing", false, func(*gate.Config) {}, nil},
		{"the order", false, func(c *gate.Config) { c.Trusted = prefixes("192.0.2.1/32", "10.0.0.0/8") }, nil},
		{"the mode", true, func(*gate.Config) {}, []string{"mode: enforce -> observe"}},
		{"the source", false, func(c *gate.Config) { c.Source = gate.Forwarded }, []string{"edge.source: x-forwarded-for -> forwarded"}},
		{"a fallback", false, func(c *gate.Config) { c.OnMissing = gate.UsePeer }, []string{"edge.onMissing:  -> peer"}},
		{"another", false, func(c *gate.Config) { c.AllTrusted = gate.UseLeftmost }, []string{"edge.allTrusted:  -> leftmost"}},
		{"sockets", false, func(c *gate.Config) { c.TrustUnix = true }, []string{"edge.trustUnix: false -> true"}},
		{"everybody", false, func(c *gate.Config) { c.AllowTrustAll = true }, []string{"edge.allowTrustAll: false -> true"}},
		{"proxies", false, func(c *gate.Config) { c.Trusted = prefixes("10.0.0.0/8", "10.0.0.0/24") },
			[]string{"edge.trusted gains 10.0.0.0/24", "edge.trusted loses 192.0.2.1/32"}},
		{"as many as are shown, in order", false, func(c *gate.Config) {
			c.Trusted = append(c.Trusted[:2:2], prefixes("5.0.0.0/8", "1.0.0.0/8", "4.0.0.0/8", "2.0.0.0/8", "3.0.0.0/8")...)
		}, []string{"edge.trusted gains 1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8, 4.0.0.0/8, 5.0.0.0/8"}},
		{"many", false, func(c *gate.Config) {
			c.Trusted = append(c.Trusted[:2:2], prefixes("1.0.0.0/8", "2.0.0.0/8", "3.0.0.0/8", "4.0.0.0/8", "5.0.0.0/8", "6.0.0.0/8", "7.0.0.0/8")...)
		}, []string{"edge.trusted gains 1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8, 4.0.0.0/8, 5.0.0.0/8, 2 more"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			was, is := base, base
			test.change(&is)
			require.Equal(t, test.want, settingChanges(&policyfile.Parts{Edge: &was}, &policyfile.Parts{Edge: &is, Observe: test.observe}))
		})
	}
	require.Contains(t, settingChanges(&policyfile.Parts{Edge: &base}, &policyfile.Parts{}), "edge.trusted loses 10.0.0.0/8, 192.0.2.1/32")
}
