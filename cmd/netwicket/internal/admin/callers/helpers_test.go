package callers_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

// endpoint is the token endpoint's URL, resource that of a request with the token.
const (
	endpoint = "https://acme.example:8443/oauth2/v1/token"
	resource = "https://acme.example:8443/api/v1/zones"
)

// desk is callers that are live, with a clock of the test's.
type desk struct {
	*callers.Live
	now time.Time
}

func live(t *testing.T, text string) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, 2, 18, 8, 28, 53, 0, time.UTC)}
	d.Live = callers.New(read(t, text), func() time.Time { return d.now })
	return d
}

func read(t *testing.T, text string) *callers.File {
	t.Helper()
	file, err := readText(t, text)
	require.NoError(t, err)
	return file
}

func readText(t *testing.T, text string) (*callers.File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callers.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return callers.Read(path)
}

func hexOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func thumb(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// keySet is a set of the public halves of keys, whose ids are k0, k1 and so on.
func keySet(t testing.TB, keys ...crypto.Signer) string {
	t.Helper()
	var set jose.JSONWebKeySet
	for i, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: "k" + string(rune('0'+i))})
	}
	text, err := json.Marshal(set)
	require.NoError(t, err)
	return string(text)
}

// client is the file of one client with keys.
func client(t testing.TB, more string, keys ...crypto.Signer) string {
	return `{"clients":[{"id":"0oa1","name":"terraform","jwks":` + keySet(t, keys...) +
		`,"scopes":["okta.networkZones.manage","okta.policies.read"]` + more + `}]}`
}

func sign(t testing.TB, key any, algorithm jose.SignatureAlgorithm, options jose.SignerOptions, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, &options)
	require.NoError(t, err)
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(t, err)
	return text
}

// assertion is good for five minutes, but for what a test says otherwise; a claim
// of nil is left out.
func (d *desk) assertion(t testing.TB, key *ecdsa.PrivateKey, other map[string]any) string {
	claims := map[string]any{"iss": "0oa1", "sub": "0oa1", "aud": endpoint, "iat": d.now.Unix(), "exp": d.now.Add(5 * time.Minute).Unix()}
	maps.Copy(claims, other)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return sign(t, key, jose.ES256, jose.SignerOptions{}, claims)
}

// proof is a good proof, but for what a test says otherwise.
func (d *desk) proof(t testing.TB, key *ecdsa.PrivateKey, verb, at string, other map[string]any) string {
	claims := map[string]any{"htm": verb, "htu": at, "iat": d.now.Unix(), "jti": rand.Text()}
	maps.Copy(claims, other)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	options := jose.SignerOptions{EmbedJWK: true}
	return sign(t, key, jose.ES256, *options.WithType("dpop+jwt"), claims)
}

var somewhere = netip.MustParseAddr("192.0.2.1")

// parameters are those of a token request with an assertion.
func parameters(assertion string) url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "scope": {"okta.networkZones.read"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
}

// ask asks for a token, with everything in the body.
func (d *desk) ask(values url.Values, proofs ...string) (int, map[string]any, http.Header) {
	r := httptest.NewRequest(http.MethodPost, endpoint, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, proof := range proofs {
		r.Header.Add("DPoP", proof)
	}
	return told(d.OktaToken(r, somewhere, endpoint))
}

func told(issued callers.Issued) (int, map[string]any, http.Header) {
	var body map[string]any
	if err := json.Unmarshal(issued.Answer.Body, &body); err != nil {
		panic(err)
	}
	return issued.Answer.Status, body, issued.Answer.Header
}

// token is a token of the client for an assertion.
func (d *desk) token(t testing.TB, assertion string, proofs ...string) string {
	t.Helper()
	status, body, _ := d.ask(parameters(assertion), proofs...)
	require.Equal(t, http.StatusOK, status, body)
	return body["access_token"].(string)
}

// come makes a request with Authorization.
func (d *desk) come(at, authorization string, proofs ...string) error {
	r := httptest.NewRequest(http.MethodGet, at, nil)
	r.Header.Set("Authorization", authorization)
	for _, proof := range proofs {
		r.Header.Add("DPoP", proof)
	}
	target, _, _ := strings.Cut(at, "?")
	_, err := d.Authenticate(r, somewhere, target)
	return err
}

func body(values url.Values) io.Reader { return strings.NewReader(values.Encode()) }
