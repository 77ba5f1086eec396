package forwardauth

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// Question is what a proxy wants to know, over HTTP or another protocol.
type Question struct {
	// Caller is the address of the connection that the question came over. It has to be
	// that of a proxy of the edge.
	Caller string
	// Peer is who connected to the server that has the headers from him: with a question
	// over HTTP the caller, with one that says who connected to the caller, he (docs/semantics.md, edge-36).
	Peer string
	// Header are the request's headers under their canonical names; nothing is changed in it.
	Header http.Header
	// Host is for the log.
	Host string
}

// Answer is what there is to say to a question. The zero Answer denies.
type Answer struct {
	// Passes: the request is allowed, or its policy only observes.
	Passes bool
	// Decision is zero where the caller is no proxy of the edge, or the policy is none.
	Decision decide.Decision
	// Reference names the log's line of a denial; empty: there is none.
	Reference string

	code     gate.Error
	stranger bool
	snapshot *Snapshot // that decided; nil: none did
}

// errNothingInForce is the answer of a service that has not got so far: it is no denial.
var errNothingInForce = errors.New("no policy is in force")

// Ask answers a question about the policy of this name, as /decide and /decide/NAME do.
// The error is a failure of our own and says nothing about the request.
func (s *Service) Ask(name string, q *Question) (Answer, error) {
	door := s.byName[name]
	if door == nil {
		s.unknownPolicy(q, name)
		return Answer{}, nil
	}
	a := door.answer(s, q)
	if a.snapshot == nil && !a.stranger {
		return Answer{}, errNothingInForce
	}
	return a, nil
}

// answer decides, counts and logs.
func (d *Door) answer(s *Service, q *Question) (a Answer) {
	snapshot := d.current.Load()
	if snapshot == nil {
		return a
	}
	if !snapshot.resolver.Trusts(q.Caller) {
		a.stranger = true
		d.tally.strangers.Add(1)
		s.journal.stranger(snapshot, d.name, q)
		return a
	}
	a.snapshot = snapshot
	begun := s.metrics.clock()
	var buffer [gate.MaxChain]netip.Addr
	// Not gate.Decide: its result holds the chain, and a decision out of it
	// that goes to the log would take the buffer to the heap.
	chain, err := snapshot.resolver.Chain(buffer[:0], q.Peer, q.Header)
	if err != nil {
		chain = nil // which every policy denies
	}
	snapshot.policy.DecideInto(&a.Decision, chain)
	s.metrics.took(begun)
	a.code, _ = err.(gate.Error) //nolint:errorlint // it is never wrapped, and errors.As would allocate for every hostile request
	d.tally.count(&a.Decision, a.code, snapshot, q)
	if err == nil {
		d.peers.note(snapshot.resolver, q, begun)
	}
	a.Reference = s.journal.decided(snapshot, d.name, q, &a.Decision, a.code, len(chain))
	s.notePseudo(snapshot, d.name, &a.Decision)
	a.Passes = a.Decision.Verdict == decide.Allow || snapshot.observe
	return a
}

// Decided says that a policy decided, whatever the answer.
func (a *Answer) Decided() bool { return a.snapshot != nil }

// Client is the client as the log may have it; empty if nobody knows.
func (a *Answer) Client() string {
	switch client := a.Decision.Client; {
	case !client.IsValid():
		return ""
	case a.snapshot.logNetworks:
		return network(client)
	default:
		return client.String()
	}
}

// Zone is the zone that the decision names, as the command line does; empty: none.
func (a *Answer) Zone() string {
	if a.Decision.Zone == nil {
		return ""
	}
	return zoneLabel(a.Decision.Zone)
}

// Malformed notes a question that no proxy asks, so that it is about no request. It is
// answered with a denial.
func (s *Service) Malformed(q *Question, cause error) {
	s.journal.malformed(s.doors[0].current.Load(), q, cause)
}

// Unanswered notes a panic, behind which a question got no answer.
func (s *Service) Unanswered(panicked any) {
	s.journal.logger.Error("a request was not answered", "panic", s.journal.shown(fmt.Sprint(panicked)))
}

// unknownPolicy notes a question about a policy that is not served.
func (s *Service) unknownPolicy(q *Question, name string) {
	s.metrics.unknownPolicies.Add(1)
	s.journal.unknownPolicy(s.doors[0].current.Load(), q, name)
}
