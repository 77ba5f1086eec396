package expect_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/expect"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

var (
	allowed = decide.Decision{Judgment: decide.Judgment{Verdict: decide.Allow, Reason: decide.Permitted}, Client: netip.MustParseAddr("192.0.2.7")}
	denied  = decide.Decision{Judgment: decide.Judgment{Reason: decide.ClientUnresolved}}
)

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no array", `{}`, []string{"1:1: expected an array"}},
		{"no JSON", `[`, []string{"1:2"}},
		{"a comment", "[// x\n]", []string{"1:2: ", "JSON has no comments"}},
		{"a key twice", `[{"remote":"x","remote":"y","want":{"decision":"deny"}}]`, []string{"the object has this key already"}},
		{"no object", `[7]`, []string{`1:2 /0: "7": expected an object, found a number`}},
		{"no remote", `[{"want":{"decision":"deny"}}]`, []string{"1:2 /0: remote is missing"}},
		{"a remote that is no string", `[{"remote":7,"want":{"decision":"deny"}}]`, []string{`1:12 /0/remote: "7": expected a string`}},
		{"headers that are no pairs", `[{"remote":"x","headers":["a"],"want":{"decision":"deny"}}]`, []string{`1:27 /0/headers/0: "a": expected a pair ["Name","value"], found a string`}},
		{"a header name that is none", `[{"remote":"x","headers":[["a b","c"]],"want":{"decision":"deny"}}]`, []string{"1:27 /0/headers/0: ", "not a header name"}},
		{"an unknown key", `[{"remote":"x","expect":{},"want":{"decision":"deny"}}]`, []string{`1:16`, "expected name, remote, headers or want"}},
		{"an unknown expectation", `[{"remote":"x","want":{"verdict":"deny"}}]`, []string{"expected decision, reason or client"}},
		{"a decision that is none", `[{"remote":"x","want":{"decision":"DENY"}}]`, []string{`1:35 /0/want/decision: "DENY": expected allow or deny`}},
		{"a reason that is none", `[{"remote":"x","want":{"reason":"blocked"}}]`, []string{`/0/want/reason: "blocked": expected no_policy, client_unresolved, blocklisted,`, "unrestricted"}},
		{"a client that is none", `[{"remote":"x","want":{"client":"home"}}]`, []string{`/0/want/client: "home": expected an address, or null`}},
		{"nothing wanted", `[{"remote":"x"}]`, []string{"the expectation has no want"}},
		{"an empty want", `[{"remote":"x","want":{}}]`, []string{"1:23 /0/want: want is empty"}},
		{"a name that is no string", `[{"name":7,"remote":"x","want":{"decision":"deny"}}]`, []string{`1:10 /0/name: "7": expected a string`}},
		{"a decision that is no string", `[{"remote":"x","want":{"decision":["allow"]}}]`, []string{`1:35 /0/want/decision: expected allow or deny`}},
		{"a reason that is no string", `[{"remote":"x","want":{"reason":{"permitted":1}}}]`, []string{`1:33 /0/want/reason: expected no_policy`}},
		{"a client that is no string", `[{"remote":"x","want":{"client":["192.0.2.1"]}}]`, []string{`1:33 /0/want/client: expected an address, or null`}},
		{"a want that is none", `[{"remote":"x","want":3}]`, []string{`1:23 /0/want: "3": expected an object`}},
		{"everything at once", "[{\"remote\":7},\n {\"remote\":\"x\",\"want\":[]}]", []string{"1:12", "1:2 ", "2:23"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := expect.Parse("e.json", []byte(test.text), false)
			require.Error(t, err)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name, want string
		got        decide.Decision
		failures   []string
		text       string
	}{
		{"all as expected", `{"decision":"allow","reason":"permitted","client":"192.0.2.7"}`, allowed, nil, ""},
		{"a client in another spelling", `{"client":"::ffff:192.0.2.7"}`, allowed, nil, ""},
		{"no client as expected", `{"client":null}`, denied, nil, ""},
		{"a client where none is expected", `{"client":null}`, allowed, []string{"client"}, "client: expected none, got 192.0.2.7"},
		{"no client where one is expected", `{"client":"192.0.2.7"}`, denied, []string{"client"}, "client: expected 192.0.2.7, got none"},
		{"nothing as expected", `{"client":"192.0.2.8","reason":"threat","decision":"deny"}`, allowed, []string{"decision", "reason", "client"},
			"decision: expected deny, got allow\nreason: expected threat, got permitted\nclient: expected 192.0.2.8, got 192.0.2.7"},
		{"what is not expected is not compared", `{"reason":"permitted"}`, allowed, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file, err := expect.Parse("e.json", []byte(`[{"remote":"x","want":`+test.want+`}]`), false)
			require.NoError(t, err)
			result := file.Expectations[0].Check("e.json", test.got)
			require.Equal(t, test.failures, result.Failures)
			require.Equal(t, len(test.failures) == 0, result.Passed())
			require.Equal(t, test.text, strings.Join(result.Differences(), "\n"))
			require.Equal(t, "expectation 1", result.Name)
		})
	}
}

// What is said of a document is said in its order, and once.
func TestParseSaysItInOrder(t *testing.T) {
	for text, want := range map[string]string{
		`[7]`: "e.json:1:2 /0: \"7\": expected an object, found a number",
		"[{\"want\":{\"client\":\"x\"},\"remote\":7,\"name\":8},\n{}]": "e.json:1:20 /0/want/client: \"x\": expected an address, or null for a client that cannot be resolved\n" +
			"e.json:1:34 /0/remote: \"7\": expected a string, empty for an unknown peer, found a number\n" +
			"e.json:1:43 /0/name: \"8\": expected a string, found a number\n" +
			"e.json:2:1 /1: remote is missing; expected a string such as \"203.0.113.9\", empty for an unknown peer\n" +
			"e.json:2:1 /1: the expectation has no want: it would hold whatever is decided",
		`[{"remote":"x","want":3}]`: `e.json:1:23 /0/want: "3": expected an object, found a number`,
	} {
		_, err := expect.Parse("e.json", []byte(text), false)
		require.EqualError(t, err, want)
	}
	file, err := expect.Parse("e.json", []byte("[{\"remote\":\"x\",\"name\":\"n\",\"want\":{\"client\":null}},\n\n {\"remote\":\"x\",\"name\":\"\",\"want\":{\"reason\":\"rule\"}}]"), false)
	require.NoError(t, err)
	require.Equal(t, "n", file.Expectations[0].Name)
	require.Equal(t, "expectation 2", file.Expectations[1].Name, "an empty name is none")
	require.Equal(t, 1, file.Expectations[0].Line)
	require.Equal(t, 3, file.Expectations[1].Line)
	_, err = expect.Parse("e.json", []byte(`[{"remote":"x","want":{}}`), false)
	require.EqualError(t, err, "e.json:1:26: the document ends too early; expected ',' or ']'")
}

// An update changes what is wrong and nothing else, and holds afterwards.
func TestUpdate(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"what holds stays", "[ {\"remote\" : \"x\",\n\t\"want\" : {\"decision\":\"allow\"} } ]\n", "[ {\"remote\" : \"x\",\n\t\"want\" : {\"decision\":\"allow\"} } ]\n"},
		{"a client alone that holds", `[{"remote":"x","want":{"client":"192.0.2.7"}}]`, `[{"remote":"x","want":{"client":"192.0.2.7"}}]`},
		{"one value", `[{"remote":"x","want":{"reason" : "threat", "decision":"allow"}}]`, `[{"remote":"x","want":{"reason" : "permitted", "decision":"allow"}}]`},
		{"all values in any order", `[{"want":{"client":null,"reason":"threat","decision":"deny"},"remote":"x"}]`,
			`[{"want":{"client":"192.0.2.7","reason":"permitted","decision":"allow"},"remote":"x"}]`},
		{"an empty want", `[{"remote": "x", "want": {}}]`, `[{"remote": "x", "want": {"decision": "allow", "reason": "permitted", "client": "192.0.2.7"}}]`},
		{"a missing want on one line", `[{"name":"n","remote":"x"}]`, `[{"name":"n","remote":"x","want":{"decision":"allow","reason":"permitted","client":"192.0.2.7"}}]`},
		{"a missing want, alone", `[{"remote": "x"}]`, `[{"remote": "x", "want": {"decision": "allow", "reason": "permitted", "client": "192.0.2.7"}}]`},
		{"a missing want on several lines", "[\n  {\n    \"name\": \"n\",\n    \"remote\": \"x\"\n  }\n]\n",
			"[\n  {\n    \"name\": \"n\",\n    \"remote\": \"x\",\n    \"want\": {\"decision\": \"allow\", \"reason\": \"permitted\", \"client\": \"192.0.2.7\"}\n  }\n]\n"},
		{"several expectations", `[{"remote":"x","want":{"decision":"deny"}},{"remote":"y","want":{"decision":"allow"}},{"remote":"z","want":{"reason":"rule"}}]`,
			`[{"remote":"x","want":{"decision":"allow"}},{"remote":"y","want":{"decision":"allow"}},{"remote":"z","want":{"reason":"permitted"}}]`},
		{"a byte order mark", "\ufeff[{\"remote\":\"x\",\"want\":{\"decision\":\"deny\"}}]", "\ufeff[{\"remote\":\"x\",\"want\":{\"decision\":\"allow\"}}]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file, err := expect.Parse("e.json", []byte(test.text), true)
			require.NoError(t, err)
			var results []expect.Result
			for i := range file.Expectations {
				results = append(results, file.Expectations[i].Check("e.json", allowed))
			}
			got := file.Update(results)
			require.Equal(t, test.want, string(got))
			again, err := expect.Parse("e.json", got, false)
			require.NoError(t, err)
			for i := range again.Expectations {
				require.True(t, again.Expectations[i].Check("e.json", allowed).Passed())
			}
		})
	}
}

// Whatever a document holds: it is refused, or an update makes it hold.
func FuzzExpectations(f *testing.F) {
	for _, seed := range []string{
		`[{"remote":"x"}]`, `[{"name":"n","remote":"x","headers":[["A","b"]],"want":{"client":null}}]`, "[\n{\"want\" :{},\"remote\":\"\"}\n]", `[{"remote":"x","want":{"reason":"threat","decision":"deny"}}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, got := range []decide.Decision{allowed, denied} {
			file, err := expect.Parse("e.json", []byte(text), true)
			if err != nil {
				return
			}
			var results []expect.Result
			for i := range file.Expectations {
				results = append(results, file.Expectations[i].Check("e.json", got))
			}
			updated := file.Update(results)
			again, err := expect.Parse("e.json", updated, false)
			if err != nil || len(again.Expectations) != len(results) {
				t.Fatalf("%q became %q: %v", text, updated, err)
			}
			for i := range again.Expectations {
				if !again.Expectations[i].Check("e.json", got).Passed() || again.Expectations[i].Name != results[i].Name {
					t.Fatalf("%q became %q", text, updated)
				}
			}
		}
	})
}

func TestCoverage(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[
{"type":"IP","id":"a","name":"A","system":false,"gateways":[{"type":"CIDR","value":"192.0.2.0/24"},{"type":"RANGE","value":"198.51.100.7"}],"proxies":[{"type":"RANGE","value":"10.0.0.1"}]},
{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},
{"type":"IP","id":"c","name":"C","status":"INACTIVE","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`))
	require.NoError(t, err)
	rules, err := zone.ParseOktaRules("rules.json", []byte(`[
{"name":"first","conditions":{"network":{"connection":"ZONE","include":["a"]}},"actions":{"signon":{"access":"ALLOW"}}},
{"name":"off","status":"INACTIVE","actions":{"signon":{"access":"DENY"}}},
{"name":"last","actions":{"signon":{"access":"DENY"}}}]`))
	require.NoError(t, err)
	sailPoint, err := zone.ParseSailPoint("net.json", []byte(`{"range":["192.0.2.0/24","2001:db8::/32"]}`))
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}, SailPoint: &sailPoint}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	tests := []struct {
		name                 string
		chains               []string
		zones, ranges, rules []string
	}{
		{"nothing", nil,
			[]string{`zones.json:2:1: zone "A"`, `zones.json:3:1: zone "B"`},
			[]string{"zones.json:2:84: 192.0.2.0/24", "zones.json:2:124: 198.51.100.7", "zones.json:2:176: 10.0.0.1", "zones.json:3:104: 203.0.113.0/24", "net.json:1:11: 192.0.2.0/24", "net.json:1:26: 2001:db8::/32"},
			[]string{`rules.json: rule "first"`, `rules.json: rule "last"`}},
		{"a gateway", []string{"192.0.2.7"}, []string{`zones.json:3:1: zone "B"`},
			[]string{"zones.json:2:124: 198.51.100.7", "zones.json:2:176: 10.0.0.1", "zones.json:3:104: 203.0.113.0/24", "net.json:1:26: 2001:db8::/32"},
			[]string{`rules.json: rule "last"`}},
		{"a proxy, a blocklist and an embedded address", []string{"10.0.0.1 198.51.100.7", "64:ff9b::cb00:7107", "2001:db8::1", "192.0.2.1"}, nil, nil, nil},
		{"a proxy in front of a stranger", []string{"10.0.0.1 203.0.114.1"}, []string{`zones.json:3:1: zone "B"`},
			[]string{"zones.json:2:84: 192.0.2.0/24", "zones.json:2:124: 198.51.100.7", "zones.json:3:104: 203.0.113.0/24", "net.json:1:11: 192.0.2.0/24", "net.json:1:26: 2001:db8::/32"},
			[]string{`rules.json: rule "first"`}},
		{"ranges of no zone", []string{"2001:db8::1"},
			[]string{`zones.json:2:1: zone "A"`, `zones.json:3:1: zone "B"`},
			[]string{"zones.json:2:84: 192.0.2.0/24", "zones.json:2:124: 198.51.100.7", "zones.json:2:176: 10.0.0.1", "zones.json:3:104: 203.0.113.0/24", "net.json:1:11: 192.0.2.0/24"},
			[]string{`rules.json: rule "first"`}},
		{"an unresolved client", []string{"?"},
			[]string{`zones.json:2:1: zone "A"`, `zones.json:3:1: zone "B"`},
			[]string{"zones.json:2:84: 192.0.2.0/24", "zones.json:2:124: 198.51.100.7", "zones.json:2:176: 10.0.0.1", "zones.json:3:104: 203.0.113.0/24", "net.json:1:11: 192.0.2.0/24", "net.json:1:26: 2001:db8::/32"},
			[]string{`rules.json: rule "first"`, `rules.json: rule "last"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := expect.NewCoverage(config)
			e := policy.Explain()
			c.Add(&e)
			for _, text := range test.chains {
				var chain []netip.Addr
				for hop := range strings.FieldsSeq(text) {
					addr, _ := netip.ParseAddr(hop)
					chain = append(chain, addr)
				}
				e := policy.Explain(chain...)
				c.Add(&e)
			}
			got := c.Report()
			require.Equal(t, expect.Report{
				Zones:  expect.Part{Total: 2, Untouched: test.zones},
				Ranges: expect.Part{Total: 6, Untouched: test.ranges},
				Rules:  expect.Part{Total: 2, Untouched: test.rules},
			}, got)
		})
	}
}

// A dynamic zone has no ranges: it is touched by requests that are in it, and by hops
// that it blocks, which those of unknown place are not.
func TestCoverageOfDynamicZones(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"DYNAMIC","id":"p","name":"P","asns":["1"]},{"type":"DYNAMIC","id":"b","name":"B","usage":"BLOCKLIST","asns":["2"]},
{"type":"DYNAMIC","id":"off","name":"Off","status":"INACTIVE","asns":["2"]},{"type":"IP","id":"last","name":"Last","gateways":[{"type":"RANGE","value":"203.0.113.1"}]}]`))
	require.NoError(t, err)
	table, err := geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n198.51.100.0/24,,,1,,\n192.0.2.0/24,,,2,,\n203.0.113.0/24,,,3,,\n")})
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{zones}, Geo: table, Now: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	const p, b, last = `zones.json:1:2: zone "P"`, `zones.json:1:54: zone "B"`, `zones.json:2:77: zone "Last"`
	for chain, untouched := range map[string][]string{
		"198.51.100.1": {b, last}, "192.0.2.1": {p, last}, "198.51.100.1 192.0.2.1": {last}, "10.0.0.1": {p, b, last}, "198.51.100.1 10.0.0.1": {b, last}, "203.0.113.1": {p, b}, "203.0.113.2": {p, b, last},
	} {
		c := expect.NewCoverage(config)
		var addrs []netip.Addr
		for hop := range strings.FieldsSeq(chain) {
			addrs = append(addrs, netip.MustParseAddr(hop))
		}
		e := policy.Explain(addrs...)
		c.Add(&e)
		require.Equal(t, expect.Part{Total: 3, Untouched: untouched}, c.Report().Zones, chain)
	}
}

// An entry of the overlay is of no zone, not even of the first.
func TestCoverageOfTheOverlay(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"IP","id":"a","name":"A","gateways":[{"type":"RANGE","value":"192.0.2.1"}]}]`))
	require.NoError(t, err)
	overlay, err := zone.ParseOverlay("overlay.json", []byte(`{"deny":[{"network":"203.0.113.1","why":"x"}],"allow":[]}`))
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{zones}, Overlay: &overlay}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	c := expect.NewCoverage(config)
	e := policy.Explain(netip.MustParseAddr("203.0.113.1"))
	c.Add(&e)
	require.Equal(t, expect.Report{
		Zones: expect.Part{Total: 1, Untouched: []string{`zones.json:1:2: zone "A"`}}, Ranges: expect.Part{Total: 2, Untouched: []string{"zones.json:1:71: 192.0.2.1"}},
	}, c.Report())
}

// Two zones may share a name, the exempt zone's proxies have no effect, and an
// entry that has expired does nothing.
func TestCoverageGoesByWhatCounts(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[
{"type":"IP","name":"twin","gateways":[{"type":"CIDR","value":"192.0.2.0/25"}]},
{"type":"IP","name":"twin","gateways":[{"type":"CIDR","value":"192.0.2.128/25"}]},
{"type":"DYNAMIC","name":"twin","asns":["1"]},
{"type":"IP","name":"DefaultExemptIpZone","system":true,"gateways":[{"type":"CIDR","value":"192.0.2.0/25"}],"proxies":[{"type":"RANGE","value":"10.0.0.1"}]}]`))
	require.NoError(t, err)
	overlay, err := zone.ParseOverlay("overlay.json", []byte(`{"allow":[{"network":"192.0.2.1","why":"x","until":"2030-01-02T00:00:00Z"},{"network":"192.0.2.2","why":"x"}]}`))
	require.NoError(t, err)
	table, err := geo.Load(geo.Source{File: "geo.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n198.51.100.0/24,,,1,,\n")})
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{zones}, Overlay: &overlay, Geo: table, Now: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	c := expect.NewCoverage(config)
	e := policy.Explain(netip.MustParseAddr("192.0.2.1"))
	c.Add(&e)
	require.Equal(t, expect.Report{
		Zones:  expect.Part{Total: 4, Untouched: []string{`zones.json:3:1: zone "twin"`, `zones.json:4:1: zone "twin"`}},
		Ranges: expect.Part{Total: 4, Untouched: []string{"zones.json:3:63: 192.0.2.128/25", "overlay.json:1:87: 192.0.2.2"}},
	}, c.Report())
}
