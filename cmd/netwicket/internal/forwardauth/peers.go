package forwardauth

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/decide/gate"
)

const (
	maxPeers    = 256             // of one policy that are remembered
	peerProbes  = 8               // places that one peer may have
	peerMemory  = 5 * time.Minute // that a peer counts for after its last question
	peerSamples = time.Minute     // between looks at what headers a peer sends
	peerTick    = time.Second     // from which a peer is noted again
)

// peers are the proxies whose questions named a client of late: those that a reload
// must not lock out. Noting one that is known takes no lock and allocates nothing.
type peers struct {
	places [maxPeers]atomic.Pointer[peer]
}

// peer is one proxy. Times are those of metrics.clock.
type peer struct {
	addr    netip.Addr  // zero: a local socket
	remote  string      // as it connects
	before  string      // who had connected to it, with one of its questions: over HTTP itself
	names   http.Header // the fields of one of its questions, without their values
	sampled time.Duration
	seen    atomic.Int64
}

// note remembers a peer. Where there are too many, further ones are not.
func (p *peers) note(resolver *gate.Resolver, q *Question, now time.Duration) {
	addr, _ := resolver.Peer(q.Caller) // whose question named a client, so that it has one or is a local socket
	place := placeOf(addr)
	for i := range peerProbes {
		slot := &p.places[(place+i)%maxPeers]
		known := slot.Load()
		switch {
		case known != nil && known.addr == addr && now-known.sampled < peerSamples:
			if now-time.Duration(known.seen.Load()) > peerTick {
				known.seen.Store(int64(now))
			}
			return
		case known == nil, known.addr == addr, now-time.Duration(known.seen.Load()) > peerMemory:
			next := &peer{addr: addr, remote: remoteOf(addr, q), before: strings.Clone(q.Peer), names: fieldsOf(q.Header), sampled: now}
			next.seen.Store(int64(now))
			slot.CompareAndSwap(known, next) // whoever was faster will do
			return
		}
	}
}

func placeOf(addr netip.Addr) int {
	sum := uint32(2166136261) // FNV-1a
	for _, b := range addr.As16() {
		sum = (sum ^ uint32(b)) * 16777619
	}
	return int(sum % maxPeers)
}

func remoteOf(addr netip.Addr, q *Question) string {
	if addr.IsValid() {
		return addr.String()
	}
	return strings.Clone(q.Caller)
}

// fieldsOf has the names of a question's fields, each with a value that says nothing
// of a client.
func fieldsOf(header http.Header) http.Header {
	names := make(http.Header, len(header))
	for name := range header {
		names[strings.Clone(name)] = []string{"for=192.0.2.1"}
	}
	return names
}

// lost says which of the peers another edge would lock out.
func (p *peers) lost(next *gate.Resolver, now time.Duration) []string {
	var untrusted, unread []string
	var buffer [gate.MaxChain]netip.Addr
	for i := range p.places {
		known := p.places[i].Load()
		if known == nil || now-time.Duration(known.seen.Load()) > peerMemory {
			continue
		}
		if !next.Trusts(known.remote) {
			untrusted = append(untrusted, known.remote)
		} else if _, err := next.Chain(buffer[:0], known.before, known.names); err == gate.ErrMissing { //nolint:errorlint // it is never wrapped
			unread = append(unread, known.remote)
		}
	}
	return append(locksOut(untrusted, "are not in edge.trusted any more"), locksOut(unread, "do not send the header of edge.source")...)
}

// locksOut is one cause for a refusal, or none.
func locksOut(remotes []string, why string) []string {
	if len(remotes) == 0 {
		return nil
	}
	slices.Sort(remotes)
	shown := remotes[:min(len(remotes), 10)]
	more := ""
	if rest := len(remotes) - len(shown); rest > 0 {
		more = fmt.Sprintf(" and %d more", rest)
	}
	return []string{fmt.Sprintf("proxies that asked in the last %v %s: %s%s; force accepts it (serve --force), and so does a restart",
		peerMemory, why, strings.Join(shown, ", "), more)}
}

// Lost says which proxies, of those that asked in the last minutes, would not be
// answered any more, or not be understood, if a snapshot were put in force: why a
// reload is refused (docs/semantics.md, reload-3).
func (s *Service) Lost(name string, next *Snapshot) []string {
	s.put.Lock()
	defer s.put.Unlock()
	door, first, now := s.byName[name], s.doors[0], s.metrics.clock()
	if door == nil {
		return nil
	}
	next = next.beside(first.current.Load())
	if next.resolver == nil {
		return nil // which Put has a word for
	}
	causes := door.peers.lost(next.resolver, now)
	if door != first {
		return causes
	}
	for _, other := range s.doors[1:] {
		if current := other.current.Load(); current != nil && current.inherited {
			causes = append(causes, other.peers.lost(next.resolver, now)...)
		}
	}
	return slices.Compact(causes)
}
