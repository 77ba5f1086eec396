package forwardauth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
)

// Service answers for several policies. Safe for concurrent use.
type Service struct {
	doors    []*Door // the first is the one of /decide
	byName   map[string]*Door
	journal  *Journal
	metrics  *metrics
	crowd    *doorway.Crowd
	put      sync.Mutex // one snapshot is put in force at a time
	closing  atomic.Bool
	troubles sync.Map // of what, to the text; see Trouble
}

// Door is the place of one policy in a Service.
type Door struct {
	name    string
	current atomic.Pointer[Snapshot]
	tally   tally
	fare    atomic.Pointer[func() Fare] // how its policy got there; nil: nobody says
	peers   peers
}

// New makes a service with a door for each name, all of them closed. The empty
// name is /decide, any other /decide/NAME. A policy without an edge takes over
// that of the first.
func New(journal *Journal, build Build, names ...string) (*Service, error) {
	s := &Service{journal: journal, byName: make(map[string]*Door), crowd: doorway.NewCrowd()}
	for _, name := range names {
		if s.byName[name] != nil {
			return nil, fmt.Errorf("policy %q is given twice", name)
		}
		d := &Door{name: name}
		s.byName[name] = d
		s.doors = append(s.doors, d)
	}
	s.metrics = newMetrics(s, build)
	return s, nil
}

// Put puts a snapshot in force: every request that begins afterwards is decided
// by it. What the other doors take from the first one changes with it, at each
// door in one step.
func (s *Service) Put(name string, next *Snapshot) error {
	s.put.Lock()
	defer s.put.Unlock()
	door := s.byName[name]
	if door == nil {
		return fmt.Errorf("there is no policy named %q", name)
	}
	first := s.doors[0]
	if door != first {
		next = next.beside(first.current.Load())
	}
	if next.resolver == nil {
		return CheckEdge(nil)
	}
	door.tally.know(&next.names)
	door.current.Store(next)
	if door != first {
		return nil
	}
	s.journal.set(next.serve.LogLevel, next.logNetworks)
	for _, other := range s.doors[1:] {
		if current := other.current.Load(); current != nil {
			other.current.Store(current.beside(next))
		}
	}
	return nil
}

// Trusts says that a peer is a proxy of any policy in force: the listener's
// question, which comes before there is a path.
func (s *Service) Trusts(remoteAddr string) bool {
	for _, d := range s.doors {
		if current := d.current.Load(); current != nil && current.resolver.Trusts(remoteAddr) {
			return true
		}
	}
	return false
}

// Close makes /readyz fail from now on. Decisions go on; every answer ends its
// connection.
func (s *Service) Close() { s.closing.Store(true) }

// Trouble is a reason for which the service is not ready, such as files of a policy
// that do not answer; an empty text says that it is over. Decisions go on.
func (s *Service) Trouble(of, text string) {
	if text == "" {
		s.troubles.Delete(of)
		return
	}
	s.troubles.Store(of, text)
}

// Reloaded counts an attempt to replace a policy.
func (s *Service) Reloaded(name string, result string, at time.Time) {
	if d := s.byName[name]; d != nil {
		d.tally.reloaded(result, at)
	}
}
