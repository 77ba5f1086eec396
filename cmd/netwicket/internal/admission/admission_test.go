package admission_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/zone"
)

func policy(t *testing.T) *decide.Policy {
	t.Helper()
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"IP","name":"Blocked","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`))
	require.NoError(t, err)
	compiled, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}})
	require.NoError(t, err)
	return compiled
}

func forwarded(remote string, lines ...string) request.Request {
	return request.Request{Remote: remote, Header: http.Header{"X-Forwarded-For": lines}}
}

func TestControl(t *testing.T) {
	behind := &gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor, TrustUnix: true}
	event := forwarded("unknown", "203.0.113.9, 192.0.2.7")
	event.Bare = true
	tests := []struct {
		name   string
		edge   *gate.Config
		ask    request.Request
		chain  string // ? is a hop that cannot be read
		peer   string
		code   string
		reason decide.Reason
	}{
		{"an address", nil, request.Address("192.0.2.7"), "[192.0.2.7]", "192.0.2.7", "", decide.Permitted},
		{"an address has no edge", behind, request.Address("10.0.0.1"), "[10.0.0.1]", "10.0.0.1", "", decide.Permitted},
		{"no host is an address like any other", behind, request.Address("0.0.0.0"), "[0.0.0.0]", "0.0.0.0", "", decide.Permitted},
		{"no address", nil, request.Address("office"), "[?]", "?", "bad_peer", decide.ClientUnresolved},
		{"no address behind an edge", behind, request.Address("office"), "[?]", "?", "bad_peer", decide.ClientUnresolved},
		{"nothing", nil, request.Request{}, "[?]", "?", "bad_peer", decide.ClientUnresolved},
		{"hops without an edge", nil, forwarded("10.0.0.1:1", "203.0.113.9, x", "192.0.2.7"), "[10.0.0.1 192.0.2.7 ? 203.0.113.9]", "10.0.0.1", "", decide.Blocklisted},
		{"a bad peer keeps the hops behind it", nil, forwarded("@", "203.0.113.9, 192.0.2.7"), "[? 192.0.2.7 203.0.113.9]", "?", "bad_peer", decide.ClientUnresolved},
		{"so does the chain of a log's event", behind, event, "[? 192.0.2.7 203.0.113.9]", "?", "bad_peer", decide.ClientUnresolved},
		{"the client behind the edge", behind, forwarded("10.0.0.1:1", "203.0.113.9, 192.0.2.7, 10.0.0.2"), "[192.0.2.7 203.0.113.9]", "10.0.0.1", "", decide.Blocklisted},
		{"a peer that is not trusted", behind, forwarded("198.51.100.1:1", "192.0.2.7"), "[198.51.100.1 192.0.2.7]", "198.51.100.1", "", decide.Permitted},
		{"the edge names nobody", behind, forwarded("10.0.0.1:1"), "[?]", "10.0.0.1", "missing", decide.ClientUnresolved},
		{"the edge names what cannot be read", behind, forwarded("10.0.0.1:1", "192.0.2.7, x"), "[?]", "10.0.0.1", "malformed", decide.ClientUnresolved},
		{"nothing is claimed behind a peer that the edge refuses", behind, forwarded("0.0.0.0:1", "192.0.2.7"), "[?]", "?", "bad_peer", decide.ClientUnresolved},
		{"a local socket has no address", behind, forwarded("@", "192.0.2.7"), "[192.0.2.7]", "?", "", decide.Permitted},
		{"an edge without anybody reads no header", &gate.Config{}, forwarded("192.0.2.7", "203.0.113.9"), "[192.0.2.7]", "192.0.2.7", "", decide.Permitted},
	}
	var buffer admission.Buffer
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			control, err := admission.New(policy(t), test.edge)
			require.NoError(t, err)
			got := control.Resolve(test.ask, &buffer)
			require.Equal(t, test.chain, chainText(got.Chain))
			require.Equal(t, test.peer, addrText(got.Peer))
			require.Equal(t, test.code, got.Code())
			require.Equal(t, test.code != "", got.Err != nil)
			explained, from := control.Explain(test.ask, &buffer)
			require.Equal(t, got, from)
			require.Equal(t, test.reason, explained.Decision.Reason)
			decided, from := control.Answer(test.ask, &buffer)
			require.Equal(t, got, from)
			require.Equal(t, explained.Decision, decided)
			require.Equal(t, decided, control.Decide(test.ask, &buffer))
			require.Zero(t, testing.AllocsPerRun(100, func() { _ = control.Decide(test.ask, &buffer) }))
		})
	}
}

func addrText(addr netip.Addr) string {
	if !addr.IsValid() {
		return "?"
	}
	return addr.String()
}

func chainText(chain []netip.Addr) string {
	texts := make([]string, len(chain))
	for i, addr := range chain {
		texts[i] = addrText(addr)
	}
	return fmt.Sprint(texts)
}

func TestNothingDenies(t *testing.T) {
	var control admission.Control
	var buffer admission.Buffer
	require.Equal(t, decide.NoPolicy, control.Decide(request.Address("192.0.2.7"), &buffer).Reason)
	require.False(t, control.Decide(request.Request{}, &buffer).Allowed())
}

func TestNewRefusesABadEdge(t *testing.T) {
	control, err := admission.New(policy(t), &gate.Config{Source: "x"})
	require.Error(t, err)
	require.Zero(t, control, "an edge that is wrong is not none")
}

func TestCode(t *testing.T) {
	require.Empty(t, admission.Code(nil))
	require.Equal(t, "too_long", admission.Code(fmt.Errorf("header: %w", gate.ErrTooLong)))
	require.Equal(t, "another", admission.Code(errors.New("another")))
}
