package lint

import (
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// everybody finds a policy that keeps nobody out: documents of which none restricts,
// such as a zone that no rule names, or a mode in which denials are only written
// down. Where one family is let in as a whole, that is said if the other one has to
// be let in by a rule or a network: what nobody blocks is no mistake.
func (l *linter) everybody() {
	at := zone.Position{File: l.Name}
	if l.Observe {
		l.warn(at, "", "allows-everybody", "the mode is observe, so that netwicket serve lets everybody in, whatever the policy denies; write enforce once the log shows what is meant")
	}
	denies, restricts := [2]bool{}, [2]bool{} // IPv4 and IPv6; without a policy everybody is denied
	for r, d := range l.Policy.Ranges() {
		family := 0
		if r.From().Is6() {
			family = 1
		}
		if d.Allowed() {
			continue
		}
		denies[family] = true
		blocked := d.Reason == decide.Blocklisted || d.Reason == decide.Threat || d.Reason == decide.Overlay
		restricts[family] = restricts[family] || !blocked
		if restricts[0] && restricts[1] {
			return
		}
	}
	switch {
	case !denies[0] && !denies[1]:
		l.warn(at, "", "allows-everybody", "the policy denies nobody: no rule, blocklist, feed or network configuration of it keeps an address out; write the rules that are to hold")
	case !denies[0] && restricts[1]:
		l.warn(at, "", "allows-everybody", "the policy lets in every IPv4 address, while not every IPv6 address is; restrict both families alike")
	case !denies[1] && restricts[0]:
		l.warn(at, "", "allows-everybody", "the policy lets in every IPv6 address, while not every IPv4 address is; restrict both families alike")
	}
}
