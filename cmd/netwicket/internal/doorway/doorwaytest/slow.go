package doorwaytest

import (
	"net/http/httptest"
	"sync"
)

// Slow is a reader of an answer that takes none of it before it is let: it says in Begun that
// the answer has begun, and waits for Proceed to be closed. Several can share both.
type Slow struct {
	*httptest.ResponseRecorder
	Begun, Proceed chan struct{}

	once sync.Once
}

// Write takes a part of the answer.
func (s *Slow) Write(text []byte) (int, error) {
	s.once.Do(func() { s.Begun <- struct{}{} })
	<-s.Proceed
	return s.ResponseRecorder.Write(text)
}
