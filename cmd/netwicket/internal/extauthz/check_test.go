package extauthz_test

import (
	"fmt"
	"strings"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
)

// TestAnswers is the table of forwardauth's test of this name, as Envoy tells it: from a
// balancer in front of it, and with the client at Envoy itself.
func TestAnswers(t *testing.T) {
	const balancer = "10.0.0.2"
	s := serve(t, blocking(""))
	connection := envoy(t, "127.0.0.1", s.listen(t, nil))
	for _, test := range []struct {
		name, source string
		headers      []string
		passes       bool
		reason       string
	}{
		{"allowed", balancer, []string{xff, "198.51.100.7"}, true, "permitted"},
		{"allowed with a port", balancer, []string{xff, "198.51.100.7:4711"}, true, "permitted"},
		{"denied", balancer, []string{xff, "203.0.113.7"}, false, "blocklisted"},
		{"denied in another spelling", balancer, []string{xff, "::ffff:203.0.113.7"}, false, "blocklisted"},
		{"forged first element", balancer, []string{xff, "198.51.100.7, 203.0.113.7"}, false, "blocklisted"},
		{"forged first line", balancer, []string{xff, "198.51.100.7", xff, "203.0.113.7"}, false, "blocklisted"},
		{"blocked hop that the client claims", balancer, []string{xff, "203.0.113.7, 198.51.100.7"}, false, "blocklisted"},
		{"trusted hop between", balancer, []string{xff, "203.0.113.7, 10.9.9.9"}, false, "blocklisted"},
		{"forged trusted element", balancer, []string{xff, "10.0.0.2, 203.0.113.7"}, false, "blocklisted"},
		{"no header", balancer, nil, false, "client_unresolved"},
		{"empty header", balancer, []string{xff, ""}, false, "client_unresolved"},
		{"commas alone", balancer, []string{xff, " , ,"}, false, "client_unresolved"},
		{"another header", balancer, []string{"x-real-ip", "198.51.100.7"}, false, "client_unresolved"},
		{"text", balancer, []string{xff, "unknown"}, false, "client_unresolved"},
		{"text nearer than the client", balancer, []string{xff, "198.51.100.7, nobody"}, false, "client_unresolved"},
		{"trusted proxies alone", balancer, []string{xff, "10.1.1.1"}, false, "client_unresolved"},
		{"more elements than are read", balancer, []string{xff, "198.51.100.7" + strings.Repeat(", 10.0.0.2", 40)}, false, "client_unresolved"},
		{"100 kB of commas", balancer, []string{xff, "198.51.100.7" + strings.Repeat(",", 100_000)}, false, "client_unresolved"},
		{"100 kB of one element", balancer, []string{xff, strings.Repeat("1", 100_000)}, false, "client_unresolved"},
		{"allowed at Envoy itself", "198.51.100.7", nil, true, "permitted"},
		{"denied at Envoy itself", "203.0.113.7", nil, false, "blocklisted"},
		{"denied at Envoy itself in another spelling", "::ffff:203.0.113.7", nil, false, "blocklisted"},
		{"allowed, with what Envoy appends", "198.51.100.7", []string{xff, "198.51.100.7"}, true, "permitted"},
		{"forged at Envoy itself", "203.0.113.7", []string{xff, "198.51.100.7"}, false, "blocklisted"},
		{"forged at Envoy itself, with what Envoy appends", "203.0.113.7", []string{xff, "198.51.100.7,203.0.113.7"}, false, "blocklisted"},
		{"forged as a balancer at Envoy itself", "203.0.113.7", []string{xff, "198.51.100.7, 10.0.0.2"}, false, "blocklisted"},
		{"blocked hop that is claimed at Envoy itself", "198.51.100.7", []string{xff, "203.0.113.7"}, false, "blocklisted"},
		{"allowed over IPv6", "2001:db8::7", nil, true, "permitted"},
		{"no source", "", []string{xff, "198.51.100.7"}, false, "client_unresolved"},
		{"a name for a source", "shop.example", []string{xff, "198.51.100.7"}, false, "client_unresolved"},
		{"a path for a source", "/run/envoy.sock", []string{xff, "198.51.100.7"}, false, "client_unresolved"},
		{"an address with a port for a source", "10.0.0.2:80", []string{xff, "198.51.100.7"}, false, "client_unresolved"},
		{"nobody's address for a source", "0.0.0.0", []string{xff, "198.51.100.7"}, false, "client_unresolved"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for form, r := range map[string]*authv3.CheckRequest{"joined": check(test.source, test.headers...), "raw": raw(test.source, test.headers...)} {
				answer := asked(t, connection, r)
				require.Equal(t, test.passes, passes(t, answer), form)
				require.Equal(t, test.reason, answer.GetDynamicMetadata().GetFields()["reason"].GetStringValue(), form)
				if !test.passes {
					require.Equal(t, codes.PermissionDenied, codes.Code(answer.GetStatus().GetCode()))
					headers := headersOf(answer.GetDeniedResponse().GetHeaders())
					require.Equal(t, "no-store", headers["Cache-Control"])
					if body := answer.GetDeniedResponse().GetBody(); body != "" { // unless its log line was one too many
						require.Regexp(t, `^denied, reference [0-9A-Z]{4}-[0-9A-Z]{4}\n$`, body)
						require.Equal(t, "text/plain; charset=utf-8", headers["Content-Type"])
					}
				}
			}
		})
	}
}

func headersOf(list []*corev3.HeaderValueOption) map[string]string {
	headers := map[string]string{}
	for _, one := range list {
		headers[one.GetHeader().GetKey()] = one.GetHeader().GetValue()
	}
	return headers
}

// TestNoSourceIsNoSocket: edge.trustUnix says of Envoy that it may ask, and nothing of who
// is connected to it without an address.
func TestNoSourceIsNoSocket(t *testing.T) {
	files := blocking("")
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"source"`, `"trustUnix": true, "source"`, 1)
	connection := envoy(t, "127.0.0.1", serve(t, files).listen(t, nil))
	allowed := []string{xff, "198.51.100.7"}
	require.True(t, passes(t, asked(t, connection, check("10.0.0.2", allowed...))))
	pipe := check("", allowed...)
	for _, path := range []string{"", "@", "/run/envoy.sock"} {
		pipe.Attributes.Source.Address = &corev3.Address{Address: &corev3.Address_Pipe{Pipe: &corev3.Pipe{Path: path}}}
		require.False(t, passes(t, asked(t, connection, pipe)), path)
	}
	inner := check("", allowed...)
	inner.Attributes.Source.Address = &corev3.Address{Address: &corev3.Address_EnvoyInternalAddress{EnvoyInternalAddress: &corev3.EnvoyInternalAddress{}}}
	bare := check("", allowed...)
	bare.Attributes.Source = nil
	for _, r := range []*authv3.CheckRequest{
		check("", allowed...), check("@", allowed...), check("pipe", allowed...), check("bufconn", allowed...), inner, bare,
		{}, {Attributes: &authv3.AttributeContext{}},
	} {
		require.False(t, passes(t, asked(t, connection, r)), r.String())
	}
}

// TestHeadersThatAreNone: what no Envoy sends is refused as it is, also where the policy
// observes and where the client would be allowed.
func TestHeadersThatAreNone(t *testing.T) {
	for _, mode := range []string{"enforce", "observe"} {
		s := serve(t, blocking(`, "mode": "`+mode+`"`))
		connection := envoy(t, "127.0.0.1", s.listen(t, nil))
		both := raw("198.51.100.7", xff, "198.51.100.7")
		both.Attributes.Request.Http.Headers = map[string]string{xff: "198.51.100.7"}
		twice := raw("198.51.100.7", xff, "198.51.100.7")
		twice.Attributes.Request.Http.HeaderMap.Headers[1].Value = "198.51.100.8"
		refused := []*authv3.CheckRequest{both, twice}
		for _, header := range [][2]string{
			{"", "x"}, {"X-Forwarded-For", "198.51.100.7"}, {"x forwarded-for", "x"}, {"x\nx", "x"}, {"x-f\u00f6r", "x"}, {"x,y", "x"}, {"x:", "x"},
			{"cookie", "a\x00b"}, {xff, "198.51.100.7\r\n"}, {":path", "/\x7f"},
		} {
			refused = append(refused, check("198.51.100.7", header[0], header[1]), raw("198.51.100.7", header[0], header[1]))
		}
		for _, r := range refused {
			answer := asked(t, connection, r)
			require.False(t, passes(t, answer), r.String())
			require.Equal(t, codes.InvalidArgument, codes.Code(answer.GetStatus().GetCode()))
			require.Nil(t, answer.GetDynamicMetadata())
		}
		require.True(t, passes(t, asked(t, connection, raw("198.51.100.7", "x_any.thing", "\xff\t", "te", "trailers"))))
		require.Equal(t, len(refused), strings.Count(fmt.Sprint(s.lines(t)), "none that a proxy asks"))
		require.Regexp(t, `netwicket_decisions_total{decision="allow",mode="`+mode+`",reason="permitted"} 1\n`, s.metrics())
	}
}
