package release

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// domain keeps a signature of ours from being one of anything else that the key may sign.
const domain = "netwicket-release-v1\n"

// ErrBadSignature says that a pointer is nothing that enough trusted keys have signed.
var ErrBadSignature = errors.New("not signed by enough trusted keys")

// Trust is whom to believe. The zero Trust believes nobody.
type Trust struct {
	Keys      []ed25519.PublicKey
	Threshold int // how many distinct keys have to have signed; zero: one
}

// Check says what is wrong with it: no pointer could ever be verified, or any could.
func (t Trust) Check() error {
	distinct := map[string]bool{}
	for _, key := range t.Keys {
		if len(key) != ed25519.PublicKeySize {
			return errors.New("a trusted key is not one of ed25519")
		}
		distinct[string(key)] = true
	}
	switch {
	case len(distinct) == 0:
		return errors.New("no key is trusted; name the publisher's public key")
	case t.Threshold < 0:
		return fmt.Errorf("threshold %d: expected how many keys have to sign", t.Threshold)
	case t.threshold() > len(distinct):
		return fmt.Errorf("threshold %d: only %d distinct keys are trusted", t.Threshold, len(distinct))
	}
	return nil
}

func (t Trust) threshold() int { return max(1, t.Threshold) }

// Signature is one of a pointer's.
type Signature struct {
	KeyID string
	Bytes []byte
}

// Pointer is a pointer that was verified.
type Pointer struct {
	Payload Payload
	Text    []byte   // of the payload, as it was signed
	Signers []string // key ids of the trusted keys that signed it
}

// digest names a payload.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x", sum)
}

// Message is what is signed for a payload: with ed25519 alone, not hashed before.
func Message(payload []byte) []byte { return append([]byte(domain), payload...) }

// PayloadOf is the payload of a message, and whether it is one.
func PayloadOf(message []byte) ([]byte, bool) { return bytes.CutPrefix(message, []byte(domain)) }

// Sign signs a payload.
func Sign(payload []byte, key ed25519.PrivateKey) Signature {
	public, _ := key.Public().(ed25519.PublicKey) // which it is
	return Signature{KeyID: KeyID(public), Bytes: ed25519.Sign(key, Message(payload))}
}

type pointerJSON struct {
	Payload    []byte          `json:"payload"`
	Signatures []signatureJSON `json:"signatures"`
}

type signatureJSON struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

// Seal is the pointer of a payload. It is not verified here: whoever publishes does that with
// [Verify], as everybody else will.
func Seal(payload []byte, signatures ...Signature) ([]byte, error) {
	out := pointerJSON{Payload: payload, Signatures: []signatureJSON{}}
	for _, s := range signatures {
		out.Signatures = append(out.Signatures, signatureJSON{s.KeyID, s.Bytes})
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	if text = append(text, '\n'); len(text) > PointerLimit {
		return nil, fmt.Errorf("the pointer would have %d bytes; %d are the most", len(text), PointerLimit)
	}
	return text, nil
}

// Verify reads a pointer and counts the distinct trusted keys that signed it. Signatures by
// others, and such as do not hold, count for nothing. The error is ErrBadSignature where the text is
// no release that enough keys signed, whatever else is wrong with it, and [ErrNoFormat] where it is one
// for other programs.
func Verify(text []byte, trust Trust) (*Pointer, error) {
	if err := trust.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSignature, err)
	}
	payload, signatures, err := parsePointer(text)
	if err != nil {
		return nil, fmt.Errorf("%w: the pointer cannot be read: %w", ErrBadSignature, err)
	}
	message := Message(payload)
	signed, p := map[string]bool{}, &Pointer{Text: payload}
	for _, s := range signatures {
		for _, key := range trust.Keys {
			if KeyID(key) == s.KeyID && !signed[string(key)] && ed25519.Verify(key, message, s.Bytes) {
				signed[string(key)] = true
				p.Signers = append(p.Signers, s.KeyID)
			}
		}
	}
	if len(p.Signers) < trust.threshold() {
		return nil, fmt.Errorf("%w: %d of the %d that are asked for", ErrBadSignature, len(p.Signers), trust.threshold())
	}
	p.Payload, err = ParsePayload(payload)
	switch {
	case errors.Is(err, ErrNoFormat):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: what they signed is no release: %w", ErrBadSignature, err)
	}
	return p, nil
}

// parsePointer reads what nobody has vouched for yet.
func parsePointer(text []byte) (payload []byte, signatures []Signature, err error) {
	if len(text) > PointerLimit {
		return nil, nil, fmt.Errorf("%d bytes: %w", len(text), ErrTooLarge)
	}
	root, r := jsondoc.Read("pointer", text)
	if len(r.Found) > 0 {
		return nil, nil, r.Found.Err()
	}
	needs(r, root, "payload", "signatures")
	r.Object(root,
		jsondoc.Key{Name: "payload", Read: func(n jsondoc.Node) { payload = base64Bytes(r, n) }},
		jsondoc.Key{Name: "signatures", Read: func(n jsondoc.Node) { signatures = readSignatures(r, n) }},
	)
	return payload, signatures, r.Found.Err()
}

func readSignatures(r *jsondoc.Reader, list jsondoc.Node) []Signature {
	var all []Signature
	if !r.Is(list, jsondoc.Array, "an array of signatures") {
		return nil
	}
	if n := list.Len(); n > maxSignatures {
		r.Fail(list, "bad-length", "%d signatures; %d are the most", n, maxSignatures)
		return nil
	}
	for _, node := range list.Elements() {
		var s Signature
		needs(r, node, "keyid", "sig")
		r.Object(node,
			jsondoc.Key{Name: "keyid", Read: func(n jsondoc.Node) { s.KeyID = matching(r, n, keyIDs, "the id of a key, 16 hexadecimal digits") }},
			jsondoc.Key{Name: "sig", Read: func(n jsondoc.Node) { s.Bytes = base64Bytes(r, n) }},
		)
		all = append(all, s)
	}
	return all
}

// base64Bytes are those of a text in base64 as there is one alone for them: without line ends
// and stray bits, which decoders take differently.
func base64Bytes(r *jsondoc.Reader, n jsondoc.Node) []byte {
	if !r.Is(n, jsondoc.String, "base64") {
		return nil
	}
	content, _ := base64.StdEncoding.Strict().DecodeString(n.String()) // as far as it is one
	if base64.StdEncoding.EncodeToString(content) != n.String() {
		r.Fail(n, "bad-value", "expected base64")
		return nil
	}
	return content
}
