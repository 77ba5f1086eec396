package decidetest_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
)

func decided(p *decide.Policy, addr string) string {
	d := p.Decide(netip.MustParseAddr(addr))
	return d.Verdict.String() + " " + d.Reason.String()
}

func TestAllowOnly(t *testing.T) {
	p := decidetest.AllowOnly(t, "192.0.2.0/24", "2001:db8::/32", "198.51.100.7")
	for addr, want := range map[string]string{
		"192.0.2.0": "allow permitted", "192.0.2.255": "allow permitted", "2001:db8::1": "allow permitted", "198.51.100.7": "allow permitted",
		"192.0.3.0": "deny off_network", "2001:db9::": "deny off_network", "198.51.100.8": "deny off_network",
	} {
		require.Equal(t, want, decided(p, addr), addr)
	}
}

func TestBlock(t *testing.T) {
	p := decidetest.Block(t, "192.0.2.0/24", "198.51.100.1-198.51.100.9", "203.0.113.7")
	for addr, want := range map[string]string{
		"192.0.2.0": "deny blocklisted", "198.51.100.9": "deny blocklisted", "203.0.113.7": "deny blocklisted",
		"192.0.3.0": "allow permitted", "198.51.100.10": "allow permitted", "203.0.113.8": "allow permitted",
	} {
		require.Equal(t, want, decided(p, addr), addr)
	}
	require.Equal(t, "blocked", p.Decide(netip.MustParseAddr("203.0.113.7")).Zone.Name)
}

func TestDocuments(t *testing.T) {
	p := decidetest.Documents{
		Zones:         `[{"type":"DYNAMIC","id":"z","name":"Nowhere","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"KP"}]}]`,
		Rules:         []string{`[{"name":"all","status":"ACTIVE","conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}]`},
		ThreatInsight: `{"action":"block","excludeZones":[]}`,
		ThreatFeeds:   []string{"203.0.113.66\n"},
		SailPoint:     `{"range":["203.0.113.0/24","192.0.2.0/24"]}`,
		AuthProfile:   `{"offNetwork":true,"untrustedGeography":false}`,
		Overlay:       `{"deny":[{"network":"203.0.113.8","until":"2020-01-02T03:04:05Z","why":"whenever"}],"allow":[]}`,
		Geo:           "198.51.100.0/24,DE,,,,\n203.0.113.0/24,DE,,,,\n192.0.2.0/24,KP,,,,\n",
	}.Compile(t)
	require.Equal(t, "allow permitted", decided(p, "203.0.113.7"))
	require.Equal(t, "deny threat", decided(p, "203.0.113.66"))
	require.Equal(t, "deny overlay", decided(p, "203.0.113.8"))
	require.Equal(t, "deny blocklisted", decided(p, "192.0.2.1"))
	require.Equal(t, "deny off_network", decided(p, "198.51.100.1"))
}

func TestLive(t *testing.T) {
	require.False(t, decidetest.Live(nil).Decide(netip.MustParseAddr("192.0.2.1")).Allowed())
	require.True(t, decidetest.Live(decidetest.AllowOnly(t, "192.0.2.1")).Decide(netip.MustParseAddr("192.0.2.1")).Allowed())
}

// recorder is a test that notes its failure.
type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Fatal(args ...any)            { r.text = fmt.Sprint(args...); panic(r) }
func (r *recorder) Fatalf(f string, args ...any) { r.text = fmt.Sprintf(f, args...); panic(r) }
func failure(build func(t testing.TB)) (text string) {
	r := &recorder{}
	defer func() {
		if recover() != nil {
			text = r.text
		}
	}()
	build(r)
	return ""
}

// TestFailures: what is wrong with a document ends the test that wrote it.
func TestFailures(t *testing.T) {
	for name, row := range map[string]struct {
		build func(t testing.TB)
		want  string
	}{
		"no networks":    {func(t testing.TB) { decidetest.AllowOnly(t) }, "no networks"},
		"bad network":    {func(t testing.TB) { decidetest.AllowOnly(t, "1.2.3") }, "1.2.3"},
		"bad gateway":    {func(t testing.TB) { decidetest.Block(t, "1.2.3") }, "1.2.3"},
		"bad zones":      {func(t testing.TB) { decidetest.Documents{Zones: `[`}.Compile(t) }, "zones"},
		"bad rules":      {func(t testing.TB) { decidetest.Documents{Rules: []string{`[`}}.Compile(t) }, "rules"},
		"bad geo":        {func(t testing.TB) { decidetest.Documents{SailPoint: `{}`, Geo: "x,y\n"}.Compile(t) }, "geo.csv"},
		"nothing at all": {func(t testing.TB) { decidetest.Documents{}.Compile(t) }, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			text := failure(row.build)
			require.Contains(t, text, row.want)
			require.True(t, strings.HasPrefix(text, "decidetest"), text)
		})
	}
}
