package extauthz_test

import (
	"context"
	"strings"
	"testing"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
)

// named asks a policy by its name.
func named(name string, r *authv3.CheckRequest) *authv3.CheckRequest {
	r.Attributes.ContextExtensions = map[string]string{"policy": name, "virtual_host": "shop"}
	return r
}

func TestPolicies(t *testing.T) {
	s := newServed(t, "", "other")
	require.NoError(t, s.Put("", snapshot(t, blocking(""))))
	require.NoError(t, s.Put("other", snapshot(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}}`, "zones.json": blocklist("198.51.100.0/24"),
	})))
	connection := envoy(t, "127.0.0.1", s.listen(t, nil))
	require.True(t, passes(t, asked(t, connection, check("198.51.100.7"))))
	require.False(t, passes(t, asked(t, connection, check("203.0.113.7"))))
	require.False(t, passes(t, asked(t, connection, named("other", check("198.51.100.7")))))
	require.True(t, passes(t, asked(t, connection, named("other", check("203.0.113.7")))))
	unknown := []string{"", "/", "nobody", "Other", "other/", "/decide", strings.Repeat("x", 10_000)}
	for _, name := range unknown {
		answer := asked(t, connection, named(name, check("198.51.100.7")))
		require.False(t, passes(t, answer), name)
		require.Equal(t, codes.PermissionDenied, codes.Code(answer.GetStatus().GetCode()))
		require.Nil(t, answer.GetDynamicMetadata())
	}
	require.Contains(t, s.metrics(), "netwicket_unknown_policy_total 7\n")
	lines := s.lines(t)
	require.Equal(t, "no policy of this name is served", lines[len(lines)-1]["msg"])
	require.Equal(t, "127.0.0.1", lines[len(lines)-1]["peer_ip"])

	alone := newServed(t, "own")
	require.NoError(t, alone.Put("own", snapshot(t, blocking(""))))
	connection = envoy(t, "127.0.0.1", alone.listen(t, nil))
	require.False(t, passes(t, asked(t, connection, check("198.51.100.7"))), "as /decide where all policies have names")
	require.True(t, passes(t, asked(t, connection, named("own", check("198.51.100.7")))))
}

// TestStrangersAreRefused, whoever they say is asking.
func TestStrangersAreRefused(t *testing.T) {
	for _, mode := range []string{"enforce", "observe"} {
		s := serve(t, blocking(`, "mode": "`+mode+`"`))
		connection := envoy(t, "127.0.0.2", s.listen(t, nil))
		for _, source := range []string{"198.51.100.7", "127.0.0.1", "10.0.0.2"} {
			answer := asked(t, connection, check(source, xff, "198.51.100.7"))
			require.False(t, passes(t, answer))
			require.Equal(t, codes.PermissionDenied, codes.Code(answer.GetStatus().GetCode()))
			require.Nil(t, answer.GetDynamicMetadata())
		}
		require.Contains(t, s.metrics(), "netwicket_untrusted_callers_total 3\n")
		lines := s.lines(t)
		require.Len(t, lines, 3)
		require.Contains(t, lines[0]["msg"], "outside edge.trusted")
		require.Equal(t, "127.0.0.2", lines[0]["peer_ip"])
	}
}

// TestOwnFailureIsNoDenial: Envoy has a setting for what comes of it.
func TestOwnFailureIsNoDenial(t *testing.T) {
	connection := envoy(t, "127.0.0.1", newServed(t, "").listen(t, nil))
	answer, err := ask(t, connection, check("198.51.100.7"))
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.Nil(t, answer)
}

// faulty is a service with a defect.
type faulty struct {
	authv3.UnimplementedAuthorizationServer
}

func (faulty) Check(context.Context, *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	panic("a defect of 203.0.113.7")
}

func TestPanicIsNoAllow(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"logAddresses": "network"}`))
	connection := envoy(t, "127.0.0.1", s.listen(t, faulty{}))
	for range 2 {
		answer, err := ask(t, connection, check("198.51.100.7"))
		require.Equal(t, codes.Internal, status.Code(err))
		require.Nil(t, answer)
	}
	lines := s.lines(t)
	require.Equal(t, "a request was not answered", lines[0]["msg"])
	require.Equal(t, "a defect of 203.0.113.0/24", lines[0]["panic"])
}

func TestObserveLetsPass(t *testing.T) {
	s := serve(t, blocking(`, "mode": "observe"`))
	connection := envoy(t, "127.0.0.1", s.listen(t, nil))
	for source, want := range map[string][2]string{
		"198.51.100.7": {"allow", "permitted"}, "203.0.113.7": {"deny", "blocklisted"}, "10.0.0.2": {"deny", "client_unresolved"}, "": {"deny", "client_unresolved"},
	} {
		answer := asked(t, connection, check(source))
		require.True(t, passes(t, answer), source)
		fields := answer.GetDynamicMetadata().GetFields()
		require.Equal(t, want, [2]string{fields["decision"].GetStringValue(), fields["reason"].GetStringValue()})
	}
	require.Contains(t, s.metrics(), "netwicket_observed_denials_total 3\n")
	for _, line := range s.lines(t) {
		require.Equal(t, "would be denied", line["msg"])
	}
}

// TestMetadata is what Envoy's access log can say of a decision.
func TestMetadata(t *testing.T) {
	for logAddresses, clients := range map[string][2]string{"full": {"203.0.113.7", "198.51.100.7"}, "network": {"203.0.113.0/24", "198.51.100.0/24"}} {
		connection := envoy(t, "127.0.0.1", serve(t, blocking(`, "serve": {"logAddresses": "`+logAddresses+`"}`)).listen(t, nil))
		for source, want := range map[string]map[string]any{
			"203.0.113.7":  {"decision": "deny", "reason": "blocklisted", "zone": "b", "client": clients[0]},
			"198.51.100.7": {"decision": "allow", "reason": "permitted", "client": clients[1]},
			"10.0.0.2":     {"decision": "deny", "reason": "client_unresolved"},
		} {
			require.Equal(t, want, asked(t, connection, check(source)).GetDynamicMetadata().AsMap())
		}
	}
}

// TestAnswerHeaders go to the application in place of the client's own, and not to clients.
func TestAnswerHeaders(t *testing.T) {
	files := blocking(`, "geo": ["geo.csv"], "serve": {"answerHeaders": ["client", "country", "asn", "zones"], "reasonHeader": true}`)
	files["geo.csv"] = "network,country,region,asn,anonymizer,services\n198.51.100.0/24,DE,,64500,,\n"
	files["zones.json"] = strings.TrimSuffix(files["zones.json"], "]") + `,
		{"type": "IP", "id": "office", "name": "Office", "status": "ACTIVE", "usage": "POLICY", "gateways": [{"type": "CIDR", "value": "198.51.100.0/28"}]}]`
	connection := envoy(t, "127.0.0.1", serve(t, files).listen(t, nil))
	answer := asked(t, connection, check("198.51.100.7", "x-netwicket-zones", "admin"))
	require.Equal(t, map[string]string{
		"X-Netwicket-Client": "198.51.100.7", "X-Netwicket-Country": "DE", "X-Netwicket-Asn": "64500", "X-Netwicket-Zones": "office",
	}, headersOf(answer.GetOkResponse().GetHeaders()))
	require.Empty(t, answer.GetOkResponse().GetHeadersToRemove())
	for _, header := range answer.GetOkResponse().GetHeaders() {
		require.Equal(t, "OVERWRITE_IF_EXISTS_OR_ADD", header.GetAppendAction().String())
	}
	answer = asked(t, connection, check("192.0.2.1", "x-netwicket-zones", "admin"))
	require.Equal(t, map[string]string{"X-Netwicket-Client": "192.0.2.1"}, headersOf(answer.GetOkResponse().GetHeaders()))
	require.Equal(t, []string{"X-Netwicket-Country", "X-Netwicket-Asn", "X-Netwicket-Zones"}, answer.GetOkResponse().GetHeadersToRemove())
	require.Empty(t, answer.GetOkResponse().GetResponseHeadersToAdd())
	for name := range headersOf(asked(t, connection, check("203.0.113.7")).GetDeniedResponse().GetHeaders()) {
		require.NotContains(t, name, "X-Netwicket")
	}
}

// TestLogAndMetrics are those of a question over HTTP.
func TestLogAndMetrics(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"logHeaders": ["X-Request-Id", "Host"], "logLevel": "debug"}`))
	connection := envoy(t, "127.0.0.1", s.listen(t, nil))
	denied := asked(t, connection, check("10.0.0.2", xff, "203.0.113.7", "x-request-id", "a b"))
	require.True(t, passes(t, asked(t, connection, check("198.51.100.7"))))
	require.False(t, passes(t, asked(t, connection, check("10.0.0.2", xff, "nobody"))))
	metrics := s.metrics()
	for _, want := range []string{
		`netwicket_decisions_total{decision="deny",mode="enforce",reason="blocklisted"} 1`,
		`netwicket_client_ip_total{result="header"} 1`, `netwicket_client_ip_total{result="peer"} 1`, `netwicket_client_ip_total{result="malformed"} 1`,
		`netwicket_blocklist_matches_total{zone="b"} 1`, `netwicket_decide_duration_seconds_count 3`,
	} {
		require.Contains(t, metrics, want+"\n")
	}
	lines := s.lines(t)
	require.Len(t, lines, 3)
	want := map[string]any{
		"msg": "denied", "decision": "deny", "reason": "blocklisted", "client_ip": "203.0.113.7", "peer_ip": "10.0.0.2", "hops": 1.0, "zone": "Blocked",
		"headers": map[string]any{"X-Request-Id": `"a b"`, "Host": `"shop.example"`},
	}
	for key, value := range want {
		require.Equal(t, value, lines[0][key], key)
	}
	require.Equal(t, "denied, reference "+lines[0]["reference"].(string)+"\n", denied.GetDeniedResponse().GetBody())
	require.Equal(t, "allowed", lines[1]["msg"])
	require.Equal(t, "malformed", lines[2]["error"])
	require.Equal(t, `"nobody"`, lines[2]["header"])
}

// TestLostEnvoys: a reload must not lock out who asks over gRPC, nor take the header away
// that a balancer in front of it sends.
func TestLostEnvoys(t *testing.T) {
	edge := func(edge string) map[string]string {
		files := blocking("")
		files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "edge": ` + edge + `}`
		return files
	}
	const narrow = `{"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}`
	const other = `{"trusted": ["127.0.0.1", "10.0.0.0/8"], "source": "header:X-Real-Ip"}`
	for source, understood := range map[string]bool{"198.51.100.7": true, "10.0.0.2": false} {
		s := serve(t, blocking(""))
		connection := envoy(t, "127.0.0.1", s.listen(t, nil))
		require.True(t, passes(t, asked(t, connection, check(source, xff, "198.51.100.7"))))
		require.Contains(t, strings.Join(s.Lost("", snapshot(t, edge(narrow))), "\n"), "are not in edge.trusted any more: 127.0.0.1;")
		require.Equal(t, understood, len(s.Lost("", snapshot(t, edge(other)))) == 0, source)
		require.Empty(t, s.Lost("", snapshot(t, blocking(""))))
	}
}

// TestWithoutAConnection: who asks from nowhere is nobody's proxy.
func TestWithoutAConnection(t *testing.T) {
	files := blocking("")
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"source"`, `"trustUnix": true, "source"`, 1)
	answer, err := extauthz.Answers(serve(t, files).Service).Check(t.Context(), check("198.51.100.7"))
	require.NoError(t, err)
	require.False(t, passes(t, answer))
}
