package callers_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

// TestWhyTokensAreRefused: a token endpoint says which part of a request is wrong.
func TestWhyTokensAreRefused(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	key := newKey(t)
	d := live(t, client(t, "", key))
	good := func() url.Values { return parameters(d.assertion(t, key, nil)) }
	without := func(name string) string {
		values := good()
		values.Del(name)
		return values.Encode()
	}
	with := func(name, value string) string {
		values := good()
		values.Set(name, value)
		return values.Encode()
	}
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for name := range good() {
		require.NoError(t, w.WriteField(name, good().Get(name)))
	}
	require.NoError(t, w.Close())
	padded := good().Encode() + "&z="
	padded += strings.Repeat("x", 64<<10-len(padded))
	for _, row := range []struct {
		name, query, text, media string
		status                   int
		code, want               string
	}{
		{"as it should be", "", good().Encode(), form, http.StatusOK, "", ""},
		{"64 KiB", "", padded, form, http.StatusOK, "", ""},
		{"more than 64 KiB", "", padded + "x", form, http.StatusBadRequest, "invalid_request", "too long"},
		{"a query that is none", "a=%zz", good().Encode(), form, http.StatusBadRequest, "invalid_request", "the query cannot be read"},
		{"a body that is none", "", good().Encode() + "&a=%zz", form, http.StatusBadRequest, "invalid_request", "the body cannot be read as application/x-www-form-urlencoded"},
		{"parts, which are SailPoint's way", "", parts.String(), w.FormDataContentType(), http.StatusBadRequest, "invalid_request", "the body must be application/x-www-form-urlencoded"},
		{"no grant", "", without("grant_type"), form, http.StatusBadRequest, "invalid_request", "The parameter grant_type is missing"},
		{"no assertion", "", without("client_assertion"), form, http.StatusUnauthorized, "invalid_client", "A client is known by client_assertion"},
		{"no scope", "", without("scope"), form, http.StatusBadRequest, "invalid_scope", "names no scope"},
		{"the beginning of a scope", "", with("scope", "okta.networkZones"), form, http.StatusBadRequest, "invalid_scope", "not granted"},
		{"before 1970", "", with("client_assertion", d.assertion(t, key, map[string]any{"nbf": -1})), form, http.StatusUnauthorized, "invalid_client", "claims cannot be read"},
		{"since 1970", "", with("client_assertion", d.assertion(t, key, map[string]any{"nbf": 0})), form, http.StatusOK, "", ""},
		{"soon", "", with("client_assertion", d.assertion(t, key, map[string]any{"nbf": d.now.Add(5 * time.Minute).Unix(), "iat": d.now.Add(5 * time.Minute).Unix()})), form, http.StatusOK, "", ""},
		{"in 34,000 years", "", with("client_assertion", d.assertion(t, key, map[string]any{"exp": 1 << 40})), form, http.StatusUnauthorized, "invalid_client", "more than one hour ahead"},
		{"later", "", with("client_assertion", d.assertion(t, key, map[string]any{"exp": 1<<40 + 1})), form, http.StatusUnauthorized, "invalid_client", "claims cannot be read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, endpoint, strings.NewReader(row.text))
			r.URL.RawQuery = row.query
			r.Header.Set("Content-Type", row.media)
			status, said, _ := told(d.OktaToken(r, somewhere, endpoint))
			require.Equal(t, row.status, status, said)
			if row.code != "" {
				require.Equal(t, row.code, said["error"])
				require.Contains(t, said["error_description"], row.want)
			}
		})
	}
}

// TestProofsThatAreRefusedForTokens: one that is not good is called that, whatever nonce
// it has, and never asks for another nonce.
func TestProofsThatAreRefusedForTokens(t *testing.T) {
	key, own := newKey(t), newKey(t)
	d := live(t, client(t, `,"dpop":"required"`, key))
	nonce := d.nonce(t, d.assertion(t, key, nil), d.proof(t, own, http.MethodPost, endpoint, nil))
	with := func(claims map[string]any) string {
		claims["nonce"] = nonce
		return d.proof(t, own, http.MethodPost, endpoint, claims)
	}
	typed := func(kind string, embed bool) string {
		options := jose.SignerOptions{EmbedJWK: embed}
		return sign(t, own, jose.ES256, *options.WithType(jose.ContentType(kind)), map[string]any{"nonce": nonce})
	}
	good := with(map[string]any{})
	for _, row := range []struct{ name, proof, want string }{
		{"no JWT", "rubbish", "is not a JWT that is signed with"},
		{"another type", typed("jwt", true), "typ is not dpop+jwt"},
		{"no key", typed("dpop+jwt", false), "header has no public key"},
		{"another key", swapKey(t, good, newKey(t).Public()), "is not signed by the key in its header"},
		{"another method", with(map[string]any{"htm": "GET"}), "is for another method"},
		{"another URL", with(map[string]any{"htu": endpoint + "/x"}), "is for another URL"},
		{"a URL that is none", with(map[string]any{"htu": "https://["}), "is for another URL"},
		{"an old one", with(map[string]any{"iat": d.now.Add(-time.Hour).Unix()}), "iat is not within five minutes"},
		{"no id", with(map[string]any{"jti": nil}), "has no jti"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, proofs := range [][]string{{row.proof}, {row.proof, good}} {
				status, said, header := d.ask(parameters(d.assertion(t, key, nil)), proofs...)
				require.Equal(t, http.StatusBadRequest, status)
				require.Equal(t, "invalid_dpop_proof", said["error"])
				require.Contains(t, said["error_description"], row.want)
				require.Empty(t, header["Dpop-Nonce"])
			}
		})
	}
	status, said, _ := d.ask(parameters(d.assertion(t, key, nil)), good, good)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "The DPoP proof is not valid: expected one JWT for this request.", said["error_description"])
	r := httptest.NewRequest(http.MethodPost, endpoint, body(parameters(d.assertion(t, key, nil))))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, "terraform", d.OktaToken(r, somewhere, endpoint).Caller, "who is refused is known")
	d.token(t, d.assertion(t, key, nil), good) // what was refused has not used it up
}

// TestShortKeysOfProofs: the key of a proof has to be as long as a client's.
func TestShortKeysOfProofs(t *testing.T) {
	key := newKey(t)
	d := live(t, client(t, `,"dpop":"required"`, key))
	set := publicRSA(t, 1024)
	proof := swapHeader(d.proof(t, newKey(t), http.MethodPost, endpoint, nil), strings.TrimSuffix(strings.TrimPrefix(set, `{"keys":[`), "]}"), "RS256")
	_, said, _ := d.ask(parameters(d.assertion(t, key, nil)), proof)
	require.Equal(t, "invalid_dpop_proof", said["error"])
	require.Contains(t, said["error_description"], "key cannot be used: expected RSA keys of 2048 to 4096 bits")
}

// TestURLsOfProofs: a port that is not the scheme's own is another URL.
func TestURLsOfProofs(t *testing.T) {
	d := live(t, client(t, "", newKey(t)))
	token, own := d.bound(t)
	for at, said := range map[string]string{
		"http://acme.example/api/v1/zones": "http://acme.example:8080/api/v1/zones", "https://acme.example/api/v1/zones": "https://acme.example:8443/api/v1/zones",
		"http://acme.example:80/api/v1/zones": "http://acme.example:443/api/v1/zones", "http://acme.example:443/api/v1/zones": "http://acme.example/api/v1/zones",
		"https://acme.example/a": "http://acme.example/a",
	} {
		require.ErrorIs(t, d.come(at, "DPoP "+token, own.proof(t, map[string]any{"htu": said})), callers.ErrBad, said)
		require.NoError(t, d.come(at, "DPoP "+token, own.proof(t, map[string]any{"htu": at})), at)
	}
	require.ErrorIs(t, d.come(resource, "DPoP "+token, own.proof(t, map[string]any{"htu": "https://["})), callers.ErrBad)
}

// TestEmptyTokens: no token is none, also where the file has the hash of nothing.
func TestEmptyTokens(t *testing.T) {
	d := live(t, `{"tokens":[{"name":"ci","sha256":"`+hexOf("")+`","scopes":["okta.policies.read"]}]}`)
	for _, line := range []string{"SSWS", "SSWS ", "SSWS  ", "Bearer ", "Bearer"} {
		require.ErrorIs(t, d.come(resource, line), callers.ErrBad, line)
	}
}

// TestScopesThatBeginAlike: the beginning of a scope is none.
func TestScopesThatBeginAlike(t *testing.T) {
	for _, scope := range []string{"okta.policies", "sp:auth-org", "okta", "read", ".read"} {
		require.False(t, callers.Has(callers.Scopes(), scope), scope)
	}
}

// TestFilesThatChangeMeanwhile: a token is for a client of the file that is in force when
// it is made, and not when its assertion began to be looked at.
func TestFilesThatChangeMeanwhile(t *testing.T) {
	key := newKey(t)
	before := read(t, client(t, "", key))
	now := time.Date(2026, 2, 18, 8, 28, 53, 0, time.UTC)
	d := &desk{now: now}
	asked := 0
	d.Live = callers.New(before, func() time.Time {
		if asked++; asked == 1 { // the assertion is about to be looked at
			d.Replace(read(t, client(t, `,"networks":["192.0.2.0/24"]`, key)))
		}
		return now
	})
	status, said, _ := d.ask(parameters(d.assertion(t, key, nil)))
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "invalid_client", said["error"])
	require.Contains(t, said["error_description"], "changed while the assertion was looked at")
	tokens, _ := d.Remembered()
	require.Zero(t, tokens)
	d.token(t, d.assertion(t, key, nil))
}

// TestWhoIsOutsideIsKnown: a caller from a network of its file's is, and one from
// elsewhere is named in the error's place.
func TestWhoIsOutsideIsKnown(t *testing.T) {
	d := live(t, `{"tokens":[{"name":"ci","sha256":"`+hexOf("t")+`","scopes":["okta.policies.read"],"networks":["192.0.2.0/25","2001:db8::/32"]}]}`)
	for peer, want := range map[string]error{"192.0.2.127": nil, "192.0.2.128": callers.ErrOutside, "2001:db8:ffff::1": nil, "::ffff:192.0.2.1": nil, "2001:db9::": callers.ErrOutside} {
		r := httptest.NewRequest(http.MethodGet, resource, nil)
		r.Header.Set("Authorization", "SSWS t")
		caller, err := d.Authenticate(r, netip.MustParseAddr(peer), resource)
		require.ErrorIs(t, err, want, peer)
		require.Equal(t, "ci", caller.Name)
	}
}
