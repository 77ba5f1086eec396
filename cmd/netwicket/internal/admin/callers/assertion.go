package callers

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// algorithms are those that clients may sign with: of public keys alone. A MAC
// would make the public key a secret, and none would be no signature (A5).
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512}
}

const (
	longestAssertion = time.Hour
	leeway           = 5 * time.Minute // between clocks
)

// instant is a time of a JWT, a number of seconds or, as Okta's own example has
// it, a string of one.
type instant struct{ time.Time }

func (i *instant) UnmarshalJSON(text []byte) error {
	var words string
	if json.Unmarshal(text, &words) != nil {
		words = string(text)
	}
	seconds, err := strconv.ParseFloat(words, 64)
	if err != nil || !(seconds >= 0 && seconds <= 1<<40) { // which NaN is not
		return errors.New("expected a time in seconds")
	}
	i.Time = time.Unix(int64(seconds), 0)
	return nil
}

// claims are those of an assertion.
type claims struct {
	Issuer    string       `json:"iss"`
	Subject   string       `json:"sub"`
	Audience  jwt.Audience `json:"aud"`
	Expires   *instant     `json:"exp"`
	NotBefore *instant     `json:"nbf"`
	Issued    *instant     `json:"iat"`
	ID        string       `json:"jti"`
}

// asserted is the client of a file that an assertion is signed by (A5), and the
// thumbprint of its key. urls are those of the endpoint, of which it must name one.
func asserted(file *File, text string, urls []string, now time.Time) (client Client, key string, said claims, err error) {
	token, err := jwt.ParseSigned(text, algorithms())
	if err != nil {
		return client, "", said, errors.New("the assertion is not a JWT that is signed with RS256 to RS512 or ES256 to ES512")
	}
	if err := token.UnsafeClaimsWithoutVerification(&said); err != nil { // to know whose keys to try
		return client, "", said, errors.New("the assertion's claims cannot be read")
	}
	client, _ = file.client(said.Issuer) // whom nobody knows has no keys
	if said.Issuer != said.Subject || client.Keys == nil {
		return Client{}, "", said, errors.New("iss and sub must be the id of a client that has keys")
	}
	if key = signedBy(token, client.Keys); key == "" {
		return Client{}, "", said, errors.New("the assertion is not signed by one of the client's keys")
	}
	switch {
	case !slices.ContainsFunc(urls, said.Audience.Contains):
		return Client{}, "", said, errors.New("aud must be " + urls[0])
	case said.Expires == nil:
		return Client{}, "", said, errors.New("exp is missing")
	case said.Expires.Before(now.Add(-leeway)):
		return Client{}, "", said, errors.New("the assertion has expired")
	case said.Expires.After(now.Add(longestAssertion + leeway)):
		return Client{}, "", said, errors.New("exp is more than one hour ahead")
	case said.NotBefore != nil && said.NotBefore.After(now.Add(leeway)), said.Issued != nil && said.Issued.After(now.Add(leeway)):
		return Client{}, "", said, errors.New("the assertion is not good yet")
	}
	return client, key, said, nil
}

// signedBy is the thumbprint of the key that signed a token: of the one that it
// names, if it names one; empty if none of them did.
func signedBy(token *jwt.JSONWebToken, keys []Key) string {
	header := token.Headers[0]
	for _, key := range keys {
		if header.KeyID != "" && key.KeyID != header.KeyID || key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue
		}
		var any map[string]any
		if token.Claims(key.Key, &any) == nil {
			return key.Thumbprint
		}
	}
	return ""
}
