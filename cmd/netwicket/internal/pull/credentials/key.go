package credentials

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/netwicket/netwicket/internal/files"
)

// privateKey reads a key: PEM or a JWK, or the path of a file with either. What
// errors say never repeats any of it, but for a path.
func (e Environment) privateKey(text, id string) (jose.SigningKey, error) {
	text = strings.TrimSpace(text)
	if !isKey(text) {
		content, err := e.Read(text)
		if err != nil {
			return jose.SigningKey{}, fmt.Errorf("neither a key nor a file that can be read: %w", files.Cause(err))
		}
		if text = strings.TrimSpace(string(content)); !isKey(text) {
			return jose.SigningKey{}, errors.New("the file holds no key: expected PEM or a JWK")
		}
	}
	key := jose.JSONWebKey{KeyID: id}
	if strings.HasPrefix(text, "{") {
		if err := key.UnmarshalJSON([]byte(text)); err != nil || !key.Valid() || key.IsPublic() {
			return jose.SigningKey{}, errors.New("expected a private key as a JWK")
		}
		if id != "" {
			key.KeyID = id
		}
	} else {
		private, err := parsePEM(text)
		if err != nil {
			return jose.SigningKey{}, err
		}
		key.Key = private
	}
	algorithm, err := algorithmOf(key.Key)
	return jose.SigningKey{Algorithm: algorithm, Key: key}, err
}

func isKey(text string) bool {
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "-----BEGIN")
}

// parsePEM reads a private key. An environment file has its lines as \n.
func parsePEM(text string) (crypto.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n") + "\n"))
	if block == nil {
		return nil, errors.New("expected a private key as PEM")
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	return nil, errors.New("expected a private key as PEM: PKCS #8, PKCS #1 or SEC 1, without a password")
}

// algorithmOf is the algorithm that Okta takes from a key (A5).
func algorithmOf(key any) (jose.SignatureAlgorithm, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return jose.RS256, nil
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
	}
	return "", errors.New("expected an RSA key, or one of the curves P-256, P-384 and P-521")
}
