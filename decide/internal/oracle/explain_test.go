package oracle_test

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/internal/oracle"
	"github.com/netwicket/netwicket/zone"
)

// oracleOf is the oracle of documents; change, if any, is made to them first.
func oracleOf(t testing.TB, d decidetest.Documents, change func(*oracle.Documents)) *oracle.Oracle {
	t.Helper()
	c := d.Config(t)
	documents := oracle.Documents{
		Zones: c.Zones, Rules: c.Rules, ThreatInsight: c.ThreatInsight, ThreatFeeds: c.ThreatFeeds, SailPoint: c.SailPoint,
		AuthProfile: c.AuthProfile, TrustUnknownCountry: c.UnknownCountry == decide.TrustUnknownCountry, Geo: c.Geo, Overlay: c.Overlay, Now: c.Now,
	}
	if change != nil {
		change(&documents)
	}
	return oracle.New(documents)
}

// told is an answer in lines, each of which begins with what it is about.
func told(a oracle.Answer) []string {
	var lines []string
	add := func(format string, args ...any) {
		lines = append(lines, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
	for _, hop := range a.Hops {
		add("hop %s trusted by %v, client %t, at %q, anonymizer %s", hop.Addr, hop.TrustedBy, hop.Client, hop.Location.Country, hop.Location.Anonymizer)
		for _, hit := range hop.Hits {
			add("hit of %s in zone %d, unknown %t, exempt %t: %s", hit.Addr, hit.Zone, hit.Unknown, hit.Exempt, hit.Evidence)
		}
	}
	for _, z := range a.Zones {
		add("zone %s %s %s %s: %s %s", z.Key, z.Use, z.State, z.Position.Path, z.Why, z.Entry.Path)
	}
	for _, r := range a.Rules {
		add("rule %s at %s%s, allow %t, active %t, condition %s, applied %t: %s", r.Name, r.Policy, r.Position.Path, r.Allow, r.Active, r.Condition, r.Applied, r.Why)
	}
	for _, l := range a.Layers {
		add("layer %s consulted %t, denied %t %s: %s %s", l.Name, l.Consulted, l.Denied, named(l.Reasons), l.Why, paths(l.Entries))
	}
	add("answer allowed %t %s, audit %t, zone %d, rule %q, client %s is hop %d, unknown %d, %q from %s to %s",
		a.Allowed, named(a.Reasons), a.Audit, a.Zone, a.Rule, a.Client, a.ClientIndex, a.Unknown, a.Location.Country, a.From, a.To)
	return lines
}

func named(reasons []oracle.Reason) []string {
	var names []string
	for _, r := range reasons {
		names = append(names, [...]string{"", "client-unresolved", "blocklisted", "threat", "rule-matched", "no-rule", "network-undefined", "off-network",
			"empty-allow-list", "geo-unavailable", "geo-unknown", "untrusted-geography", "overlay", "permitted", "not-enforced", "unrestricted"}[r])
	}
	return names
}

func paths(positions []zone.Position) string {
	var all []string
	for _, p := range positions {
		if p.Path == "" {
			p.Path = p.File + ":" + strconv.Itoa(p.Line)
		}
		all = append(all, p.Path)
	}
	return strings.Join(all, " ")
}

// chainOf reads "nearest farther ..."; "?" is an unreadable hop.
func chainOf(text string) []netip.Addr {
	var chain []netip.Addr
	for _, hop := range strings.Fields(text) {
		addr, _ := netip.ParseAddr(hop)
		chain = append(chain, addr)
	}
	return chain
}

// explained is a request, and what an answer to it says of what the row is about:
// the lines that begin so, less that.
type explained struct {
	name      string
	documents decidetest.Documents
	change    func(*oracle.Documents) // what the vendors' texts cannot say
	chain     string
	about     string
	want      []string
}

// requireExplained is for what people read of a decision, rows written from
// docs/semantics.md. The tests of decide hold every decision against the oracle; nobody
// else holds its sentences, places and states against anything.
func requireExplained(t *testing.T, rows []explained) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			o := oracleOf(t, row.documents, row.change)
			answer := o.Explain(chainOf(row.chain))
			var got []string
			for _, line := range told(answer) {
				if rest, ok := strings.CutPrefix(line, row.about); ok {
					got = append(got, strings.TrimSpace(rest))
				}
			}
			require.Equal(t, row.want, got)
			requireSameDecision(t, answer, o.Decide(chainOf(row.chain)))
		})
	}
}

// requireSameDecision: Decide is Explain without the sentences.
func requireSameDecision(t *testing.T, explained, decided oracle.Answer) {
	t.Helper()
	for _, hop := range decided.Hops {
		for _, hit := range hop.Hits {
			require.Equal(t, "", hit.Evidence)
		}
	}
	for _, a := range []*oracle.Answer{&explained, &decided} {
		for i := range a.Hops {
			for h := range a.Hops[i].Hits {
				a.Hops[i].Hits[h].Evidence = ""
			}
		}
		for i := range a.Zones {
			a.Zones[i].Why = ""
		}
		for i := range a.Rules {
			a.Rules[i].Why = ""
		}
		for i := range a.Layers {
			a.Layers[i].Why = ""
		}
	}
	require.Equal(t, explained, decided)
}

// TestReadOnce: what decides was read when the oracle was made; the documents that the
// texts of entries are looked up in may not change, the terms of everything else may.
func TestReadOnce(t *testing.T) {
	d := decidetest.Documents{
		Zones: array(dynamicZone("DYNAMIC_V2", "us", "BLOCKLIST", american), dynamicZone("DYNAMIC_V2", "asn", "BLOCKLIST", `"asns":{"include":["64502"]}`),
			dynamicZone("DYNAMIC_V2", "vpn", "BLOCKLIST", `"ipServiceCategories":{"include":["NORD_VPN"]}`)),
		Rules:       []string{array(rule("some", "ALLOW", anywhere+`,"people":{"groups":{"include":["g"]}}`, ""), rule("all", "ALLOW", anywhere, ""))},
		SailPoint:   `{"geolocation":["FR"]}`,
		AuthProfile: `{"offNetwork":false,"untrustedGeography":true}`,
		Geo:         places + "192.0.2.250,,,,none,-\n192.0.2.251,,,,,NORD_VPN|VPN|PROXY|ANONYMIZER_TOR\n",
	}
	var documents oracle.Documents
	o := oracleOf(t, d, func(made *oracle.Documents) { documents = *made })
	before := told(o.Explain(chainOf("192.0.2.1")))
	zones := documents.Zones[0].Zones
	zones[0].Locations.Include[0].Value.Country = "DE"
	zones[1].ASNs.Include[0].Value = 64500
	zones[2].Categories.Include[0].Value = "ALL_IP_SERVICES"
	documents.Rules[0].Rules[0].Narrowed[0] = "other"
	documents.SailPoint.Geolocation[0].Value, documents.SailPoint.Allowlist = "DE", true
	documents.AuthProfile.OffNetwork = true
	require.Equal(t, before, told(o.Explain(chainOf("192.0.2.1"))))
}

// ipZone is an ACTIVE zone of networks, gateways and proxies between spaces.
func ipZone(id, usage, gateways, proxies string) string {
	list := func(text string) string {
		var entries []string
		for _, value := range strings.Fields(text) {
			kind := "RANGE"
			if strings.Contains(value, "/") {
				kind = "CIDR"
			}
			entries = append(entries, `{"type":"`+kind+`","value":"`+value+`"}`)
		}
		return strings.Join(entries, ",")
	}
	return `{"type":"IP","id":"` + id + `","name":"` + strings.ToUpper(id) + `","status":"ACTIVE","usage":"` + usage +
		`","system":false,"gateways":[` + list(gateways) + `],"proxies":[` + list(proxies) + `]}`
}

// dynamicZone is an ACTIVE zone of a type, with the members that constrain it.
func dynamicZone(kind, id, usage, members string) string {
	return `{"type":"` + kind + `","id":"` + id + `","name":"` + strings.ToUpper(id) + `","status":"ACTIVE","usage":"` + usage + `",` + members + `}`
}

func array(elements ...string) string { return "[" + strings.Join(elements, ",") + "]" }

func rule(name, access, network, more string) string {
	return `{"name":"` + name + `","conditions":{"network":` + network + `},"actions":{"signon":{"access":"` + access + `"}}` + more + `}`
}

const (
	proxied  = "10.0.0.0/8"
	anywhere = `{"connection":"ANYWHERE"}`
	inOffice = `{"connection":"ZONE","include":["office"]}`
	inUS     = `{"connection":"ZONE","include":["us"]}`
	american = `"locations":{"include":[{"country":"US"}]}`
	places   = "192.0.2.0/24,DE,DE-BY,64500,,\n198.51.100.0/24,US,,64501,,\n203.0.113.0/24,,,,,\n"
)

// exempt is the exempt zone, with gateways.
func exempt(gateways string) string {
	return strings.Replace(strings.Replace(ipZone("safe", "POLICY", gateways, ""), `"SAFE"`, `"DefaultExemptIpZone"`, 1), `"system":false`, `"system":true`, 1)
}
