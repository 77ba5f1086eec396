package caddygate

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/geo"
)

// policy is one that is kept up to date with its files.
type policy struct {
	keeper  *keeper.Keeper
	metrics *metrics
	inForce atomic.Pointer[version]
	name    string
	stop    context.CancelFunc
	ended   chan struct{} // closed when the keeper has

	lastLook string // for a release, as the log told of it
}

// version is what stands in the files beside the policy.
type version struct {
	of      *decide.Policy
	observe bool
	table   *geo.Table
	before  *version // until the policy that of is has taken its place
}

// open loads a policy and keeps it up to date from now on. The error has everything that is wrong.
func open(paths []string) (caddy.Destructor, error) {
	p := &policy{name: strings.Join(paths, " "), ended: make(chan struct{})}
	p.metrics = newMetrics(p.name)
	kept, err := keeper.OpenWith(keeper.Options{
		Policy: policyfile.Options{Paths: paths}, Install: p.install, Report: p.report, Released: p.released,
	})
	if err != nil {
		return nil, err
	}
	p.keeper = kept
	status := kept.Status()
	info := kept.Live().Policy().Info()
	p.metrics.loaded(info.Fingerprint, p.inForce.Load().observe)
	p.log().Info("policy loaded", p.fields(zap.String("fingerprint", info.Fingerprint), zap.Int("zones", info.ActiveZones), zap.Int("rules", info.Rules))...)
	if kept.Live().Policy() == nil {
		p.log().Error("no release is in force: everything is denied until one comes", p.fields()...)
	}
	p.warn(status.Parts, status.LockedOut)

	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go func() {
		defer close(p.ended)
		_ = kept.Run(ctx) // nil: it ends with the context
	}()
	return p, nil
}

// Destruct ends the keeping, when nobody holds the policy any more.
func (p *policy) Destruct() error {
	p.stop()
	<-p.ended
	return nil
}

// install notes what stands beside a policy that is about to be put in force.
func (p *policy) install(parts *policyfile.Parts, next *decide.Policy) error {
	if parts.Edge == nil {
		file := parts.Name()
		if inside := filepath.Join(file, policyfile.FileName); slices.Contains(parts.Files, inside) {
			file = inside // of the folder that was named
		}
		return policyfile.Findings{{
			File: file, Code: "no-edge",
			Err: errors.New(`the policy has no "edge", and only that says who the client is: write "edge": {} if clients connect to Caddy themselves, ` +
				`or, behind a proxy, its addresses and where it names the client, such as "edge": {"trusted": ["192.0.2.1"], "source": "x-forwarded-for"}`),
		}}
	}
	p.inForce.Store(&version{
		of: next, observe: parts.Observe && next != nil, table: parts.Config.Geo,
		before: p.inForce.Load().alone(),
	})
	return nil
}

// alone is v without the version before, so that nothing keeps what is long gone.
func (v *version) alone() *version {
	if v == nil {
		return nil
	}
	return &version{of: v.of, observe: v.observe, table: v.table}
}

// beside is what stood beside a policy that decided; nothing, of one that is gone since.
func (p *policy) beside(decided *decide.Policy) *version {
	for v := p.inForce.Load(); v != nil; v = v.before {
		if v.of == decided {
			return v
		}
	}
	return &version{}
}

var (
	errNotProvisioned = errors.New("netwicket was asked before Caddy provisioned it, and has no policy to ask")
	errEarlyData      = errors.New("the request is in TLS early data, whose sender's address nobody has verified")
)

// ask decides about a request. The error is one of Caddy's, with a status, and lets nobody pass.
func (p *policy) ask(r *http.Request) (*answer, error) {
	if p == nil {
		return nil, caddyhttp.Error(http.StatusInternalServerError, errNotProvisioned)
	}
	if r.TLS != nil && !r.TLS.HandshakeComplete {
		return nil, caddyhttp.Error(http.StatusTooEarly, errEarlyData)
	}
	edge, inForce := p.keeper.Resolver().Pair(p.keeper.Live())
	a := &answer{}
	a.result = gate.Decide(a.few[:0], inForce, edge, r.RemoteAddr, r.Header)
	a.beside = p.beside(inForce)
	return a, nil
}

// report logs and counts an attempt to reload.
func (p *policy) report(r keeper.Report) {
	if r.Cause == keeper.Watching {
		return // nothing is watched
	}
	p.inForce.Store(p.inForce.Load().alone())
	p.metrics.reported(r, p.inForce.Load().observe)
	switch {
	case r.Cause == keeper.Withdrawn:
		p.log().Error("nothing is in force", p.fields(zap.Error(r.Err))...)
	case r.Err == nil:
		p.log().Info("policy reloaded", p.fields(zap.String("cause", string(r.Cause)), zap.String("fingerprint", r.Info.Fingerprint))...)
		p.warn(r.Parts, r.LockedOut)
	case r.Repeated:
		p.log().Debug("policy not reloaded; the one in force stays", p.fields(zap.String("cause", string(r.Cause)), zap.Error(r.Err))...)
	default:
		p.log().Error("policy not reloaded; the one in force stays", p.fields(zap.String("cause", string(r.Cause)), zap.Error(r.Err))...)
	}
}

// released logs a look for a release that failed: the first time loudly. What was put in force is
// the report's to tell.
func (p *policy) released(o release.Outcome) {
	look := string(o.Result)
	if o.Err != nil {
		look += ": " + o.Err.Error()
	}
	repeated := look == p.lastLook
	p.lastLook = look
	switch {
	case !o.Result.Failed():
	case repeated:
		p.log().Debug("no release was taken; the policy in force stays", p.fields(zap.String("result", look))...)
	default:
		p.log().Warn("no release was taken; the policy in force stays", p.fields(zap.String("result", look))...)
	}
}

// warn logs what may not be meant.
func (p *policy) warn(parts *policyfile.Parts, lockedOut []string) {
	for _, found := range parts.Warnings() {
		p.log().Warn("policy warning", p.fields(zap.String("warning", found.Error()))...)
	}
	if len(lockedOut) > 0 {
		p.log().Error("the policy in force locks out addresses of serve.guard", p.fields(zap.Strings("errors", lockedOut))...)
	}
}

// log is Caddy's default logger as it is now: a policy outlives the configurations whose loggers it
// could have.
func (p *policy) log() *zap.Logger { return caddy.Log().Named("netwicket") }

func (p *policy) fields(more ...zap.Field) []zap.Field {
	return append([]zap.Field{zap.String("policy", p.name)}, more...)
}
