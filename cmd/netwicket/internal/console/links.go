package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
)

// links are the one link that is open, and the sessions that links have become. Only
// hashes are kept, so that a look-up compares nothing that is secret byte by byte.
type links struct {
	mutex    sync.Mutex
	open     [sha256.Size]byte
	sessions map[[sha256.Size]byte]bool
}

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
	if l.sessions == nil {
		l.sessions = make(map[[sha256.Size]byte]bool)
	}
	l.sessions[sha256.Sum256([]byte(session))] = true
	return session, true
}

// holds says that a secret is that of a session.
func (l *links) holds(session string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.sessions[sha256.Sum256([]byte(session))]
}
