package extauthz_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// overHTTP is what the HTTP handler answers to a question of this peer: whether the request
// passes, why, and who the client is.
func overHTTP(s *forwardauth.Service, peer string, lines ...string) [3]string {
	r := httptest.NewRequest("GET", "/decide", nil)
	r.RemoteAddr = peer + ":4711"
	r.Header["X-Forwarded-For"] = lines
	w := httptest.NewRecorder()
	s.Handler(false).ServeHTTP(w, r)
	return [3]string{fmt.Sprint(w.Code == 204), w.Header().Get("X-Netwicket-Reason"), w.Header().Get("X-Netwicket-Client")}
}

// overGRPC is the same of an answer to Envoy.
func overGRPC(t testing.TB, answer *authv3.CheckResponse) [3]string {
	t.Helper()
	return [3]string{
		fmt.Sprint(passes(t, answer)),
		answer.GetDynamicMetadata().GetFields()["reason"].GetStringValue(),
		headersOf(answer.GetOkResponse().GetHeaders())["X-Netwicket-Client"],
	}
}

// acme is the example's policy with proxies of this machine and balancers in front, and
// with answers that say why.
func acme(t testing.TB, more map[string]any) *served {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "examples", "acme", "netwicket.json"))
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(text, &file))
	edge := map[string]any{"trusted": []string{"127.0.0.1", "10.0.0.0/8"}, "source": "x-forwarded-for"}
	maps.Copy(edge, more)
	file["edge"], file["serve"] = edge, map[string]any{"reasonHeader": true, "answerHeaders": []string{"client"}}
	text, err = json.Marshal(file)
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Join("..", "..", "..", "..", "examples", "acme"))))
	writeFile(t, filepath.Join(folder, "netwicket.json"), string(text))
	s := newServed(t, "")
	require.NoError(t, s.Put("", snapshotOf(t, folder)))
	return s
}

// hop is somebody that the policy of acme knows, a balancer, or no address.
func hop(random *rand.Rand) string {
	switch random.IntN(8) {
	case 0:
		return fmt.Sprintf("10.0.0.%d", random.IntN(256))
	case 1:
		return fmt.Sprintf("192.0.2.%d", 8+random.IntN(8)) // an office's proxies
	case 2:
		return fmt.Sprintf("203.0.113.%d", 195+random.IntN(30)) // blocked, and exempt
	case 3:
		return fmt.Sprintf("2001:db8:b::%x", random.IntN(256))
	case 4:
		return fmt.Sprintf("::ffff:198.51.100.%d", random.IntN(256))
	case 5:
		return [...]string{"unknown", "", "198.51.100.7:80", "[2001:db8:b::1]:80", "0.0.0.0"}[random.IntN(5)]
	default:
		return fmt.Sprintf("198.51.100.%d", random.IntN(256))
	}
}

// TestAsOverHTTP: equal requests are decided equally. Somebody in front of Envoy who is a
// balancer is told of as if he asked himself, and a client as Envoy's own question over
// HTTP would name him, behind everything else.
func TestAsOverHTTP(t *testing.T) {
	for _, more := range []map[string]any{nil, {"allTrusted": "leftmost"}} {
		s := acme(t, more)
		connection := envoy(t, "127.0.0.1", s.listen(t, nil))
		random := rand.New(rand.NewPCG(7, uint64(len(more))))
		seen := map[string]int{}
		for range 800 {
			var lines []string
			for range random.IntN(3) {
				hops := make([]string, random.IntN(4))
				for i := range hops {
					hops[i] = hop(random)
				}
				lines = append(lines, strings.Join(hops, ", "))
			}
			source := hop(random)
			for strings.ContainsAny(source, "[") || !strings.ContainsAny(source, ".:") || source == "0.0.0.0" || source == "198.51.100.7:80" {
				source = hop(random)
			}
			headers := make([]string, 0, 2*len(lines))
			for _, line := range lines {
				headers = append(headers, xff, line)
			}
			want := overHTTP(s.Service, source, lines...)
			if !s.Trusts(source) {
				want = overHTTP(s.Service, "127.0.0.1", append(lines, source)...)
			}
			joined := overGRPC(t, asked(t, connection, check(source, headers...)))
			require.Equal(t, want, joined, "%q from %s", lines, source)
			require.Equal(t, want, overGRPC(t, asked(t, connection, raw(source, headers...))), "%q from %s", lines, source)
			// And where Envoy has appended the address itself (use_remote_address).
			if !s.Trusts(source) {
				require.Equal(t, want, overGRPC(t, asked(t, connection, raw(source, append(headers, xff, source)...))), "%q from %s", lines, source)
			}
			seen[want[0]+" "+want[1]]++
		}
		require.Greater(t, len(seen), 3, "%v", seen)
	}
}
