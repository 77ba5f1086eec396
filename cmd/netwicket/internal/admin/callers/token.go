package callers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/policyedit"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Made is a new token, which nobody can have back, and what the
// callers' file says of it.
type Made struct {
	Token string
	Line  []byte // an object of the list tokens
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
	return Made{Token: text, Line: line}
}

// Check says what is wrong with the text of a callers' file.
func Check(path string, text []byte) error {
	_, err := parse(path, text)
	return err
}

// Add puts the line of a token into the text of a callers' file.
func Add(path string, text, line []byte) ([]byte, error) {
	root, err := jsondoc.Parse(path, text)
	if err != nil {
		return nil, err
	}
	tokens := root.Get("tokens")
	if !tokens.Exists() {
		return policyedit.Set(path, text, slices.Concat([]byte("["), line, []byte("]")), "tokens")
	}
	at := tokens.Offset() + len(tokens.Raw()) - 1
	before := []byte{}
	if tokens.Len() > 0 {
		before = []byte(",\n  ")
		at = len(bytes.TrimRight(text[:at], " \t\r\n"))
	}
	return slices.Concat(text[:at], before, line, text[at:]), nil
}
