package accesslog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

const (
	haproxyTail = ` [17/May/2015:10:05:03.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu|6.6.6.6} {} "GET /index.html HTTP/1.1"`
	envoyHead   = `[2015-05-17T10:05:03.310Z] "GET /api HTTP/2" 204 - 154 0 226 100 `
	envoyTail   = ` "nsq2http" "cc21d9b0" "locations" "tcp://10.0.2.1:80"`
	istioHead   = `[2015-05-17T10:05:03.310Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 5 4 `
	istioTail   = ` "curl/7.73.0" "84961386-6d84" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin default`
)

// Lines of the vendors' own pages, with addresses of ours.
func TestServers(t *testing.T) {
	for _, test := range []struct {
		name, line string
		want       accesslog.Entry
	}{
		{"HAProxy", `203.0.113.9:33317` + haproxyTail, accesslog.Entry{Remote: "203.0.113.9", Time: at}},
		{"HAProxy, IPv6", `2001:db8::a:33317` + haproxyTail, accesslog.Entry{Remote: "2001:db8::a", Time: at}},
		{"HAProxy on a socket", `unix:1` + haproxyTail, accesslog.Entry{Remote: "unix:", Time: at}},
		{"HAProxy in a syslog file", `May 17 10:05:04 lb haproxy[14389]: 203.0.113.9:33317` + haproxyTail, accesslog.Entry{Remote: "203.0.113.9", Time: at}},
		{"HAProxy that never answered", `203.0.113.9:33317 [17/May/2015:10:05:03.655] http-in http-in/<NOSRV> -1/-1/-1/-1/0 -1 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"`,
			accesslog.Entry{Remote: "203.0.113.9", Time: at}},
		{"Envoy", envoyHead + `"6.6.6.6, 203.0.113.9"` + envoyTail, accesslog.Entry{Remote: "203.0.113.9", Forwarded: "6.6.6.6", Time: at}},
		{"Istio", istioHead + `"6.6.6.6,203.0.113.9"` + istioTail, accesslog.Entry{Remote: "203.0.113.9", Forwarded: "6.6.6.6", Time: at}},
		{"Istio without a chain", istioHead + `"-"` + istioTail, accesslog.Entry{Remote: "10.44.1.23:37652", Time: at}},
		{"a client that writes quotes and what would be another chain into a path", `[2015-05-17T10:05:03.310Z] "GET /" 418 - via_upstream - "x HTTP/2" 204 - 154 0 226 100 "203.0.113.9"` + envoyTail, accesslog.Entry{}},
		{"and into its agent", envoyHead + `"203.0.113.9" "a" 0 135 5 4 "6.6.6.6" "cc21d9b0" "locations" "tcp://10.0.2.1:80"`, accesslog.Entry{}},
		{"Envoy and nobody named", envoyHead + `"-"` + envoyTail, accesslog.Entry{}},
		{"Application Load Balancer", `https 2015-05-17T10:05:03.186641Z app/my-lb/50dc6c495c0c9188 203.0.113.9:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET https://a:443/ HTTP/1.1" "curl"`,
			accesslog.Entry{Remote: "203.0.113.9:2817", Time: at}},
		{"Application Load Balancer without a target", `h2 2015-05-17T10:05:03.186641Z app/my-lb/50dc6c495c0c9188 [2001:db8::a]:2817 - -1 -1 -1 400 - 34 366 "GET https://a:443/ HTTP/2.0" "curl"`,
			accesslog.Entry{Remote: "[2001:db8::a]:2817", Time: at}},
		{"Classic Load Balancer", `2015-05-17T10:05:03.943958Z my-loadbalancer 203.0.113.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl" - -`,
			accesslog.Entry{Remote: "203.0.113.9:2817", Time: at}},
		{"a container's line", `2016-10-06T00:17:09.669794202Z stdout F 192.0.2.7` + tail, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"a container's object", `2016-10-06T00:17:09.669794202Z stderr F {"remote_addr":"192.0.2.7"}`, accesslog.Entry{Remote: "192.0.2.7"}},
		{"half a container's line", `2016-10-06T00:17:09.669794202Z stdout P 192.0.2.7` + tail, accesslog.Entry{}},
		{"with a time in front", `2016-10-06T00:17:09.669794202Z 192.0.2.7` + tail, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"Docker's file", `{"log":"192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 203 \"-\" \"agent\"\n","stream":"stdout","time":"2016-10-06T00:17:09Z"}`,
			accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"an object in Docker's file", `{"log":"{\"remote_addr\":\"192.0.2.7\"}\n","stream":"stdout"}`, accesslog.Entry{Remote: "192.0.2.7"}},
		{"Splunk", `{"preview":false,"result":{"_raw":"192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 203"}}`, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"too many objects around a line", `{"log":"{\"log\":\"{\\\"log\\\":\\\"{\\\\\\\"log\\\\\\\":1}\\\"}\"}"}`, accesslog.Entry{}},
		{"syslog, RFC 3164", `<190>May 17 10:05:03 host nginx: 192.0.2.7` + tail, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"syslog without a host", `May  7 10:05:03 nginx[17]: 192.0.2.7` + tail, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"syslog with a time of RFC 3339", `2015-05-17T10:05:03.123456+00:00 host nginx: 192.0.2.7` + tail, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"syslog, RFC 5424", `<165>1 2003-10-11T22:14:15.003Z host nginx 17 ID47 - 192.0.2.7` + tail, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"syslog with structured data", `<165>1 2003-10-11T22:14:15.003Z host nginx - - [a b="c\"] "][d e="f"] 192.0.2.7` + tail, accesslog.Entry{Remote: "192.0.2.7", Time: at}},
		{"syslog of another program", `May 17 10:05:03 host sshd[17]: Connection closed by 192.0.2.7 port 22`, accesslog.Entry{}},
		{"a priority alone", `<190>192.0.2.7` + tail, accesslog.Entry{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			entry, err := parser(t, accesslog.Options{})(test.line)
			require.Equal(t, test.want, entry)
			require.Equal(t, test.want == accesslog.Entry{}, err != nil)
		})
	}
}

// What stands in front of a line is settled by the log's first one: a client that
// has its X-Forwarded-For at the start of a line cannot have it taken for a prefix.
func TestPrefixIsTheLogs(t *testing.T) {
	const first, forged = `203.0.113.9 10.0.0.1` + tail, `2016-10-06T00:17:09Z stdout F 10.0.0.1` + tail
	for name, test := range map[string]struct {
		lines string
		want  []accesslog.Entry
	}{
		"a log of plain lines":       {first + "\n" + forged, []accesslog.Entry{{Remote: "10.0.0.1", Forwarded: "203.0.113.9", Time: at}}},
		"a log of a container":       {forged + "\n" + first, []accesslog.Entry{{Remote: "10.0.0.1", Time: at}}},
		"a log behind an empty line": {"\n \r\n" + forged, []accesslog.Entry{{Remote: "10.0.0.1", Time: at}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, entries(t, accesslog.Options{}, test.lines)) })
	}
	require.Empty(t, entries(t, accesslog.Options{Pattern: `^(?P<peer>\S+) - - `}, forged), "a pattern is for the whole line")
	require.Len(t, entries(t, accesslog.Options{Pattern: `F (?P<peer>\S+) - - `}, forged), 1)
}
