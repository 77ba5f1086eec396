package extauthz_test

import (
	"context"
	"net"
	"testing"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/extauthz"
)

// BenchmarkCheck is what an answer costs beside gRPC, with its way into bytes.
func BenchmarkCheck(b *testing.B) {
	r := new(authv3.CheckRequest)
	require.NoError(b, protojson.Unmarshal([]byte(behindBalancer), r))
	ctx := peer.NewContext(context.Background(), &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}})
	for name, blocked := range map[string]string{"allowed": "192.0.2.0/24", "denied": "203.0.113.0/24"} {
		b.Run(name, func(b *testing.B) {
			files := blocking("")
			files["zones.json"] = blocklist(blocked)
			answers := extauthz.Answers(serve(b, files).Service)
			b.ReportAllocs()
			for b.Loop() {
				answer, err := answers.Check(ctx, r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := proto.Marshal(answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
