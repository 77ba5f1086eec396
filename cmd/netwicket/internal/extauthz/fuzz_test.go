package extauthz_test

import (
	"context"
	"net"
	"net/netip"
	"testing"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
)

// FuzzCheck takes a CheckRequest as it comes over the wire. Whatever it says: an answer is
// one of two, can be sent, and lets nobody pass whose address is blocked or who has none.
// The policy allows nobody but 198.51.100.0/24 and balancers name nobody, so that for an
// allow there has to be a source, or a header of a balancer's, that says so.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{atEnvoy, behindBalancer, rawHeaders, istioSidecar, connectionOnly} {
		r := new(authv3.CheckRequest)
		require.NoError(f, protojson.Unmarshal([]byte(text), r))
		f.Add(marshalled(f, r))
	}
	f.Add(marshalled(f, check("198.51.100.7")))                                // allowed
	f.Add(marshalled(f, check("10.0.0.2", xff, "198.51.100.7")))               // allowed by its header
	f.Add(marshalled(f, raw("10.0.0.2", xff, "203.0.113.7", xff, "10.0.0.3"))) // denied by its second line
	f.Add(marshalled(f, named("other", check("198.51.100.7"))))                // no policy's name
	f.Add([]byte{})
	s := newServed(f, "")
	require.NoError(f, s.Put("", snapshot(f, map[string]string{
		"netwicket.json": `{"sailpoint": {"networkConfig": "network.json", "authProfile": "profile.json"}, "edge": {"trusted": ["127.0.0.1", "10.0.0.0/8"], "source": "x-forwarded-for"}}`,
		"network.json":   `{"range": ["198.51.100.0/24"], "geolocation": [], "whitelisted": true}`,
		"profile.json":   `{"name": "x", "offNetwork": true, "untrustedGeography": false, "strongAuthLogin": false, "type": "BLOCK"}`,
	})))
	answers := extauthz.Answers(s.Service)
	allowed := netip.MustParsePrefix("198.51.100.0/24")
	ctx := peer.NewContext(context.Background(), &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}})
	answer, err := answers.Check(ctx, check("198.51.100.7"))
	require.NoError(f, err)
	require.True(f, passes(f, answer), "somebody has to be allowed")
	f.Fuzz(func(t *testing.T, data []byte) {
		r := new(authv3.CheckRequest)
		if proto.Unmarshal(data, r) != nil {
			return
		}
		answer, err := answers.Check(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := proto.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		if err := proto.Unmarshal(text, answer); err != nil || len(answer.ProtoReflect().GetUnknown()) > 0 {
			t.Fatal("what Envoy gets is no CheckResponse", err)
		}
		if !passes(t, answer) {
			return
		}
		source, err := netip.ParseAddr(r.GetAttributes().GetSource().GetAddress().GetSocketAddress().GetAddress())
		if err != nil {
			t.Fatalf("%v passes without a source", r)
		}
		client, err := netip.ParseAddr(answer.GetDynamicMetadata().GetFields()["client"].GetStringValue())
		if err != nil || !allowed.Contains(client) {
			t.Fatalf("%v passes as %v", r, client)
		}
		if source := source.Unmap().WithZone(""); source != client && !netip.MustParsePrefix("10.0.0.0/8").Contains(source) && source != netip.MustParseAddr("127.0.0.1") {
			t.Fatalf("%v passes as %v, whom no balancer names", r, client)
		}
		if name, given := r.GetAttributes().GetContextExtensions()["policy"]; given {
			t.Fatalf("%v passes by the policy %q", r, name)
		}
	})
}

func marshalled(f *testing.F, r *authv3.CheckRequest) []byte {
	f.Helper()
	data, err := proto.Marshal(r)
	require.NoError(f, err)
	return data
}
