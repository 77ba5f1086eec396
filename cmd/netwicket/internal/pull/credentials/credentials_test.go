package credentials_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/credentials"
)

func pkcs8(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	text, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}))
}

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

func jwk(t *testing.T, key any, id string) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: id})
	require.NoError(t, err)
	return string(text)
}

// client asks a server with the credentials of an environment.
func client(t *testing.T, env map[string]string, file string, answer http.HandlerFunc) (*asking.Client, error) {
	t.Helper()
	environment := credentials.Environment{
		Get: func(name string) string { return env[name] },
		Read: func(path string) ([]byte, error) {
			if path == "key.pem" && file != "" {
				return []byte(file), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}
	access, err := environment.Okta()
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	c := asking.New(asking.Options{Vendor: "okta", Address: address, MaxWait: time.Minute, Clock: asking.Clock{Sleep: func(context.Context, time.Duration) error { return errors.New("it waits") }}})
	c.SetAccess(access.Access(c))
	return c, nil
}

func ask(t *testing.T, c *asking.Client) error {
	t.Helper()
	_, err := c.Object(t.Context(), asking.Question{What: "zones", Path: "/z", Family: "zones"})
	return err
}

// Keys of every form that the SDKs take sign what Okta can check (U2, U3).
func TestPrivateKeys(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p256, p384, p521 := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384()), ecKey(t, elliptic.P521())
	sec1, err := x509.MarshalECPrivateKey(p256)
	require.NoError(t, err)
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	for name, c := range map[string]struct {
		key, file, id string
		public        any
		algorithm     jose.SignatureAlgorithm
		kid           string
	}{
		"PKCS #8, RSA":         {pkcs8(t, rsaKey), "", "k", rsaKey.Public(), jose.RS256, "k"},
		"PKCS #1":              {pkcs1, "", "k", rsaKey.Public(), jose.RS256, "k"},
		"lines as \\n":         {strings.ReplaceAll(pkcs1, "\n", `\n`), "", "k", rsaKey.Public(), jose.RS256, "k"},
		"SEC 1":                {string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})), "", "", p256.Public(), jose.ES256, ""},
		"P-384":                {pkcs8(t, p384), "", "k", p384.Public(), jose.ES384, "k"},
		"P-521":                {pkcs8(t, p521), "", "k", p521.Public(), jose.ES512, "k"},
		"a JWK":                {jwk(t, p256, "own"), "", "", p256.Public(), jose.ES256, "own"},
		"a JWK, another kid":   {jwk(t, rsaKey, "own"), "", "k", rsaKey.Public(), jose.RS256, "k"},
		"a file with PEM":      {"key.pem", pkcs1, "k", rsaKey.Public(), jose.RS256, "k"},
		"a file with a JWK":    {" key.pem ", "\n" + jwk(t, p256, "own"), "", p256.Public(), jose.ES256, "own"},
		"another file of ours": {"key.pem", pkcs8(t, p256), "k", p256.Public(), jose.ES256, "k"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{
				"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_PRIVATEKEY": c.key,
				"OKTA_CLIENT_PRIVATEKEYID": c.id, "OKTA_CLIENT_SCOPES": "okta.networkZones.read, okta.policies.read",
			}
			asked, err := client(t, env, c.file, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = w.Write([]byte(`{"as":"` + r.Header.Get("Authorization") + `"}`))
					return
				}
				token, err := jwt.ParseSigned(r.FormValue("client_assertion"), []jose.SignatureAlgorithm{c.algorithm})
				if err != nil || token.Claims(c.public, &map[string]any{}) != nil || token.Headers[0].KeyID != c.kid || r.FormValue("scope") != "okta.networkZones.read okta.policies.read" {
					w.WriteHeader(401)
					return
				}
				_, _ = w.Write([]byte(`{"token_type":"Bearer","access_token":"t"}`))
			})
			require.NoError(t, err)
			require.NoError(t, ask(t, asked))
		})
	}
}

// What is no key is said to be none, and never repeated.
func TestNoPrivateKey(t *testing.T) {
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p256 := ecKey(t, elliptic.P256())
	for name, c := range map[string]struct{ key, file, want string }{
		"a missing file":      {"absent.pem", "", "neither a key nor a file that can be read"},
		"a file of no key":    {"key.pem", "hunter2", "the file holds no key"},
		"a public key":        {jwk(t, p256.Public(), "k"), "", "expected a private key as a JWK"},
		"a broken JWK":        {`{"kty":"EC","d":"hunter2"}`, "", "expected a private key as a JWK"},
		"a symmetric key":     {jwk(t, []byte("hunter2hunter2hunter2hunter2hunter2"), "k"), "", "expected a private key as a JWK"},
		"an Edwards key":      {pkcs8(t, edwards), "", "expected an RSA key, or one of the curves"},
		"PEM of something":    {"-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----", "", "PKCS #8, PKCS #1 or SEC 1"},
		"PEM without content": {"-----BEGIN PRIVATE KEY-----hunter2", "", "expected a private key as PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_PRIVATEKEY": c.key}, c.file, nil)
			require.ErrorContains(t, err, "OKTA_CLIENT_PRIVATEKEY in the environment: ")
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	_, err = client(t, map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey"}, "", nil)
	require.ErrorContains(t, err, "OKTA_CLIENT_CLIENTID is not in the environment")
	_, err = client(t, map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "x"}, "", nil)
	require.ErrorContains(t, err, "OKTA_CLIENT_PRIVATEKEY is not in the environment")
}

// What a token service may say instead of a token.
func TestTokenRefused(t *testing.T) {
	env := map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_PRIVATEKEY": pkcs8(t, ecKey(t, elliptic.P256()))}
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   string
		asked  int
	}{
		"the client is unknown": {func(w http.ResponseWriter) {
			w.WriteHeader(401)
			_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"No."}`))
		}, "okta, token: 401 invalid_client No.", 1},
		"a scope is not granted": {func(w http.ResponseWriter) {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`{"error":"invalid_scope"}`))
		}, "okta, token: 400 invalid_scope", 1},
		"a nonce that changes for ever": {func(w http.ResponseWriter) {
			w.Header().Set("DPoP-Nonce", time.Now().String())
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`{"error":"use_dpop_nonce"}`))
		}, "okta, token: 400 use_dpop_nonce", 4},
		"bound to nobody's key": {func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"token_type":"DPoP","access_token":"secret"}`))
		}, "bound to a key that nobody showed", 1},
		"a header in the token": {func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"token_type":"Bearer","access_token":"secret\r\nX: y"}`))
		}, "it waits", 1},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			c2, err := client(t, env, "", func(w http.ResponseWriter, r *http.Request) {
				asked++
				if r.Method != http.MethodPost {
					t.Error("asked without a token")
				}
				c.answer(w)
			})
			require.NoError(t, err)
			err = ask(t, c2)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.asked, asked)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

// What is signed is good for once: a service that breaks off gets another (U3).
func TestSignedAnew(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	seen := make(map[string]bool)
	environment := credentials.Environment{Get: func(name string) string {
		return map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_PRIVATEKEY": pkcs8(t, key)}[name]
	}}
	access, err := environment.Okta()
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(`{}`))
			return
		}
		token, err := jwt.ParseSigned(r.FormValue("client_assertion"), []jose.SignatureAlgorithm{jose.ES256})
		var claims struct {
			JTI string `json:"jti"`
		}
		if err != nil || token.Claims(key.Public(), &claims) != nil || seen[claims.JTI] {
			w.WriteHeader(401)
			return
		}
		if seen[claims.JTI] = true; len(seen) < 3 {
			w.WriteHeader(503)
			return
		}
		_, _ = w.Write([]byte(`{"token_type":"Bearer","access_token":"t"}`))
	}))
	defer server.Close()
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	c := asking.New(asking.Options{Vendor: "okta", Address: address, MaxWait: time.Minute, Clock: asking.Clock{Sleep: func(context.Context, time.Duration) error { return nil }}})
	c.SetAccess(access.Access(c))
	require.NoError(t, ask(t, c))
	require.Len(t, seen, 3)
}

// A token of the environment is sent as it is, and not asked for again.
func TestToken(t *testing.T) {
	for mode, want := range map[string]string{"": "SSWS 00x", "SSWS": "SSWS 00x", "Bearer": "Bearer 00x"} {
		asked := 0
		c, err := client(t, map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": mode, "OKTA_CLIENT_TOKEN": "00x"}, "", func(w http.ResponseWriter, r *http.Request) {
			asked++
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("got %q", got)
			}
			w.WriteHeader(401)
		})
		require.NoError(t, err)
		require.ErrorContains(t, ask(t, c), "401")
		require.Equal(t, 1, asked)
	}
}
