package credentials_test

import (
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/credentials"
)

// tenant is one of Okta's that believes nobody: it checks assertions, proofs and
// tokens by the standards (RFC 7523, RFC 9449) and notes what it did not take.
type tenant struct {
	t        *testing.T
	key      any    // public, of the client
	scopes   string // that are asked for
	proofs   bool   // wanted beside the assertion
	nonce    string // wanted in them; empty: none
	lifetime int    // of a token, in questions

	url     string
	tokens  int // given
	left    int // questions for the present token
	holder  string
	ids     map[string]bool
	refused []string
}

func (o *tenant) refuse(w http.ResponseWriter, status int, code string) {
	o.refused = append(o.refused, code)
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":%q}`, code)
}

func (o *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/oauth2/v1/token":
		o.exchange(w, r)
	case o.left == 0:
		o.refuse(w, http.StatusUnauthorized, "expired")
	case !o.holds(r):
		o.refuse(w, http.StatusUnauthorized, "E0000011")
	default:
		o.left--
		_, _ = w.Write([]byte(`{}`))
	}
}

// holds says that a request has the present token, from who may have it.
func (o *tenant) holds(r *http.Request) bool {
	token := fmt.Sprint("secret", o.tokens)
	if !o.proofs {
		return r.Header.Get("Authorization") == "Bearer "+token && len(r.Header["Dpop"]) == 0
	}
	claims, thumb := o.proof(r)
	hash := sha256.Sum256([]byte(token))
	return r.Header.Get("Authorization") == "DPoP "+token && thumb == o.holder && claims["ath"] == base64.RawURLEncoding.EncodeToString(hash[:]) && claims["nonce"] == nil
}

// proof are the claims of a proof that holds, and its key's thumbprint; nil: none holds.
func (o *tenant) proof(r *http.Request) (map[string]any, string) {
	token, err := jwt.ParseSigned(r.Header.Get("DPoP"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, ""
	}
	var claims map[string]any
	key := token.Headers[0].JSONWebKey
	if key == nil || token.Claims(key, &claims) != nil || token.Headers[0].ExtraHeaders["typ"] != "dpop+jwt" {
		return nil, ""
	}
	thumb, err := key.Thumbprint(crypto.SHA256)
	require.NoError(o.t, err)
	if claims["htm"] != r.Method || claims["htu"] != o.url+r.URL.Path || claims["iat"] != float64(noon.Unix()) || !o.fresh(claims) {
		return nil, ""
	}
	return claims, string(thumb)
}

func (o *tenant) fresh(claims map[string]any) bool {
	id, _ := claims["jti"].(string)
	known := o.ids[id]
	o.ids[id] = true
	return id != "" && !known
}

func (o *tenant) exchange(w http.ResponseWriter, r *http.Request) {
	assertion, err := jwt.ParseSigned(r.FormValue("client_assertion"), []jose.SignatureAlgorithm{jose.ES256})
	var claims map[string]any
	if err != nil || assertion.Claims(o.key, &claims) != nil || claims["iss"] != "0oa1" || claims["sub"] != "0oa1" || claims["aud"] != o.url+"/oauth2/v1/token" ||
		claims["iat"] != float64(noon.Unix()) || claims["exp"] != float64(noon.Add(5*time.Minute).Unix()) || !o.fresh(claims) ||
		r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		o.refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	if r.FormValue("scope") != o.scopes {
		o.refuse(w, http.StatusBadRequest, "invalid_scope")
		return
	}
	kind := "Bearer"
	if o.proofs {
		kind = "DPoP"
		claims, thumb := o.proof(r)
		if claims == nil {
			o.refuse(w, http.StatusBadRequest, "invalid_dpop_proof")
			return
		}
		if o.holder != "" && thumb != o.holder {
			o.refuse(w, http.StatusBadRequest, "another key")
			return
		}
		o.holder = thumb
		if nonce, _ := claims["nonce"].(string); nonce != o.nonce {
			w.Header().Set("DPoP-Nonce", o.nonce)
			o.refuse(w, http.StatusBadRequest, "use_dpop_nonce")
			return
		}
		if claims["ath"] != nil {
			o.refuse(w, http.StatusBadRequest, "a token before there is one")
			return
		}
	} else if len(r.Header["Dpop"]) > 0 {
		o.refuse(w, http.StatusBadRequest, "a proof that nobody wanted")
		return
	}
	o.tokens++
	o.left = o.lifetime
	_, _ = fmt.Fprintf(w, `{"token_type":%q,"access_token":"secret%d"}`, kind, o.tokens)
}

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// at is a client of a server, at noon.
func at(t *testing.T, handler http.Handler, access func(*asking.Client) asking.Access) (*asking.Client, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	c := asking.New(asking.Options{Vendor: "okta", Address: address, MaxWait: time.Minute, Clock: asking.Clock{
		Now: func() time.Time { return noon }, Sleep: func(context.Context, time.Duration) error { return nil },
	}})
	c.SetAccess(access(c))
	return c, server.URL
}

func environment(env map[string]string) credentials.Environment {
	return credentials.Environment{Get: func(name string) string { return env[name] }}
}

// A client gets a token for what its tenant wants to see, shows it with every
// question, and gets another when the tenant does not take it any more; the key of its
// proofs stays the same (A6, A7, U3).
func TestTokensOfOkta(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	for name, c := range map[string]struct {
		proofs  bool
		nonce   string
		refused []string
	}{
		"for who has it":               {false, "", []string{"expired", "expired"}},
		"for its key":                  {true, "", []string{"invalid_dpop_proof", "expired", "expired"}},
		"for its key, proven with one": {true, "n1", []string{"invalid_dpop_proof", "use_dpop_nonce", "expired", "expired"}},
	} {
		t.Run(name, func(t *testing.T) {
			okta := &tenant{t: t, key: key.Public(), proofs: c.proofs, nonce: c.nonce, lifetime: 2, ids: make(map[string]bool), scopes: "okta.networkZones.read okta.policies.read okta.threatInsights.read"}
			env := environment(map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_PRIVATEKEY": pkcs8(t, key)})
			access, err := env.Okta()
			require.NoError(t, err)
			var asked *asking.Client
			asked, okta.url = at(t, okta, access.Access)
			for range 5 {
				_, err := asked.Object(t.Context(), asking.Question{What: "zones", Path: "/z?limit=200", Family: "zones"})
				require.NoError(t, err)
			}
			require.Equal(t, 3, okta.tokens)
			require.Equal(t, c.refused, okta.refused)
		})
	}
}

// A key that is too small to sign with is never shown to anybody.
func TestKeyTooSmall(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	small, err := rsa.GenerateKey(rand.Reader, 1000)
	require.NoError(t, err)
	t.Setenv("GODEBUG", "")
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(small)}))
	asked, err := client(t, map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_PRIVATEKEY": text}, "", func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	require.NoError(t, err)
	require.ErrorContains(t, ask(t, asked), "insecure")
}

// A tenant of SailPoint's gives a token for id and secret, once until it is used up (A8).
func TestTokensOfSailPoint(t *testing.T) {
	exchanges, left, broken := 0, 0, false
	access, err := environment(map[string]string{"SAIL_CLIENT_ID": "i", "SAIL_CLIENT_SECRET": "s&s"}).SailPoint()
	require.NoError(t, err)
	asked, _ := at(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/oauth/token":
			_ = r.ParseForm()
			if r.PostForm.Encode() != "client_id=i&client_secret=s%26s&grant_type=client_credentials" || len(r.Header["Authorization"]) > 0 {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			if broken {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			exchanges, left = exchanges+1, 2
			_, _ = fmt.Fprintf(w, `{"token_type":"bearer","access_token":"t%d"}`, exchanges)
		case r.Header.Get("Authorization") != fmt.Sprint("Bearer t", exchanges) || left == 0:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			left--
			_, _ = w.Write([]byte(`{}`))
		}
	}), access.Access)
	for range 5 {
		require.NoError(t, ask(t, asked))
	}
	require.Equal(t, 3, exchanges)
	left, broken = 0, true
	require.ErrorContains(t, ask(t, asked), "okta, token: 403", "nothing is asked without a token")
}

// What holds no token is asked for again, and its text is never repeated.
func TestNoToken(t *testing.T) {
	key := pkcs8(t, ecKey(t, elliptic.P256()))
	for _, body := range []string{`{"access_token":""}`, `{"access_token":7}`, `{"access_token":"secret\u007f"}`, `{"access_token":"secret\u0080"}`, `{"access_token":"secret "}`, `secret`} {
		sailPoint, err := environment(map[string]string{"SAIL_CLIENT_ID": "i", "SAIL_CLIENT_SECRET": "s"}).SailPoint()
		require.NoError(t, err)
		okta, err := environment(map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "i", "OKTA_CLIENT_PRIVATEKEY": key}).Okta()
		require.NoError(t, err)
		for _, access := range []func(*asking.Client) asking.Access{sailPoint.Access, okta.Access} {
			posts := 0
			asked, _ := at(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost {
					t.Error("asked without a token")
				}
				if posts++; posts > 1 {
					w.WriteHeader(http.StatusTeapot)
				}
				_, _ = w.Write([]byte(body))
			}), access)
			err = ask(t, asked)
			require.ErrorContains(t, err, "okta, token: 418", body)
			require.NotContains(t, err.Error(), "secret")
			require.Equal(t, 2, posts)
		}
	}
}

// What is not in the environment is named before anybody is asked.
func TestEnvironment(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"OKTA_CLIENT_TOKEN is not in the environment":                                           {},
		`OKTA_CLIENT_AUTHORIZATIONMODE in the environment: expected SSWS, Bearer or PrivateKey`: {"OKTA_CLIENT_AUTHORIZATIONMODE": "ssws", "OKTA_CLIENT_TOKEN": "x"},
		"OKTA_CLIENT_TOKEN in the environment holds a space or another character":               {"OKTA_CLIENT_TOKEN": "secret\n"},
		"OKTA_CLIENT_PRIVATEKEY in the environment: expected a private key as a JWK":            {"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "x", "OKTA_CLIENT_PRIVATEKEY": misprinted(t)},
	} {
		_, err := environment(env).Okta()
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
	for want, env := range map[string]map[string]string{
		"SAIL_CLIENT_ID is not in the environment":     {"SAIL_CLIENT_SECRET": "secret"},
		"SAIL_CLIENT_SECRET is not in the environment": {"SAIL_CLIENT_ID": "x"},
	} {
		_, err := environment(env).SailPoint()
		require.ErrorContains(t, err, want)
	}
}

// misprinted is a JWK whose key is good, and whose thumbprint is none.
func misprinted(t *testing.T) string {
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(jwk(t, ecKey(t, elliptic.P256()), "k")), &members))
	members["x5t"] = "secret!"
	text, err := json.Marshal(members)
	require.NoError(t, err)
	return string(text)
}
