package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

func TestAdminFlags(t *testing.T) {
	good := adminFlags{callers: "callers.json", rate: 600, sailPointRate: 100, catchAll: "allow"}
	require.NoError(t, good.check())
	for want, change := range map[string]func(*adminFlags){
		"--callers FILE is needed": func(f *adminFlags) { f.callers = "" },
		"--rate 0":                 func(f *adminFlags) { f.rate = 0 },
		"--sailpoint-rate -1":      func(f *adminFlags) { f.sailPointRate = -1 },
		"--catch-all":              func(f *adminFlags) { f.catchAll = "ALLOW" },
		"belong together":          func(f *adminFlags) { f.tlsCert = "cert.pem" },
		"--external-url":           func(f *adminFlags) { f.externalURL = "netwicket" },
	} {
		flags := good
		change(&flags)
		require.ErrorContains(t, flags.check(), want)
	}
}

// TestAdminToken: the token is shown once; only its hash is kept, in a file that
// nobody else may read.
func TestAdminToken(t *testing.T) {
	make := func(args ...string) (token, rest, stderr string, code int) {
		var out, err bytes.Buffer
		code = run(append([]string{"admin", "token"}, args...), strings.NewReader(""), &out, &err)
		token, rest, _ = strings.Cut(out.String(), "\n")
		return token, rest, err.String(), code
	}
	token, line, _, code := make("ci", "--scope", "okta.networkZones.read", "--network", "192.0.2.0/24")
	require.Zero(t, code)
	sum := sha256.Sum256([]byte(token))
	require.JSONEq(t, `{"name":"ci","sha256":"`+hex.EncodeToString(sum[:])+`","scopes":["okta.networkZones.read"],"networks":["192.0.2.0/24"]}`, line)

	file := filepath.Join(t.TempDir(), "callers.json")
	first, rest, _, code := make("first", "--callers", file)
	require.Zero(t, code)
	require.Empty(t, rest)
	second, _, _, code := make("second", "--callers", file)
	require.Zero(t, code)
	require.NotEqual(t, first, second)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NotContains(t, string(text), first)
	require.NotContains(t, string(text), second)
	require.Contains(t, string(text), `"first"`)
	require.Contains(t, string(text), `"second"`)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	for name, args := range map[string][]string{
		"a name that is taken": {"first", "--callers", file}, "no name": {""}, "an unknown scope": {"x", "--scope", "okta.all"},
		"no network": {"x", "--network", "office"}, "no file for it": {"x", "--callers", filepath.Join(t.TempDir(), "none", "callers.json")},
		"none": {},
	} {
		token, _, stderr, code := make(args...)
		require.NotZero(t, code, name)
		require.Empty(t, token, "%s: a token that is in no file is shown to nobody", name)
		require.NotEmpty(t, stderr)
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, text, after, "what is refused changes nothing")
	if runtime.GOOS == "windows" {
		return
	}
	require.NoError(t, os.Chmod(file, 0o644))
	token, _, stderr, code := make("third", "--callers", file)
	require.NotZero(t, code)
	require.Empty(t, token)
	require.Contains(t, stderr, "chmod 600")
}

// What a token may do where nobody says so, what is said beside it, and what becomes of a
// file that it cannot be put into.
func TestAdminTokenAndItsFile(t *testing.T) {
	folder(t, nil)
	got := runIn(t, "", "admin", "token", "me")
	_, line, _ := strings.Cut(got.out, "\n")
	require.Equal(t, []any{"okta.networkZones.manage", "okta.threatInsights.manage", "okta.policies.manage", "sp:auth-org:manage", "sp:auth-profile:update"}, objects(t, line)[0]["scopes"])
	require.Equal(t, "The token, which is shown this once, and its line for the list tokens of the callers' file:\n", got.stderr)
	got = runIn(t, "", "admin", "token", "m\"e", "--callers", "callers.json")
	require.Equal(t, "The token, which is shown this once; callers.json has it as \"m\\\"e\":\n", got.stderr)

	require.NoError(t, os.WriteFile("broken.json", []byte("{\"tokens\": ["), 0o600))
	got = runIn(t, "", "admin", "token", "me", "--callers", "broken.json")
	require.Equal(t, []any{1, ""}, []any{got.code, got.out})
	require.Contains(t, got.stderr, "broken.json:1:13: error: ")
	require.Equal(t, "{\"tokens\": [", readFile(t, "broken.json"))

	require.NoError(t, os.Mkdir("folder", 0o700))
	require.Error(t, writeSecretly("folder", "x"))
	require.DirExists(t, "folder", "what was there before stays")
	err := writeSecretly("none/callers.json", "x")
	require.EqualError(t, err, "none/callers.json: no such file or directory")
}

// TestAdminSecrets: whatever clients send as a token, a secret, an assertion or a
// proof, good or bad, to every endpoint, no log, audit, metric, file of the folder or
// answer has it; a token is in the answer that issues it, and nowhere else.
func TestAdminSecrets(t *testing.T) {
	w := newAdminWorld(t, "fresh")
	const marked = "S3CRETS3CRETS3CRET"
	bad := marked + "-bad-token"
	signer := func(claims map[string]any) string {
		options := jose.SignerOptions{EmbedJWK: true}
		return w.jwt(t, *options.WithType("dpop+jwt"), claims)
	}
	endpoint := w.base + "/oauth2/v1/token"
	wrongProof := signer(map[string]any{"htm": "GET", "htu": endpoint, "jti": marked})
	wrongAssertion := w.jwt(t, jose.SignerOptions{}, map[string]any{"iss": "0oaBearer", "sub": "0oaBearer", "jti": marked})
	secrets := []string{marked, w.tokens["admin"], w.tokens["sp"], w.variables["SP_SECRET"], wrongProof, wrongAssertion,
		w.variables["ASSERTION"], w.variables["ASSERTION_JTI"], w.variables["ASSERTION_DPOP_CLIENT"], w.variables["PROOF"]}
	var answers strings.Builder
	send := func(verb, target, body string, header http.Header) []byte {
		r, err := http.NewRequest(verb, w.base+target, strings.NewReader(body))
		require.NoError(t, err)
		r.Header = header
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Less(t, answer.StatusCode, 500)
		if !strings.HasPrefix(target, "/oauth") || answer.StatusCode != http.StatusOK {
			fmt.Fprintln(&answers, answer.Header, string(text))
		}
		return text
	}
	const form, jwtBearer = "application/x-www-form-urlencoded", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	parameters := func(assertion string) string {
		return url.Values{"grant_type": {"client_credentials"}, "scope": {"okta.networkZones.read"}, "client_assertion": {assertion}, "client_assertion_type": {jwtBearer}}.Encode()
	}
	// Token requests first: five failed logins, fewer than shut the door.
	for _, assertion := range []string{w.variables["ASSERTION"], w.variables["ASSERTION_JTI"], w.variables["ASSERTION_DPOP_CLIENT"], wrongAssertion, bad} {
		for _, proof := range []string{"", w.variables["PROOF"], wrongProof}[:min(3, 1+strings.Count(assertion, "."))] {
			header := http.Header{"Content-Type": {form}}
			if proof != "" {
				header.Set("DPoP", proof)
			}
			if assertion == wrongAssertion && proof != "" {
				continue
			}
			send(http.MethodPost, "/oauth2/v1/token", parameters(assertion), header)
		}
	}
	send(http.MethodPost, "/oauth2/v1/token?"+parameters(bad+".a.b"), "", http.Header{})
	send(http.MethodPost, "/oauth2/v1/token?client_assertion="+marked, "client_assertion="+marked, http.Header{"Content-Type": {form}})
	issued := send(http.MethodPost, "/oauth/token", "grant_type=client_credentials&client_id=sp1&client_secret=sp-secret", http.Header{"Content-Type": {form}})
	token := tokenOf(t, issued)
	secrets = append(secrets, token)
	send(http.MethodPost, "/oauth/token", "grant_type=client_credentials&client_id=sp1&client_secret="+marked, http.Header{"Content-Type": {form}})
	send(http.MethodPost, "/oauth/token", "grant_type=password&client_id=sp1&client_secret="+marked, http.Header{"Content-Type": {form}})
	// Then every path with good callers, bodies of every sort beside them.
	paths := []string{
		"/api/v1/zones", "/api/v1/zones/nzo1", "/api/v1/zones/nzo1/lifecycle/activate", "/api/v1/threats/configuration", "/api/v1/policies",
		"/api/v1/policies?type=OKTA_SIGN_ON", "/api/v1/policies/00p1/rules", "/api/v1/policies/00p1/rules/0pr1", "/api/v1/users/me", "/api/v1/apps",
		"/api/v1/groups", "/.well-known/okta-organization", "/api/v1/nothing", "/v3/auth-org/network-config", "/v2024/auth-org/session-config",
		"/auth-org/v1/lockout-config", "/beta/auth-org/service-provider-config", "/beta/auth-profiles", "/metrics", "/healthz", "/", "/oauth2/v1/token",
	}
	for _, path := range paths {
		for _, authorization := range []string{"SSWS " + w.tokens["admin"], "Bearer " + w.tokens["sp"], "Bearer " + token} {
			for verb, body := range map[string]string{
				http.MethodGet: "", http.MethodPost: `{"name":"n","type":"IP","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`, http.MethodPut: `{"a":`, http.MethodDelete: "",
			} {
				send(verb, path, body, http.Header{
					"Authorization": {authorization}, "Content-Type": {"application/json"}, "Dpop": {w.variables["PROOF"]},
					"Proxy-Authorization": {"Basic " + marked}, "Cookie": {"sid=" + marked}, "X-Api-Key": {marked},
				})
			}
		}
	}
	send(http.MethodGet, "/api/v1/zones?access_token="+marked, "", http.Header{"Authorization": {"SSWS " + bad}})
	send(http.MethodGet, "/api/v1/zones", "", http.Header{"Authorization": {"DPoP " + bad}, "Dpop": {wrongProof}})
	send(http.MethodPost, "/api/v1/zones", "{}", http.Header{"Authorization": {"Basic " + bad}, "Content-Type": {"application/json"}})
	require.NoError(t, w.stop())
	seen := map[string]string{"log and audit": w.log.String(), "answers": answers.String()}
	require.NoError(t, filepath.WalkDir(w.folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			seen[path] = string(text)
		}
		return err
	}))
	require.Greater(t, strings.Count(w.log.String(), "\n"), 200)
	for where, text := range seen {
		for _, secret := range secrets {
			require.False(t, strings.Contains(text, secret), "%s has %s...", where, secret[:8])
			if parts := strings.Split(secret, "."); len(parts) == 3 { // of a JWT, its signature
				require.False(t, strings.Contains(text, parts[2]), "%s has a signature", where)
			}
		}
	}
}

func tokenOf(t *testing.T, text []byte) string {
	token, ok := capture(text, "/access_token").(string)
	require.True(t, ok, "%s", text)
	return token
}

// TestAdminCallersAgain: the callers' file is read again when it changes and when it
// is asked for. One with an error leaves the one in force; who is gone from it is out.
func TestAdminCallersAgain(t *testing.T) {
	w := newAdminWorld(t, "fresh")
	status := func(token string) int {
		r, err := http.NewRequest(http.MethodGet, w.base+"/api/v1/zones", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "SSWS "+token)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusOK, status(w.tokens["admin"]))
	write := func(text string) {
		next := w.callersFile + ".next"
		require.NoError(t, os.WriteFile(next, []byte(text), 0o600))
		require.NoError(t, os.Rename(next, w.callersFile))
		w.hangup <- os.Interrupt // whichever signal: it asks for the files
	}
	logged := func(text string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(w.log.String(), text) }, 20*time.Second, 5*time.Millisecond, text)
	}
	write(`{"tokens":[{"name":"other","sha256":"` + w.tokens["admin"] + `","scopes":[]}]}`)
	logged("the callers file was not reloaded; the one in force stays")
	require.Equal(t, http.StatusOK, status(w.tokens["admin"]))
	require.NotContains(t, w.log.String(), w.tokens["admin"])
	sum := sha256.Sum256([]byte("another"))
	write(`{"tokens":[{"name":"other","sha256":"` + hex.EncodeToString(sum[:]) + `","scopes":["okta.networkZones.read"]}]}`)
	logged("callers reloaded")
	require.Equal(t, http.StatusUnauthorized, status(w.tokens["admin"]))
	require.Equal(t, http.StatusOK, status("another"))
}

// TestAdminShutdown: a write under way is finished and answered (D8).
func TestAdminShutdown(t *testing.T) {
	w := newAdminWorld(t, "fresh")
	body, more := io.Pipe()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, w.base+"/api/v1/zones", body)
	require.NoError(t, err)
	r.Header.Set("Authorization", "SSWS "+w.tokens["admin"])
	r.Header.Set("Content-Type", "application/json")
	answered, stopped := make(chan int, 1), make(chan error, 1)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			answered <- 0
			return
		}
		answer.Body.Close()
		answered <- answer.StatusCode
	}()
	const zone = `{"type":"IP","name":"Late","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`
	_, err = io.WriteString(more, zone[:20]) // it is on its way
	require.NoError(t, err)
	metric := `netwicket_admin_requests_total{family="zones",status="2xx"} 0`
	scraped, err := http.Get(w.base + "/metrics")
	require.NoError(t, err)
	text, err := io.ReadAll(scraped.Body)
	require.NoError(t, err)
	require.NoError(t, scraped.Body.Close())
	require.Contains(t, string(text), metric, "it is not answered yet")
	go func() { stopped <- w.stop() }()
	require.Eventually(t, func() bool { // it takes nobody any more
		answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(w.base + "/healthz")
		if err == nil {
			answer.Body.Close()
		}
		return err != nil
	}, 20*time.Second, 5*time.Millisecond)
	_, err = io.WriteString(more, zone[20:])
	require.NoError(t, err)
	require.NoError(t, more.Close())
	require.Equal(t, http.StatusOK, <-answered)
	require.NoError(t, <-stopped)
	stored, err := os.ReadFile(filepath.Join(w.folder, "okta", "zones.json"))
	require.NoError(t, err)
	require.Contains(t, string(stored), `"Late"`)
}
