package callers

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// seen notices what comes a second time while it would still be good: the ids of
// assertions and proofs. It keeps hashes, so that long ids take no more room than
// short ones. The zero value has seen nothing; it is for one goroutine at a time.
type seen struct {
	until  map[[sha256.Size]byte]time.Time
	pruned time.Time
}

// first says that an id, which is made of parts, has not come before. It is
// remembered until the time that what it belongs to is good for.
func (s *seen) first(until, now time.Time, parts ...string) bool {
	if s.until == nil {
		s.until = make(map[[sha256.Size]byte]time.Time)
	}
	if now.Sub(s.pruned) > time.Minute {
		for old, end := range s.until {
			if end.Before(now) {
				delete(s.until, old)
			}
		}
		s.pruned = now
	}
	hash := sha256.New()
	for _, part := range parts { // with their lengths: "a", "bc" is not "ab", "c"
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash takes everything
		_, _ = hash.Write([]byte(part))
	}
	id := [sha256.Size]byte(hash.Sum(nil))
	if !s.until[id].Before(now) {
		return false
	}
	s.until[id] = until
	return true
}
