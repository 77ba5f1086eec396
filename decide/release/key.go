package release

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

const (
	privateBlock = "PRIVATE KEY" // RFC 5958, as openssl genpkey writes it
	publicBlock  = "PUBLIC KEY"  // RFC 5280's SubjectPublicKeyInfo, as openssl pkey -pubout writes it
)

// ParsePrivateKey reads a key to sign with: PKCS#8 as PEM, the file of `openssl genpkey
// -algorithm ed25519`. The error does not show the key.
func ParsePrivateKey(text []byte) (ed25519.PrivateKey, error) {
	block, err := onlyBlock(text, privateBlock)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, errors.New("the private key cannot be read")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("expected an ed25519 key, found %T", parsed)
	}
	return key, nil
}

// ParsePublicKey reads a key to trust: SubjectPublicKeyInfo as PEM, the file of `openssl pkey
// -pubout`.
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	block, err := onlyBlock(text, publicBlock)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKIXPublicKey(block)
	if err != nil {
		return nil, fmt.Errorf("the public key cannot be read: %w", err)
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("expected an ed25519 key, found %T", parsed)
	}
	return key, nil
}

// onlyBlock is the content of a file that holds one block of PEM and nothing else: of two
// keys, nobody would know which is meant.
func onlyBlock(text []byte, want string) ([]byte, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, fmt.Errorf("expected PEM that begins with -----BEGIN %s-----", want)
	case block.Type == privateBlock:
		if want == publicBlock {
			return nil, errors.New("it is the private key; expected the public one, NAME.pub, and the private one nowhere but where it signs")
		}
	case block.Type != want:
		return nil, fmt.Errorf("expected a %s, found a %q", want, block.Type)
	}
	if strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("something stands behind the key; expected one key a file")
	}
	return block.Bytes, nil
}

// EncodePrivateKey is what ParsePrivateKey reads.
func EncodePrivateKey(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), nil
}

// EncodePublicKey is what ParsePublicKey reads.
func EncodePublicKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der}), nil
}

// KeyID is what signatures call a key: the first 16 hexadecimal digits of the SHA-256 of its
// SubjectPublicKeyInfo. It only says which key to try: what counts is the key. Of something
// that is no key it is empty.
func KeyID(key ed25519.PublicKey) string {
	if len(key) != ed25519.PublicKeySize {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:8])
}
