package callers_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
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
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

// TestAssertions: A5, a row for each of its words.
func TestAssertions(t *testing.T) {
	key := newKey(t)
	second := func(d *desk, after time.Duration) int64 { return d.now.Add(after).Unix() }
	for _, row := range []struct {
		name   string
		claims func(*desk) map[string]any
		want   string // of the description; empty: a token
	}{
		{"good", func(*desk) map[string]any { return nil }, ""},
		{"the audience among others", func(*desk) map[string]any { return map[string]any{"aud": []string{"https://other.example", endpoint}} }, ""},
		{"another audience", func(*desk) map[string]any { return map[string]any{"aud": "https://other.example/oauth2/v1/token"} }, "aud"},
		{"the issuer as audience", func(*desk) map[string]any { return map[string]any{"aud": "https://acme.example:8443"} }, "aud"},
		{"no audience", func(*desk) map[string]any { return map[string]any{"aud": nil} }, "aud"},
		{"an hour", func(d *desk) map[string]any { return map[string]any{"exp": second(d, time.Hour)} }, ""},
		{"an hour and the leeway", func(d *desk) map[string]any { return map[string]any{"exp": second(d, 65*time.Minute)} }, ""},
		{"longer", func(d *desk) map[string]any { return map[string]any{"exp": second(d, 65*time.Minute+time.Second)} }, "one hour"},
		{"exp as a string", func(d *desk) map[string]any { return map[string]any{"exp": "1771404000"} }, ""},
		{"exp as a word", func(*desk) map[string]any { return map[string]any{"exp": "soon"} }, "claims"},
		{"exp that is no number", func(*desk) map[string]any { return map[string]any{"exp": "NaN"} }, "claims"},
		{"exp without end", func(*desk) map[string]any { return map[string]any{"exp": "Inf"} }, "claims"},
		{"exp as true", func(*desk) map[string]any { return map[string]any{"exp": true} }, "claims"},
		{"no exp", func(*desk) map[string]any { return map[string]any{"exp": nil} }, "exp is missing"},
		{"just expired", func(d *desk) map[string]any { return map[string]any{"exp": second(d, -5*time.Minute)} }, ""},
		{"expired", func(d *desk) map[string]any { return map[string]any{"exp": second(d, -5*time.Minute-time.Second)} }, "expired"},
		{"not yet", func(d *desk) map[string]any { return map[string]any{"nbf": second(d, 6*time.Minute)} }, "not good yet"},
		{"issued later", func(d *desk) map[string]any { return map[string]any{"iat": second(d, 6*time.Minute)} }, "not good yet"},
		{"no iat", func(*desk) map[string]any { return map[string]any{"iat": nil} }, ""},
		{"another subject", func(*desk) map[string]any { return map[string]any{"sub": "0oa2"} }, "iss and sub"},
		{"no subject", func(*desk) map[string]any { return map[string]any{"sub": nil} }, "iss and sub"},
		{"no issuer", func(*desk) map[string]any { return map[string]any{"iss": nil, "sub": nil} }, "iss and sub"},
		{"nobody", func(*desk) map[string]any { return map[string]any{"iss": "0oa2", "sub": "0oa2"} }, "iss and sub"},
		{"a client with a secret", func(*desk) map[string]any { return map[string]any{"iss": "sp1", "sub": "sp1"} }, "iss and sub"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := live(t, strings.TrimSuffix(client(t, "", key), "]}")+`,{"id":"sp1","secretSha256":"`+hexOf("s")+`","scopes":["okta.networkZones.manage"]}]}`)
			status, body, _ := d.ask(parameters(d.assertion(t, key, row.claims(d))))
			if row.want == "" {
				require.Equal(t, http.StatusOK, status, body)
				return
			}
			require.Equal(t, http.StatusUnauthorized, status)
			require.Equal(t, "invalid_client", body["error"])
			require.Contains(t, body["error_description"], row.want)
		})
	}
}

// TestSignatures: only what a key of the client signed, with an algorithm of public
// keys, is good (A5).
func TestSignatures(t *testing.T) {
	first, second, foreign := newKey(t), newKey(t), newKey(t)
	d := live(t, client(t, "", first, second))
	claims := map[string]any{"iss": "0oa1", "sub": "0oa1", "aud": endpoint, "exp": d.now.Add(time.Minute).Unix()}
	signed := func(key *ecdsa.PrivateKey, id string) string {
		return sign(t, jose.JSONWebKey{Key: key, KeyID: id}, jose.ES256, jose.SignerOptions{}, claims)
	}
	good := signed(first, "")
	parts := strings.Split(good, ".")
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	public, err := json.Marshal(jose.JSONWebKey{Key: first.Public()})
	require.NoError(t, err)
	for _, row := range []struct {
		name, text string
		good       bool
	}{
		{"without kid", good, true},
		{"of the second key", signed(second, ""), true},
		{"kid of its key", signed(second, "k1"), true},
		{"kid of another key", signed(second, "k0"), false},
		{"unknown kid", signed(first, "k7"), false},
		{"a foreign key", signed(foreign, ""), false},
		{"a foreign key by our id", signed(foreign, "k0"), false},
		{"a foreign key in the header", sign(t, foreign, jose.ES256, jose.SignerOptions{EmbedJWK: true}, claims), false},
		{"alg none", unsigned, false},
		{"alg none with a signature", unsigned + parts[2], false},
		{"a MAC of the public key", sign(t, public, jose.HS256, jose.SignerOptions{}, claims), false},
		{"no signature", parts[0] + "." + parts[1] + ".", false},
		{"other claims", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"0oa1","sub":"0oa1"}`)) + "." + parts[2], false},
		{"no JWT", "token", false},
		{"a JSON form", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, body, _ := d.ask(parameters(row.text))
			if row.good {
				require.Equal(t, http.StatusOK, status, body)
				return
			}
			require.Equal(t, http.StatusUnauthorized, status)
			require.Equal(t, "invalid_client", body["error"])
		})
	}
}

func TestAlgorithms(t *testing.T) {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p256, p384, p521 := newKey(t), curveKey(t, elliptic.P384()), curveKey(t, elliptic.P521())
	d := live(t, client(t, "", pair, p256, p384, p521))
	for algorithm, key := range map[jose.SignatureAlgorithm]crypto.Signer{
		jose.RS256: pair, jose.RS384: pair, jose.RS512: pair, jose.ES256: p256, jose.ES384: p384, jose.ES512: p521, jose.PS256: pair,
	} {
		claims := map[string]any{"iss": "0oa1", "sub": "0oa1", "aud": endpoint, "exp": d.now.Add(time.Minute).Unix()}
		status, body, _ := d.ask(parameters(sign(t, key, algorithm, jose.SignerOptions{}, claims)))
		require.Equal(t, algorithm != jose.PS256, status == http.StatusOK, "%s: %v", algorithm, body)
	}
	// A key that says which algorithm it is for is for no other.
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: pair.Public(), Algorithm: "RS512"}}})
	require.NoError(t, err)
	d = live(t, `{"clients":[{"id":"0oa1","jwks":`+string(set)+`,"scopes":["okta.networkZones.read"]}]}`)
	for algorithm, want := range map[jose.SignatureAlgorithm]int{jose.RS512: http.StatusOK, jose.RS256: http.StatusUnauthorized} {
		claims := map[string]any{"iss": "0oa1", "sub": "0oa1", "aud": endpoint, "exp": d.now.Add(time.Minute).Unix()}
		status, _, _ := d.ask(parameters(sign(t, pair, algorithm, jose.SignerOptions{}, claims)))
		require.Equal(t, want, status, algorithm)
	}
}

func curveKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

// TestAssertionOnce: an assertion with a jti is good once, one without it as often
// as it comes (A5: Go's SDK sends none).
func TestAssertionOnce(t *testing.T) {
	key := newKey(t)
	d := live(t, client(t, "", key))
	without := d.assertion(t, key, nil)
	d.token(t, without)
	d.token(t, without)
	with := d.assertion(t, key, map[string]any{"jti": "one"})
	d.token(t, with)
	status, body, _ := d.ask(parameters(with))
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, body["error_description"], "jti")
	d.token(t, d.assertion(t, key, map[string]any{"jti": "two"}))
	// As long as the assertion is good, and not a moment less.
	d.now = d.now.Add(10 * time.Minute)
	status, _, _ = d.ask(parameters(with))
	require.Equal(t, http.StatusUnauthorized, status)
	// A request that is refused for its scope has not used the assertion.
	again := d.assertion(t, key, map[string]any{"jti": "three"})
	values := parameters(again)
	values.Set("scope", "sp:auth-org:read")
	status, body, _ = d.ask(values)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "invalid_scope", body["error"])
	d.token(t, again)
}

// TestTokenRequests: A4.
func TestTokenRequests(t *testing.T) {
	key := newKey(t)
	d := live(t, client(t, "", key))
	good := parameters(d.assertion(t, key, nil))
	with := func(name, value string) url.Values {
		values := url.Values{}
		for n, v := range good {
			values[n] = v
		}
		if values.Del(name); value != "" {
			values.Set(name, value)
		}
		return values
	}
	send := func(query, body url.Values, media string) (int, map[string]any) {
		r := httptest.NewRequest(http.MethodPost, endpoint+"?"+query.Encode(), strings.NewReader(body.Encode()))
		if media != "" {
			r.Header.Set("Content-Type", media)
		}
		status, said, _ := told(d.OktaToken(r, somewhere, endpoint))
		return status, said
	}
	const form = "application/x-www-form-urlencoded"
	split := url.Values{"scope": good["scope"], "client_assertion": good["client_assertion"]}
	rest := url.Values{"grant_type": good["grant_type"], "client_assertion_type": good["client_assertion_type"]}
	for _, row := range []struct {
		name        string
		query, body url.Values
		media       string
		want        string // the error; empty: a token
	}{
		{"all in the body", nil, good, form, ""},
		{"all in the query", good, nil, form, ""},
		{"all in the query, no media type", good, nil, "", ""},
		{"split", rest, split, form, ""},
		{"a media type with a parameter", nil, good, form + "; charset=utf-8", ""},
		{"one twice", url.Values{"scope": good["scope"]}, good, form, "invalid_request"},
		{"one twice in the body", nil, url.Values{"scope": {"a", "a"}}, form, "invalid_request"},
		{"an unknown one twice", url.Values{"x": {"1", "2"}}, good, form, "invalid_request"},
		{"JSON", nil, good, "application/json", "invalid_request"},
		{"multipart", nil, good, "multipart/form-data; boundary=x", "invalid_request"},
		{"no grant_type", nil, with("grant_type", ""), form, "invalid_request"},
		{"another grant_type", nil, with("grant_type", "password"), form, "unsupported_grant_type"},
		{"no assertion", nil, with("client_assertion", ""), form, "invalid_client"},
		{"no type of it", nil, with("client_assertion_type", ""), form, "invalid_client"},
		{"another type of it", nil, with("client_assertion_type", "saml"), form, "invalid_client"},
		{"no scope", nil, with("scope", ""), form, "invalid_scope"},
		{"blank scopes", nil, with("scope", "  "), form, "invalid_scope"},
		{"a scope that was not granted", nil, with("scope", "okta.networkZones.read okta.policies.manage"), form, "invalid_scope"},
		{"a scope that nobody has", nil, with("scope", "okta.users.read"), form, "invalid_scope"},
		{"read of manage", nil, with("scope", "okta.networkZones.read okta.networkZones.manage"), form, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, said := send(row.query, row.body, row.media)
			switch row.want {
			case "":
				require.Equal(t, http.StatusOK, status, said)
				require.Equal(t, "Bearer", said["token_type"])
				require.Equal(t, 3600.0, said["expires_in"])
			case "invalid_client":
				require.Equal(t, http.StatusUnauthorized, status)
				require.Equal(t, row.want, said["error"])
			default:
				require.Equal(t, http.StatusBadRequest, status)
				require.Equal(t, row.want, said["error"])
			}
		})
	}
	status, said := send(nil, with("scope", "okta.policies.read okta.policies.read  okta.networkZones.read"), form)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "okta.policies.read okta.networkZones.read", said["scope"])
	status, said = send(nil, with("padding", strings.Repeat("x", 64<<10)), form)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "invalid_request", said["error"])
}

// TestNetworksOfClients: a client gets no token from elsewhere, and its token is of
// no use there (A3).
func TestNetworksOfClients(t *testing.T) {
	key := newKey(t)
	d := live(t, client(t, `,"networks":["192.0.2.0/24"]`, key))
	token := d.token(t, d.assertion(t, key, nil))
	r := httptest.NewRequest(http.MethodGet, resource, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	for peer, want := range map[string]error{"192.0.2.200": nil, "::ffff:192.0.2.1": nil, "192.0.3.1": callers.ErrOutside, "2001:db8::1": callers.ErrOutside} {
		caller, err := d.Authenticate(r, netip.MustParseAddr(peer), resource)
		require.ErrorIs(t, err, want, peer)
		require.Equal(t, "terraform", caller.Name)
	}
	_, err := d.Authenticate(r, netip.Addr{}, resource)
	require.ErrorIs(t, err, callers.ErrOutside, "whoever has no address is nowhere")
	asked := httptest.NewRequest(http.MethodPost, endpoint, body(parameters(d.assertion(t, key, nil))))
	asked.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	issued := d.OktaToken(asked, netip.MustParseAddr("192.0.3.1"), endpoint)
	require.Equal(t, http.StatusUnauthorized, issued.Answer.Status)
	require.True(t, issued.Failed)
}

// TestSailPointTokens: A8, as the Go and TypeScript SDKs and sailpoint-cli ask.
func TestSailPointTokens(t *testing.T) {
	d := live(t, `{"clients":[{"id":"sp1","secretSha256":"`+hexOf("s3cret")+`","scopes":["sp:auth-org:manage"]},
		{"id":"0oa1","jwks":`+keySet(t, newKey(t))+`,"scopes":["sp:auth-org:manage"]}]}`)
	const form, base = "application/x-www-form-urlencoded", "http://acme.example/oauth/token"
	send := func(query, text, media string) (int, map[string]any, bool) {
		r := httptest.NewRequest(http.MethodPost, base+query, strings.NewReader(text))
		r.Header.Set("Content-Type", media)
		issued := d.SailPointToken(r, somewhere)
		status, said, _ := told(issued)
		return status, said, issued.Failed
	}
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for name, value := range map[string]string{"grant_type": "client_credentials", "client_id": "sp1", "client_secret": "s3cret"} {
		require.NoError(t, w.WriteField(name, value))
	}
	require.NoError(t, w.Close())
	multi := w.FormDataContentType()
	for _, row := range []struct{ name, query, text, media, want string }{
		{"Go", "", "client_id=sp1&client_secret=s3cret&grant_type=client_credentials", form, ""},
		{"TypeScript", "", parts.String(), multi, ""},
		{"the command line", "?grant_type=client_credentials", "client_id=sp1&client_secret=s3cret", form, ""},
		{"all in the query", "?client_id=sp1&client_secret=s3cret&grant_type=client_credentials", "", "", ""},
		{"another grant", "", "client_id=sp1&client_secret=s3cret&grant_type=password", form, "unsupported_grant_type"},
		{"no grant", "", "client_id=sp1&client_secret=s3cret", form, "unsupported_grant_type"},
		{"another secret", "", "client_id=sp1&client_secret=secret&grant_type=client_credentials", form, "invalid_client"},
		{"no secret", "", "client_id=sp1&grant_type=client_credentials", form, "invalid_client"},
		{"nobody", "", "client_id=sp2&client_secret=s3cret&grant_type=client_credentials", form, "invalid_client"},
		{"no id", "", "client_secret=s3cret&grant_type=client_credentials", form, "invalid_client"},
		{"a client with keys", "", "client_id=0oa1&client_secret=&grant_type=client_credentials", form, "invalid_client"},
		{"one twice", "?client_id=sp1", "client_id=sp1&client_secret=s3cret&grant_type=client_credentials", form, "invalid_request"},
		{"one twice in parts", "?client_id=sp1", parts.String(), multi, "invalid_request"},
		{"no boundary", "", parts.String(), "multipart/form-data", "invalid_request"},
		{"broken parts", "", parts.String()[:parts.Len()-20], multi, "invalid_request"},
		{"JSON", "", `{"client_id":"sp1","client_secret":"s3cret","grant_type":"client_credentials"}`, "application/json", "invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, said, failed := send(row.query, row.text, row.media)
			require.Equal(t, row.want == "invalid_client", failed)
			switch row.want {
			case "":
				require.Equal(t, http.StatusOK, status, said)
				require.Equal(t, "bearer", said["token_type"])
				require.Equal(t, 749.0, said["expires_in"])
				require.NoError(t, d.come("http://acme.example/v3/auth-org/network-config", "Bearer "+said["access_token"].(string)))
			case "invalid_client":
				require.Equal(t, http.StatusUnauthorized, status)
				require.Equal(t, row.want, said["error"])
			default:
				require.Equal(t, http.StatusBadRequest, status)
				require.Equal(t, row.want, said["error"])
			}
		})
	}
	_, said, _ := send("", "client_id=sp1&client_secret=s3cret&grant_type=client_credentials", form)
	token := "Bearer " + said["access_token"].(string)
	d.now = d.now.Add(748 * time.Second)
	require.NoError(t, d.come(resource, token))
	d.now = d.now.Add(time.Second)
	require.ErrorIs(t, d.come(resource, token), callers.ErrBad)
}

// FuzzTokenRequests: no query and no body makes a token endpoint fail, or give a
// token without a credential.
func FuzzTokenRequests(f *testing.F) {
	key := newKey(f)
	file := `{"clients":[` + strings.TrimSuffix(strings.TrimPrefix(client(f, `,"dpop":"required"`, key), `{"clients":[`), "]}") +
		`,{"id":"sp1","secretSha256":"` + hexOf(rand.Text()) + `","scopes":["sp:auth-org:manage"]}]}`
	f.Add("grant_type=client_credentials&scope=a", "client_assertion=a.b.c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer", "application/x-www-form-urlencoded", "a.b.c")
	f.Add("grant_type=client_credentials", "--x\r\nContent-Disposition: form-data; name=\"client_secret\"\r\n\r\ns\r\n--x--\r\n", "multipart/form-data; boundary=x", "")
	f.Add("%zz", ";", "a/b; c", "eyJhbGciOiJub25lIn0..")
	f.Add("a=1&a=2", "", "", "")
	// An assertion that is good but for its signature.
	f.Add("grant_type=client_credentials", "client_assertion=eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiIwb2ExIiwic3ViIjoiMG9hMSJ9.AAAA&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer", "application/x-www-form-urlencoded", "")
	path := filepath.Join(f.TempDir(), "callers.json")
	require.NoError(f, os.WriteFile(path, []byte(file), 0o600))
	who, err := callers.Read(path)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, query, text, media, proof string) {
		d := callers.New(who, nil)
		for _, ask := range []func(*http.Request) callers.Issued{
			func(r *http.Request) callers.Issued { return d.OktaToken(r, somewhere, endpoint) },
			func(r *http.Request) callers.Issued { return d.SailPointToken(r, somewhere) },
		} {
			r := &http.Request{
				Method: http.MethodPost, URL: &url.URL{Path: "/oauth2/v1/token", RawQuery: query}, Body: io.NopCloser(strings.NewReader(text)),
				Header: http.Header{"Content-Type": {media}, "Dpop": {proof}},
			}
			issued := ask(r)
			if status := issued.Answer.Status; status != http.StatusBadRequest && status != http.StatusUnauthorized || !json.Valid(issued.Answer.Body) {
				t.Fatalf("%d %s", status, issued.Answer.Body)
			}
		}
	})
}
