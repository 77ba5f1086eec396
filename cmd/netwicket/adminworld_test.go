package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

type adminWorld struct {
	*adminServer
	tokens    map[string]string // by who asks
	variables map[string]string
	captured  map[string]string
	lastBody  []byte
	next      string // the link to the page behind the last answer
}

// geoForAdmin is a geo source in which everything is known that zones ask for,
// together with assumeNone.

const geoForAdmin = `network,country,region,asn,anonymizer,services
192.0.2.0/24,US,US-CA,64496,-,-
198.51.100.0/24,DE,DE-BE,64500,-,-
203.0.113.0/24,FR,FR-IDF,64501,-,-
100.64.0.0/24,US,US-CA,64502,tor,-
100.64.1.0/24,US,US-CA,64503,anonymous,NORD_VPN
`

func newAdminWorld(t *testing.T, state string) *adminWorld {
	t.Helper()
	folder := t.TempDir()
	policy := map[string]any{"geo": []string{"geo.csv"}, "assumeNone": []string{"vpn", "public_proxy", "residential_proxy", "tor"}}
	files := map[string]string{"geo.csv": geoForAdmin}
	flags := adminFlags{listen: "127.0.0.1:0", rate: 600, sailPointRate: 100, catchAll: "allow"}
	w := &adminWorld{captured: make(map[string]string)}
	switch {
	case state == "fresh":
	case state == "fresh, --rate 5":
		flags.rate = 5
	case state == "fresh, SailPoint limit 3 per 10 s":
		flags.sailPointRate = 3
	case state == `serve.guard = ["203.0.113.9"]`:
		policy["serve"] = map[string]any{"guard": []string{"203.0.113.9"}}
	case strings.HasPrefix(state, "a folder with an auth profile"):
		policy["sailpoint"] = map[string]any{"authProfile": "sailpoint/auth-profile.json"}
		files["sailpoint/auth-profile.json"] = `{"id":"2c91808a7813090a017814121e121518","tenant":"acme","name":"Staff","offNetwork":true,"untrustedGeography":false,"type":"BLOCK"}`
		w.captured["profile"] = "2c91808a7813090a017814121e121518"
	default:
		t.Fatalf("unknown state %q", state)
	}
	text, err := json.Marshal(policy)
	require.NoError(t, err)
	files["netwicket.json"] = string(text)
	for name, text := range files {
		file := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	key := w.callers(t, &flags)
	w.adminServer = startAdmin(t, folder, flags)
	w.key = key
	w.variables["BASE"] = w.base
	w.sign(t)
	return w
}

// callers makes the callers' file: tokens to read and to write for both vendors,
// clients with a key, with a key and DPoP, and with a secret.

func (w *adminWorld) callers(t *testing.T, flags *adminFlags) *ecdsa.PrivateKey {
	w.tokens, w.variables = make(map[string]string), make(map[string]string)
	var okta, oktaRead, sp, spRead []string
	for _, scope := range callers.Scopes() {
		read := strings.HasSuffix(scope, "read")
		switch {
		case strings.HasPrefix(scope, "okta") && read:
			oktaRead = append(oktaRead, scope)
		case strings.HasPrefix(scope, "okta"):
			okta = append(okta, scope)
		case read:
			spRead = append(spRead, scope)
		default:
			sp = append(sp, scope)
		}
	}
	var lines []json.RawMessage
	for name, scopes := range map[string][]string{"admin": okta, "reader": oktaRead, "sp": sp, "sp-reader": spRead} {
		made := callers.Make(name, scopes, nil)
		w.tokens[name] = made.Token
		lines = append(lines, made.Line)
	}
	w.tokens["bad"] = "a-token-that-nobody-made"
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}}
	secret := sha256.Sum256([]byte("sp-secret"))
	text, err := json.Marshal(map[string]any{
		"tokens": lines,
		"clients": []map[string]any{
			{"id": "0oaBearer", "jwks": set, "scopes": okta, "dpop": "no"},
			{"id": "0oaDpop", "jwks": set, "scopes": okta, "dpop": "required"},
			{"id": "sp1", "secretSha256": hex.EncodeToString(secret[:]), "scopes": sp},
		},
	})
	require.NoError(t, err)
	flags.callers = filepath.Join(t.TempDir(), "callers.json")
	require.NoError(t, os.WriteFile(flags.callers, text, 0o600))
	w.variables["SP_ID"], w.variables["SP_SECRET"] = "sp1", "sp-secret"
	return key
}

// sign makes the JWTs that the cases name.

func (w *adminWorld) sign(t *testing.T) {
	endpoint := w.base + "/oauth2/v1/token"
	now := time.Now()
	assertion := func(client, audience string, life time.Duration, more map[string]any) string {
		claims := map[string]any{"iss": client, "sub": client, "aud": audience, "iat": now.Unix(), "exp": now.Add(life).Unix()}
		maps.Copy(claims, more)
		return w.jwt(t, jose.SignerOptions{}, claims)
	}
	for name, text := range map[string]string{
		"ASSERTION":             assertion("0oaBearer", endpoint, time.Hour, nil),
		"ASSERTION_AUD_OTHER":   assertion("0oaBearer", "https://other.example/oauth2/v1/token", time.Hour, nil),
		"ASSERTION_EXP_2H":      assertion("0oaBearer", endpoint, 2*time.Hour, nil),
		"ASSERTION_JTI":         assertion("0oaBearer", endpoint, time.Hour, map[string]any{"jti": "once"}),
		"ASSERTION_DPOP_CLIENT": assertion("0oaDpop", endpoint, time.Hour, nil),
		"PROOF":                 w.proof(t, http.MethodPost, endpoint, nil),
	} {
		w.variables[name] = text
	}
}

// proof is a DPoP proof with claims of its own.

func (w *adminServer) proof(t *testing.T, verb, url string, more map[string]any) string {
	claims := map[string]any{"htm": verb, "htu": url, "iat": time.Now().Unix(), "jti": rand.Text()}
	maps.Copy(claims, more)
	options := jose.SignerOptions{EmbedJWK: true}
	return w.jwt(t, *options.WithType("dpop+jwt"), claims)
}

func (w *adminServer) jwt(t *testing.T, options jose.SignerOptions, claims any) string {
	t.Helper()
	key := any(w.key)
	if !options.EmbedJWK {
		key = jose.JSONWebKey{Key: w.key, KeyID: "k1"}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, &options)
	require.NoError(t, err)
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(t, err)
	return text
}

// adminServer is a running netwicket admin.

type adminServer struct {
	folder, base string
	callersFile  string
	hangup       chan os.Signal
	log          *lockedBuffer
	key          *ecdsa.PrivateKey
	stop         func() error // ends it, once
}

// lockedBuffer takes what a server logs.

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

var servingAt = regexp.MustCompile(`"msg":"serving the vendors' APIs","address":"([^"]+)","tls":(true|false)`)

// startAdmin starts netwicket admin in this process, on a port of its own.

func startAdmin(t *testing.T, folder string, flags adminFlags) *adminServer {
	t.Helper()
	log := new(lockedBuffer)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	s := &adminServer{folder: folder, log: log, callersFile: flags.callers, hangup: make(chan os.Signal)}
	go func() {
		c := &commandLine{in: strings.NewReader(""), out: io.Discard, err: log, paths: []string{folder}}
		done <- c.admin(ctx, flags, s.hangup)
	}()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = s.stop() })
	for {
		if found := servingAt.FindStringSubmatch(log.String()); found != nil {
			s.base = "http://" + found[1]
			if found[2] == "true" {
				s.base = "https://" + found[1]
			}
			return s
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("admin ended: %v\n%s", err, log)
		case <-time.After(time.Millisecond):
		}
	}
}

// step sends a request and checks the answer.

func (w *adminWorld) authorize(request *http.Request, s *adminStep, path string) {
	as := s.Request.As
	if as == "" {
		as = "admin"
	}
	if as == "none" || request.Header.Get("Authorization") != "" || strings.HasPrefix(path, "/oauth") {
		return
	}
	scheme := "SSWS "
	if strings.HasPrefix(as, "sp") {
		scheme = "Bearer "
	}
	request.Header.Set("Authorization", scheme+w.tokens[as])
}

// absolute sends a request as to a proxy.
