package credentials

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// prover proves that a token is in the hands of its key, which it makes itself and
// keeps as long as the program runs (RFC 9449, U3).
type prover struct {
	signer jose.Signer
	nonce  string // that the token service wants in proofs; empty: none
}

func newProver() (*prover, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	return &prover{signer: signer}, err
}

// claims of a proof (RFC 9449, section 4.2).
type claims struct {
	ID       string           `json:"jti"`
	Method   string           `json:"htm"`
	Target   string           `json:"htu"` // without query and fragment
	IssuedAt *jwt.NumericDate `json:"iat"`
	Token    string           `json:"ath,omitempty"`
	Nonce    string           `json:"nonce,omitempty"`
}

// proof is for one request: with a token, for a question (A7); without one, for the
// token service, with its nonce (A6).
func (p *prover) proof(method string, target *url.URL, now time.Time, token string) (string, error) {
	plain := *target
	plain.RawQuery, plain.Fragment, plain.ForceQuery = "", "", false
	c := claims{ID: rand.Text(), Method: method, Target: plain.String(), IssuedAt: jwt.NewNumericDate(now)}
	if token == "" {
		c.Nonce = p.nonce
	} else {
		hash := sha256.Sum256([]byte(token))
		c.Token = base64.RawURLEncoding.EncodeToString(hash[:])
	}
	return jwt.Signed(p.signer).Claims(c).Serialize()
}
