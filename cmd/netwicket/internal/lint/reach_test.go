package lint_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/zone"
)

// A testRule is a rule over four zones: 0 and 1 are IP zones, 2 and 3 dynamic ones.
type testRule struct {
	allow, narrowed, exclude bool
	zones                    []int // empty: ANYWHERE
}

func (r testRule) json(priority int) string {
	access := "DENY"
	if r.allow {
		access = "ALLOW"
	}
	network := `{"connection":"ANYWHERE"}`
	if len(r.zones) > 0 {
		list := "include"
		if r.exclude {
			list = "exclude"
		}
		var ids []string
		for _, z := range r.zones {
			ids = append(ids, fmt.Sprintf("%q", fmt.Sprint("z", z)))
		}
		network = fmt.Sprintf(`{"connection":"ZONE",%q:[%s]}`, list, strings.Join(ids, ","))
	}
	people := ""
	if r.narrowed {
		people = `,"people":{"groups":{"include":["g"]}}`
	}
	return fmt.Sprintf(`{"name":"r%d","priority":%d,"conditions":{"network":%s%s},"actions":{"signon":{"access":%q}}}`, priority, priority, network, people, access)
}

// applies evaluates the rule for states of the zones, 0 no, 1 unknown, 2 match,
// as docs/semantics.md says: ALLOW where the condition surely holds, DENY where
// it is not sure that it does not.
func (r testRule) applies(states [4]int) bool {
	held := 2
	if len(r.zones) > 0 {
		held = 0
		for _, z := range r.zones {
			held = max(held, states[z])
		}
		if r.exclude {
			held = 2 - held
		}
	}
	if r.allow {
		return held == 2 && !r.narrowed
	}
	return held > 0
}

const fourZones = `[{"type":"IP","id":"z0","name":"z0","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]},
	{"type":"IP","id":"z1","name":"z1","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]},
	{"type":"DYNAMIC","id":"z2","name":"z2","locations":[{"country":"DE"}]},
	{"type":"DYNAMIC","id":"z3","name":"z3","asns":["64496"]}]`

// Unreachable rules are exactly those that no assignment of states to zones
// reaches, tried one by one.
func TestUnreachableRulesAgainstBruteForce(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, 0))
	reported := 0
	for round := range 3000 {
		rules := make([]testRule, 2+random.IntN(4))
		var texts []string
		for i := range rules {
			rules[i] = testRule{allow: random.IntN(2) == 0, narrowed: random.IntN(8) == 0, exclude: random.IntN(3) == 0}
			for z := range 4 {
				if random.IntN(2) == 0 {
					rules[i].zones = append(rules[i].zones, z)
				}
			}
			texts = append(texts, rules[i].json(i+1))
		}
		reachable := make([]bool, len(rules))
		for code := range 2 * 2 * 3 * 3 {
			states := [4]int{code % 2 * 2, code / 2 % 2 * 2, code / 4 % 3, code / 12 % 3}
			for i, rule := range rules {
				if rule.applies(states) {
					reachable[i] = true
					break
				}
			}
		}
		want := []string{}
		for i, rule := range rules {
			if !reachable[i] && !(rule.allow && rule.narrowed) {
				want = append(want, fmt.Sprintf("r%d", i+1))
			}
		}
		got := []string{}
		for _, f := range lint.Check(documents{zones: fourZones, rules: "[" + strings.Join(texts, ",\n") + "]", alone: true}.subject(t)) {
			if f.Code == "unreachable-rule" {
				got = append(got, f.Value)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d round %d: got %v, want %v of\n%s", seed, round, got, want, strings.Join(texts, "\n"))
		}
		reported += len(got)
	}
	require.Greater(t, reported, 500, "the rules are too easy to reach")
}

func TestUnreachableRules(t *testing.T) {
	office := ipZone("office", "", cidr("192.0.2.0/24"), "")
	system := ipZone("legacy", `,"system":true`, cidr("198.51.100.0/24"), "")
	rule := func(name string, priority int, more, network, access string) string {
		return fmt.Sprintf(`{"name":%q,"priority":%d%s,"conditions":{"network":%s},"actions":{"signon":{"access":%q}}}`, name, priority, more, network, access)
	}
	const anywhere = `{"connection":"ANYWHERE"}`
	in := func(ids string) string { return `{"connection":"ZONE","include":[` + ids + `]}` }
	tests := []struct {
		name  string
		zones string
		rules []string
		want  []string
	}{
		{"behind one that applies to everybody", "", []string{rule("a", 1, "", anywhere, "ALLOW"), rule("b", 2, "", in(`"x"`), "DENY")}, []string{"rules.json:2:1 unreachable-rule"}},
		{"Okta's own, which is always last", "", []string{rule("a", 1, "", anywhere, "ALLOW"), rule("Default Rule", 99, `,"system":true`, anywhere, "DENY")}, nil},
		{"an INACTIVE one", "", []string{rule("a", 1, "", anywhere, "ALLOW"), rule("b", 2, `,"status":"INACTIVE"`, in(`"x"`), "DENY")}, nil},
		{"behind an INACTIVE one", "", []string{rule("a", 1, `,"status":"INACTIVE"`, anywhere, "ALLOW"), rule("b", 2, "", in(`"x"`), "DENY")}, nil},
		{"by priority, not by place", "", []string{rule("a", 2, "", anywhere, "ALLOW"), rule("b", 1, "", in(`"x"`), "DENY")}, nil},
		{"a zone of an earlier rule", "", []string{rule("a", 1, "", in(`"x","y"`), "ALLOW"), rule("b", 2, "", in(`"x"`), "ALLOW")}, []string{"rules.json:2:1 unreachable-rule"}},
		{"a zone may be unknown: ALLOW passes it on, DENY takes it", "", []string{rule("a", 1, "", in(`"x"`), "ALLOW"), rule("b", 2, "", in(`"x"`), "DENY")}, nil},
		{"an IP zone is never unknown", "[" + office + "]", []string{rule("a", 1, "", in(`"office"`), "ALLOW"), rule("b", 2, "", in(`"office"`), "DENY")}, []string{"rules.json:2:1 unreachable-rule"}},
		{"ON_NETWORK and OFF_NETWORK are everybody", "", []string{rule("a", 1, "", `{"connection":"ON_NETWORK"}`, "ALLOW"), rule("b", 2, "", `{"connection":"OFF_NETWORK"}`, "DENY"), rule("c", 3, "", in(`"x"`), "ALLOW")}, []string{"rules.json:3:1 unreachable-rule"}},
		{"ON_NETWORK is the system zone", "[" + office + "," + system + "]", []string{rule("a", 1, "", `{"connection":"ON_NETWORK"}`, "ALLOW"), rule("b", 2, "", in(`"legacy"`), "DENY")}, []string{"rules.json:2:1 unreachable-rule"}},
		{"ALL_ZONES holds each of them", "[" + office + "," + system + "]", []string{rule("a", 1, "", in(`"ALL_ZONES"`), "DENY"), rule("b", 2, "", in(`"office"`), "ALLOW")}, []string{"rules.json:2:1 unreachable-rule"}},
		{"ALL_IP_ZONES does not hold the dynamic ones", fourZones, []string{rule("a", 1, "", in(`"ALL_IP_ZONES"`), "DENY"), rule("b", 2, "", in(`"z1"`), "ALLOW"), rule("c", 3, "", in(`"z2"`), "ALLOW")}, []string{"rules.json:2:1 unreachable-rule"}},
		{"DISABLED", "", []string{rule("a", 1, "", `{"connection":"DISABLED"}`, "ALLOW")}, []string{"rules.json:1:2 rule-never-applies"}},
		{"a zone of proxies alone", "[" + ipZone("p", "", "", cidr("192.0.2.1/32")) + "]", []string{rule("a", 1, "", in(`"p"`), "ALLOW")}, []string{"rules.json:1:2 rule-never-applies"}},
		{"a zone that is INACTIVE has its warning", "[" + ipZone("p", `,"status":"INACTIVE"`, cidr("192.0.2.1/32"), "") + "]", []string{rule("a", 1, "", in(`"p"`), "ALLOW")}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := found(t, documents{zones: test.zones, rules: "[" + strings.Join(test.rules, ",\n") + "]", alone: true}.subject(t))
			require.ElementsMatch(t, test.want, got)
		})
	}
}

// A rule that the page calls unreachable is never the one that decides.
func TestUnreachableRulesNeverDecide(t *testing.T) {
	set, err := zone.ParseOktaRules("rules.json", []byte("["+testRule{allow: true, zones: []int{0}}.json(1)+","+testRule{zones: []int{0}, exclude: true}.json(2)+","+testRule{allow: true}.json(3)+"]"))
	require.NoError(t, err)
	require.Len(t, set.Rules, 3)
	s := documents{zones: fourZones, alone: true}.subject(t)
	s.Config.Rules = []zone.RuleSet{set}
	list := lint.Check(s)
	require.Len(t, list, 1)
	require.Equal(t, "r3", list[0].Value)
	require.Contains(t, list[0].Error(), "the 2 rules that are tried before it")
}
