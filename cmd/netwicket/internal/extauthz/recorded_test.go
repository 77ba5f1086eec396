package extauthz_test

import (
	"testing"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
)

// The shapes of what Envoy sends, after its documentation (api-v3/service/auth/v3/attribute_context.proto)
// and what CheckRequestUtils::createHttpCheck fills in. Envoy itself is not to be had
// where these tests run.
const (
	// A client at an Envoy with use_remote_address, which appends to X-Forwarded-For; what
	// stands before that the client has sent.
	atEnvoy = `{"attributes": {
		"source": {"address": {"socketAddress": {"address": "203.0.113.7", "portValue": 51372}}},
		"destination": {"address": {"socketAddress": {"address": "192.0.2.80", "portValue": 443}}},
		"request": {
			"time": "2026-09-30T09:41:12.722473Z",
			"http": {
				"id": "13359530607844510314", "method": "GET", "path": "/shop?x=1", "host": "shop.example", "scheme": "https", "protocol": "HTTP/2",
				"headers": {
					":authority": "shop.example", ":method": "GET", ":path": "/shop?x=1", ":scheme": "https", "accept": "*/*", "user-agent": "curl/8.5.0",
					"x-envoy-external-address": "203.0.113.7", "x-forwarded-for": "198.51.100.7,203.0.113.7", "x-forwarded-proto": "https",
					"x-request-id": "9e2f6d2b-3a0c-4f0e-9d80-0c8f7a1b7b55"
				}
			}
		},
		"metadataContext": {}, "routeMetadataContext": {}, "tlsSession": {"sni": "shop.example"}
	}}`

	// The same client behind a balancer that appends, with xff_num_trusted_hops: 1. Envoy
	// knows the client by then, but source is still who connected.
	behindBalancer = `{"attributes": {
		"source": {"address": {"socketAddress": {"address": "10.0.0.2", "portValue": 40012}}},
		"destination": {"address": {"socketAddress": {"address": "10.0.0.80", "portValue": 8080}}},
		"request": {
			"time": "2026-09-30T09:41:12.722473Z",
			"http": {
				"id": "4367", "method": "POST", "path": "/", "host": "shop.example", "scheme": "http", "protocol": "HTTP/1.1", "size": "12",
				"headers": {
					":authority": "shop.example", ":method": "POST", ":path": "/", "content-length": "12", "x-envoy-external-address": "203.0.113.7",
					"x-forwarded-for": "198.51.100.7, 203.0.113.7,10.0.0.2", "x-forwarded-proto": "https", "x-request-id": "5"
				}
			}
		}
	}}`

	// The same with encode_raw_headers: every line as it is (c3 in base64 is no UTF-8).
	rawHeaders = `{"attributes": {
		"source": {"address": {"socketAddress": {"address": "10.0.0.2", "portValue": 40012}}},
		"request": {"http": {
			"id": "4368", "method": "GET", "path": "/", "host": "shop.example", "scheme": "http", "protocol": "HTTP/1.1",
			"headerMap": {"headers": [
				{"key": ":authority", "rawValue": "c2hvcC5leGFtcGxl"}, {"key": ":path", "rawValue": "Lw=="}, {"key": "x-note", "rawValue": "ww=="},
				{"key": "x-forwarded-for", "rawValue": "MTk4LjUxLjEwMC43"}, {"key": "x-forwarded-for", "rawValue": "MjAzLjAuMTEzLjc="}, {"key": "x-empty"}
			]}
		}}
	}}`

	// A sidecar of Istio's, asked about a request of the ingress gateway, which is in
	// 10.0.0.0/8: the certificate and the principal are its own.
	istioSidecar = `{"attributes": {
		"source": {
			"address": {"socketAddress": {"address": "10.244.0.9", "portValue": 47210}},
			"principal": "spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account", "certificate": "-----BEGIN%20CERTIFICATE-----%0A"
		},
		"destination": {
			"address": {"socketAddress": {"address": "10.244.0.12", "portValue": 8000}},
			"principal": "spiffe://cluster.local/ns/shop/sa/default"
		},
		"request": {
			"time": "2026-09-30T09:41:12.722473Z",
			"http": {
				"id": "1", "method": "GET", "path": "/", "host": "shop.example", "scheme": "http", "protocol": "HTTP/1.1",
				"headers": {
					":authority": "shop.example", ":method": "GET", ":path": "/", ":scheme": "http", "x-b3-sampled": "0", "x-envoy-attempt-count": "1",
					"x-envoy-internal": "true", "x-forwarded-for": "203.0.113.7", "x-forwarded-client-cert": "By=spiffe://cluster.local/ns/shop/sa/default;Hash=4f2c;Subject=\"\"",
					"x-forwarded-proto": "https", "x-request-id": "6"
				}
			}
		}
	}}`

	// A connection, asked about by the network filter: there is no request.
	connectionOnly = `{"attributes": {
		"source": {"address": {"socketAddress": {"address": "203.0.113.7", "portValue": 51372}}},
		"destination": {"address": {"socketAddress": {"address": "192.0.2.80", "portValue": 22}}}
	}}`
)

// TestRecordedChecks: in each of them the client is 203.0.113.7, which the policy blocks,
// and another policy does not.
func TestRecordedChecks(t *testing.T) {
	s := newServed(t, "", "open")
	require.NoError(t, s.Put("", snapshot(t, blocking(""))))
	require.NoError(t, s.Put("open", snapshot(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "serve": {"answerHeaders": ["client"]}}`, "zones.json": blocklist("192.0.2.0/24"),
	})))
	connection := envoy(t, "127.0.0.1", s.listen(t, nil))
	for name, text := range map[string]string{
		"at Envoy": atEnvoy, "behind a balancer": behindBalancer, "raw headers": rawHeaders, "a sidecar of Istio's": istioSidecar, "a connection": connectionOnly,
	} {
		r := new(authv3.CheckRequest)
		require.NoError(t, protojson.Unmarshal([]byte(text), r), name)
		answer := asked(t, connection, r)
		require.False(t, passes(t, answer), name)
		require.Equal(t, map[string]any{"decision": "deny", "reason": "blocklisted", "zone": "b", "client": "203.0.113.7"}, answer.GetDynamicMetadata().AsMap(), name)
		answer = asked(t, connection, named("open", r))
		require.True(t, passes(t, answer), name)
		require.Equal(t, "203.0.113.7", headersOf(answer.GetOkResponse().GetHeaders())["X-Netwicket-Client"], name)
	}
}
