package caddygate

import (
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Caddy finds its modules by what they register when the program begins.
func init() {
	caddy.RegisterModule(new(Guard))
	caddy.RegisterModule(new(Matcher))
	httpcaddyfile.RegisterHandlerDirective("netwicket", parseGuard)
	// Behind whatever changes the path, so that a guard of a path sees the one that is served, and
	// before whatever answers or believes somebody.
	httpcaddyfile.RegisterDirectiveOrder("netwicket", httpcaddyfile.Before, "basic_auth")
}

// parseGuard reads the directive:
//
//	netwicket [<matcher>] {
//		policy <path...>
//		denied {
//			<directives>
//		}
//	}
func parseGuard(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	g := &Guard{}
	h.Next() // the directive
	if h.NextArg() {
		return nil, h.Errf(`%q is no matcher: write "policy %s" in a block behind netwicket`, h.Val(), h.Val())
	}
	for h.NextBlock(0) {
		switch h.Val() {
		case "policy":
			if err := policyOf(h.Dispenser, &g.Policy); err != nil {
				return nil, err
			}
		case "denied":
			if g.Denied != nil {
				return nil, repeated(h.Dispenser)
			}
			routes, err := httpcaddyfile.ParseSegmentAsSubroute(h.WithDispenser(h.NewFromNextSegment()))
			if err != nil {
				return nil, err
			}
			if g.Denied = routes.(*caddyhttp.Subroute).Routes; len(g.Denied) == 0 {
				return nil, h.Errf(`"denied" has no directive: write what answers those who are denied, such as respond "Not from here" 403, or leave it out for a plain 403`)
			}
		default:
			return nil, unknown(h.Dispenser, "policy", "denied")
		}
	}
	if len(g.Policy) == 0 {
		return nil, atStart(h.Dispenser).Errf("netwicket %v; a path right behind netwicket would say which requests to guard", errNoPath)
	}
	return g, nil
}

// UnmarshalCaddyfile reads the matcher:
//
//	@name netwicket {
//		policy <path...>
//		decision allow|deny
//		zone <id or name...>
//		reason <reason...>
//	}
func (m *Matcher) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the matcher's name
	if d.NextArg() {
		return d.Errf(`%q is not expected here: write "policy PATH", and decision, zone or reason, in a block behind netwicket`, d.Val())
	}
	for d.NextBlock(0) {
		switch d.Val() {
		case "policy":
			if err := policyOf(d, &m.Policy); err != nil {
				return err
			}
		case "decision":
			if m.Decision != "" {
				return repeated(d)
			}
			if !d.AllArgs(&m.Decision) {
				return d.Errf(`"decision" takes one word: allow or deny`)
			}
		case "zone":
			if err := words(d, &m.Zones, "the ids or names of zones"); err != nil {
				return err
			}
		case "reason":
			if err := words(d, &m.Reasons, "reasons such as blocklisted"); err != nil {
				return err
			}
		default:
			return unknown(d, "policy", "decision", "zone", "reason")
		}
	}
	if d.Next() {
		return d.Errf("netwicket stands twice in one matcher; give each a matcher of its own")
	}
	if len(m.Policy) == 0 {
		return atStart(d).Errf("the matcher netwicket %v", errNoPath)
	}
	if err := m.check(); err != nil {
		return atStart(d).Errf("the matcher netwicket %v", err)
	}
	return nil
}

func policyOf(d *caddyfile.Dispenser, paths *[]string) error {
	if *paths != nil {
		return repeated(d)
	}
	return words(d, paths, "the path of a policy file, or of the folder that holds it")
}

// words are all that follow on the line.
func words(d *caddyfile.Dispenser, into *[]string, what string) error {
	key, given := d.Val(), d.RemainingArgs()
	if len(given) == 0 || slices.Contains(given, "") {
		return d.Errf("%q takes %s", key, what)
	}
	*into = append(*into, given...)
	return nil
}

// atStart lets errors be about the whole.
func atStart(d *caddyfile.Dispenser) *caddyfile.Dispenser {
	d.Reset()
	d.Next()
	return d
}

func repeated(d *caddyfile.Dispenser) error { return d.Errf("%q stands here twice", d.Val()) }

func unknown(d *caddyfile.Dispenser, known ...string) error {
	return d.Errf("unknown subdirective %q: %s", d.Val(), jsondoc.Expected(d.Val(), known...))
}

var _ caddyfile.Unmarshaler = (*Matcher)(nil)
