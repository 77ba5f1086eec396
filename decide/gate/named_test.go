package gate_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// TestNamed: what Named says of an address is what Client says of a request that
// names it, for every source and fallback.
func TestNamed(t *testing.T) {
	clients := []string{
		"203.0.113.7", "10.0.0.9", "10.255.255.255", "11.0.0.0", "127.0.0.1", "2001:db8::7", "2001:db8:ffff::9", "::ffff:10.0.0.9",
		"::ffff:203.0.113.7", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",
	}
	for _, source := range []gate.ClientSource{
		gate.XForwardedFor, gate.Forwarded, gate.Hops(1), gate.HeaderNamed("X-Real-IP"), viewerAddress,
	} {
		for _, config := range []gate.Config{
			{Trusted: edge(), Source: source},
			{Trusted: edge(), Source: source, OnMissing: gate.UsePeer},
			{Trusted: edge(), Source: source, AllTrusted: gate.UseLeftmost},
		} {
			r := mustResolver(t, config)
			for _, text := range clients {
				client := netip.MustParseAddr(text)
				value := client.String()
				switch {
				case source == gate.Forwarded && client.Is6():
					value = `for="[` + value + `]"`
				case source == gate.Forwarded:
					value = "for=" + value
				case source == viewerAddress:
					value += ":80"
				}
				h := header(source, value)
				if source == "header:X-Real-IP" {
					h = map[string][]string{"X-Real-Ip": {value}}
				}
				want, wantErr := r.Client(trustedPeer, h)
				got, err := r.Named(client)
				require.Equal(t, outcome(want, wantErr), outcome(got, err), "%s, %s, %+v", source, text, config)
			}
		}
	}
	got, err := mustResolver(t, gate.Config{Trusted: edge()}).Named(netip.MustParseAddr("10.0.0.9"))
	require.Equal(t, "10.0.0.9", outcome(got, err), "with the source peer nobody is named")
	got, err = (*gate.Resolver)(nil).Named(netip.MustParseAddr("10.0.0.9"))
	require.Equal(t, "10.0.0.9", outcome(got, err))
	got, err = sourced(t, gate.XForwardedFor).Named(netip.Addr{})
	require.Equal(t, "malformed", outcome(got, err))
}

func TestDecideNamed(t *testing.T) {
	policy := decidetest.AllowOnly(t, "203.0.113.0/24", "10.0.0.0/8")
	office, proxy, stranger := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("6.6.6.6")
	for _, row := range []struct {
		name   string
		edge   *gate.Config
		client netip.Addr
		reason decide.Reason
		code   string
	}{
		{"no edge", nil, proxy, decide.Permitted, ""},
		{"a client", &gate.Config{Trusted: edge(), Source: gate.XForwardedFor}, office, decide.Permitted, ""},
		{"a stranger", &gate.Config{Trusted: edge(), Source: gate.XForwardedFor}, stranger, decide.OffNetwork, ""},
		{"one of our proxies", &gate.Config{Trusted: edge(), Source: gate.XForwardedFor}, proxy, decide.ClientUnresolved, "all_trusted"},
		{"one of our proxies, taken for a client", &gate.Config{Trusted: edge(), Source: gate.XForwardedFor, AllTrusted: gate.UseLeftmost}, proxy, decide.Permitted, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := row.edge.DecideNamed(policy)(row.client)
			require.Equal(t, row.reason, got.Reason)
			code := ""
			if err != nil {
				code = codeOf(err)
			}
			require.Equal(t, row.code, code)
		})
	}
	got, err := (&gate.Config{Source: "xff"}).DecideNamed(policy)(office)
	require.Error(t, err)
	require.False(t, got.Allowed())
	got, err = (&gate.Config{}).DecideNamed(nil)(office)
	require.NoError(t, err)
	require.False(t, got.Allowed())
}
