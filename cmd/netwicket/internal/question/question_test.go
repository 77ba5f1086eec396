package question_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/internal/realdata"
)

const (
	combined = `192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 2326 "-" "Mozilla" "203.0.113.9"`
	envoy    = `[2025-04-15T20:17:00.310Z] "POST /api HTTP/1.1" 204 - 154 0 226 100 "203.0.113.9, 192.0.2.7" "nsq2http" "cc21" "locations" "10.0.0.1:8080"`
)

// What is pasted is read as what it is, and as nothing else.
func TestKinds(t *testing.T) {
	forwarded := func(remote string, lines ...string) request.Request {
		return request.Request{Remote: remote, Header: http.Header{"X-Forwarded-For": lines}}
	}
	tests := []struct {
		name, text, peer string
		kind             question.Kind
		want             request.Request
		network          string
		asked            bool // for who connected
	}{
		{name: "an address", text: " 203.0.113.9 \n", kind: question.Address, want: request.Address("203.0.113.9")},
		{name: "with a port", text: "203.0.113.9:4711", kind: question.Address, want: request.Address("203.0.113.9:4711")},
		{name: "IPv6", text: "2001:DB8::1", kind: question.Address, want: request.Address("2001:DB8::1")},
		{name: "IPv6 in brackets, with a port", text: "[2001:db8::1]:443", kind: question.Address, want: request.Address("[2001:db8::1]:443")},
		{name: "IPv6 with a zone", text: "fe80::1%eth0", kind: question.Address, want: request.Address("fe80::1%eth0")},
		{name: "IPv4 in IPv6", text: "::ffff:203.0.113.9", kind: question.Address, want: request.Address("::ffff:203.0.113.9")},
		{name: "an address says who connected", text: "203.0.113.9", peer: "10.0.0.1", kind: question.Address, want: request.Address("203.0.113.9")},

		{name: "a network", text: "203.0.113.0/24", kind: question.Network, network: "203.0.113.0-203.0.113.255"},
		{name: "with host bits", text: "203.0.113.77/24", kind: question.Network, network: "203.0.113.0-203.0.113.255"},
		{name: "a range", text: "203.0.113.7 - 203.0.113.9", kind: question.Network, network: "203.0.113.7-203.0.113.9"},
		{name: "IPv6 network", text: "2001:db8::/32", kind: question.Network, network: "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
		{name: "mapped network", text: "::ffff:203.0.113.0/120", kind: question.Network, network: "203.0.113.0-203.0.113.255"},

		{name: "header lines", text: "X-Forwarded-For: 203.0.113.9\r\nx-forwarded-for:192.0.2.7", peer: "10.0.0.1:4711", kind: question.Headers,
			want: forwarded("10.0.0.1:4711", "203.0.113.9", "192.0.2.7"), asked: true},
		{name: "with the peer", text: "remote: 10.0.0.1:4711\nX-Forwarded-For: 203.0.113.9", peer: "9.9.9.9", kind: question.Headers, want: forwarded("10.0.0.1:4711", "203.0.113.9")},
		{name: "the peer in the middle", text: "X-Forwarded-For: 203.0.113.9\nRemote: @", kind: question.Headers, want: forwarded("@", "203.0.113.9")},
		{name: "a peer that is not known is no socket", text: "remote:\nX-Forwarded-For: 203.0.113.9", kind: question.Headers, want: forwarded("unknown", "203.0.113.9")},
		{name: "a first line", text: "2001:db8::1\n\nX-Forwarded-For: 203.0.113.9", kind: question.Headers, want: forwarded("2001:db8::1", "203.0.113.9")},
		{name: "nobody says who connected", text: "X-Forwarded-For: 203.0.113.9", kind: question.Headers, want: forwarded("unknown", "203.0.113.9"), asked: true},

		{name: "the head of a request", text: "GET /a?b HTTP/1.1\nHost: example.com\nX-Forwarded-For: 203.0.113.9\n\nX-Forwarded-For: in the body", peer: "@", kind: question.Head,
			want: request.Request{Remote: "@", Header: http.Header{"Host": {"example.com"}, "X-Forwarded-For": {"203.0.113.9"}}}, asked: true},
		{name: "a header called remote", text: "GET / HTTP/2\nRemote: 10.0.0.1", kind: question.Head,
			want: request.Request{Remote: "unknown", Header: http.Header{"Remote": {"10.0.0.1"}}}, asked: true},
		{name: "the peer in front of the head", text: "10.0.0.1:4711\nGET / HTTP/1.1\nX-Forwarded-For: 203.0.113.9", kind: question.Head, want: forwarded("10.0.0.1:4711", "203.0.113.9")},
		{name: "as browsers show HTTP/2", text: ":authority: example.com\n:method: GET\nX-Forwarded-For: 203.0.113.9", kind: question.Headers, want: forwarded("unknown", "203.0.113.9"), asked: true},
		{name: "a request line alone", text: "GET / HTTP/1.1", kind: question.Head, want: request.Request{Remote: "unknown", Header: http.Header{}}, asked: true},

		{name: "names of one letter", text: "a: 1\nZ9: 2", kind: question.Headers,
			want: request.Request{Remote: "unknown", Header: http.Header{"A": {"1"}, "Z9": {"2"}}}, asked: true},
		{name: "a capital and a digit", text: "Z9: 2", kind: question.Headers, want: request.Request{Remote: "unknown", Header: http.Header{"Z9": {"2"}}}, asked: true},
		{name: "the last small letter", text: "z: 2", kind: question.Headers, want: request.Request{Remote: "unknown", Header: http.Header{"Z": {"2"}}}, asked: true},
		{name: "a socket beside the text", text: "X-Forwarded-For: 203.0.113.9", peer: " /run/proxy.sock ", kind: question.Headers, want: forwarded("/run/proxy.sock", "203.0.113.9"), asked: true},

		{name: "the command line's object", text: `{"remote":"10.0.0.1:4711","headers":[["X-Forwarded-For","203.0.113.9"]]}`, kind: question.Object, want: forwarded("10.0.0.1:4711", "203.0.113.9")},
		{name: "over several lines", text: "{\n\"remote\": \"@\"\n}", kind: question.Object, want: request.Request{Remote: "@"}},

		{name: "a line of a log", text: combined, peer: "9.9.9.9", kind: question.Record, want: forwarded("192.0.2.7", "203.0.113.9")},
		{name: "behind a virtual host, which is no header", text: "example.com:80 " + combined, kind: question.Record, want: forwarded("192.0.2.7", "203.0.113.9")},
		{name: "with the columns above", text: "#Fields: date time c-ip x-forwarded-for\n2025-10-10 13:55:36 192.0.2.7 203.0.113.9", kind: question.Record, want: forwarded("192.0.2.7", "203.0.113.9")},
		{name: "JSON of a log", text: `{"request":{"remote_ip":"192.0.2.7","headers":{"X-Forwarded-For":["203.0.113.9"]}}}`, kind: question.Record, want: forwarded("192.0.2.7", "203.0.113.9")},
		{name: "JSON of a log with headers", text: `{"remote_ip":"192.0.2.7","headers":{"X-Forwarded-For":["203.0.113.9"]}}`, kind: question.Record, want: forwarded("192.0.2.7", "203.0.113.9")},
		{name: "in a list", text: "[{\"remote_ip\":\n\"192.0.2.7\"}]", kind: question.Record, want: request.Request{Remote: "192.0.2.7"}},
		{name: "a log of Envoy", text: envoy, kind: question.Record, want: forwarded("192.0.2.7", "203.0.113.9")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := question.Parse(test.text, test.peer)
			require.NoError(t, err)
			require.Equal(t, test.kind, got.Kind)
			require.Equal(t, test.want, got.Request)
			require.Equal(t, test.asked, got.TakesPeer)
			require.Equal(t, test.asked && test.peer == "", got.PeerUnknown)
			if test.network != "" {
				require.Equal(t, test.network, got.Network.String())
			}
		})
	}
}

// An event of Okta's System Log is the chain that it tells, as replay reads it.
func TestOktaEvent(t *testing.T) {
	event := `{"actor":{"id":"00u"},"client":{"ipAddress":"203.0.113.9"},"eventType":"user.session.start","published":"2025-10-10T13:55:36.000Z",
	 "request":{"ipChain":[{"ip":"203.0.113.9","version":"V4"},{"ip":"10.0.0.1","version":"V4"}]},"uuid":"1"}`
	for _, text := range []string{event, "[" + event + "]"} {
		got, err := question.Parse(text, "")
		require.NoError(t, err)
		require.Equal(t, question.Record, got.Kind)
		require.Equal(t, request.Request{Bare: true, Remote: "10.0.0.1", Header: http.Header{"X-Forwarded-For": {"203.0.113.9"}}}, got.Request)
	}
	_, err := question.Parse("["+event+","+event+"]", "")
	require.ErrorContains(t, err, "found several")
}

// What is no question is refused with what was expected and what was found.
func TestRefused(t *testing.T) {
	tests := []struct{ name, text, peer, want string }{
		{"half an address", "203.0.1", "", `expected an address, a network, a request with its headers, a curl command or a line of a log, found "203.0.1"`},
		{"a name", "example.com", "", `found "example.com"`},
		{"half a network", "203.0.113.0/", "", `expected a network such as`},
		{"a backward range", "203.0.113.9-203.0.113.7", "", `expected a network such as`},
		{"two addresses", "203.0.113.9 192.0.2.7", "", `found "203.0.113.9 192.0.2.7"`},
		{"two lines of a log", combined + "\n" + combined, "", "found several"},
		{"a log with something else", combined + "\nsomething else", "", "expected an address"},
		{"a letter more at the end", "203.0.113.9\v", "", `expected an address, a network, a request`},
		{"numbers alone", "10/8", "", `expected an address, a network, a request`},
		{"a date", "2025-10-10", "", `expected an address, a network, a request`},
		{"a name that begins with a digit", "1a: b", "", `expected an address`},
		{"a name that begins with the sign in front of a", "`a: b", "", `expected an address`},
		{"a name that begins with a sign behind z", "~a: b", "", `expected an address`},
		{"a name that begins with another sign", "!a: b", "", `expected an address`},
		{"a line that goes on behind a tab", "X-Forwarded-For: 203.0.113.9,\n\t192.0.2.7", "", "line 2: expected a header line \"Name: value\", found one that goes on with the line before it"},
		{"a line that goes on behind a space", "X-Forwarded-For: 203.0.113.9,\n 192.0.2.7", "", "line 2: expected a header line \"Name: value\", found one that goes on with the line before it"},
		{"a request line behind a header", "A: b\nGET / HTTP/1.1", "", "line 2: expected a header line"},
		{"two request lines", "GET / HTTP/1.1\nGET / HTTP/1.1", "", "line 2: expected a header line"},
		{"a small method", "get / HTTP/1.1", "", "expected an address"},
		{"no path", "GET  HTTP/1.1", "", "expected an address"},
		{"no method", "10.0.0.1\n / HTTP/1.1", "", "line 2: expected a header line"},
		{"a version alone", "GET / 1.1", "", "expected an address"},
		{"no version of HTTP", "GET / HTTP/1.2", "", "expected an address"},
		{"half a list", "[1,", "", "line 1, column 4"},
		{"two lines of a log of Envoy", envoy + "\n" + envoy, "", "found several"},
		{"one address under a name twice", `{"request":{"remote_ip":"192.0.2.7","remote_ip":"203.0.113.9"}}`, "", "line 1, column 37"},
		{"a log whose peer nobody is", `%h - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 2326`, "", "expected an address"},
		{"half an object", `{"remote":"10.0.`, "", "line 1, column 11"},
		{"a key too many", `{"remote":"@","header":[]}`, "", `did you mean "headers"?`},
		{"headers without anybody", `{"headers":[]}`, "", "remote is missing"},
		{"other JSON", `{"a":1}`, "", "found other JSON"},
		{"a list", `[]`, "", "found other JSON"},
		{"a line among headers", "X-Forwarded-For: 203.0.113.9\nnonsense", "", `line 2: expected a header line "Name: value", found "nonsense"`},
		{"a line that goes on", "X-Forwarded-For: 203.0.113.9,\n 192.0.2.7", "", "line 2: expected a header line"},
		{"a space in front of the colon", "X-Forwarded-For: a\nX-Real-IP : b", "", `"X-Real-IP " is not a header name`},
		{"two peers", "remote: @\nremote: 10.0.0.1", "", "line 2: expected to hear once"},
		{"a peer and another", "10.0.0.1\nremote: 10.0.0.2", "", "line 2: expected to hear once"},
		{"a second request", "GET / HTTP/1.1\nHost: a\nGET / HTTP/1.1", "", "line 3: expected a header line"},
		{"a peer that is none", "X-Forwarded-For: 203.0.113.9", "10.0.", `expected who connected as an address`},
		{"a peer within that is none", "remote: 10.0.\nX-Forwarded-For: a", "", `expected who connected as an address`},
		{"what is too long", strings.Repeat("1", question.MaxText+1), "", "expected at most 32768 bytes, found 32769"},
		{"what is no text", "203.0.113.9\xff", "", "expected text in UTF-8"},
		{"a zero byte", "X-Forwarded-For: 203.0.113.9\x00", "", "expected text in UTF-8"},
		{"a compressed log", "\x1f\x8b\x08\x00", "", "expected text in UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := question.Parse(test.text, test.peer)
			require.ErrorContains(t, err, test.want)
			require.Equal(t, question.Question{}, got)
		})
	}
	nothing, err := question.Parse(" \r\n\t", "10.0.0.1")
	require.NoError(t, err)
	require.Equal(t, question.Question{}, nothing)
}

// A question may be as long as that; what is shown of it ends within 60 bytes and in no
// letter's middle.
func TestLongQuestions(t *testing.T) {
	longest := "A: " + strings.Repeat("b", question.MaxText-len("A: "))
	got, err := question.Parse(longest, "")
	require.NoError(t, err)
	require.Equal(t, question.MaxText-len("A: "), len(got.Request.Header.Get("A")))
	for text, want := range map[string]string{
		strings.Repeat("a", 60):        `found "` + strings.Repeat("a", 60) + `"`,
		strings.Repeat("a", 61):        `found "` + strings.Repeat("a", 60) + `"...`,
		strings.Repeat("a", 59) + "é":  `found "` + strings.Repeat("a", 59) + `"...`,
		strings.Repeat("a", 58) + "éb": `found "` + strings.Repeat("a", 58) + `é"...`,
		strings.Repeat("a", 57) + "😀":  `found "` + strings.Repeat("a", 57) + `"...`,
	} {
		_, err := question.Parse(text, "")
		require.Error(t, err)
		require.True(t, strings.HasSuffix(err.Error(), want), "%s: %v", want, err)
	}
}

// Every line of a real log is a question about its peer.
func TestRealLog(t *testing.T) {
	text, err := os.ReadFile(realdata.Path(t, "logs/apache_logs"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines[:500] {
		got, err := question.Parse(line, "")
		require.NoError(t, err, line)
		require.Equal(t, question.Record, got.Kind, line)
		peer, _, _ := strings.Cut(line, " ")
		require.Equal(t, request.Request{Remote: peer}, got.Request)
	}
}
