package callers_test

import (
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

// TestAuthorization: A1. Nothing at all is told from something that is not live.
func TestAuthorization(t *testing.T) {
	key := newKey(t)
	d := live(t, `{"tokens":[{"name":"ci","sha256":"`+hexOf("the-token")+`","scopes":["okta.policies.read"]},
		{"name":"cd","sha256":"`+hexOf("another")+`","scopes":[]}],`+client(t, "", key)[1:])
	issued := d.token(t, d.assertion(t, key, nil))
	for _, row := range []struct {
		name  string
		lines []string
		want  error
	}{
		{"nothing", nil, callers.ErrNone},
		{"SSWS", []string{"SSWS the-token"}, nil},
		{"Bearer", []string{"Bearer the-token"}, nil},
		{"any letter case", []string{"ssws the-token"}, nil},
		{"spaces", []string{"SSWS   the-token "}, nil},
		{"an issued token", []string{"Bearer " + issued}, nil},
		{"an issued token is no SSWS", []string{"SSWS " + issued}, callers.ErrBad},
		{"a bearer token is not bound", []string{"DPoP " + issued}, callers.ErrBad},
		{"a token of the file is not bound", []string{"DPoP the-token"}, callers.ErrBad},
		{"another scheme", []string{"Basic the-token"}, callers.ErrBad},
		{"no scheme", []string{"the-token"}, callers.ErrBad},
		{"no token", []string{"SSWS"}, callers.ErrBad},
		{"an empty token", []string{"SSWS "}, callers.ErrBad},
		{"an empty line", []string{""}, callers.ErrBad},
		{"the hash is no token", []string{"SSWS " + hexOf("the-token")}, callers.ErrBad},
		{"unknown", []string{"SSWS the-tokem"}, callers.ErrBad},
		{"longer", []string{"SSWS the-token2"}, callers.ErrBad},
		{"two lines", []string{"SSWS the-token", "SSWS the-token"}, callers.ErrBad},
		{"two tokens", []string{"SSWS the-token, SSWS another"}, callers.ErrBad},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, resource, nil)
			r.Header["Authorization"] = row.lines
			caller, err := d.Authenticate(r, somewhere, resource)
			require.ErrorIs(t, err, row.want)
			require.Equal(t, row.want == nil, caller.Name != "" && caller.Account != "")
		})
	}
}

// TestRevoked: whoever is taken out of the file, or whose secret or key is another,
// is out at once (A1).
func TestRevoked(t *testing.T) {
	key, next := newKey(t), newKey(t)
	token := func(name, text string) string {
		return `{"tokens":[{"name":"` + name + `","sha256":"` + hexOf(text) + `","scopes":["okta.policies.read"]}]}`
	}
	secret := func(text string) string {
		return `{"clients":[{"id":"sp1","secretSha256":"` + hexOf(text) + `","scopes":["sp:auth-org:manage"]}]}`
	}
	bySecret := func(d *desk) string {
		r := httptest.NewRequest(http.MethodPost, "/oauth/token?grant_type=client_credentials&client_id=sp1&client_secret=s", nil)
		status, said, _ := told(d.SailPointToken(r, somewhere))
		require.Equal(t, http.StatusOK, status)
		return "Bearer " + said["access_token"].(string)
	}
	byKey := func(d *desk) string { return "Bearer " + d.token(t, d.assertion(t, key, nil)) }
	for _, row := range []struct {
		name          string
		before, after string
		authorization func(*desk) string
		stays         bool
	}{
		{"nothing changed", token("ci", "t"), token("ci", "t"), func(*desk) string { return "SSWS t" }, true},
		{"another name", token("ci", "t"), token("cd", "t"), func(*desk) string { return "SSWS t" }, true},
		{"another token", token("ci", "t"), token("ci", "u"), func(*desk) string { return "SSWS t" }, false},
		{"a token that is gone", token("ci", "t"), secret("s"), func(*desk) string { return "SSWS t" }, false},
		{"the same secret", secret("s"), secret("s"), bySecret, true},
		{"another secret", secret("s"), secret("u"), bySecret, false},
		{"a client that is gone", secret("s"), token("ci", "t"), bySecret, false},
		{"a further key", client(t, "", key), client(t, "", next, key), byKey, true},
		{"another key", client(t, "", key), client(t, "", next), byKey, false},
		{"bound from now on", client(t, "", key), client(t, `,"dpop":"required"`, key), byKey, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := live(t, row.before)
			authorization := row.authorization(d)
			require.NoError(t, d.come(resource, authorization))
			d.Replace(read(t, row.after))
			if err := d.come(resource, authorization); row.stays {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, callers.ErrBad)
			}
		})
	}
	// Scopes that a client lost are gone from its tokens.
	d := live(t, client(t, "", key))
	values := parameters(d.assertion(t, key, nil))
	values.Set("scope", "okta.networkZones.manage okta.policies.read")
	_, said, _ := d.ask(values)
	d.Replace(read(t, strings.Replace(client(t, "", key), `"okta.networkZones.manage"`, `"okta.networkZones.read"`, 1)))
	r := httptest.NewRequest(http.MethodGet, resource, nil)
	r.Header.Set("Authorization", "Bearer "+said["access_token"].(string))
	caller, err := d.Authenticate(r, somewhere, resource)
	require.NoError(t, err)
	require.Equal(t, []string{"okta.policies.read"}, caller.Scopes)
}

// TestTokensEnd: after an hour (A4).
func TestTokensEnd(t *testing.T) {
	key := newKey(t)
	d := live(t, client(t, "", key))
	authorization := "Bearer " + d.token(t, d.assertion(t, key, nil))
	d.now = d.now.Add(time.Hour - time.Second)
	require.NoError(t, d.come(resource, authorization))
	d.now = d.now.Add(time.Second)
	require.ErrorIs(t, d.come(resource, authorization), callers.ErrBad)
}

// TestHas: to manage, or to update, includes to read; nothing else includes anything
// (A3).
func TestHas(t *testing.T) {
	all := callers.Scopes()
	for _, has := range all {
		for _, asked := range all {
			base, isRead := strings.CutSuffix(asked, "read")
			want := has == asked || isRead && (has == base+"manage" || has == base+"update")
			require.Equal(t, want, callers.Has([]string{has}, asked), "%s for %s", has, asked)
		}
	}
	require.False(t, callers.Has(nil, "okta.policies.read"))
	require.True(t, callers.Has(nil, ""), "a route that asks for none")
}

// nonce asks for a nonce as a client does: with a proof that has none.
func (d *desk) nonce(t *testing.T, assertion, proof string) string {
	t.Helper()
	status, said, header := d.ask(parameters(assertion), proof)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, map[string]any{"error": "use_dpop_nonce", "error_description": "Authorization server requires nonce in DPoP proof."}, said)
	require.Len(t, header["Dpop-Nonce"], 1)
	return header["Dpop-Nonce"][0]
}

// TestProofsForTokens: A6, step by step as the SDKs go.
func TestProofsForTokens(t *testing.T) {
	key, own := newKey(t), newKey(t)
	d := live(t, client(t, `,"dpop":"required"`, key))
	// One assertion serves all steps, although it is good once.
	assertion := d.assertion(t, key, map[string]any{"jti": "one"})
	status, said, header := d.ask(parameters(assertion))
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, map[string]any{"error": "invalid_dpop_proof", "error_description": "The DPoP proof JWT header is missing."}, said)
	require.Empty(t, header["Dpop-Nonce"])
	nonce := d.nonce(t, assertion, d.proof(t, own, http.MethodPost, endpoint, nil))
	require.Equal(t, nonce, d.nonce(t, assertion, d.proof(t, own, http.MethodPost, endpoint, map[string]any{"nonce": "another"})))
	proof := d.proof(t, own, http.MethodPost, endpoint, map[string]any{"nonce": nonce})
	status, said, _ = d.ask(parameters(assertion), proof)
	require.Equal(t, http.StatusOK, status, said)
	require.Equal(t, "DPoP", said["token_type"])
	// The same proof again is refused, and so is a second one beside it.
	fresh := d.assertion(t, key, nil)
	for _, proofs := range [][]string{{proof}, {d.proof(t, own, http.MethodPost, endpoint, map[string]any{"nonce": nonce}), proof}} {
		status, said, _ = d.ask(parameters(fresh), proofs...)
		require.Equal(t, http.StatusBadRequest, status)
		require.Equal(t, "invalid_dpop_proof", said["error"])
	}
	// A client that need not prove anything gets a bearer token, whatever it sends.
	plain := live(t, client(t, "", key))
	status, said, _ = plain.ask(parameters(plain.assertion(t, key, nil)), "rubbish")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "Bearer", said["token_type"])
}

// TestNonces: a nonce is given out for 24 hours and taken for three days (A6).
func TestNonces(t *testing.T) {
	key, own := newKey(t), newKey(t)
	d := live(t, client(t, `,"dpop":"required"`, key))
	ask := func() string {
		return d.nonce(t, d.assertion(t, key, nil), d.proof(t, own, http.MethodPost, endpoint, nil))
	}
	first := ask()
	d.now = d.now.Add(24*time.Hour - time.Second)
	require.Equal(t, first, ask())
	d.now = d.now.Add(time.Second)
	second := ask()
	require.NotEqual(t, first, second)
	with := func(nonce string) int {
		status, _, _ := d.ask(parameters(d.assertion(t, key, nil)), d.proof(t, own, http.MethodPost, endpoint, map[string]any{"nonce": nonce}))
		return status
	}
	d.now = d.now.Add(48*time.Hour - time.Second)
	require.Equal(t, http.StatusOK, with(first))
	d.now = d.now.Add(time.Second)
	require.Equal(t, http.StatusBadRequest, with(first))
	require.Equal(t, http.StatusOK, with(second))
}

// bound is a token that is bound to a key.
func (d *desk) bound(t *testing.T) (token string, own *proofKey) {
	t.Helper()
	key, mine := newKey(t), newKey(t)
	d.Replace(read(t, client(t, `,"dpop":"required"`, key)))
	nonce := d.nonce(t, d.assertion(t, key, nil), d.proof(t, mine, http.MethodPost, endpoint, nil))
	token = d.token(t, d.assertion(t, key, nil), d.proof(t, mine, http.MethodPost, endpoint, map[string]any{"nonce": nonce}))
	return token, &proofKey{d, mine, token, nonce}
}

// TestBoundTokens: A7, a row for each of its words.
func TestBoundTokens(t *testing.T) {
	d := live(t, client(t, "", newKey(t)))
	token, own := d.bound(t)
	other := newKey(t)
	long, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	huge := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(3), 16_000), E: 65537}
	for _, row := range []struct {
		name   string
		proofs []string
		good   bool
	}{
		{"good", []string{own.proof(t, nil)}, true},
		{"with the nonce again", []string{own.proof(t, map[string]any{"nonce": own.nonce})}, true},
		{"with any nonce", []string{own.proof(t, map[string]any{"nonce": "x"})}, true},
		{"URL with a query", []string{own.proof(t, map[string]any{"htu": resource + "?limit=2"})}, true},
		{"URL in other letters", []string{own.proof(t, map[string]any{"htu": "HTTPS://Acme.Example:8443/api/v1/zones"})}, true},
		{"none", nil, false},
		{"two", []string{own.proof(t, nil), own.proof(t, nil)}, false},
		{"of another key", []string{d.proof(t, other, http.MethodGet, resource, map[string]any{"ath": thumb(token)})}, false},
		{"another verb", []string{own.proof(t, map[string]any{"htm": "POST"})}, false},
		{"verb in other letters", []string{own.proof(t, map[string]any{"htm": "get"})}, false},
		{"another path", []string{own.proof(t, map[string]any{"htu": resource + "/x"})}, false},
		{"path in other letters", []string{own.proof(t, map[string]any{"htu": strings.ToUpper(resource)})}, false},
		{"another host", []string{own.proof(t, map[string]any{"htu": "https://evil.example/api/v1/zones"})}, false},
		{"another port", []string{own.proof(t, map[string]any{"htu": "https://acme.example/api/v1/zones"})}, false},
		{"no URL", []string{own.proof(t, map[string]any{"htu": nil})}, false},
		{"for another token", []string{own.proof(t, map[string]any{"ath": thumb("other")})}, false},
		{"for no token", []string{own.proof(t, map[string]any{"ath": nil})}, false},
		{"old", []string{own.proof(t, map[string]any{"iat": d.now.Add(-5*time.Minute - time.Second).Unix()})}, false},
		{"of five minutes ago", []string{own.proof(t, map[string]any{"iat": d.now.Add(-5 * time.Minute).Unix()})}, true},
		{"of later", []string{own.proof(t, map[string]any{"iat": d.now.Add(5*time.Minute + time.Second).Unix()})}, false},
		{"without time", []string{own.proof(t, map[string]any{"iat": nil})}, false},
		{"without jti", []string{own.proof(t, map[string]any{"jti": nil})}, false},
		{"another typ", []string{own.typed(t, "JWT", true)}, false},
		{"no key", []string{own.typed(t, "dpop+jwt", false)}, false},
		{"no JWT", []string{"rubbish"}, false},
		{"a short RSA key", []string{own.signed(t, long, jose.RS256)}, false},
		{"an RSA key that takes seconds", []string{swapKey(t, own.proof(t, nil), huge)}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := d.come(resource+"?limit=2", "DPoP "+token, row.proofs...); row.good {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, callers.ErrBad)
			}
		})
	}
	require.ErrorIs(t, d.come(resource, "Bearer "+token), callers.ErrBad, "a bound token is no bearer token")
	require.ErrorIs(t, d.come(resource, "Bearer "+token, own.proof(t, nil)), callers.ErrBad)
	once := own.proof(t, map[string]any{"iat": d.now.Add(5 * time.Minute).Unix()})
	require.NoError(t, d.come(resource, "DPoP "+token, once))
	require.ErrorIs(t, d.come(resource, "DPoP "+token, once), callers.ErrBad, "a proof is good once")
	// It is remembered for as long as its time lets it be good.
	d.now = d.now.Add(10 * time.Minute)
	require.ErrorIs(t, d.come(resource, "DPoP "+token, once), callers.ErrBad)
	// A token that nobody has does not use a proof up.
	kept := own.proof(t, nil)
	require.ErrorIs(t, d.come(resource, "DPoP other", kept), callers.ErrBad)
	require.NoError(t, d.come(resource, "DPoP "+token, kept))
}

// TestDefaultPorts: a URL means the same with the port that its scheme has anyway.
func TestDefaultPorts(t *testing.T) {
	d := live(t, client(t, "", newKey(t)))
	token, own := d.bound(t)
	for at, said := range map[string]string{
		"https://acme.example/api/v1/zones": "https://acme.example:443/api/v1/zones", "http://acme.example:80/api/v1/zones": "http://acme.example/api/v1/zones",
	} {
		require.NoError(t, d.come(at, "DPoP "+token, own.proof(t, map[string]any{"htu": said})))
	}
	require.ErrorIs(t, d.come("https://acme.example:80/api/v1/zones", "DPoP "+token,
		own.proof(t, map[string]any{"htu": "https://acme.example/api/v1/zones"})), callers.ErrBad)
}
