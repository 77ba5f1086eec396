package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

// How long a session of the console lasts: that long without a request, and that long at
// most. There are not more of them than that; the one that was used the longest ago ends
// for one too many.
const (
	sessionIdle  = 30 * time.Minute
	sessionLife  = 12 * time.Hour
	mostSessions = 1000
)

// session is a browser in which a caller has signed in. It holds no right: who the
// caller is, and may do, is asked again at each request.
type session struct {
	of          callers.Credential
	begun, used time.Time
}

func (s session) over(now time.Time) bool {
	return now.Sub(s.used) >= sessionIdle || now.Sub(s.begun) >= sessionLife
}

// sessions are known by the hash of the secret in their cookie. They are kept in memory
// only: a restart ends them all. It is safe for concurrent use.
type sessions struct {
	mu   sync.Mutex
	open map[[sha256.Size]byte]session
}

// begin is the secret of a new session.
func (s *sessions) begin(of callers.Credential, now time.Time) string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	secret := base64.RawURLEncoding.EncodeToString(random[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[[sha256.Size]byte]session)
	}
	s.makeRoom(now)
	s.open[sha256.Sum256([]byte(secret))] = session{of, now, now}
	return secret
}

// makeRoom ends sessions that are over, and if there is no room then, the one that was
// used the longest ago.
func (s *sessions) makeRoom(now time.Time) {
	var last [sha256.Size]byte
	var since time.Time
	for key, one := range s.open {
		if one.over(now) {
			delete(s.open, key)
		} else if since.IsZero() || one.used.Before(since) {
			last, since = key, one.used
		}
	}
	if len(s.open) >= mostSessions {
		delete(s.open, last)
	}
}

// use is the credential of a session that is open.
func (s *sessions) use(secret string, now time.Time) (of callers.Credential, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256([]byte(secret))
	one := s.open[key]
	if one.over(now) { // as that is which there is none of
		return of, false
	}
	one.used = now
	s.open[key] = one
	return one.of, true
}

// end ends a session.
func (s *sessions) end(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha256.Sum256([]byte(secret)))
}
