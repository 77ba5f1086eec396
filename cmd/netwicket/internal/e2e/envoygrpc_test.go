//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3" // what the example's configuration has in it
	extauthzv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3" // the same
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	upstreamv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// bootstrap reads a configuration as Envoy does: every field has to be one of its own, and
// every value within its bounds.
func bootstrap(t *testing.T, path string) *bootstrapv3.Bootstrap {
	t.Helper()
	var config any
	readYAML(t, path, &config)
	text, err := json.Marshal(config)
	require.NoError(t, err)
	b := new(bootstrapv3.Bootstrap)
	require.NoError(t, protojson.Unmarshal(text, b), path)
	require.NoError(t, b.ValidateAll(), path)
	return b
}

// unpacked is what stands in a typed_config.
func unpacked[M interface {
	proto.Message
	ValidateAll() error
}](t *testing.T, from *anypb.Any, into M) M {
	t.Helper()
	require.NoError(t, from.UnmarshalTo(into))
	require.NoError(t, into.ValidateAll())
	return into
}

// TestEnvoyReadsItsConfigurations, as far as its own messages say; Envoy itself is not to
// be had where these tests run.
func TestEnvoyReadsItsConfigurations(t *testing.T) {
	for _, name := range []string{"envoy.yaml", "envoy-grpc.yaml"} {
		bootstrap(t, filepath.Join("..", "..", "..", "..", "examples", "envoy", name))
	}
}

// TestEnvoyOverGRPC asks as the gRPC service of Envoy's ext_authz does with the example's
// settings: source.address is who connected, and of the headers those that are allowed, with
// that address appended to X-Forwarded-For.
func TestEnvoyOverGRPC(t *testing.T) {
	examples := filepath.Join("..", "..", "..", "..", "examples")
	resources := bootstrap(t, filepath.Join(examples, "envoy", "envoy-grpc.yaml")).GetStaticResources()
	chain := resources.GetListeners()[0].GetFilterChains()[0]
	manager := unpacked(t, chain.GetFilters()[0].GetTypedConfig(), &managerv3.HttpConnectionManager{})
	require.True(t, manager.GetUseRemoteAddress().GetValue())
	settings := unpacked(t, manager.GetHttpFilters()[0].GetTypedConfig(), &extauthzv3.ExtAuthz{})
	require.False(t, settings.GetFailureModeAllow())
	require.Equal(t, corev3.ApiVersion_V3, settings.GetTransportApiVersion())
	cluster := resources.GetClusters()[0]
	require.Equal(t, cluster.GetName(), settings.GetGrpcService().GetEnvoyGrpc().GetClusterName())
	options := unpacked(t, cluster.GetTypedExtensionProtocolOptions()["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"], &upstreamv3.HttpProtocolOptions{})
	interval := options.GetExplicitHttpConfig().GetHttp2ProtocolOptions().GetConnectionKeepalive().GetInterval().AsDuration()
	require.Greater(t, interval.Seconds(), 10.0, "more pings than netwicket takes")
	port := cluster.GetLoadAssignment().GetEndpoints()[0].GetLbEndpoints()[0].GetEndpoint().GetAddress().GetSocketAddress().GetPortValue()
	readme, err := os.ReadFile(filepath.Join(examples, "envoy", "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), fmt.Sprintf("netwicket serve -c ../forwardauth --grpc 127.0.0.1:%d", port))
	sent := func(name string) bool {
		for _, pattern := range settings.GetAllowedHeaders().GetPatterns() {
			if strings.EqualFold(pattern.GetExact(), name) {
				return true
			}
		}
		return false
	}
	require.True(t, sent("x-forwarded-for"))

	p := freePorts(t)
	address := fmt.Sprintf("127.0.0.1:%d", p.application)
	service := start(t, filepath.Join(examples, "envoy"), program, "serve", "-c", "../forwardauth", "--listen", fmt.Sprintf("127.0.0.1:%d", p.service), "--grpc", address)
	e := overGRPC(t, address, nil)
	require.Equal(t, "SERVING", e.health())
	ask := func(client, claimed string) bool {
		forwarded := client
		if claimed != "" {
			forwarded = claimed + "," + client
		}
		headers := map[string]string{}
		for name, value := range map[string]string{":authority": "example.org", ":path": "/", "cookie": "a=b", "x-forwarded-for": forwarded, "x-real-ip": claimed} {
			if sent(name) {
				headers[name] = value
			}
		}
		answer := e.asks(&authv3.CheckRequest{Attributes: &authv3.AttributeContext{
			Source: source(client), Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{Headers: headers}},
		}})
		return answer.GetStatus().GetCode() == 0
	}
	for _, claimed := range []string{"", allowed, allowed + ", 127.0.0.1", "garbage", allowed + ","} {
		require.True(t, ask(allowed, claimed), claimed)
		require.False(t, ask(blocked, claimed), claimed)
	}
	require.False(t, ask(allowed, "203.0.113.7"), "a hop that is claimed counts against it")
	require.False(t, ask("127.0.0.1", ""), "the proxy is nobody's client")
	require.NotContains(t, service.output.String(), "outside edge.trusted")
}
