package decide

import "fmt"

// steps tells an explanation in sentences.
func steps(e *Explanation) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for i, hop := range e.Hops {
		switch {
		case !hop.Addr.IsValid():
			add("hop %d cannot be read", i+1)
		case hop.Client && len(hop.TrustedBy) > 0:
			add("hop %d, %s, is a proxy of zone %q and the last hop: it is the client", i+1, hop.Addr, hop.TrustedBy[0].Name)
		case hop.Client:
			add("hop %d, %s, is the client: no zone lists it as a proxy", i+1, hop.Addr)
		case len(hop.TrustedBy) > 0 && (e.ClientIndex < 0 || i < e.ClientIndex):
			add("hop %d, %s, is a proxy of zone %q: look at the hop behind it", i+1, hop.Addr, hop.TrustedBy[0].Name)
		default:
			add("hop %d, %s, lies behind the client: only the overlay, blocklists and IP zones look at it", i+1, hop.Addr)
		}
		for _, hit := range hop.Hits {
			state, exempt := "is in", ""
			if hit.Unknown {
				state = "may be in"
			}
			if hit.Exempt {
				exempt = "; the exempt zone lists it"
			}
			add("hop %d: %s %s blocklist zone %q: %s%s", i+1, hit.Addr, state, hit.Zone.Name, hit.Evidence, exempt)
		}
	}
	for _, z := range e.Zones {
		add("zone %q (%s, %s): %s: %s", z.Key, z.Type, z.Use, z.State, z.Why)
	}
	for _, r := range e.Rules {
		access, outcome := "deny", "does not apply"
		if r.Allow {
			access = "allow"
		}
		switch {
		case r.Applied:
			outcome = "applies"
		case !r.Active:
			outcome = "is INACTIVE"
		}
		add("rule %q (%s): %s: %s: %s", r.Rule, access, outcome, r.Condition, r.Why)
	}
	for _, l := range e.Layers {
		outcome := "passes"
		switch {
		case l.Denied:
			outcome = "denies"
		case !l.Consulted:
			outcome = "has no say"
		}
		add("layer %s %s: %s", l.Layer, outcome, l.Why)
	}
	add("decision: %s", e.Decision)
	return lines
}
