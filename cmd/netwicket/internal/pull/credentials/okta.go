package credentials

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
)

// oktaClient gets tokens with private_key_jwt (U3).
type oktaClient struct {
	id     string
	signer jose.Signer
	scopes []string

	token *token // nil: there is none yet
	dpop  *prover
}

// token is what an OAuth service gave.
type token struct {
	Type   string `json:"token_type"`
	Access string `json:"access_token"`
}

func newOktaClient(id string, key jose.SigningKey, scopes []string) (*oktaClient, error) {
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT")) // with the key's kid
	if err != nil {
		return nil, errors.New("the key cannot sign")
	}
	return &oktaClient{id: id, signer: signer, scopes: scopes}, nil
}

// Access proves who asks by the client.
func (o *Okta) Access(client *asking.Client) asking.Access {
	if o.client == nil {
		return asking.Access{Prove: func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", o.scheme+" "+o.token)
			return nil
		}}
	}
	return asking.Access{
		Prove: func(ctx context.Context, r *http.Request) error { return o.client.prove(ctx, client, r) },
		Renew: func() { o.client.token = nil },
	}
}

// prove puts a token into a request, and gets it first if there is none.
func (c *oktaClient) prove(ctx context.Context, client *asking.Client, r *http.Request) error {
	if c.token == nil {
		if err := c.get(ctx, client); err != nil {
			return err
		}
	}
	if !strings.EqualFold(c.token.Type, "DPoP") {
		r.Header.Set("Authorization", "Bearer "+c.token.Access)
		return nil
	}
	proof, err := c.dpop.proof(r.Method, r.URL, client.Now(), c.token.Access)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "DPoP "+c.token.Access)
	r.Header.Set("DPoP", proof)
	return nil
}

const (
	tokenPath         = "/oauth2/v1/token"
	assertionLifetime = 5 * time.Minute
	maxExchanges      = 4 // without a proof, with one, with a nonce, and with a nonce that has just changed
)

// get gets a token. A service that wants a proof of possession says so, and then
// what nonce it has to hold (A6): each is a new start.
func (c *oktaClient) get(ctx context.Context, client *asking.Client) error {
	for exchange := 1; ; exchange++ {
		q := asking.Question{
			What: "token", Path: tokenPath, Family: "token", Prove: c.proveExchange(client),
			Form: func() (url.Values, error) { return c.form(client) },
		}
		var got token
		_, err := client.Ask(ctx, q, func(body []byte) (err error) {
			got, err = readToken(body)
			return err
		})
		if err == nil {
			if strings.EqualFold(got.Type, "DPoP") && c.dpop == nil {
				return errors.New("okta, token: the token is bound to a key that nobody showed")
			}
			c.token = &got
			return nil
		}
		var failure *asking.Failure
		if !errors.As(err, &failure) || exchange == maxExchanges || failure.Code != "invalid_dpop_proof" && failure.Code != "use_dpop_nonce" {
			return err
		}
		if c.dpop == nil {
			if c.dpop, err = newProver(); err != nil {
				return err
			}
		}
		c.dpop.nonce = failure.Header.Get("DPoP-Nonce")
	}
}

// proveExchange puts a proof beside the assertion, once the service wants one.
func (c *oktaClient) proveExchange(client *asking.Client) func(context.Context, *http.Request) error {
	return func(_ context.Context, r *http.Request) error {
		if c.dpop == nil {
			return nil
		}
		proof, err := c.dpop.proof(r.Method, r.URL, client.Now(), "")
		r.Header.Set("DPoP", proof)
		return err
	}
}

// statement is what a client asserts (RFC 7523, section 3).
type statement struct {
	Issuer   string           `json:"iss"`
	Subject  string           `json:"sub"`
	Audience string           `json:"aud"`
	IssuedAt *jwt.NumericDate `json:"iat"`
	Expiry   *jwt.NumericDate `json:"exp"`
	ID       string           `json:"jti"`
}

// form is a request for a token: the assertion is signed for this once.
func (c *oktaClient) form(client *asking.Client) (url.Values, error) {
	now := client.Now()
	assertion, err := jwt.Signed(c.signer).Claims(statement{
		Issuer: c.id, Subject: c.id, Audience: client.URL(tokenPath),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionLifetime)), ID: rand.Text(),
	}).Serialize()
	if err != nil {
		return nil, err
	}
	return url.Values{
		"grant_type":            {"client_credentials"},
		"scope":                 {strings.Join(c.scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}, nil
}

// readToken reads what an OAuth service answers. No error repeats any of it.
func readToken(body []byte) (token, error) {
	var t token
	if json.Unmarshal(body, &t) != nil || t.Access == "" {
		return t, errors.New("expected a token")
	}
	return t, plain("the token of the answer", t.Access)
}
