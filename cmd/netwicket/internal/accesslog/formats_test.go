package accesslog_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

func TestJSON(t *testing.T) {
	tests := []struct {
		name   string
		fields []string
		line   string
		want   accesslog.Entry
	}{
		{"nginx", nil, `{"time_iso8601":"2015-05-17T10:05:03+00:00","remote_addr":"10.0.0.1","http_x_forwarded_for":"203.0.113.9, 10.0.0.2"}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9, 10.0.0.2", Time: at}},
		{"nginx without a header", nil, `{"remote_addr":"10.0.0.1","http_x_forwarded_for":"-"}`, accesslog.Entry{Remote: "10.0.0.1"}},
		{"Caddy", nil, `{"ts":1431857103.25,"request":{"remote_ip":"10.0.0.1","client_ip":"203.0.113.9","headers":{"X-Forwarded-For":["203.0.113.9","10.0.0.2"]}}}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9, 10.0.0.2", Time: at}},
		{"Traefik", nil, `{"ClientHost":"10.0.0.1","request_X-Forwarded-For":"203.0.113.9","StartUTC":"2015-05-17T10:05:03.25Z"}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9", Time: at}},
		{"flat keys with dots", nil, `{"@timestamp":"2015-05-17T10:05:03Z","source.ip":"203.0.113.9"}`, accesslog.Entry{Remote: "203.0.113.9", Time: at}},
		{"a client that was resolved", nil, `{"client_ip":"203.0.113.9"}`, accesslog.Entry{Remote: "203.0.113.9", Resolved: true}},
		{"named fields", []string{"peer=net.0.from", "xff=net.0.via", "time=when.at"},
			`{"remote_addr":"9.9.9.9","net":[{"from":"10.0.0.1:99","via":"203.0.113.9"}],"when":{"at":1431857103}}`,
			accesslog.Entry{Remote: "10.0.0.1:99", Forwarded: "203.0.113.9", Time: at}},
		{"a named client", []string{"addr=who"}, `{"who":"203.0.113.9","remote_addr":"9.9.9.9","xff":"8.8.8.8"}`, accesslog.Entry{Remote: "203.0.113.9", Resolved: true}},
		{"a client and what it forwarded", []string{"addr=who", "xff=via"}, `{"who":"10.0.0.1","via":"203.0.113.9"}`, accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9"}},
		{"a peer before a client", []string{"addr=who", "peer=from"}, `{"who":"203.0.113.9","from":"10.0.0.1"}`, accesslog.Entry{Remote: "10.0.0.1"}},
		{"the first of several paths", []string{"peer=a", "peer=b"}, `{"b":"10.0.0.1","a":""}`, accesslog.Entry{Remote: "10.0.0.1"}},
		{"the longest key", []string{"peer=a.b.c"}, `{"a":{"b.c":"10.0.0.1","b":{"c":"9.9.9.9"}}}`, accesslog.Entry{Remote: "10.0.0.1"}},
		{"a hop that is no text", []string{"peer=p", "xff=x"}, `{"p":"10.0.0.1","x":["203.0.113.9",null]}`, accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9, unknown"}},
		{"Traefik behind a proxy", nil, `{"ClientAddr":"10.0.0.1:4711","ClientHost":"203.0.113.9","StartUTC":"2015-05-17T10:05:03.25Z"}`,
			accesslog.Entry{Remote: "10.0.0.1:4711", Forwarded: "203.0.113.9", Time: at}},
		{"Traefik with headers", nil, `{"ClientAddr":"[2001:db8::1]:4711","ClientHost":"6.6.6.6","request_X-Forwarded-For":"6.6.6.6, 203.0.113.9"}`,
			accesslog.Entry{Remote: "[2001:db8::1]:4711", Forwarded: "6.6.6.6, 203.0.113.9"}},
		{"Traefik and nobody in front", nil, `{"ClientAddr":"[2001:db8::1]:4711","ClientHost":"2001:db8::1"}`, accesslog.Entry{Remote: "[2001:db8::1]:4711"}},
		{"nginx that replaced the peer", nil, `{"remote_addr":"6.6.6.6","realip_remote_addr":"10.0.0.1","http_x_forwarded_for":"6.6.6.6"}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "6.6.6.6"}},
		{"Front Door", nil, `{"time":"2015-05-17T10:05:03Z","properties":{"clientIp":"6.6.6.6","socketIp":"203.0.113.9"}}`, accesslog.Entry{Remote: "203.0.113.9", Time: at}},
		{"Filebeat of nginx", nil, `{"source":{"ip":"6.6.6.6"},"nginx":{"access":{"remote_ip_list":["6.6.6.6","203.0.113.9","10.0.0.1"]}}}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "6.6.6.6, 203.0.113.9"}},
		{"Istio", nil, `{"start_time":"2015-05-17T10:05:03.250Z","x_forwarded_for":"6.6.6.6,203.0.113.9","downstream_remote_address":"6.6.6.6:0","response_code":200}`,
			accesslog.Entry{Remote: "203.0.113.9", Forwarded: "6.6.6.6", Time: at}},
		{"Istio without a chain", nil, `{"x_forwarded_for":null,"downstream_remote_address":"10.0.0.1:4711"}`, accesslog.Entry{Remote: "10.0.0.1:4711"}},
		{"Traefik and Envoy", nil, `{"ClientAddr":"10.0.0.1:1","ClientHost":"203.0.113.9","downstream_remote_address":"8.8.8.8:1"}`,
			accesslog.Entry{Remote: "10.0.0.1:1", Forwarded: "203.0.113.9"}},
		{"Traefik on a local socket", nil, `{"ClientAddr":"@","ClientHost":"203.0.113.9"}`, accesslog.Entry{Remote: "@", Forwarded: "203.0.113.9"}},
		{"Envoy and Filebeat", nil, `{"downstream_remote_address":"10.0.0.1:1","nginx":{"access":{"remote_ip_list":["6.6.6.6"]}}}`, accesslog.Entry{Remote: "10.0.0.1:1"}},
		{"Filebeat of ingress-nginx", nil, `{"nginx":{"ingress_controller":{"remote_ip_list":["6.6.6.6","10.0.0.2"]}}}`, accesslog.Entry{Remote: "10.0.0.2", Forwarded: "6.6.6.6"}},
		{"Filebeat of both", nil, `{"nginx":{"access":{"remote_ip_list":["1.1.1.1","10.0.0.1"]},"ingress_controller":{"remote_ip_list":["2.2.2.2","10.0.0.2"]}}}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "1.1.1.1"}},
		{"named fields beside Traefik's", []string{"peer=from"}, `{"from":"10.0.0.1","ClientAddr":"9.9.9.9:1","ClientHost":"8.8.8.8"}`, accesslog.Entry{Remote: "10.0.0.1"}},
		{"keys that are empty", []string{"peer=.a", "xff=b..c"}, `{"":{"a":"10.0.0.1"},"b.":{"c":"203.0.113.9"}}`, accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9"}},
		{"a time with much behind the point", nil, `{"remote_addr":"10.0.0.1","time":1431857103.96875}`, accesslog.Entry{Remote: "10.0.0.1", Time: at}},
		{"a time in microseconds", nil, `{"remote_addr":"10.0.0.1","time":1431857103250000}`, accesslog.Entry{Remote: "10.0.0.1", Time: at}},
		{"Envoy Gateway", nil, `{"x-forwarded-for":"203.0.113.9","downstream_remote_address":"203.0.113.9:0"}`, accesslog.Entry{Remote: "203.0.113.9"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entry, err := parser(t, accesslog.Options{Format: "json", Fields: test.fields})(test.line)
			require.NoError(t, err)
			require.Equal(t, test.want, entry)
			if len(test.fields) == 0 {
				recognised, err := parser(t, accesslog.Options{})(test.line)
				require.NoError(t, err)
				require.Equal(t, entry, recognised)
			}
		})
	}
	for line, want := range map[string]string{
		"nonsense": "expected a JSON object: invalid character 'o' in literal null (expecting 'u')", "[]": "expected a JSON object", "null": "expected a JSON object",
		`{"remote_addr":`: "expected a JSON object: unexpected end of JSON input", `"x"`: "expected a JSON object",
	} {
		_, err := parser(t, accesslog.Options{Format: "json"})(line)
		require.EqualError(t, err, want)
	}
	for name, line := range map[string]string{
		"no JSON": "nonsense", "an array": "[]", "null": "null", "half an object": `{"remote_addr":`, "no address": `{"time":1}`,
		"a number for an address": `{"remote_addr":167772161}`, "a street": `{"address":"12 Main Street"}`, "a dash": `{"remote_addr":"-"}`,
		"an address that is null": `{"remote_addr":null}`, "more behind the object": `{"remote_addr":"10.0.0.1"} x`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parser(t, accesslog.Options{Format: "json"})(line)
			require.Error(t, err)
		})
	}
}

func TestOkta(t *testing.T) {
	tests := []struct {
		name, line string
		want       accesslog.Entry
	}{
		{"the client alone", `{"published":"2015-05-17T10:05:03.250Z","request":{"ipChain":[{"ip":"203.0.113.9","version":"V4","source":null}]}}`,
			accesslog.Entry{Remote: "203.0.113.9", Resolved: true, Time: at}},
		{"the nearest proxy is last", `{"request":{"ipChain":[{"ip":"203.0.113.9"},{"ip":"10.0.0.2"},{"ip":"10.0.0.1"}]}}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9, 10.0.0.2", Resolved: true}},
		{"a hop without an address", `{"request":{"ipChain":[{"ip":null},{"ip":""},{"ip":"1.1.1.1, 2.2.2.2"},{"ip":"10.0.0.1"}]}}`,
			accesslog.Entry{Remote: "10.0.0.1", Forwarded: "unknown, unknown, unknown", Resolved: true}},
		{"no chain but a client", `{"client":{"ipAddress":"203.0.113.9"},"request":{"ipChain":[]}}`, accesslog.Entry{Remote: "203.0.113.9", Resolved: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, format := range []string{"okta", ""} {
				entry, err := parser(t, accesslog.Options{Format: format})(test.line)
				require.NoError(t, err)
				require.Equal(t, test.want, entry)
			}
		})
	}
	for name, line := range map[string]string{
		"an event of Okta's own": `{"client":null,"request":{"ipChain":[]}}`, "another type": `{"request":{"ipChain":"203.0.113.9"}}`, "no JSON": "x",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parser(t, accesslog.Options{Format: "okta"})(line)
			require.Error(t, err)
		})
	}
}

func TestPatterns(t *testing.T) {
	tests := []struct {
		name, pattern, line string
		want                accesslog.Entry
	}{
		{"a client", `client=(?P<addr>\S+)`, "GET / client=203.0.113.9 ok", accesslog.Entry{Remote: "203.0.113.9", Resolved: true}},
		{"a peer and its header", `^(?P<peer>\S+) "(?P<xff>[^"]*)" (?P<time>\S+)`, `10.0.0.1:5 "203.0.113.9" 1431857103`,
			accesslog.Entry{Remote: "10.0.0.1:5", Forwarded: "203.0.113.9", Time: at}},
		{"Go's way to write a name", `^(?<peer>\S+) (?<xff>\S+)`, `10.0.0.1 -`, accesslog.Entry{Remote: "10.0.0.1"}},
		{"a group of another name", `^(?P<peer>\S+) (?P<status>\d+)`, `10.0.0.1 200`, accesslog.Entry{Remote: "10.0.0.1"}},
		{"a peer that may be missing", `^(?:(?P<peer>\S+),)?(?P<addr>\S+)`, `203.0.113.9`, accesslog.Entry{Remote: "203.0.113.9", Resolved: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entry, err := parser(t, accesslog.Options{Pattern: test.pattern})(test.line)
			require.NoError(t, err)
			require.Equal(t, test.want, entry)
		})
	}
	_, err := parser(t, accesslog.Options{Pattern: `^(?P<peer>\d+)`})("x")
	require.ErrorContains(t, err, "does not match")
	_, err = parser(t, accesslog.Options{Pattern: `^(?P<peer>\d*)`})("x")
	require.ErrorContains(t, err, "no address")
}

func TestOptionErrors(t *testing.T) {
	tests := []struct {
		name    string
		options accesslog.Options
		want    string
	}{
		{"an unknown format", accesslog.Options{Format: "iis"}, "unknown format"},
		{"a pattern for another format", accesslog.Options{Format: "json", Pattern: "x"}, "format regex, not json"},
		{"fields of another format", accesslog.Options{Format: "okta", Fields: []string{"peer=x"}}, "format json, not okta"},
		{"fields and a pattern", accesslog.Options{Pattern: "(?P<peer>x)", Fields: []string{"peer=x"}}, "format json, not regex"},
		{"no pattern", accesslog.Options{Format: "regex"}, "needs a pattern"},
		{"a broken pattern", accesslog.Options{Pattern: "(?P<peer>"}, "missing closing"},
		{"a pattern without an address", accesslog.Options{Pattern: "(?P<xff>x)"}, "group peer or addr"},
		{"a field without a path", accesslog.Options{Fields: []string{"peer"}}, "NAME=PATH"},
		{"an unknown field", accesslog.Options{Fields: []string{"from=x"}}, "one of addr, xff, peer, time"},
		{"fields without an address", accesslog.Options{Fields: []string{"xff=x"}}, "name no address"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := accesslog.New(test.options)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestEntryIsARequest(t *testing.T) {
	memory := accesslog.NewHeader()
	for range 2 {
		entry := accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9", Time: at}
		require.Equal(t, request.Request{Remote: "10.0.0.1", Header: http.Header{"X-Forwarded-For": {"203.0.113.9"}}}, entry.Request(memory))
		entry = accesslog.Entry{Remote: "203.0.113.9", Resolved: true}
		require.Equal(t, request.Address("203.0.113.9"), entry.Request(memory), "nothing of the request before")
		entry = accesslog.Entry{Remote: "10.0.0.1", Forwarded: "192.0.2.7"}
		require.Equal(t, []string{"192.0.2.7"}, entry.Request(memory).Header["X-Forwarded-For"])
	}
}

// Okta's events as they arrive elsewhere: at Amazon, in Splunk, at a hook.
func TestOktaWrapped(t *testing.T) {
	const one = `{"published":"2015-05-17T10:05:03.000Z","request":{"ipChain":[{"ip":"203.0.113.9"},{"ip":"10.0.0.1"}]}}`
	first := accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9", Resolved: true, Time: at}
	second := accesslog.Entry{Remote: "198.51.100.7", Resolved: true}
	for name, test := range map[string]struct {
		line string
		want []accesslog.Entry
	}{
		"EventBridge":     {`{"version":"0","detail-type":"SystemLog","time":"2016-01-01T00:00:00Z","detail":` + one + `}`, []accesslog.Entry{first}},
		"Splunk":          {`{"preview":false,"result":` + one + `}`, []accesslog.Entry{first}},
		"Splunk, raw":     {`{"result":{"_raw":` + strconv.Quote(one) + `,"client.ipAddress":"6.6.6.6"}}`, []accesslog.Entry{first}},
		"Splunk, flat":    {`{"result":{"published":"2015-05-17T10:05:03.000Z","request.ipChain{}.ip":["203.0.113.9","10.0.0.1"]}}`, []accesslog.Entry{first}},
		"Splunk, one hop": {`{"result":{"request.ipChain{}.ip":"198.51.100.7"}}`, []accesslog.Entry{second}},
		"an event hook": {`{"eventType":"com.okta.event_hook","data":{"events":[` + one + `,{"request":{"ipChain":[]},"client":{"ipAddress":"198.51.100.7"}}]}}`,
			[]accesslog.Entry{first, second}},
		"an event hook with an event that nobody caused": {`{"data":{"events":[` + one + `,{"request":{"ipChain":[]}}]}}`, nil},
		"a raw text that is no event":                    {`{"result":{"_raw":"\"ipChain\""}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []string{"", "okta"} {
				require.Equal(t, test.want, entries(t, accesslog.Options{Format: format}, test.line), format)
			}
		})
	}
	_, err := parser(t, accesslog.Options{})(`{"data":{"events":[` + one + `,` + one + `]}}`)
	require.ErrorContains(t, err, "several requests")
	_, err = parser(t, accesslog.Options{})(`{"remote_addr":"10.0.0.1","path":"/?\"ipChain\""}`)
	require.NoError(t, err, "what a client asks for makes no event")
}
