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

// Authenticate says who a request comes from (A1, A3, A7). url is the request's,
// without a query, as the client may have written it. The error is ErrNone, ErrBad,
// or ErrOutside beside the caller.
func (l *Live) Authenticate(r *http.Request, peer netip.Addr, urls ...string) (wire.Caller, error) {
	lines := r.Header.Values("Authorization")
	if len(lines) == 0 {
		return wire.Caller{}, ErrNone
	}
	scheme, text, found := strings.Cut(lines[0], " ")
	text = strings.TrimSpace(text)
	if len(lines) > 1 || !found || text == "" {
		return wire.Caller{}, ErrBad
	}
	hash := sha256.Sum256([]byte(text))
	l.mu.Lock()
	defer l.mu.Unlock()
	var caller wire.Caller
	var networks []netip.Prefix
	switch {
	case strings.EqualFold(scheme, "SSWS"):
		t := l.own(hash)
		if t == nil {
			return wire.Caller{}, ErrBad
		}
		caller, networks = wire.Caller{Name: t.Name, Scopes: t.Scopes}, t.Networks
	case strings.EqualFold(scheme, "Bearer"):
		if t := l.own(hash); t != nil {
			caller, networks = wire.Caller{Name: t.Name, Scopes: t.Scopes}, t.Networks
			break
		}
		client, scopes, ok := l.holder(hash, "")
		if !ok {
			return wire.Caller{}, ErrBad
		}
		caller, networks = wire.Caller{Name: client.Name, Scopes: scopes}, client.Networks
	case strings.EqualFold(scheme, "DPoP"):
		key, err := l.proof(r, text, urls)
		if err != nil {
			return wire.Caller{}, ErrBad
		}
		client, scopes, ok := l.holder(hash, key)
		if !ok {
			return wire.Caller{}, ErrBad
		}
		caller, networks = wire.Caller{Name: client.Name, Scopes: scopes}, client.Networks
	default:
		return wire.Caller{}, ErrBad
	}
	if !within(networks, peer) {
		return caller, ErrOutside
	}
	return caller, nil
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

// holder is the client that a token was issued to, and the scopes that are left of
// it. key is the thumbprint of the proof's key, empty for a bearer token: neither
// can be used as the other (A7). The map is of hashes: to look one up tells nothing
// of tokens.
func (l *Live) holder(hash [32]byte, key string) (Client, []string, bool) {
	t, known := l.issued[hash]
	if !known || t.key != key || !t.until.After(l.now()) {
		return Client{}, nil, false
	}
	client, there := l.client(t.client)
	if !there {
		return Client{}, nil, false
	}
	var scopes []string
	for _, scope := range t.scopes {
		if Has(client.Scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return client, scopes, true
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
