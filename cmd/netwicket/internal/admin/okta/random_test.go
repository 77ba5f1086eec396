package okta_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// random is a tenant and its model, to which the same is done.
type random struct {
	*rand.Rand
	org   *org
	model model
	count int // of names
}

func newRandom(t *testing.T, seed uint64) *random {
	o := openOrg(t)
	w := &random{Rand: rand.New(rand.NewPCG(seed, seed)), org: o}
	w.model.zones = map[string]modelZone{
		o.office("Office", "192.0.2.0/24"):                       {networks: []string{"192.0.2.0/24"}},
		o.office("Branch", "198.51.100.0/25", "203.0.113.64/26"): {networks: []string{"198.51.100.0/25", "203.0.113.64/26"}},
		o.office("Wide", "192.0.0.0/8"):                          {networks: []string{"192.0.0.0/8"}},
	}
	gone := o.office("Closed", "203.0.113.0/24")
	o.must("POST", "/api/v1/zones/"+gone+"/lifecycle/deactivate", "")
	w.model.zones[gone] = modelZone{networks: []string{"203.0.113.0/24"}, inactive: true}
	for _, kind := range []string{"OKTA_SIGN_ON", "ACCESS_POLICY"} {
		p := &modelPolicy{path: o.system(kind), kind: kind, name: "Default Policy", system: true}
		rule := o.rules(p.path)[0]
		p.rules = []*modelRule{{
			path: p.path + "/rules/" + rule["id"].(string), name: rule["name"].(string), system: true,
			connection: "ANYWHERE", priority: int(rule["priority"].(float64)),
		}}
		w.model.policies = append(w.model.policies, p)
	}
	return w
}

func (w *random) chance(percent int) bool { return w.IntN(100) < percent }

func (w *random) name(what string) string {
	w.count++
	return fmt.Sprintf("%s %d", what, w.count)
}

func (w *random) policy() *modelPolicy { return w.model.policies[w.IntN(len(w.model.policies))] }

// rule is one of a policy, nil if there is none.
func (w *random) rule() (*modelPolicy, *modelRule) {
	p := w.policy()
	if len(p.rules) == 0 {
		return p, nil
	}
	return p, p.rules[w.IntN(len(p.rules))]
}

// zoneIDs are one or two zones, in an order of their own.
func (w *random) zoneIDs() []string {
	var ids []string
	for id := range w.model.zones {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	w.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:1+w.IntN(2)]
}

// condition gives a rule a random condition.
func (w *random) condition(r *modelRule) {
	r.connection, r.include, r.exclude = "ANYWHERE", nil, nil
	switch w.IntN(3) {
	case 0:
		r.connection, r.include = "ZONE", w.zoneIDs()
	case 1:
		r.connection, r.exclude = "ZONE", w.zoneIDs()
	}
	r.narrowed = w.chance(15)
}

// ruleBody is a rule as a client sends it.
func ruleBody(p *modelPolicy, r *modelRule, priority int) string {
	form, kind := "signon", "SIGN_ON"
	if p.app() {
		form, kind = "appSignOn", p.kind
	}
	access := map[bool]string{true: "DENY", false: "ALLOW"}[r.deny]
	body := fmt.Sprintf(`{"type":%q,"name":%q,"actions":{%q:{"access":%q}}`, kind, r.name, form, access)
	if !r.system {
		list := func(name string, ids []string) string {
			if len(ids) == 0 {
				return ""
			}
			return fmt.Sprintf(`,%q:["%s"]`, name, strings.Join(ids, `","`))
		}
		body += fmt.Sprintf(`,"conditions":{"network":{"connection":%q%s%s}`, r.connection, list("include", r.include), list("exclude", r.exclude))
		if r.narrowed {
			body += `,"elCondition":{"condition":"user.status"}`
		}
		body += "}"
	}
	if priority >= 0 {
		body += fmt.Sprintf(`,"priority":%d`, priority)
	}
	return body + "}"
}

// wanted is a priority for a rule, negative for none.
func (w *random) wanted(p *modelPolicy) int {
	switch {
	case w.chance(30):
		return -1
	case p.app() && w.chance(20):
		return 92 + w.IntN(8)
	case p.app():
		return w.IntN(6)
	default:
		return 1 + w.IntN(7)
	}
}

// write makes one write that is in order, as far as there is a place for a rule.
func (w *random) write() {
	o, t := w.org, w.org.t
	switch w.IntN(10) {
	case 0:
		if len(w.model.policies) < 9 {
			w.createPolicy()
		}
	case 1:
		p := w.policy()
		name, wanted := p.name, 1+w.IntN(6)
		if !p.system && w.chance(50) {
			name = w.name("policy")
		}
		body := fmt.Sprintf(`{"type":%q,"name":%q`, p.kind, name)
		if !p.app() && w.chance(60) {
			body += fmt.Sprintf(`,"priority":%d`, wanted)
			if at := slices.Index(w.model.of(p.kind), p); !p.system && at+1 != wanted {
				w.model.move(p, wanted)
			}
		}
		p.name = name
		o.must("PUT", p.path, body+"}")
	case 2:
		p := w.policy()
		verb := "activate"
		if w.chance(50) {
			verb = "deactivate"
		}
		if !p.system {
			require.Equal(t, http.StatusNoContent, o.must("POST", p.path+"/lifecycle/"+verb, "").status)
			p.inactive = verb == "deactivate"
		}
	case 3:
		if p := w.policy(); !p.system && w.chance(30) {
			o.must("DELETE", p.path, "")
			w.model.policies = slices.DeleteFunc(w.model.policies, func(other *modelPolicy) bool { return other == p })
		}
	case 4, 5, 6:
		if p := w.policy(); len(p.rules) < 8 {
			w.createRule(p)
		}
	case 7:
		if p, r := w.rule(); r != nil {
			w.replaceRule(p, r)
		}
	case 8:
		if p, r := w.rule(); r != nil && !r.system {
			verb := "activate"
			if w.chance(50) {
				verb = "deactivate"
			}
			o.must("POST", r.path+"/lifecycle/"+verb, "")
			r.inactive = verb == "deactivate"
			_ = p
		}
	case 9:
		if p, r := w.rule(); r != nil && !r.system {
			o.must("DELETE", r.path, "")
			p.remove(r)
		}
	}
}

func (w *random) createPolicy() {
	p := &modelPolicy{kind: "OKTA_SIGN_ON", name: w.name("policy"), inactive: w.chance(20)}
	if w.chance(50) {
		p.kind = "ACCESS_POLICY"
	}
	query, wanted := "", 1+w.IntN(5)
	if p.inactive {
		query = "?activate=false"
	}
	priority := fmt.Sprintf(`,"priority":%d`, wanted)
	if p.app() || w.chance(50) {
		priority, wanted = "", 1_000
	}
	id := w.org.must("POST", policies+query, fmt.Sprintf(`{"type":%q,"name":%q%s}`, p.kind, p.name, priority)).id()
	p.path = policies + "/" + id
	w.model.move(p, wanted)
	if p.app() {
		p.rules = []*modelRule{{
			path: p.path + "/rules/" + w.org.rules(p.path)[0]["id"].(string), name: "Catch-all Rule", system: true, connection: "ANYWHERE", priority: 99,
		}}
	}
}

func (w *random) createRule(p *modelPolicy) {
	r := &modelRule{name: w.name("rule"), deny: w.chance(50), inactive: w.chance(15)}
	w.condition(r)
	query := ""
	if r.inactive {
		query = "?activate=false"
	}
	wanted := w.wanted(p)
	answer := w.org.call("POST", p.path+"/rules"+query, ruleBody(p, r, wanted))
	if !p.put(r, wanted) {
		answer.invalid("priority")
		return
	}
	r.path = p.path + "/rules/" + answer.id()
	require.Equal(w.org.t, float64(r.priority), answer.at("priority"))
}

func (w *random) replaceRule(p *modelPolicy, r *modelRule) {
	to := *r
	to.deny = w.chance(50)
	wanted := -1
	if !r.system {
		to.name = w.name("rule")
		w.condition(&to)
		wanted = w.wanted(p)
	}
	answer := w.org.call("PUT", r.path, ruleBody(p, &to, wanted))
	if wanted >= 0 && wanted != r.priority && !p.put(r, wanted) {
		answer.invalid("priority")
		return
	}
	require.Equal(w.org.t, http.StatusOK, answer.status, answer.body)
	to.priority = r.priority
	*r = to
}

// refuse makes a write that is not in order, and wants it refused.
func (w *random) refuse() {
	o, t := w.org, w.org.t
	p, r := w.rule()
	if r == nil {
		r = &modelRule{path: p.path + "/rules/0prnone", name: "none"}
	}
	good := ruleBody(p, &modelRule{name: "good", connection: "ANYWHERE"}, -1)
	broken := []string{
		`{}`, strings.Replace(good, "good", " ", 1), strings.Replace(good, "ALLOW", "MAYBE", 1), strings.Replace(good, "ANYWHERE", "ZONE", 1),
		strings.Replace(good, `"ANYWHERE"`, `"ZONE","include":["nzonone"]`, 1), strings.Replace(good, `"ANYWHERE"`, `"ZONE","include":{}`, 1),
		strings.Replace(good, `"ANYWHERE"`, `"ANYWHERE","exclude":["ALL_ZONES"]`, 1), strings.Replace(good, `"network"`, `"Network"`, 1),
		strings.Replace(good, `"good"`, `["good"]`, 1), strings.Replace(good, `"type"`, `"priority":-1,"type"`, 1), strings.Replace(good, `"type"`, `"kind"`, 1),
	}
	body := broken[w.IntN(len(broken))]
	var answer reply
	switch w.IntN(9) {
	case 0, 1:
		answer = o.call("POST", p.path+"/rules", body)
	case 2, 3:
		if r.system && w.chance(50) { // whose name nobody changes
			body = good
		}
		answer = o.call("PUT", r.path, body)
	case 4:
		answer = o.call("PUT", r.path, good, "If-Match", `"old"`)
	case 5:
		other := w.policy()
		target := other.path + "/rules/" + path.Base(r.path)
		if other == p {
			target += "x"
		}
		answer = o.call([]string{"PUT", "DELETE"}[w.IntN(2)], target, good)
	case 6:
		answer = o.call("POST", policies, fmt.Sprintf(`{"type":%q,"name":%q}`, p.kind, p.name))
	case 7:
		answer = o.call("PUT", p.path, fmt.Sprintf(`{"type":"PASSWORD","name":%q,"priority":-1}`, p.name))
	case 8:
		answer = o.call("DELETE", p.path, "", "If-Match", `"old"`)
	}
	require.GreaterOrEqual(t, answer.status, 400, answer.body)
	require.Less(t, answer.status, 500, answer.body)
	require.Regexp(t, `^E0000(001|003|007|231)$`, answer.object()["errorCode"])
}

// shown is what the tenant lists.
func (w *random) shown() string {
	var text strings.Builder
	for _, kind := range []string{"OKTA_SIGN_ON", "ACCESS_POLICY"} {
		for _, p := range w.org.must("GET", policies+"?type="+kind, "").list() {
			fmt.Fprintf(&text, "%v %v %v\n", p["name"], p["priority"], p["status"])
			for _, r := range w.org.rules(policies + "/" + p["id"].(string)) {
				denied := strings.Contains(fmt.Sprint(r["actions"]), "DENY")
				fmt.Fprintf(&text, "  %v %v %v %v\n", r["name"], r["priority"], r["status"], denied)
			}
		}
	}
	return text.String()
}

// TestRandomWrites: a tenant to which 2,000 random writes are made, half of them
// invalid, lists what its model has and decides as it does; what is refused changes
// not a byte.
func TestRandomWrites(t *testing.T) {
	const seed = 20260218
	writes := 150
	if os.Getenv("NETWICKET_PROVE") != "" {
		writes = 2_000
	}
	w := newRandom(t, seed)
	addresses := []string{"192.0.2.7", "198.51.100.1", "198.51.100.200", "203.0.113.1", "203.0.113.70", "192.9.9.9", "8.8.8.8", "2001:db8::1"}
	before := w.org.files()
	seen := map[string]int{} // what was decided, by reason
	for i := range writes {
		if i%2 == 1 {
			w.refuse()
			require.Equal(t, before, w.org.files(), "seed %d, write %d", seed, i)
			continue
		}
		w.write()
		before = w.org.files()
		require.Equal(t, w.model.shown(), w.shown(), "seed %d, write %d", seed, i)
		_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{w.org.dir}})
		require.NoError(t, err)
		for _, address := range addresses {
			addr := netip.MustParseAddr(address)
			want, got := w.model.decide(addr), policy.Decide(addr)
			text := got.String()
			switch {
			case want == "":
				seen["let in"]++
				require.True(t, got.Allowed(), "seed %d, write %d: %s", seed, i, text)
			case want == "no rule":
				seen[want]++
				require.Contains(t, text, "no_rule", "seed %d, write %d", seed, i)
			default:
				seen["rule"]++
				require.Contains(t, text, fmt.Sprintf("deny %s rule rule=%q", address, want), "seed %d, write %d", seed, i)
			}
		}
	}
	for _, reason := range []string{"let in", "no rule", "rule"} {
		require.Greater(t, seen[reason], writes/20, reason)
	}
}
