package callers_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// proofKey is a key that a token is bound to.
type proofKey struct {
	desk  *desk
	key   *ecdsa.PrivateKey
	token string
	nonce string
}

func (p *proofKey) claims(other map[string]any) map[string]any {
	claims := map[string]any{"ath": thumb(p.token)}
	maps.Copy(claims, other)
	return claims
}

// proof is a good proof for a GET of the resource, but for what a test says otherwise.
func (p *proofKey) proof(t *testing.T, other map[string]any) string {
	return p.desk.proof(t, p.key, http.MethodGet, resource, p.claims(other))
}

func (p *proofKey) all() map[string]any {
	return p.claims(map[string]any{"htm": http.MethodGet, "htu": resource, "iat": p.desk.now.Unix(), "jti": rand.Text()})
}

// typed is a proof with another typ, or without a key.
func (p *proofKey) typed(t *testing.T, kind string, embed bool) string {
	options := jose.SignerOptions{EmbedJWK: embed}
	return sign(t, p.key, jose.ES256, *options.WithType(jose.ContentType(kind)), p.all())
}

// signed is a proof by another key.
func (p *proofKey) signed(t *testing.T, key any, algorithm jose.SignatureAlgorithm) string {
	options := jose.SignerOptions{EmbedJWK: true}
	return sign(t, key, algorithm, *options.WithType("dpop+jwt"), p.all())
}

// swapKey puts another key into the header of a proof.
func swapKey(t *testing.T, proof string, key any) string {
	text, err := json.Marshal(jose.JSONWebKey{Key: key})
	require.NoError(t, err)
	algorithm := "ES256"
	if _, isRSA := key.(*rsa.PublicKey); isRSA {
		algorithm = "RS256"
	}
	return swapHeader(proof, string(text), algorithm)
}

// swapHeader gives a proof a header of this key and algorithm.
func swapHeader(proof, key, algorithm string) string {
	_, rest, _ := strings.Cut(proof, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+algorithm+`","typ":"dpop+jwt","jwk":`+key+`}`)) + "." + rest
}
