//go:build unix

package e2e_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// The vendors' own clients against a running netwicket admin, with a running
// netwicket serve on the same folder that must follow.

const geoOfTenant = `network,country,region,asn,anonymizer,services
192.0.2.0/24,US,US-CA,64496,-,-
198.51.100.0/24,DE,DE-BE,64500,-,-
203.0.113.0/24,FR,FR-IDF,64501,-,-
100.64.0.0/24,US,US-CA,64502,tor,-
100.64.1.0/24,US,US-CA,64503,anonymous,NORD_VPN
`

// vendorServer is netwicket admin with callers of every kind.
type vendorServer struct {
	folder, base, token string
	key                 string // of the OAuth clients, PEM
}

var adminServes = regexp.MustCompile(`"msg":"serving the vendors' APIs","address":"([^"]+)"`)

func newVendorServer(t *testing.T, args ...string) *vendorServer {
	t.Helper()
	s := &vendorServer{folder: t.TempDir()}
	for name, text := range map[string]string{
		"netwicket.json": `{"geo": ["geo.csv"], "assumeNone": ["tor", "vpn", "public_proxy", "residential_proxy"],
 "sailpoint": {"authProfile": "profile.json"},
 "edge": {"trusted": ["127.0.0.0/8"], "source": "x-forwarded-for"}}`,
		"geo.csv":      geoOfTenant,
		"profile.json": `{"id": "profile1", "tenant": "acme", "offNetwork": false, "untrustedGeography": false}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600))
	}
	callersFile := filepath.Join(t.TempDir(), "callers.json")
	made, err := exec.Command(program, "admin", "token", "ci", "--callers", callersFile).Output()
	require.NoError(t, err)
	s.token = strings.TrimSpace(string(made))
	s.addClients(t, callersFile)
	running := start(t, s.folder, program, append([]string{"admin", "-c", s.folder, "--listen", "127.0.0.1:0", "--callers", callersFile}, args...)...)
	require.Eventually(t, func() bool {
		found := adminServes.FindStringSubmatch(running.output.String())
		if found != nil {
			s.base = "http://" + found[1]
		}
		return found != nil
	}, patience, 10*time.Millisecond, "%s", running.output)
	return s
}

// addClients adds clients with a key, with a key and DPoP, and with a secret.
func (s *vendorServer) addClients(t *testing.T, file string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	packed, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	s.key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: packed}))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var callers map[string]any
	require.NoError(t, json.Unmarshal(text, &callers))
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}}
	scopes := []string{"okta.networkZones.manage", "okta.threatInsights.manage", "okta.policies.manage"}
	secret := sha256.Sum256([]byte("sp-secret"))
	callers["clients"] = []map[string]any{
		{"id": "0oaBearer", "jwks": set, "scopes": scopes, "dpop": "no"},
		{"id": "0oaDpop", "jwks": set, "scopes": scopes, "dpop": "required"},
		{"id": "sp1", "secretSha256": hex.EncodeToString(secret[:]), "scopes": []string{"sp:auth-org:manage", "sp:auth-profile:update"}},
	}
	text, err = json.Marshal(callers)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}

// nodeClients are the npm packages, installed once for all tests.
var nodeClients = sync.OnceValues(func() (string, error) {
	if _, err := exec.LookPath("npm"); err != nil {
		return "", fmt.Errorf("the vendors' JavaScript clients need node and npm: %w", err)
	}
	folder, err := os.MkdirTemp("", "netwicket-clients")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(folder, os.DirFS("clients")); err != nil {
		return folder, err
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = folder
	if output, err := install.CombinedOutput(); err != nil {
		return folder, fmt.Errorf("npm ci: %w\n%s", err, output)
	}
	return folder, nil
})

// node runs a script of the clients and gives what it prints.
func node(t *testing.T, script string, environment ...string) map[string]any {
	t.Helper()
	folder, err := nodeClients()
	if err != nil {
		if os.Getenv("NETWICKET_DATA") != "" {
			require.NoError(t, err) // where there is the data, there is a registry
		}
		t.Skipf("the vendors' JavaScript clients cannot be had: %v", err)
	}
	command := exec.Command("node", script)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	require.NoError(t, command.Run(), "%s\n%s", stdout.String(), stderr.String())
	var printed map[string]any
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n") // SDKs print warnings in front
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &printed), "%s", stdout.String())
	return printed
}

// A zone that Okta's SDK made denies at a gateway that serves the same folder, and
// so does a rule.
func TestOktaNodeClient(t *testing.T) {
	for name, environment := range map[string][]string{
		"SSWS":            nil,
		"private_key_jwt": {"CLIENT=0oaBearer"},
		"DPoP":            {"CLIENT=0oaDpop"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newVendorServer(t)
			door := serveFolder(t, s.folder)
			require.Equal(t, http.StatusNoContent, door("203.0.113.9"))
			credentials := []string{"BASE=" + s.base, "TOKEN=" + s.token}
			if environment != nil {
				credentials = append([]string{"BASE=" + s.base, "KEY=" + s.key}, environment...)
			}
			node(t, "okta.mjs", credentials...)
			require.Eventually(t, func() bool { return door("203.0.113.9") == http.StatusForbidden }, patience, 20*time.Millisecond,
				"the block list that the SDK made denies at the gateway")
			require.Equal(t, http.StatusForbidden, door("192.0.2.1"), "so does the rule")
			require.Equal(t, http.StatusNoContent, door("198.51.100.200"), "nobody else")
		})
	}
}

// serveFolder runs netwicket serve on a folder; the door asks it about a client.
func serveFolder(t *testing.T, folder string) func(client string) int {
	t.Helper()
	port := freePorts(t).service
	start(t, folder, program, "serve", "-c", folder, "--listen", fmt.Sprintf("127.0.0.1:%d", port)).answers(port)
	return func(client string) int {
		request, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/decide", port), nil)
		require.NoError(t, err)
		request.Header.Set("X-Forwarded-For", client)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
}

// Okta's SDK waits until the limit is over, and goes on.
func TestOktaNodeClientWaits(t *testing.T) {
	if testing.Short() {
		t.Skip("the SDK waits for the end of a minute: left out with -short")
	}
	s := newVendorServer(t, "--rate", "5")
	node(t, "limited.mjs", "BASE="+s.base, "TOKEN="+s.token, "COUNT=7")
}

func TestSailPointNodeClient(t *testing.T) {
	s := newVendorServer(t)
	printed := node(t, "sailpoint.mjs", "BASE="+s.base, "CLIENT=sp1", "SECRET=sp-secret", "PROFILE=profile1")
	require.Equal(t, []any{"1.3.7.2", "255.255.255.252/30"}, printed["range"])
	output, err := exec.Command(program, "eval", "-c", s.folder, "198.51.100.1").Output()
	require.Error(t, err, "it is denied")
	require.Contains(t, string(output), "off_network")
}

// The old Go SDK is a module of its own.
func TestOktaGoV2Client(t *testing.T) { goClient(t, "oktav2") }

// The newer one takes minutes to build.
func TestOktaGoV5Client(t *testing.T) {
	if os.Getenv("NETWICKET_OKTA_V5") == "" {
		t.Skip("building Okta's Go SDK v5 takes minutes: set NETWICKET_OKTA_V5=1")
	}
	goClient(t, "oktav5")
}

func goClient(t *testing.T, name string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-gcflags=github.com/okta/...=-N -l", "-o", binary, ".")
	build.Dir = filepath.Join("clients", name)
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if output, err := build.CombinedOutput(); err != nil {
		if os.Getenv("NETWICKET_DATA") != "" {
			require.NoError(t, err, "%s", output) // where there is the data, there is a registry
		}
		t.Skipf("the SDK cannot be had: %v\n%s", err, output)
	}
	s := newVendorServer(t)
	door := serveFolder(t, s.folder)
	require.Equal(t, http.StatusNoContent, door("192.0.2.0"))
	run := exec.Command(binary)
	run.Env = append(os.Environ(), "BASE="+s.base, "TOKEN="+s.token, "KEY="+s.key)
	output, err := run.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Eventually(t, func() bool { return door("192.0.2.0") == http.StatusForbidden }, patience, 20*time.Millisecond,
		"the zone that the SDK made denies at the gateway")
}
