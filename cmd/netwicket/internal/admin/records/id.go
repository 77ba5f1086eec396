package records

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
)

// What the ids of records begin with (H8).
const (
	ZoneID       = "nzo"
	SignOnID     = "00p"
	SignOnRuleID = "0pr"
	AccessID     = "rst"
	AccessRuleID = "rul"
	idDigits     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	idLength     = 17 // behind the prefix
)

// NewID is an id that nobody can guess and none has had before: a prefix and 17
// random characters (H8).
func NewID(prefix string) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // it never fails
	return prefix + digits(random[:])
}

// HashID is the id of a record that came without one: always the same for the
// same text.
func HashID(prefix, text string) string {
	sum := sha256.Sum256([]byte(text))
	return prefix + digits(sum[:16])
}

// digits are 17 characters, of which 16 bytes hold more than enough.
func digits(data []byte) string {
	n := new(big.Int).SetBytes(data)
	base, digit := big.NewInt(int64(len(idDigits))), new(big.Int)
	text := make([]byte, idLength)
	for i := range text {
		n.DivMod(n, base, digit)
		text[i] = idDigits[digit.Int64()]
	}
	return string(text)
}

// ETag is the strong entity tag of a record's text (H9).
func ETag(text []byte) string {
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
