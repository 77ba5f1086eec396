package oracle_test

import (
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/internal/oracle"
)

// TestExplainRules: what is told of rules.
func TestExplainRules(t *testing.T) {
	office := decidetest.Documents{Zones: ipZone("office", "POLICY", "192.0.2.0/28 192.0.2.0/24", proxied)}
	requireExplained(t, []explained{
		{name: "in order", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("last", "DENY", anywhere, ``), rule("third", "ALLOW", inOffice, `,"priority":7`), rule("second", "ALLOW", anywhere, `,"priority":2`), rule("first", "DENY", inUS, `,"priority":1`))}}, chain: "192.0.2.1", about: "rule",
			want: []string{
				`first at rules.json/3, allow false, active true, condition no, applied false: in zone us: no`,
				`second at rules.json/2, allow true, active true, condition match, applied true: anywhere`,
				`third at rules.json/1, allow true, active true, condition match, applied false: in zone office: match`,
				`last at rules.json/0, allow false, active true, condition match, applied false: anywhere`,
			}},
		{name: "what may be denied is", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("us", "DENY", inUS, ``))}}, chain: "203.0.113.1", about: "rule",
			want: []string{`us at rules.json/0, allow false, active true, condition unknown, applied true: in zone us: unknown`}},
		{name: "what may be allowed is not", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("us", "ALLOW", inUS, ``), rule("rest", "ALLOW", anywhere, ``))}}, chain: "203.0.113.1", about: "rule",
			want: []string{
				`us at rules.json/0, allow true, active true, condition unknown, applied false: in zone us: unknown`,
				`rest at rules.json/1, allow true, active true, condition match, applied true: anywhere`,
			}},
		{name: "INACTIVE", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("off", "ALLOW", anywhere, `,"status":"INACTIVE"`))}}, chain: "192.0.2.1", about: "rule",
			want: []string{`off at rules.json/0, allow true, active false, condition match, applied false: anywhere`}},
		{name: "narrowed", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("some", "ALLOW", anywhere+`,"people":{"groups":{"include":["g"]}},"device":{"managed":true}`, `,"priority":1`), rule("none", "DENY", inOffice, ``))}}, chain: "192.0.2.1", about: "rule",
			want: []string{
				`some at rules.json/0, allow true, active true, condition match, applied false: anywhere; narrowed by /0/conditions/people, /0/conditions/device`,
				`none at rules.json/1, allow false, active true, condition match, applied true: in zone office: match`,
			}},
		{name: "nameless", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("", "ALLOW", anywhere, `,"id":"r1"`), rule("", "DENY", inOffice, ``))}}, chain: "192.0.2.1", about: "rule",
			want: []string{
				`r1 at rules.json/0, allow true, active true, condition match, applied true: anywhere`,
				`/1 at rules.json/1, allow false, active true, condition match, applied false: in zone office: match`,
			}},
		{name: "not in zones", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("out", "ALLOW", `{"connection":"ZONE","exclude":["office","us"]}`, ``))}}, chain: "203.0.113.1", about: "rule",
			want: []string{`out at rules.json/0, allow true, active true, condition unknown, applied false: not in zone office: no, us: unknown`}},
		{name: "a blocklist holds nobody for a rule", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("in", "DENY", `{"connection":"ZONE","include":["bad"]}`, ``), rule("out", "ALLOW", `{"connection":"ZONE","exclude":["bad"]}`, ``))}}, chain: "192.0.2.1", about: "rule",
			want: []string{
				`in at rules.json/0, allow false, active true, condition no, applied false: in zone bad: no`,
				`out at rules.json/1, allow true, active true, condition unknown, applied false: not in zone bad: unknown`,
			}},
		{name: "all zones", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("all", "ALLOW", `{"connection":"ZONE","include":["ALL_ZONES"]}`, ``), rule("ip", "ALLOW", `{"connection":"ZONE","include":["ALL_IP_ZONES"]}`, ``))}}, chain: "10.0.0.1 192.0.2.1", about: "rule",
			want: []string{
				`all at rules.json/0, allow true, active true, condition match, applied true: in zone office: match, us: no`,
				`ip at rules.json/1, allow true, active true, condition match, applied false: in zone office: match`,
			}},
		{name: "all zones but the exempt one", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", ""), exempt("198.51.100.1")), Rules: []string{array(rule("all", "ALLOW", `{"connection":"ZONE","include":["ALL_ZONES"]}`, ``))}}, chain: "198.51.100.1", about: "rule",
			want: []string{`all at rules.json/0, allow true, active true, condition no, applied false: in zone office: no`}},
		{name: "on the system network", documents: decidetest.Documents{Zones: array(strings.Replace(ipZone("legacy", "POLICY", "192.0.2.0/24", ""), `"system":false`, `"system":true`, 1), ipZone("other", "POLICY", "198.51.100.0/24", ""), dynamicZone("DYNAMIC_V2", "enhanced", "POLICY", american+`,"system":true`)), Geo: places, Rules: []string{array(rule("in", "ALLOW", `{"connection":"ON_NETWORK"}`, ``), rule("out", "ALLOW", `{"connection":"OFF_NETWORK"}`, ``))}}, chain: "192.0.2.1", about: "rule",
			want: []string{
				`in at rules.json/0, allow true, active true, condition match, applied true: in zone legacy: match`,
				`out at rules.json/1, allow true, active true, condition no, applied false: not in zone legacy: match`,
			}},
		{name: "off the system network", documents: decidetest.Documents{Zones: array(strings.Replace(ipZone("legacy", "POLICY", "192.0.2.0/24", ""), `"system":false`, `"system":true`, 1), ipZone("other", "POLICY", "198.51.100.0/24", ""), dynamicZone("DYNAMIC_V2", "enhanced", "POLICY", american+`,"system":true`)), Geo: places, Rules: []string{array(rule("in", "ALLOW", `{"connection":"ON_NETWORK"}`, ``), rule("out", "ALLOW", `{"connection":"OFF_NETWORK"}`, ``))}}, chain: "198.51.100.1", about: "rule",
			want: []string{
				`in at rules.json/0, allow true, active true, condition no, applied false: in zone legacy: no`,
				`out at rules.json/1, allow true, active true, condition match, applied true: not in zone legacy: no`,
			}},
		{name: "a blocklist that holds the client", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("in", "DENY", `{"connection":"ZONE","include":["bad"]}`, ``), rule("out", "ALLOW", `{"connection":"ZONE","exclude":["bad"]}`, ``))}}, chain: "203.0.113.1", about: "rule",
			want: []string{
				`in at rules.json/0, allow false, active true, condition no, applied false: in zone bad: no`,
				`out at rules.json/1, allow true, active true, condition unknown, applied false: not in zone bad: unknown`,
			}},
		{name: "an INACTIVE zone", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("in", "DENY", inOffice, ``), rule("out", "ALLOW", `{"connection":"ZONE","exclude":["office"]}`, ``))}}, change: func(d *oracle.Documents) { d.Zones[0].Zones[0].Active = false }, chain: "192.0.2.1", about: "rule",
			want: []string{
				`in at rules.json/0, allow false, active true, condition no, applied false: in zone office: no`,
				`out at rules.json/1, allow true, active true, condition unknown, applied false: not in zone office: unknown`,
			}},
		{name: "a reference to nobody", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("in", "ALLOW", inOffice, ``))}}, change: func(d *oracle.Documents) {
			d.Zones[0].Zones[0].ID, d.Rules[0].Rules[0].Network.Include[0].ID = "", ""
		}, chain: "192.0.2.1", about: "rule",
			want: []string{`in at rules.json/0, allow true, active true, condition no, applied false: in zone`}},
		{name: "zones without an id", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("in", "ALLOW", inOffice, ``))}}, change: func(d *oracle.Documents) { d.Zones[0].Zones[0].ID = "" }, chain: "192.0.2.1", about: "zone",
			want: []string{
				`OFFICE POLICY match /0: hop 1, 192.0.2.1, is in gateway 192.0.2.0/24 /0/gateways/0/value`,
				`us POLICY no /1: location DE-BY: no`,
				`bad BLOCKLIST no /2: 192.0.2.1 is in no gateway`,
			}},
		{name: "narrowed rules that may hold", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("some", "ALLOW", inUS+`,"people":{"groups":{"include":["g"]}}`, ``), rule("none", "DENY", inUS+`,"people":{"groups":{"include":["g"]}}`, ``))}}, chain: "203.0.113.1", about: "rule",
			want: []string{
				`some at rules.json/0, allow true, active true, condition unknown, applied false: in zone us: unknown; narrowed by /0/conditions/people`,
				`none at rules.json/1, allow false, active true, condition unknown, applied true: in zone us: unknown; narrowed by /1/conditions/people`,
			}},
		{name: "no client applies no rule", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("all", "DENY", anywhere, ``))}}, chain: "?", about: "rule",
			want: []string{`all at rules.json/0, allow false, active true, condition match, applied false: anywhere`}},
		{name: "of nobody", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("us", "ALLOW", inUS, ``))}}, chain: "192.0.2.1", about: "layer rules",
			want: []string{`consulted true, denied true [no-rule]: no rule of rules.json applies`}},
		{name: "a rule allows", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("all", "ALLOW", anywhere, ``))}}, chain: "192.0.2.1", about: "layer rules",
			want: []string{`consulted true, denied false []: rule "all" of rules.json allows`}},
		{name: "a rule denies", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("all", "DENY", anywhere, ``)), array(rule("rest", "ALLOW", anywhere, ``))}}, chain: "192.0.2.1", about: "layer rules",
			want: []string{`consulted true, denied true [rule-matched]: rule "all" of rules.json denies`}},
		{name: "two policies allow", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("one", "ALLOW", anywhere, ``)), array(rule("two", "ALLOW", anywhere, ``))}}, chain: "192.0.2.1", about: "layer rules",
			want: []string{`consulted true, denied false []: rule "two" of rules.json allows`}},
		{name: "two policies deny", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("one", "DENY", anywhere, ``)), array(rule("two", "DENY", anywhere, ``))}}, chain: "192.0.2.1", about: "",
			want: []string{
				`hop 192.0.2.1 trusted by [], client true, at "DE", anonymizer unknown`,
				`zone office POLICY match /0: hop 1, 192.0.2.1, is in gateway 192.0.2.0/24 /0/gateways/0/value`,
				`zone us POLICY no /1: location DE-BY: no`,
				`zone bad BLOCKLIST no /2: 192.0.2.1 is in no gateway`,
				`rule one at rules.json/0, allow false, active true, condition match, applied true: anywhere`,
				`rule two at rules.json/0, allow false, active true, condition match, applied true: anywhere`,
				`layer address consulted true, denied false []: the client is 192.0.2.1`,
				`layer overlay consulted false, denied false []: the policy has no overlay entry in force`,
				`layer blocklist consulted true, denied false []: no hop is in a blocklist`,
				`layer threat consulted false, denied false []: the policy has no ThreatInsight configuration`,
				`layer rules consulted true, denied true [rule-matched]: rule "one" of rules.json denies`,
				`layer sailpoint consulted false, denied false []: the policy has no SailPoint document`,
				`answer allowed false [rule-matched], audit false, zone -1, rule "one", client 192.0.2.1 is hop 0, unknown 0, "DE" from 192.0.2.0 to 192.0.2.255`,
			}},
		{name: "rules without a file", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("one", "DENY", anywhere, ``))}}, change: func(d *oracle.Documents) { d.Rules[0].File = "" }, chain: "192.0.2.1", about: "layer rules",
			want: []string{`consulted true, denied true [rule-matched]: rule "one" of the rules denies`}},
		{name: "no policy", documents: office, chain: "192.0.2.1", about: "layer rules",
			want: []string{`consulted false, denied false []: the policy has no rules`}},
		{name: "the second policy denies", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("one", "ALLOW", anywhere, ``)), array(rule("two", "DENY", anywhere, ``))}}, chain: "192.0.2.1", about: "layer rules",
			want: []string{`consulted true, denied true [rule-matched]: rule "two" of rules.json denies`}},
		{name: "no client", documents: decidetest.Documents{Zones: array(ipZone("office", "POLICY", "192.0.2.0/24", proxied), dynamicZone("DYNAMIC_V2", "us", "POLICY", american), ipZone("bad", "BLOCKLIST", "203.0.113.0/24", "")), Geo: places, Rules: []string{array(rule("one", "DENY", anywhere, ``))}}, chain: "?", about: "layer rules",
			want: []string{`consulted true, denied false []: not evaluated: the client is not known`}},
	})
}
