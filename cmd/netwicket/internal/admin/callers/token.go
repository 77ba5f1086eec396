package callers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Made is a new token: the text, which nobody can have back, and what the
// callers' file says of it.
type Made struct {
	Text string
	Line []byte // an object of the list tokens
}

// Make makes a token. Networks left out is from anywhere.
func Make(name string, scopes, networks []string) Made {
	text := secret()
	sum := sha256.Sum256([]byte(text))
	line, err := json.Marshal(struct {
		Name     string   `json:"name"`
		Hash     string   `json:"sha256"`
		Scopes   []string `json:"scopes"`
		Networks []string `json:"networks,omitempty"`
	}{name, hex.EncodeToString(sum[:]), scopes, networks})
	if err != nil {
		panic("callers: " + err.Error()) // strings do not fail
	}
	return Made{Text: text, Line: line}
}
