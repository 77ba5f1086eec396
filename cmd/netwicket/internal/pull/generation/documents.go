package generation

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Documents are what a pull brings. A vendor that is nil was not asked, and keeps
// its documents.
type Documents struct {
	Okta      *Okta
	SailPoint *SailPoint
}

// Okta are Okta's documents.
type Okta struct {
	Zones    []byte
	Policies []byte // of all types; nothing is decided by them
	Rules    []Rules
	Threat   []byte // nil: there is none
}

// Rules are the rules of one policy.
type Rules struct {
	Policy   string // its id, which is a file's name
	Enforced bool
	Text     []byte
}

// SailPoint are SailPoint's documents.
type SailPoint struct {
	Network  []byte // nil: there is none
	Profile  []byte // nil: there is none
	Profiled bool   // the profile was asked for; else there may be one, which stays
}

// The files of a generation, in its folder.
const (
	zonesFile    = "okta/zones.json"
	policiesFile = "okta/policies.json"
	rulesFolder  = "okta/rules/"
	threatFile   = "okta/threat-insight.json"
	networkFile  = "sailpoint/network-config.json"
	profileFile  = "sailpoint/auth-profile.json"
)

func rulesFile(policy string) string { return rulesFolder + policy + ".json" }

// Pretty is JSON as it is stored: as it was received, two spaces a level.
func Pretty(text []byte) ([]byte, error) {
	var buffer bytes.Buffer
	if err := json.Indent(&buffer, bytes.TrimSpace(text), "", "  "); err != nil {
		return nil, err
	}
	buffer.WriteByte('\n')
	return buffer.Bytes(), nil
}

// List is a document of all objects, which may come from several pages.
func List(objects []jsondoc.Node) ([]byte, error) {
	all := []byte{'['}
	for i, object := range objects {
		if i > 0 {
			all = append(all, ',')
		}
		all = append(all, object.Raw()...)
	}
	return Pretty(append(all, ']'))
}

// Same says that documents say the same (U10): _links, which name the server that
// was asked, and the order of members do not count. What is no JSON, or has
// a key twice, is not the same as anything.
func Same(a, b []byte) bool {
	first := meaning(a)
	return first != nil && bytes.Equal(first, meaning(b))
}

// meaning is a document with its members in one order and without _links; nil for what
// nobody could load.
func meaning(text []byte) []byte {
	if _, err := jsondoc.Parse("", text); err != nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // it is JSON
	plain, _ := json.Marshal(withoutLinks(value))
	return plain
}

func withoutLinks(value any) any {
	switch value := value.(type) {
	case map[string]any:
		delete(value, "_links")
		for name, member := range value {
			value[name] = withoutLinks(member)
		}
	case []any:
		for i, element := range value {
			value[i] = withoutLinks(element)
		}
	}
	return value
}

// fingerprint names a generation by its files.
func fingerprint(files map[string][]byte) string {
	hash := sha256.New()
	part := func(text []byte) {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(text))) // a hash takes everything
		hash.Write(text)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		part([]byte(name))
		part(files[name])
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}
