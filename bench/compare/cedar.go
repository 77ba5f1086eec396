package compare

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/zone"
)

// cedarPolicy is the policy in Cedar: a forbid for every blocklist and for each
// of SailPoint's checks, and one permit that goes through the rules. What the
// databases say stands in the request's context. Blocklists do not look at IPv4
// addresses inside IPv6 addresses here.
type cedarPolicy struct {
	databases *databases
	policies  *cedar.PolicySet
}

func newCedarPolicy(tb testing.TB, in *workload.Internet, m *model) *cedarPolicy {
	tb.Helper()
	policies, err := cedar.NewPolicySetFromBytes("policy.cedar", []byte(cedarText(m)))
	if err != nil {
		tb.Fatal(err)
	}
	return &cedarPolicy{openDatabases(tb, in), policies}
}

func cedarText(m *model) string {
	var text strings.Builder
	forbid := func(condition string) {
		fmt.Fprintf(&text, "forbid (principal, action, resource) when { %s };\n", condition)
	}
	for i := range m.zones {
		if z := &m.zones[i]; z.Blocklist {
			forbid(cedarZone(z, true))
		}
	}
	forbid("!" + cedarRanges(m.network))
	var blocked []string
	for country := range m.blocked {
		blocked = append(blocked, fmt.Sprintf("%q", country))
	}
	forbid(`context.country == "" || [` + strings.Join(blocked, ", ") + "].contains(context.country)")
	fmt.Fprintf(&text, "permit (principal, action, resource) when { %s };\n", cedarRules(m, m.rules))
	return text.String()
}

// cedarRules is the access of the first rule that applies.
func cedarRules(m *model, rules []modelRule) string {
	if len(rules) == 0 {
		return "false"
	}
	rule := rules[0]
	if rule.anywhere {
		return fmt.Sprint(rule.allow)
	}
	var in []string
	for _, z := range rule.zones {
		// Of an excluded zone the opposite must hold.
		in = append(in, cedarZone(&m.zones[z], rule.allow == rule.exclude))
	}
	condition := "(" + strings.Join(in, " || ") + ")"
	if rule.exclude {
		condition = "!" + condition
	}
	return fmt.Sprintf("if %s then %t else (%s)", condition, rule.allow, cedarRules(m, rules[1:]))
}

// cedarZone is true where the address is surely, or else possibly, in the zone.
func cedarZone(z *modelZone, possibly bool) string {
	orUnknown := func(unknown, condition string) string {
		if possibly {
			return "(" + unknown + " || " + condition + ")"
		}
		return condition
	}
	switch {
	case z.isIP():
		return cedarRanges(z.prefixes)
	case z.Locations.Defined():
		var countries []string
		for _, place := range zone.ValuesOf(z.Locations.Include) {
			countries = append(countries, fmt.Sprintf("%q", place.Country))
		}
		return orUnknown(`context.country == ""`, "["+strings.Join(countries, ", ")+"].contains(context.country)")
	case z.ASNs.Defined():
		var asns []string
		for _, asn := range zone.ValuesOf(z.ASNs.Include) {
			asns = append(asns, fmt.Sprint(asn))
		}
		return orUnknown("context.asn == 0", "["+strings.Join(asns, ", ")+"].contains(context.asn)")
	case z.Categories.Defined():
		switch z.Categories.Include[0].Value {
		case "ANONYMIZER_TOR":
			return "context.tor"
		case "ALL_ANONYMIZERS_EXCEPT_TOR", "ALL_PROXIES_VPNS":
			return "context.proxyOrVPN"
		default:
			return "(context.tor || context.proxyOrVPN)"
		}
	}
	switch z.Proxy {
	case zone.TorAnonymizer:
		return `context.anonymizer == "tor"`
	case zone.NotTorAnonymizer:
		return `context.anonymizer == "anonymous"`
	case zone.AnyAnonymizer:
		return `context.anonymizer != "none"`
	case zone.ProxyUnset:
	}
	panic("package workload makes no zone that asks for nothing")
}

func cedarRanges(prefixes []netip.Prefix) string {
	terms := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		terms[i] = fmt.Sprintf("context.ip.isInRange(ip(%q))", prefix)
	}
	return "(" + strings.Join(terms, " || ") + ")"
}

func (p *cedarPolicy) allow(addr netip.Addr) (bool, error) {
	f, err := p.databases.lookup(addr)
	if err != nil {
		return false, err
	}
	decision, diagnostic := cedar.Authorize(p.policies, nil, cedar.Request{
		Principal: cedar.NewEntityUID("Client", "any"),
		Action:    cedar.NewEntityUID("Action", "enter"),
		Resource:  cedar.NewEntityUID("Door", "front"),
		Context: cedar.NewRecord(cedar.RecordMap{
			"ip":         cedar.IPAddr(netip.PrefixFrom(addr, addr.BitLen())),
			"country":    cedar.String(f.country),
			"asn":        cedar.Long(f.asn),
			"anonymizer": cedar.String(f.anonymizer()),
			"tor":        cedar.Boolean(f.Tor),
			"proxyOrVPN": cedar.Boolean(f.proxyOrVPN()),
		}),
	})
	if len(diagnostic.Errors) > 0 {
		return false, fmt.Errorf("cedar: %s", diagnostic.Errors[0].Message)
	}
	return decision == cedar.Allow, nil
}

func (p *cedarPolicy) loop(b *testing.B, addresses []netip.Addr) { loopAllow(b, p, addresses) }

// loopAllow is for the engines that take so long that a call through an
// interface does not count.
func loopAllow(b *testing.B, p interface {
	allow(netip.Addr) (bool, error)
}, addresses []netip.Addr) {
	allowed, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		allow, err := p.allow(addresses[i&(len(addresses)-1)])
		if err != nil {
			b.Fatal(err)
		}
		if allow {
			allowed++
		}
		i++
	}
	clock.Report()
	runtime.KeepAlive(allowed)
}
