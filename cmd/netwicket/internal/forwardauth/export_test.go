package forwardauth

import (
	"io"
	"net"
	"time"
)

// Lost counts the lines that the output did not take.
func Lost(j *Journal) uint64 { return j.lost() }

// SetRoom is for a service that does not listen yet.
func (s *Service) SetRoom(room int) { s.crowd.Room = room }

// SetStay is for a service that does not listen yet.
func (s *Service) SetStay(stay time.Duration) { s.crowd.Stay = stay }

// ServerOn answers on a listener that a test opened.
func (s *Service) ServerOn(listener net.Listener, l Listener) *Server { return s.serverOn(listener, l) }

// Masked is text without whole addresses.
func Masked(text string) string { return masked(text) }

// ConnectionLog takes what net/http has to say.
func ConnectionLog(j *Journal) io.Writer { return &connectionLog{j} }

// Room is how many strangers' connections there may be.
func (s *Service) Room() int { return s.crowd.Room }

// Peers are the proxies that the first door remembers, whether or not they count.
func (s *Service) Peers() (remotes []string) {
	for i := range s.doors[0].peers.places {
		if known := s.doors[0].peers.places[i].Load(); known != nil {
			remotes = append(remotes, known.remote)
		}
	}
	return remotes
}
