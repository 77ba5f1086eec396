package callers

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// Why a request has no caller. None of them tells what was sent.
var (
	ErrNone    = errors.New("there is no Authorization header")
	ErrBad     = errors.New("what Authorization says is not a live token")
	ErrOutside = errors.New("the caller may not ask from this address")
)

// Authenticate says who a request comes from (A1, A3, A7). urls are the request's,
// without a query, as the client may have written it. The error is ErrNone, ErrBad,
// or ErrOutside beside the caller.
func (l *Live) Authenticate(r *http.Request, peer netip.Addr, urls ...string) (wire.Caller, error) {
	lines := r.Header.Values("Authorization")
	if len(lines) == 0 {
		return wire.Caller{}, ErrNone
	}
	scheme, text, _ := strings.Cut(lines[0], " ")
	text = strings.TrimSpace(text)
	if len(lines) > 1 || text == "" {
		return wire.Caller{}, ErrBad
	}
	var caller wire.Caller
	var networks []netip.Prefix
	var known bool
	switch hash := sha256.Sum256([]byte(text)); strings.ToLower(scheme) {
	case "ssws":
		caller, networks, known = l.tokenOfFile(hash)
	case "bearer":
		if caller, networks, known = l.tokenOfFile(hash); !known {
			caller, networks, known = l.bearer(hash)
		}
	case "dpop":
		caller, networks, known = l.bound(r, text, hash, urls)
	}
	return admit(caller, networks, known, peer)
}

// admit lets in who is known and comes from one of their networks.
func admit(caller wire.Caller, networks []netip.Prefix, known bool, peer netip.Addr) (wire.Caller, error) {
	switch {
	case !known:
		return wire.Caller{}, ErrBad
	case !within(networks, peer):
		return caller, ErrOutside
	default:
		return caller, nil
	}
}

// tokenOfFile is the caller of a token of the file.
func (l *Live) tokenOfFile(hash [32]byte) (wire.Caller, []netip.Prefix, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.own(hash)
	if t == nil {
		return wire.Caller{}, nil, false
	}
	return wire.Caller{Name: t.Name, Account: "token " + t.Name, Scopes: t.Scopes}, t.Networks, true
}

// bearer is the caller of a token that was issued, and is bound to no key.
func (l *Live) bearer(hash [32]byte) (wire.Caller, []netip.Prefix, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holder(hash, "")
}

// bound is the caller of a token that is bound to a key, with the proof that the
// request comes from whoever has it. Proofs of tokens that nobody has are not
// looked at: to check them is work that strangers could ask for.
func (l *Live) bound(r *http.Request, text string, hash [32]byte, urls []string) (wire.Caller, []netip.Prefix, bool) {
	l.mu.Lock()
	t, known := l.issued[hash]
	l.mu.Unlock()
	if !known || t.key == "" {
		return wire.Caller{}, nil, false
	}
	p, err := l.proof(r, text, urls)
	if err != nil {
		return wire.Caller{}, nil, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	caller, networks, known := l.holder(hash, p.key)
	return caller, networks, known && l.fresh(p)
}

// own is the token of the file with a hash. All are compared, so that the time
// tells nothing.
func (l *Live) own(hash [32]byte) *Token {
	var found *Token
	for i := range l.file.Tokens {
		if subtle.ConstantTimeCompare(l.file.Tokens[i].Hash[:], hash[:]) == 1 {
			found = &l.file.Tokens[i]
		}
	}
	return found
}

// holder is the client that a token was issued to, with the scopes that are left
// of it. key is the thumbprint of the proof's key, empty for a bearer token: neither
// can be used as the other (A7). The map is of hashes: to look one up tells nothing
// of tokens.
func (l *Live) holder(hash [32]byte, key string) (wire.Caller, []netip.Prefix, bool) {
	t, known := l.issued[hash]
	if !known || t.key != key || !t.until.After(l.now()) {
		return wire.Caller{}, nil, false
	}
	client, there := l.file.client(t.client)
	if !there || !client.has(t.by) || client.DPoP && t.key == "" {
		return wire.Caller{}, nil, false
	}
	var scopes []string
	for _, scope := range t.scopes {
		if Has(client.Scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return wire.Caller{Name: client.Name, Account: "client " + client.ID, Scopes: scopes}, client.Networks, true
}

func within(networks []netip.Prefix, peer netip.Addr) bool {
	if networks == nil {
		return true
	}
	for _, network := range networks {
		if network.Contains(peer.Unmap()) {
			return true
		}
	}
	return false
}
