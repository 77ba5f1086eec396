package accesslog_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// naiveServers reads the lines of servers as their vendors describe them, with package
// regexp.
type naiveServers struct {
	naive
	haproxy, envoy, istio, balancer *regexp.Regexp
}

func newNaiveServers(t *testing.T) naiveServers {
	const quoted, between = `"[^"]*"`, `[^"]*`
	return naiveServers{
		naive: newNaive(t),
		// client:port [date.milliseconds] frontend backend/server five timers, status, bytes and more, with a request in quotes
		haproxy: regexp.MustCompile(`^([^ ]*):[^ :]* \[([^.\]]*)\.[^\]]*\] [^ ]* [^ ]*/[^ ]* [^ ]*(?:/[^ ]*){4} -?[0-9]* [^ ]* `),
		// [start] "request" code flags in out time time "chain" "agent" "id" "authority" "upstream"
		envoy: regexp.MustCompile(`^\[([^"]*)\] ` + quoted + `\s*[0-9]+(?:\s+[^\s"]+){5}\s*"([^"]*)"` + strings.Repeat(between+quoted, 4) + between + `$`),
		// [start] "request" code flags details details "failure" in out time time "chain" ... cluster local local remote
		istio:    regexp.MustCompile(`^\[([^"]*)\] ` + quoted + `\s*[0-9]+(?:\s+[^\s"]+){3}\s*` + quoted + `\s*[^\s"]+(?:\s+[^\s"]+){3}\s*"([^"]*)"` + strings.Repeat(between+quoted, 4) + `(` + between + `)$`),
		balancer: regexp.MustCompile(`^(?:(?:https?|h2|grpcs|wss?) )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) [^ ]* ([^ ]*:[^ ]*) (?:-|[^ ]*:[^ ]*) `),
	}
}

// chain is the peer, the last of a list, and what it says.
func chain(list string) accesslog.Entry {
	at := strings.LastIndex(list, ",")
	return accesslog.Entry{Remote: strings.Trim(list[at+1:], " \t"), Forwarded: list[:max(at, 0)]}
}

func (n naiveServers) read(line string) (e accesslog.Entry, ok bool) {
	if e, ok := n.naive.read(line); ok {
		return e, true
	}
	if m := n.haproxy.FindStringSubmatch(line); m != nil && strings.Contains(line, ` "`) {
		if e.Remote = m[1]; m[1] == "unix" {
			e.Remote = "unix:"
		}
		e.Time = n.time(m[2] + " +0000")
		return e, e.Time != 0
	}
	if m := n.envoy.FindStringSubmatch(line); m != nil {
		if m[2] == "" || m[2] == "-" {
			return e, false
		}
		e = chain(m[2])
		e.Time = n.time(m[1])
		return e, e.Time != 0
	}
	if m := n.istio.FindStringSubmatch(line); m != nil {
		tail := strings.Fields(m[3])
		switch {
		case m[2] != "" && m[2] != "-":
			e = chain(m[2])
		case len(tail) < 4:
			return e, false
		default:
			e.Remote = tail[3]
		}
		e.Time = n.time(m[1])
		return e, e.Time != 0
	}
	if m := n.balancer.FindStringSubmatch(line); m != nil && strings.Contains(line, ` "`) {
		_, err := time.Parse(time.RFC3339, m[1])
		return accesslog.Entry{Remote: m[2], Time: n.time(m[1])}, err == nil // the start of 1970 is no time, and no reason to refuse the line
	}
	return e, false
}

// Lines of servers, and lines that are none of them by a piece, are read as they are
// described.
func TestServersAsDescribed(t *testing.T) {
	n := newNaiveServers(t)
	random := rand.New(rand.NewPCG(11, 12))
	// most often the first one, which is right
	pick := func(right string, others ...string) string {
		if random.IntN(14) > 0 {
			return right
		}
		return others[random.IntN(len(others))]
	}
	space := func() string { return pick(" ", "  ", "", "\t") }
	haproxy := func() string {
		return pick("203.0.113.9:33317", "2001:db8::a:1", "unix:1", "203.0.113.9", ":80", "unix:", "", "x y:1") + space() +
			pick("[17/May/2015:10:05:03.655]", "[17/May/2015:10:05:03]", "[17/May/2015:10:05:03.]", "17/May/2015:10:05:03.655]", "[17/May/2015:10:05:03.655", "[1431857103.5]", "[17/Mai/2015:10:05:03.655]", "[]", "[01/Jan/1970:00:00:00.1]") +
			space() + pick("http-in", "", "-") + space() + pick("static/srv1", "static", "/", "http-in/<NOSRV>") + space() +
			pick("10/0/30/69/109", "-1/-1/-1/-1/0", "10/0/30/69", "10/0/30/69/+109", "1/2/3/4/5/6", "////", "///") + space() + pick("200", "-1", "", "-", "x", "2-", "--1") + space() +
			pick("2750", "", "x") + pick(" - - ---- 1/1/1/1/0 0/0 {} ", "", " ", ` - - `) + pick(`"GET / HTTP/1.1"`, "", `"`, `x"`)
	}
	start := func() string {
		return pick("[2015-05-17T10:05:03.310Z] ", "[17/May/2015:10:05:03 +0000] ", "[2015-05-17T10:05:03.310Z]", "2015-05-17T10:05:03.310Z] ", "[x] ", "[] ", "[1431857103] ", "[[2015-05-17T10:05:03Z] ", "[2015-05-17T10:05:03Z]] ")
	}
	text := func(right string) string { return `"` + pick(right, "", "-", `x"y`, "a b") + `"` }
	list := func() string {
		return pick(`"6.6.6.6, 203.0.113.9"`, `"203.0.113.9"`, `"-"`, `""`, `"-"`, `",1.1.1.1"`, `"1.1.1.1,"`, `"1.1.1.1,	2.2.2.2 "`, `"a"b"`, `-`)
	}
	envoy := func() string {
		return start() + text("GET /api HTTP/2") + space() + pick("204", "0", "x", "-") + " " + pick("- 154 0 226 100", "- 154 0 226", "- 154 0 226 100 7", "-  154\t0 226 100") + space() + list() + space() +
			text("nsq2http") + space() + text("cc21") + space() + text("locations") + pick(" "+text("tcp://10.0.2.1:80"), "", ` "a" "b"`) + pick("", " x", " a b c d")
	}
	istio := func() string {
		return start() + text("GET /api HTTP/2") + space() + pick("418", "x") + " " + pick("- via_upstream -", "- via_upstream", "- via_upstream - -") + space() + text("-") + space() +
			pick("0 135 5 4", "0 135 5", "0 135 5 4 3", "") + space() + pick(list(), `"-"`, `""`) + space() + text("curl") + space() + text("84961386") + space() + text("httpbin:8000") + space() + text("127.0.0.1:80") +
			pick(" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound default", " a b c d", " a b c", "", "  a  b\tc d e")
	}
	balancer := func() string {
		return pick(pick("https ", "http ", "h2 ", "grpcs ", "ws ", "wss "), "ftp ", "", "https", "http  ") +
			pick("2015-05-17T10:05:03.186641Z", "2015-05-17T10:05:03Z", "2015-05-17T10:05:03+01:00", "2015-05-17 10:05:03Z", "2015-05-17T10:05:03", "2015/05-17T10:05:03Z", "2015-05-17t10:05:03Z", "2015-05-37T10:05:03Z", "1970-01-01T00:00:00Z") +
			space() + pick("app/my-lb/50dc6c495c0c9188", "") + space() + pick("203.0.113.9:2817", "[2001:db8::a]:2817", "203.0.113.9", ":", "-") + space() + pick("10.0.0.1:80", "-", "10.0.0.1", "", ":") + space() +
			pick("0.000 0.001 0.000 200 200 34 366", "", "-1") + pick(` "GET https://a:443/ HTTP/1.1" "curl"`, "", `"x"`, ` "`)
	}
	parse, err := accesslog.New(accesslog.Options{})
	require.NoError(t, err)
	var read [4]int
	const lines = 8_000
	for round := range lines {
		kind := round % len(read)
		line := []func() string{haproxy, envoy, istio, balancer}[kind]()
		if strings.HasPrefix(line, "{") {
			continue
		}
		want, ok := n.read(line)
		got, err := parse.Append(nil, accesslog.Layout{}, line)
		if ok != (err == nil) || ok && got[0] != want {
			t.Fatalf("%s\nread as %+v, %v\nexpected %+v, %v", line, got, err, want, ok)
		}
		if ok {
			read[kind]++
		}
	}
	for kind, count := range read {
		require.Greater(t, count, lines/20, "of kind %d", kind)
		require.Less(t, count, lines/5, "of kind %d", kind)
	}
}
