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

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/internal/realdata"
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

// needsRegistries skips what fetches and builds the vendors' clients, for minutes, but where
// it is asked for.
func needsRegistries(t *testing.T) {
	t.Helper()
	if _, err := realdata.Folder(); err != nil && os.Getenv("NETWICKET_CLIENTS") == "" {
		t.Skip("fetches the vendors' clients from npm and the Go proxy and builds them: set NETWICKET_CLIENTS=1")
	}
}

// vendorServer is netwicket admin with callers of every kind.
type vendorServer struct {
	folder, base, token string
	output              *output
	key, rsaKey         string // of the OAuth clients, PEM: PKCS #8, and PKCS #1 for clients that know no other
}

var adminServes = regexp.MustCompile(`"msg":"serving the vendors' APIs","address":"([^"]+)","tls":(true|false)`)

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
	s.output = running.output
	require.Eventually(t, func() bool {
		found := adminServes.FindStringSubmatch(running.output.String())
		if found != nil {
			s.base = map[string]string{"true": "https://", "false": "http://"}[found[2]] + found[1]
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
	s.rsaKey = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
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
	folder := filepath.Join(filepath.Dir(program), "clients") // TestMain takes it away
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
	needsRegistries(t)
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

// Okta's SDKs wait until the limit is over, and go on. All wait at the same time.
func TestOktaClientsWait(t *testing.T) {
	needsRegistries(t)
	if testing.Short() {
		t.Skip("the SDKs wait for the end of a minute: left out with -short")
	}
	limited := func(t *testing.T) *vendorServer {
		t.Parallel()
		return newVendorServer(t, "--rate", "5")
	}
	t.Run("node", func(t *testing.T) {
		s := limited(t)
		node(t, "limited.mjs", "BASE="+s.base, "TOKEN="+s.token, "COUNT=7")
	})
	for _, name := range []string{"oktav2", "testdata/oktav5"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			skipLongBuild(t, name)
			s := limited(t)
			run := exec.Command(goClient(t, name))
			run.Env = append(os.Environ(), "BASE="+s.base, "TOKEN="+s.token, "COUNT=7")
			output, err := run.CombinedOutput()
			require.NoError(t, err, "%s", output)
			require.Contains(t, s.output.String(), `"status":429`)
		})
	}
}

func TestSailPointNodeClient(t *testing.T) {
	needsRegistries(t)
	s := newVendorServer(t)
	printed := node(t, "sailpoint.mjs", "BASE="+s.base, "CLIENT=sp1", "SECRET=sp-secret", "PROFILE=profile1")
	require.Equal(t, []any{"1.3.7.2", "255.255.255.252/30"}, printed["range"])
	output, err := exec.Command(program, "eval", "-c", s.folder, "198.51.100.1").Output()
	require.Error(t, err, "it is denied")
	require.Contains(t, string(output), "off_network")
}

// Clients of a server with a certificate of its own authority are told of it by the
// environment; one that is not told does not speak to it.
func TestClientsWithAnOwnAuthority(t *testing.T) {
	needsRegistries(t)
	certificates := t.TempDir()
	doorwaytest.WriteCertificate(t, certificates, 1)
	authority := filepath.Join(certificates, "cert.pem")
	secure := func(t *testing.T) *vendorServer {
		return newVendorServer(t, "--tls-cert", authority, "--tls-key", filepath.Join(certificates, "key.pem"))
	}
	t.Run("node", func(t *testing.T) {
		s := secure(t)
		require.Regexp(t, "^https://", s.base)
		node(t, "okta.mjs", "BASE="+s.base, "KEY="+s.key, "CLIENT=0oaDpop", "NODE_EXTRA_CA_CERTS="+authority)
		node(t, "sailpoint.mjs", "BASE="+s.base, "CLIENT=sp1", "SECRET=sp-secret", "PROFILE=profile1", "NODE_EXTRA_CA_CERTS="+authority)
	})
	t.Run("go", func(t *testing.T) {
		s := secure(t)
		binary := goClient(t, "oktav2")
		untold := exec.Command(binary)
		untold.Env = append(os.Environ(), "BASE="+s.base, "TOKEN="+s.token)
		output, err := untold.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(output), "certificate")
		told := exec.Command(binary)
		told.Env = append(untold.Env, "SSL_CERT_FILE="+authority)
		output, err = told.CombinedOutput()
		require.NoError(t, err, "%s", output)
	})
}

// The old Go SDK is a module of its own.
func TestOktaGoV2Client(t *testing.T) {
	needsRegistries(t)
	runGoClient(t, goClient(t, "oktav2"), map[string]string{"SSWS": "", "private_key_jwt": "0oaBearer"})
}

// The newer one has a thousand files and takes long to build, so that it is not in
// the workspace: in testdata nothing but this test builds it.
func TestOktaGoV5Client(t *testing.T) {
	needsRegistries(t)
	skipLongBuild(t, "testdata/oktav5")
	runGoClient(t, goClient(t, "testdata/oktav5"), map[string]string{"SSWS": "", "private_key_jwt": "0oaBearer", "DPoP": "0oaDpop"})
}

func skipLongBuild(t *testing.T, name string) {
	if name == "testdata/oktav5" && os.Getenv("NETWICKET_OKTA_V5") == "" {
		t.Skip("building Okta's Go SDK v5 takes half a minute to minutes and 2 GB: set NETWICKET_OKTA_V5=1")
	}
}

// goClient builds a client, without the workspace: its requirements are its own.
func goClient(t *testing.T, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(name))
	build := exec.Command("go", "build", "-gcflags=github.com/okta/...=-N -l", "-o", binary, ".")
	build.Dir = filepath.Join("clients", filepath.FromSlash(name))
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if output, err := build.CombinedOutput(); err != nil {
		if os.Getenv("NETWICKET_DATA") != "" {
			require.NoError(t, err, "%s", output) // where there is the data, there is a registry
		}
		t.Skipf("the SDK cannot be had: %v\n%s", err, output)
	}
	return binary
}

// runGoClient manages a folder with a client, by each kind of credentials (the
// OAuth client, or none for a token), while a gateway serves it.
func runGoClient(t *testing.T, binary string, credentials map[string]string) {
	t.Helper()
	for name, client := range credentials {
		t.Run(name, func(t *testing.T) {
			s := newVendorServer(t)
			door := serveFolder(t, s.folder)
			require.Equal(t, http.StatusNoContent, door("192.0.2.0"))
			require.Equal(t, http.StatusNoContent, door("198.51.100.1"))
			run := exec.Command(binary)
			run.Env = append(os.Environ(), "BASE="+s.base)
			if client == "" {
				run.Env = append(run.Env, "TOKEN="+s.token)
			} else {
				run.Env = append(run.Env, "KEY="+s.rsaKey, "CLIENT="+client)
			}
			output, err := run.CombinedOutput()
			require.NoError(t, err, "%s", output)
			for what, address := range map[string]string{"the zone that the SDK made": "192.0.2.0", "the rule that the SDK made": "198.51.100.1"} {
				require.Eventually(t, func() bool { return door(address) == http.StatusForbidden }, patience, 20*time.Millisecond,
					"%s denies at the gateway", what)
			}
			require.Equal(t, http.StatusNoContent, door("198.51.100.200"), "nobody else")
		})
	}
}
