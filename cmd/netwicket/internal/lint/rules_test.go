package lint_test

import (
	"fmt"
	"strings"
	"testing"
)

// ruleOn is a rule with a network condition and more.
func ruleOn(name string, priority int, access, network, more string) string {
	return fmt.Sprintf(`{"name":%q,"priority":%d%s,"conditions":{"network":%s},"actions":{"signon":{"access":%q}}}`, name, priority, more, network, access)
}

const (
	anywhere = `{"connection":"ANYWHERE"}`
	some     = `{"connection":"ZONE","include":["office"]}`
)

// excluding is the condition of who is in none of the zones.
func excluding(ids ...string) string {
	return `{"connection":"ZONE","exclude":["` + strings.Join(ids, `","`) + `"]}`
}

// TestWhatKeepsARuleFromBeingReached is named where one rule does, and counted where
// several do together.
func TestWhatKeepsARuleFromBeingReached(t *testing.T) {
	narrowed := func(name string, priority int, network string) string {
		return `{"name":"` + name + `","priority":` + fmt.Sprint(priority) + `,"conditions":{"network":` + network + `,"people":{"groups":{"include":["g"]}}},"actions":{"signon":{"access":"ALLOW"}}}`
	}
	many := func(network string, last ...string) (rules []string) {
		for i := range 100 {
			rules = append(rules, narrowed(fmt.Sprint("n", i), i+1, network))
		}
		return append(rules, last...)
	}
	for _, row := range []struct {
		name  string
		rules []string
		want  []string
	}{
		{"a rule over its zone", []string{ruleOver("a", 1, "DENY", "office"), ruleOver("b", 2, "ALLOW", "office", "office")}, []string{`"b": rule "a" (1:2) decides about every request`}},
		{"a rule over its second zone too", []string{ruleOver("a", 1, "DENY", "home"), ruleOver("b", 2, "DENY", "office"), ruleOver("c", 3, "ALLOW", "home", "office")}, []string{`"c": the 2 rules that are tried before it decide`}},
		{"a rule from anywhere", []string{ruleOn("a", 1, "DENY", anywhere, ""), ruleOn("b", 2, "ALLOW", anywhere, "")}, []string{`"b": rule "a" (1:2) decides`}},
		{"a rule over all but its zones", []string{ruleOn("a", 1, "DENY", excluding("office"), ""), ruleOn("b", 2, "ALLOW", excluding("office", "home"), ""), ruleOver("c", 3, "ALLOW", "home", "office")}, []string{`"b": rule "a" (1:2) decides`}},
		{"a rule for some people is none", []string{narrowed("a", 1, anywhere), ruleOver("b", 2, "ALLOW", "office")}, nil},
		{"a zone's many rules hide which one it is", many(some, ruleOver("d", 101, "DENY", "office"), ruleOver("e", 102, "ALLOW", "office")), []string{`"e": the 101 rules that are tried before it decide`}},
		{"a hundred rules do not", many(some, ruleOver("d", 101, "DENY", "office"), ruleOver("e", 102, "ALLOW", "office"))[1:], []string{`"e": rule "d" (`}},
		{"many rules over everybody hide it too", many(anywhere, ruleOn("d", 101, "DENY", anywhere, ""), ruleOver("e", 102, "ALLOW", "office")), []string{`"e": the 101 rules`}},
		{"and a hundred of them do not", many(anywhere, ruleOn("d", 101, "DENY", anywhere, ""), ruleOver("e", 102, "ALLOW", "office"))[1:], []string{`"e": rule "d" (`}},
		{"ON_NETWORK is one zone, whichever", []string{ruleOn("a", 1, "ALLOW", `{"connection":"ON_NETWORK"}`, ""), ruleOn("b", 2, "DENY", `{"connection":"ON_NETWORK"}`, "")}, []string{`"b": rule "a" (1:2)`}},
		{"all zones are those that there are", []string{ruleOver("a", 1, "DENY", "office", "home"), ruleOver("b", 2, "ALLOW", "ALL_ZONES")}, []string{`"b": rule "a" (1:2)`}},
		{"nobody is in a zone that is INACTIVE", []string{ruleOn("a", 1, "DENY", excluding("off", "home"), ""), ruleOn("b", 2, "ALLOW", excluding("home"), "")}, []string{`"b": rule "a" (1:2)`}},
		{"what excludes a zone that is INACTIVE holds of nobody", []string{ruleOn("a", 1, "ALLOW", excluding("off", "home"), ""), ruleOn("b", 2, "ALLOW", excluding("home"), "")}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			zones := "[" + ipZone("office", "", cidr("192.0.2.0/24"), "") + "," + homeZone + "," + ipZone("off", `,"status":"INACTIVE"`, cidr("198.51.100.0/24"), "") + "]"
			requireCoded(t, documents{zones: zones, rules: "[" + strings.Join(row.rules, ",\n") + "]", alone: true}.subject(t), "unreachable-rule", row.want...)
		})
	}
}

// TestManyExcludingRules: behind more than 200 of them a rule is taken to be reachable.
func TestManyExcludingRules(t *testing.T) {
	for before, want := range map[int][]string{199: {`"last": `}, 200: {}} {
		var rules []string
		for i := range before {
			rules = append(rules, ruleOn(fmt.Sprint("r", i), i+1, "DENY", excluding(fmt.Sprint("z", i)), ""))
		}
		rules = append(rules, ruleOn("near", before+1, "DENY", excluding("x"), ""), ruleOn("last", before+2, "ALLOW", excluding("x", "y"), ""))
		requireCoded(t, documents{rules: "[" + strings.Join(rules, ",\n") + "]", alone: true}.subject(t), "unreachable-rule", want...)
	}
}

// TestRulesThatNeverApply: it is told whether it is the connection or the zones.
func TestRulesThatNeverApply(t *testing.T) {
	zones := "[" + ipZone("empty", "", "", "") + "]"
	requireCoded(t, documents{zones: zones, rules: "[" + ruleOn("a", 1, "ALLOW", `{"connection":"DISABLED"}`, "") + "," + ruleOver("b", 2, "DENY", "empty") + "]", alone: true}.subject(t), "rule-never-applies",
		`"a": its connection is DISABLED, so that`, `"b": none of the zones it includes has a gateway, so that`)
}

// TestAllZonesOfNone: a document of rules is looked at without its zones, of which nobody
// knows that there are none.
func TestAllZonesOfNone(t *testing.T) {
	rules := "[" + ruleOver("a", 1, "ALLOW", "ALL_ZONES") + "]"
	requireCoded(t, documents{rules: rules, alone: true}.subject(t), "rule-never-applies")
	// Zones that have no id are two all the same.
	unnamed := strings.NewReplacer(`"id":"office",`, "", `"id":"empty",`, "").Replace("[" + ipZone("office", "", cidr("192.0.2.0/24"), "") + "," + ipZone("empty", "", "", "") + "]")
	requireCoded(t, documents{zones: unnamed, rules: rules, alone: true}.subject(t), "rule-never-applies")
}

// TestFilesThatAllowNobody: it is told what keeps the file from it.
func TestFilesThatAllowNobody(t *testing.T) {
	people := `,"people":{"groups":{"include":["g"]}}`
	for _, row := range []struct{ name, rules, want string }{
		{"no rule", "", "the file holds no rule, so that everybody is denied"},
		{"INACTIVE ones", ruleOn("a", 1, "ALLOW", anywhere, `,"status":"INACTIVE"`), "every rule of the file is INACTIVE"},
		{"an INACTIVE one before a good one", ruleOn("a", 1, "DENY", anywhere, `,"status":"INACTIVE"`) + "," + ruleOn("b", 2, "ALLOW", anywhere, ""), ""},
		{"one that denies", ruleOn("a", 1, "DENY", some, ""), "no ALLOW rule of the file can apply"},
		{"one that denies before one that allows", ruleOn("a", 1, "DENY", anywhere, "") + "," + ruleOn("b", 2, "ALLOW", anywhere, ""), "no ALLOW rule of the file can apply"},
		{"one for some people", `{"name":"a","priority":1,"conditions":{"network":` + anywhere + people + `},"actions":{"signon":{"access":"ALLOW"}}}`, "no ALLOW rule of the file can apply"},
		{"one that excludes a zone that is INACTIVE", ruleOn("a", 1, "ALLOW", excluding("off"), ""), "no ALLOW rule of the file can apply"},
		{"one that allows", ruleOn("a", 1, "ALLOW", some, ""), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			zones := "[" + ipZone("office", "", cidr("192.0.2.0/24"), "") + "," + ipZone("off", `,"status":"INACTIVE"`, cidr("198.51.100.0/24"), "") + "]"
			want := []string{}
			if row.want != "" {
				want = []string{"rules.json:1:1 " + row.want}
			}
			requireCoded(t, documents{zones: zones, rules: "[" + row.rules + "]"}.subject(t), "no-allow-rule", want...)
		})
	}
}
