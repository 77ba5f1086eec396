package callers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

// Key is a public key of a client.
type Key struct {
	jose.JSONWebKey
	Thumbprint string // RFC 7638, of SHA-256
}

// RSA keys have to be of 2,048 bits at least (RFC 7518 section 3.3). Those of more than
// 4,096 bits go-jose does not read: to check what much longer ones sign would take
// whoever sends one nothing and us seconds.
const shortestRSA = 2048

// newKey takes a key that algorithms can be used with. A private key is somebody's
// secret in the wrong place.
func newKey(key jose.JSONWebKey) (Key, error) {
	if !key.IsPublic() || !key.Valid() {
		return Key{}, errors.New("expected public keys; the client alone has the private one")
	}
	if key.Use == "enc" {
		return Key{}, errors.New("expected keys to check signatures with; this one is to encrypt")
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < shortestRSA {
			return Key{}, errors.New("expected RSA keys of 2048 to 4096 bits")
		}
	case *ecdsa.PublicKey:
	default:
		return Key{}, errors.New("expected RSA or EC keys")
	}
	print, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, errors.New("the key has no thumbprint")
	}
	return Key{JSONWebKey: key, Thumbprint: base64.RawURLEncoding.EncodeToString(print)}, nil
}
