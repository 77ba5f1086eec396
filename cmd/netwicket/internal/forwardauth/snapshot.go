package forwardauth

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
)

// Snapshot is one state of one policy file, compiled: what a request is decided
// by. Nothing that decides in it changes, and it is safe for concurrent use.
type Snapshot struct {
	policy      *decide.Policy
	resolver    *gate.Resolver
	inherited   bool // the resolver is the first door's
	mayBePeer   bool // a fallback of the edge can make the proxy itself the client
	observe     bool
	logNetworks bool // as the first door's policy file says
	serve       policyfile.Serve
	info        decide.Info
	table       *geo.Table   // for the log; nil: nothing is known
	names       names        // for the metrics
	pseudo      *atomic.Bool // a client with a pseudo IPv4 address was seen
}

// NewSnapshot makes a snapshot of a policy that was loaded. A policy without an
// edge takes over that of the service's first policy. One that follows a channel of which
// no release has come denies everything, also where it observes.
func NewSnapshot(parts *policyfile.Parts, policy *decide.Policy) (*Snapshot, error) {
	if policy == nil && parts.From == nil {
		return nil, errors.New("there is no policy")
	}
	s := &Snapshot{
		policy:      policy,
		inherited:   parts.Edge == nil,
		observe:     parts.Observe && policy != nil,
		logNetworks: parts.Serve.LogNetworks,
		serve:       parts.Serve,
		info:        policy.Info(),
		table:       parts.Config.Geo,
		names:       namesOf(&parts.Config, policy),
		pseudo:      new(atomic.Bool),
	}
	if parts.Edge == nil {
		return s, nil
	}
	if err := CheckEdge(parts.Edge); err != nil {
		return nil, err
	}
	resolver, err := gate.NewResolver(*parts.Edge)
	if err != nil {
		return nil, err
	}
	s.resolver = resolver
	s.mayBePeer = parts.Edge.OnMissing == gate.UsePeer || parts.Edge.AllTrusted == gate.UseLeftmost
	return s, nil
}

// CheckEdge refuses what a forward-auth service cannot work with. Its peer is
// always the proxy that asks, so with the source peer it would decide about the
// proxy, and without trusted proxies about whoever calls it.
func CheckEdge(edge *gate.Config) error {
	switch {
	case edge == nil:
		return errors.New(`serve needs an "edge" in the policy file, such as ` +
			`{"edge": {"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}}: the proxies that may ask and where they name the client`)
	case len(edge.Trusted) == 0 && !edge.TrustUnix:
		return errors.New(`serve needs edge.trusted: the addresses of the proxies that may ask, such as ["127.0.0.1"]`)
	case edge.Source == "" || edge.Source == gate.Peer:
		return errors.New(`serve needs an edge.source other than "peer": the peer is always the proxy that asks, ` +
			`which names the client in a header such as "x-forwarded-for"`)
	}
	return nil
}

// Info describes the policy.
func (s *Snapshot) Info() decide.Info { return s.info }

// Serve are the settings of the policy file.
func (s *Snapshot) Serve() policyfile.Serve { return s.serve }

// beside is s at a further door of a service: what it logs is what the first
// door's policy file lets it, and without an edge of its own it has that one's.
func (s *Snapshot) beside(first *Snapshot) *Snapshot {
	if first == nil {
		return s
	}
	next := *s
	next.logNetworks, next.serve.LogHeaders = first.logNetworks, first.serve.LogHeaders
	if s.inherited {
		next.resolver, next.mayBePeer = first.resolver, first.mayBePeer
	}
	return &next
}

// mode is the label of the snapshot's mode.
func (s *Snapshot) mode() gate.Mode {
	if s.observe {
		return gate.Observe
	}
	return gate.Enforce
}

// tooOld names the databases that are older than the policy file accepts. One
// without a build date counts as too old: nobody can say that it is not.
func (s *Snapshot) tooOld(now time.Time) []geo.Dataset {
	if s.serve.MaxAge == 0 {
		return nil
	}
	var old []geo.Dataset
	for _, d := range s.info.Data {
		if d.Kind == geo.MMDB && now.Sub(d.Built) > s.serve.MaxAge {
			old = append(old, d)
		}
	}
	return old
}
