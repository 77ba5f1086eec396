package callers

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// File is the callers' file: who there is, and what each may do.
type File struct {
	Tokens  []Token
	Clients []Client
}

// Token is a caller with a token of its own, taken as SSWS and as Bearer.
type Token struct {
	Name     string
	Hash     [32]byte // SHA-256 of the token's text
	Scopes   []string
	Networks []netip.Prefix // from where; none: anywhere
}

// Client is a caller that gets tokens for a key or a secret.
type Client struct {
	ID       string
	Name     string
	Keys     []Key  // nil: there are none
	Hash     []byte // SHA-256 of the secret; nil: there is none
	Scopes   []string
	DPoP     bool // tokens are bound to a key of the client
	Networks []netip.Prefix
}

func (f *File) client(id string) (Client, bool) {
	i := slices.IndexFunc(f.Clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return Client{}, false
	}
	return f.Clients[i], true
}

// has says that a client still has what a token was issued for: the thumbprint of a
// key, or the hash of the secret.
func (c *Client) has(credential string) bool {
	return c.Hash != nil && string(c.Hash) == credential ||
		slices.ContainsFunc(c.Keys, func(key Key) bool { return key.Thumbprint == credential })
}

// Scopes are all that a caller can have (A3).
func Scopes() []string {
	return []string{
		"okta.networkZones.read", "okta.networkZones.manage",
		"okta.threatInsights.read", "okta.threatInsights.manage",
		"okta.policies.read", "okta.policies.manage",
		"sp:auth-org:read", "sp:auth-org:manage",
		"sp:auth-profile:read", "sp:auth-profile:update",
	}
}

// Read reads a callers' file. The error is a finding.List, or about the file as a
// whole.
func Read(path string) (*File, error) {
	text, err := ReadText(path)
	if err != nil {
		return nil, err
	}
	return parse(path, text)
}

// ReadText reads the text of a callers' file. Nobody but its owner may read or write
// it. The error is an fs.ErrNotExist if there is none.
func ReadText(path string) ([]byte, error) {
	file := files.File{Path: path, Named: true}
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", path, files.Cause(err))
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s: others may read or change this file (mode %04o); expected mode 0600, set by chmod 600 %s", path, mode, path)
	}
	text, err := file.Read(files.CertificateLimit)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", path, files.Cause(err))
	}
	return text, nil
}

// parse reads the text of a callers' file.
func parse(path string, text []byte) (*File, error) {
	root, r := jsondoc.Read(path, text)
	f := new(File)
	if r.Present(root, jsondoc.Object, "an object of tokens and clients") {
		r.Object(root,
			jsondoc.Key{Name: "tokens", Read: func(node jsondoc.Node) {
				each(r, node, func(n jsondoc.Node) { f.Tokens = append(f.Tokens, token(r, n)) })
			}},
			jsondoc.Key{Name: "clients", Read: func(node jsondoc.Node) {
				each(r, node, func(n jsondoc.Node) { f.Clients = append(f.Clients, client(r, n)) })
			}},
		)
		f.distinct(r, root)
	}
	withhold(r.Found)
	if err := r.Found.Err(); err != nil {
		return nil, err
	}
	if len(f.Tokens)+len(f.Clients) == 0 {
		return nil, finding.List{root.Finding("missing-value", errors.New("expected at least one token or client; netwicket admin token NAME makes one"))}
	}
	return f, nil
}

func each(r *jsondoc.Reader, node jsondoc.Node, read func(jsondoc.Node)) {
	if !r.Present(node, jsondoc.Array, "a list") {
		return
	}
	for _, element := range node.Elements() {
		if r.Present(element, jsondoc.Object, "an object") {
			read(element)
		}
	}
}

func token(r *jsondoc.Reader, node jsondoc.Node) Token {
	var t Token
	r.Object(node,
		jsondoc.Key{Name: "name", Read: text(r, &t.Name)},
		jsondoc.Key{Name: "sha256", Read: func(n jsondoc.Node) {
			if hash := sum(r, n); hash != nil {
				t.Hash = [32]byte(hash)
			}
		}},
		jsondoc.Key{Name: "scopes", Read: scopes(r, &t.Scopes)},
		jsondoc.Key{Name: "networks", Read: networks(r, &t.Networks)},
	)
	need(r, node, "name", "sha256", "scopes")
	return t
}

func client(r *jsondoc.Reader, node jsondoc.Node) Client {
	var c Client
	r.Object(node,
		jsondoc.Key{Name: "id", Read: text(r, &c.ID)},
		jsondoc.Key{Name: "name", Read: text(r, &c.Name)},
		jsondoc.Key{Name: "jwks", Read: func(n jsondoc.Node) { c.Keys = keys(r, n) }},
		jsondoc.Key{Name: "secretSha256", Read: func(n jsondoc.Node) { c.Hash = sum(r, n) }},
		jsondoc.Key{Name: "scopes", Read: scopes(r, &c.Scopes)},
		jsondoc.Key{Name: "dpop", Read: func(n jsondoc.Node) {
			switch {
			case !r.Present(n, jsondoc.String, "required or no"):
			case n.String() == "required":
				c.DPoP = true
			case n.String() != "no":
				r.Fail(n, "bad-value", "expected required or no")
			}
		}},
		jsondoc.Key{Name: "networks", Read: networks(r, &c.Networks)},
	)
	need(r, node, "id", "scopes")
	if node.Get("jwks").Exists() == node.Get("secretSha256").Exists() {
		r.Fail(node, "missing-value", "expected either jwks, the client's public keys, or secretSha256")
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	return c
}

// need notes members that are missing.
func need(r *jsondoc.Reader, node jsondoc.Node, names ...string) {
	for _, name := range names {
		if !node.Get(name).Exists() {
			r.Fail(node, "missing-value", "%s is missing", name)
		}
	}
}

func text(r *jsondoc.Reader, into *string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if r.Present(node, jsondoc.String, "a string") {
			if *into = node.String(); *into == "" {
				r.Fail(node, "bad-value", "expected a name")
			}
		}
	}
}

// sum reads the SHA-256 of a secret.
func sum(r *jsondoc.Reader, node jsondoc.Node) []byte {
	if !r.Present(node, jsondoc.String, "the SHA-256 of a token or secret, as 64 hexadecimal digits") {
		return nil
	}
	hash, err := hex.DecodeString(node.String())
	if err != nil || len(hash) != 32 {
		r.Fail(node, "bad-value", "expected the SHA-256 of a token or secret, as 64 hexadecimal digits")
		return nil
	}
	return hash
}

func scopes(r *jsondoc.Reader, into *[]string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !r.Present(node, jsondoc.Array, "a list of scopes") {
			return
		}
		for _, element := range node.Elements() {
			if !r.Present(element, jsondoc.String, "a scope") {
				continue
			}
			scope := element.String()
			if !slices.Contains(Scopes(), scope) {
				r.Fail(element, "bad-value", "unknown scope; %s", jsondoc.Expected(scope, Scopes()...))
			}
			*into = append(*into, scope)
		}
	}
}

func networks(r *jsondoc.Reader, into *[]netip.Prefix) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !r.Present(node, jsondoc.Array, "a list of networks") {
			return
		}
		for _, element := range node.Elements() {
			if !r.Present(element, jsondoc.String, "a network such as 192.0.2.0/24") {
				continue
			}
			network, _, err := netset.Parse(element.String())
			if err != nil {
				r.Fail(element, "bad-prefix", "%v", err)
				continue
			}
			*into = append(*into, network.Prefixes()...)
		}
		if node.Len() == 0 {
			r.Fail(node, "bad-value", "expected at least one network; leave networks out for callers from anywhere")
		}
	}
}

// harmless are the members whose values are no secrets, whoever wrote them.
var harmless = regexp.MustCompile(`/(name|id|dpop|scopes|scopes/\d+|networks|networks/\d+)$`)

// withhold takes all other values out of what is wrong with the file: somebody may
// have put a token, a secret or a private key itself where its hash belongs, and
// errors are logged.
func withhold(found finding.List) {
	for _, f := range found {
		if !harmless.MatchString(f.Path) {
			f.Value = ""
		}
	}
}

// keys reads public keys.
func keys(r *jsondoc.Reader, node jsondoc.Node) []Key {
	if !r.Present(node, jsondoc.Object, `{"keys": [...]}`) {
		return nil
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(node.Raw(), &set); err != nil {
		r.Fail(node, "bad-value", "expected a set of JSON Web Keys: %v", err)
		return nil
	}
	if len(set.Keys) == 0 {
		r.Fail(node, "bad-value", "expected at least one key")
	}
	var keys []Key
	for _, one := range set.Keys {
		key, err := newKey(one)
		if err != nil {
			r.Fail(node, "bad-value", "%v", err)
			return nil
		}
		keys = append(keys, key)
	}
	return keys
}

// distinct notes names that are given twice: nobody could tell from the log who
// it was.
func (f *File) distinct(r *jsondoc.Reader, root jsondoc.Node) {
	seen := make(map[string]bool)
	note := func(list jsondoc.Node, member string) {
		for _, element := range list.Elements() {
			name := element.Get(member)
			if name.Kind() != jsondoc.String {
				continue
			}
			if key := member + " " + name.String(); seen[key] {
				r.Fail(name, "duplicate-name", "another caller has it already")
			} else {
				seen[key] = true
			}
		}
	}
	note(root.Get("tokens"), "name")
	note(root.Get("tokens"), "sha256") // whose scopes would it have?
	note(root.Get("clients"), "id")
}
