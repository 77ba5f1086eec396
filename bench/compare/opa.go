package compare

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/zone"
)

// opaPolicy is the policy in Rego, as a prepared query. What the databases say
// stands in the input. Blocklists do not look at IPv4 addresses inside IPv6
// addresses here.
type opaPolicy struct {
	databases *databases
	query     rego.PreparedEvalQuery
}

// regoText is the policy but for its rules. Whether an address is in a zone is a
// function, whose results OPA keeps during a query. A datum that is unknown is
// absent from the input.
const regoText = `package netwicket

default allow := false

allow if {
	not blocked
	access
	some prefix in data.network
	net.cidr_contains(prefix, input.ip)
	input.country
	not input.country in data.countries
}

blocked if {
	some z in data.blocklists
	possibly(z)
}

possibly(z) if surely(z)

possibly(z) if {
	data.zones[z].countries
	not input.country
}

possibly(z) if {
	data.zones[z].asns
	not input.asn
}

surely(z) if {
	some prefix in data.zones[z].prefixes
	net.cidr_contains(prefix, input.ip)
}

surely(z) if input.country in data.zones[z].countries

surely(z) if input.asn in data.zones[z].asns

surely(z) if input.anonymizer in data.zones[z].anonymizers

surely(z) if {
	some service in input.services
	service in data.zones[z].services
}

`

func newOPAPolicy(tb testing.TB, in *workload.Internet, m *model) *opaPolicy {
	tb.Helper()
	query, err := rego.New(
		rego.Query("data.netwicket.allow"),
		rego.Module("policy.rego", regoText+regoRules(m)),
		rego.Store(inmem.NewFromObject(opaData(m))),
	).PrepareForEval(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return &opaPolicy{openDatabases(tb, in), query}
}

// regoRules is the access of the first rule that applies, as a chain of else.
func regoRules(m *model) string {
	var text strings.Builder
	for i, rule := range m.rules {
		word := "access"
		if i > 0 {
			word = "else"
		}
		condition := fmt.Sprintf("condition%d", i)
		if rule.anywhere {
			condition = "true"
		}
		fmt.Fprintf(&text, "%s := %t if %s\n", word, rule.allow, condition)
	}
	for i, rule := range m.rules {
		if rule.anywhere {
			continue
		}
		// Of an excluded zone the opposite must hold.
		test := "surely"
		if rule.allow == rule.exclude {
			test = "possibly"
		}
		in := fmt.Sprintf("condition%d", i)
		if rule.exclude {
			in = fmt.Sprintf("listed%d", i)
			fmt.Fprintf(&text, "\ncondition%d if not %s\n", i, in)
		}
		for _, z := range rule.zones {
			fmt.Fprintf(&text, "\n%s if %s(%q)\n", in, test, m.zones[z].ID)
		}
	}
	return text.String()
}

func opaData(m *model) map[string]any {
	zones, blocklists := map[string]any{}, []any{}
	for i := range m.zones {
		z := &m.zones[i]
		zones[z.ID] = opaZone(z)
		if z.Blocklist {
			blocklists = append(blocklists, z.ID)
		}
	}
	countries := []any{}
	for country := range m.blocked {
		countries = append(countries, country)
	}
	return map[string]any{"zones": zones, "blocklists": blocklists, "countries": countries, "network": texts(m.network)}
}

func opaZone(z *modelZone) map[string]any {
	switch {
	case z.isIP():
		return map[string]any{"prefixes": texts(z.prefixes)}
	case z.Locations.Defined():
		countries := []any{}
		for _, place := range zone.ValuesOf(z.Locations.Include) {
			countries = append(countries, place.Country)
		}
		return map[string]any{"countries": countries}
	case z.ASNs.Defined():
		asns := []any{}
		for _, asn := range zone.ValuesOf(z.ASNs.Include) {
			asns = append(asns, float64(asn))
		}
		return map[string]any{"asns": asns}
	case z.Categories.Defined():
		switch z.Categories.Include[0].Value {
		case "ANONYMIZER_TOR":
			return map[string]any{"services": []any{"tor"}}
		case "ALL_ANONYMIZERS_EXCEPT_TOR", "ALL_PROXIES_VPNS":
			return map[string]any{"services": []any{"proxyOrVPN"}}
		default:
			return map[string]any{"services": []any{"tor", "proxyOrVPN"}}
		}
	}
	switch z.Proxy {
	case zone.TorAnonymizer:
		return map[string]any{"anonymizers": []any{"tor"}}
	case zone.NotTorAnonymizer:
		return map[string]any{"anonymizers": []any{"anonymous"}}
	case zone.AnyAnonymizer:
		return map[string]any{"anonymizers": []any{"tor", "anonymous"}}
	case zone.ProxyUnset:
	}
	panic("package workload makes no zone that asks for nothing")
}

func texts(prefixes []netip.Prefix) []any {
	list := make([]any, len(prefixes))
	for i, prefix := range prefixes {
		list[i] = prefix.String()
	}
	return list
}

func (p *opaPolicy) allow(addr netip.Addr) (bool, error) {
	f, err := p.databases.lookup(addr)
	if err != nil {
		return false, err
	}
	services := []any{}
	if f.Tor {
		services = append(services, "tor")
	}
	if f.proxyOrVPN() {
		services = append(services, "proxyOrVPN")
	}
	input := map[string]any{"ip": addr.String(), "anonymizer": f.anonymizer(), "services": services}
	if f.country != "" {
		input["country"] = f.country
	}
	if f.asn != 0 {
		input["asn"] = f.asn
	}
	results, err := p.query.Eval(context.Background(), rego.EvalInput(input))
	if err != nil {
		return false, err
	}
	return results.Allowed(), nil
}

func (p *opaPolicy) loop(b *testing.B, addresses []netip.Addr) { loopAllow(b, p, addresses) }
