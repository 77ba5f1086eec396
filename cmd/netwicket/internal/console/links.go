package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"sync"
)

// links are the one link that is open, and the sessions that links have become. Only
// hashes are kept, so that a look-up compares nothing that is secret byte by byte.
type links struct {
	mutex    sync.Mutex
	open     [sha256.Size]byte
	sessions [][sha256.Size]byte // in the order in which they began
}

// mostSessions bounds them: each is a browser of one person, and the oldest ends for one
// too many.
const mostSessions = 32

// secret is 256 random bits as text that stands in a URL and in a cookie.
func secret() string {
	var bits [32]byte
	_, _ = rand.Read(bits[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(bits[:])
}

// new is the secret of a new link; the one before is good no more.
func (l *links) new() string {
	token := secret()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.open = sha256.Sum256([]byte(token))
	return token
}

// enter takes a link's secret for that of a session, once.
func (l *links) enter(token string) (session string, good bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.open == [sha256.Size]byte{} || sha256.Sum256([]byte(token)) != l.open {
		return "", false
	}
	l.open = [sha256.Size]byte{}
	session = secret()
	if len(l.sessions) == mostSessions {
		l.sessions = slices.Delete(l.sessions, 0, 1)
	}
	l.sessions = append(l.sessions, sha256.Sum256([]byte(session)))
	return session, true
}

// holds says that a secret is that of a session.
func (l *links) holds(session string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Contains(l.sessions, sha256.Sum256([]byte(session)))
}
