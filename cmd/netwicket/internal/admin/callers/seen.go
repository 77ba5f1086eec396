package callers

import "time"

// seen notices what comes a second time while it would still be good: the ids of
// assertions and proofs. It is for one goroutine at a time.
type seen struct {
	until  map[string]time.Time
	pruned time.Time
}

// first says that an id has not come before. It is remembered until the time that
// what it belongs to is good for.
func (s *seen) first(id string, until, now time.Time) bool {
	if s.until == nil {
		s.until = make(map[string]time.Time)
	}
	if now.Sub(s.pruned) > time.Minute {
		for old, end := range s.until {
			if end.Before(now) {
				delete(s.until, old)
			}
		}
		s.pruned = now
	}
	if end, known := s.until[id]; known && !end.Before(now) {
		return false
	}
	s.until[id] = until
	return true
}
