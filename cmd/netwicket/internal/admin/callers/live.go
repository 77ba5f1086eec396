package callers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"time"
)

// Live is the callers in force, and the tokens that were issued to them. Tokens
// are kept in memory only: a restart ends them all. It is safe for concurrent use.
type Live struct {
	now func() time.Time

	mu     sync.Mutex
	file   *File
	issued map[[32]byte]issued // by the SHA-256 of the token's text
	pruned time.Time
	used   seen // assertions and proofs
	nonces nonces
}

// issued is a token that a client got.
type issued struct {
	client  string
	by      string // what it was issued for: see Client.has
	scopes  []string
	until   time.Time
	key     string // thumbprint of the key that it is bound to; empty: a bearer token
	arrived time.Time
}

// New makes the callers of a file live; nil now is time.Now.
func New(file *File, now func() time.Time) *Live {
	if now == nil {
		now = time.Now
	}
	return &Live{now: now, file: file, issued: make(map[[32]byte]issued)}
}

// Replace puts another file in force. Tokens of callers that it does not have end
// at once, and so do those that were issued for a key or a secret that it does not
// have, or without the key that they now must be bound to; scopes that a client
// lost are gone from its tokens.
func (l *Live) Replace(file *File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file = file
}

// current is the file in force.
func (l *Live) current() *File {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file
}

// maxIssued bounds what clients can make the server remember.
const maxIssued = 100_000

// issue makes a token. The oldest go when there are too many.
func (l *Live) issue(t issued) string {
	text := secret()
	if now := l.now(); now.Sub(l.pruned) > time.Minute || len(l.issued) >= maxIssued {
		l.pruned = now
		for hash, old := range l.issued {
			if !old.until.After(now) {
				delete(l.issued, hash)
			}
		}
	}
	for len(l.issued) >= maxIssued {
		var oldest [32]byte
		var since time.Time
		for hash, old := range l.issued {
			if since.IsZero() || old.arrived.Before(since) {
				oldest, since = hash, old.arrived
			}
		}
		delete(l.issued, oldest)
	}
	t.arrived = l.now()
	l.issued[sha256.Sum256([]byte(text))] = t
	return text
}

// secret is a text that nobody can guess.
func secret() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// Has says that scopes include one; a scope to manage or update includes the one
// to read (A3).
func Has(scopes []string, scope string) bool {
	if scope == "" || slices.Contains(scopes, scope) {
		return true
	}
	for suffix, wider := range map[string][]string{".read": {".manage"}, ":read": {":manage", ":update"}} {
		if base, read := strings.CutSuffix(scope, suffix); read {
			for _, w := range wider {
				if slices.Contains(scopes, base+w) {
					return true
				}
			}
		}
	}
	return false
}
