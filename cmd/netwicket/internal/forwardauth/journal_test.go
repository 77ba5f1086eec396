package forwardauth_test

import (
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

func TestDenialIsLogged(t *testing.T) {
	files := blocking(`, "geo": ["geo.csv"], "serve": {"logLevel": "debug"}`)
	files["geo.csv"] = "network,country,region,asn,anonymizer,services\n203.0.113.0/24,DE,,64500,,\n"
	s := serve(t, files)
	s.ask(request("GET", "/decide", xff, "203.0.113.7, 10.2.2.2"))
	s.ask(request("GET", "/decide", xff, "198.51.100.7"))
	s.closeLog()
	lines := s.log.lines(t)
	require.Len(t, lines, 2)

	fingerprint := lines[0]["policy"]
	require.Len(t, fingerprint, 32)
	require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`, lines[0]["reference"])
	require.NotContains(t, lines[1], "reference")
	delete(lines[0], "time")
	delete(lines[0], "reference")
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "denied", "decision": "deny", "reason": "blocklisted", "client_ip": "203.0.113.7", "peer_ip": "10.0.0.1",
		"ip_source": "x-forwarded-for", "hops": 1.0, "zone": "Blocked", "country": "DE", "asn": 64500.0, "mode": "enforce", "policy": fingerprint,
	}, lines[0])
	require.Equal(t, "DEBUG", lines[1]["level"])
	require.Equal(t, "allow", lines[1]["decision"])
}

// TestAttributesOfALine: whatever a decision says is in its line, and nothing else.
func TestAttributesOfALine(t *testing.T) {
	files := map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"], "rules": ["rules.json"], "threatInsight": "threat.json", "threatFeeds": ["feed.txt"]},
			"geo": ["geo.csv"], "edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}}`,
		"zones.json":  `[{"type": "DYNAMIC", "id": "d", "name": "Bad", "status": "ACTIVE", "usage": "BLOCKLIST", "locations": [{"country": "FR"}]}]`,
		"rules.json":  `[{"name": "Nobody", "status": "ACTIVE", "conditions": {"network": {"connection": "ANYWHERE"}}, "actions": {"signon": {"access": "DENY"}}}]`,
		"threat.json": `{"action": "audit", "excludeZones": []}`,
		"feed.txt":    "203.0.113.0/24\n",
		"geo.csv":     "network,country,region,asn,anonymizer,services\n203.0.113.0/24,DE,,64500,,\n198.51.100.0/24,FR,,,,\n192.0.2.0/24,,,64501,,\n",
	}
	s := serve(t, files)
	with := func(more map[string]any) map[string]any {
		line := map[string]any{"level": "INFO", "msg": "denied", "decision": "deny", "peer_ip": "10.0.0.1", "ip_source": "x-forwarded-for", "hops": 1.0, "mode": "enforce"}
		maps.Copy(line, more)
		return line
	}
	var want []map[string]any
	for _, row := range []struct {
		client string
		says   map[string]any
	}{
		{"203.0.113.7", map[string]any{"reason": "rule", "client_ip": "203.0.113.7", "rule": "Nobody", "audit": true, "country": "DE", "asn": 64500.0}},
		{"198.51.100.7", map[string]any{"reason": "blocklisted", "client_ip": "198.51.100.7", "zone": "Bad", "country": "FR"}},
		{"192.0.2.7", map[string]any{"reason": "blocklisted", "client_ip": "192.0.2.7", "zone": "Bad", "unknown": []any{"country"}, "asn": 64501.0}},
		{"nobody", map[string]any{"reason": "client_unresolved", "hops": 0.0, "error": "malformed", "header": `"nobody"`}},
	} {
		s.ask(request("GET", "/decide", xff, row.client))
		want = append(want, with(row.says))
	}
	stranger := request("GET", "/decide", xff, "203.0.113.7")
	stranger.RemoteAddr = "192.0.2.1:1"
	s.ask(stranger)
	want = append(want, map[string]any{"level": "WARN", "msg": "caller outside edge.trusted refused; if it is one of our proxies, add it there", "decision": "deny", "peer_ip": "192.0.2.1"})
	s.ask(request("GET", "/decide/other", xff, "203.0.113.7"))
	unknown := map[string]any{"level": "WARN", "msg": "no policy of this name is served", "decision": "deny", "name": `"other"`, "peer_ip": "10.0.0.1"}
	want = append(want, unknown)
	s.closeLog()
	lines := s.log.lines(t)
	for i, line := range lines {
		require.NotEmpty(t, line["time"])
		if i < len(lines)-1 {
			require.Len(t, line["policy"], 32)
		}
		for _, key := range []string{"time", "policy", "reference"} {
			delete(line, key)
		}
	}
	require.Equal(t, want, lines)
}

func TestLogLevel(t *testing.T) {
	for level, want := range map[string]int{"debug": 3, "info": 2, "warn": 1, "error": 0} {
		t.Run(level, func(t *testing.T) {
			s := serve(t, blocking(`, "serve": {"logLevel": "`+level+`"}`))
			s.ask(request("GET", "/decide", xff, "198.51.100.7"))
			s.ask(request("GET", "/decide", xff, "203.0.113.7"))
			s.ask(request("GET", "/decide/nobody", xff, "203.0.113.7"))
			s.closeLog()
			require.Len(t, s.log.lines(t), want)
		})
	}
}

func TestHeaderBytesAreQuotedAndCut(t *testing.T) {
	for _, test := range []struct{ name, header, want string }{
		{"as it is", "nobody", `"nobody"`},
		{"a forged line", "x\n{\"decision\":\"allow\"}", `"x\n{\"decision\":\"allow\"}"`},
		{"terminal escapes", "x\x1b[2J", `"x\x1b[2J"`},
		{"not UTF-8", "x\xff\xfe", `"x\xff\xfe"`},
		{"other scripts", "x\u202e", `"x\u202e"`},
		{"as long as it may be", strings.Repeat("a", 64), `"` + strings.Repeat("a", 64) + `"`},
		{"long", strings.Repeat("a", 5000) + strings.Repeat("b", 63), `..."a` + strings.Repeat("b", 63) + `"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, blocking(""))
			s.ask(request("GET", "/decide", xff, test.header))
			s.closeLog()
			lines := s.log.lines(t)
			require.Len(t, lines, 1)
			require.Equal(t, test.want, lines[0]["header"])
			require.Equal(t, "malformed", lines[0]["error"])
			require.NotContains(t, lines[0], "client_ip")
		})
	}
}

func TestHeaderOfTheSourceIsLogged(t *testing.T) {
	for source, header := range map[string]string{"forwarded": "Forwarded", "header:cf-connecting-ip": "Cf-Connecting-Ip", "hops:1": xff} {
		files := blocking("")
		files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"x-forwarded-for"`, `"`+source+`"`, 1)
		s := serve(t, files)
		s.ask(request("GET", "/decide", header, "nobody=1", "X-Other", "203.0.113.99"))
		s.closeLog()
		require.Equal(t, `"nobody=1"`, s.log.lines(t)[0]["header"], source)
		require.Equal(t, source, s.log.lines(t)[0]["ip_source"])
	}
}

func TestAddressesAreCutOnRequest(t *testing.T) {
	files := blocking(`, "serve": {"logAddresses": "network"}`)
	files["zones.json"] = strings.Replace(files["zones.json"], `{"type": "CIDR"`, `{"type": "CIDR", "value": "2001:db8::/32"}, {"type": "CIDR"`, 1)
	s := serve(t, files)
	s.ask(request("GET", "/decide", xff, "203.0.113.77"))
	s.ask(request("GET", "/decide", xff, "2001:db8:1:2:3:4:5:77"))
	s.ask(request("GET", "/decide", xff, "203.0.113.77, nobody"))
	s.ask(request("GET", "/decide", xff, "203.0.113.77::"))
	stranger := request("GET", "/decide")
	stranger.RemoteAddr = "198.51.100.77:1234"
	s.ask(stranger)
	s.closeLog()
	lines := s.log.lines(t)
	require.Len(t, lines, 5)
	require.Equal(t, "203.0.113.0/24", lines[0]["client_ip"])
	require.Equal(t, "10.0.0.0/24", lines[0]["peer_ip"])
	require.Equal(t, "2001:db8:1::/48", lines[1]["client_ip"])
	require.Equal(t, "198.51.100.0/24", lines[4]["peer_ip"])
	for _, line := range lines {
		delete(line, "time")
		delete(line, "policy")
		delete(line, "reference") // which is made by chance
		require.NotContains(t, fmt.Sprint(line), "77", "no last octet anywhere, not in a header that holds it either")
	}
}

// TestOnePolicyFileSaysWhatIsLogged: a further policy must not log what the
// service's own policy file forbids.
func TestOnePolicyFileSaysWhatIsLogged(t *testing.T) {
	s := newServed(t, "", "other")
	put := func(name, more string) {
		t.Helper()
		next, err := snapshot(t, blocking(more))
		require.NoError(t, err)
		require.NoError(t, s.Put(name, next))
	}
	put("", `, "serve": {"logAddresses": "network"}`)
	put("other", `, "serve": {"logLevel": "error"}`)
	s.ask(request("GET", "/decide/other", xff, "203.0.113.77"))
	put("", "")
	s.ask(request("GET", "/decide/other", xff, "203.0.113.77"))
	s.closeLog()
	lines := s.log.lines(t)
	require.Equal(t, "203.0.113.0/24", lines[0]["client_ip"])
	require.Equal(t, "203.0.113.77", lines[1]["client_ip"])
	require.Equal(t, "other", lines[1]["policy_name"])
}

// TestLinesAreLimitedAndCounted: a hundred lines a second of each sort, and what is
// left out is counted once.
func TestLinesAreLimitedAndCounted(t *testing.T) {
	const denied, stranger, failure = "denied", "caller outside edge.trusted refused; if it is one of our proxies, add it there", "connections cannot be accepted"
	const unknown, left = "no policy of this name is served", "log lines left out"
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, blocking(""))
		connections := forwardauth.ConnectionLog(s.journal)
		flood := func(path string) {
			for range 500 {
				s.ask(request("GET", "/decide", xff, "203.0.113.7"))
				r := request("GET", path, xff, "203.0.113.7")
				r.RemoteAddr = "198.51.100.9:1"
				s.ask(r)
				_, _ = connections.Write([]byte("http: Accept error: too many open files\n"))
			}
		}
		written := func() map[string]int {
			synctest.Wait()
			count := map[string]int{}
			for _, line := range s.log.lines(t) {
				message := line["msg"].(string)
				if message == left {
					require.Equal(t, 100.0, line["limit_per_second"])
					count[message] += int(line["count"].(float64))
					continue
				}
				count[message]++
			}
			return count
		}
		flood("/decide")
		require.Equal(t, map[string]int{denied: 100, stranger: 100, failure: 100}, written())
		s.journal.Flush()
		time.Sleep(time.Second - time.Nanosecond)
		s.ask(request("GET", "/decide", xff, "203.0.113.7"))
		require.Equal(t, map[string]int{denied: 100, stranger: 100, failure: 100}, written(), "the second is not over")
		time.Sleep(time.Nanosecond)
		s.journal.Flush()
		s.journal.Flush()
		require.Equal(t, map[string]int{denied: 100, stranger: 100, failure: 100, left: 1201}, written())
		flood("/decide/other")
		require.Equal(t, map[string]int{denied: 200, stranger: 100, unknown: 100, failure: 200, left: 1201}, written())
		time.Sleep(time.Second)
		s.ask(request("GET", "/decide", xff, "203.0.113.7"))
		require.Equal(t, map[string]int{denied: 201, stranger: 100, unknown: 100, failure: 200, left: 1601}, written(), "the next line of a sort says it, too")
		require.Contains(t, s.metrics(), `netwicket_decisions_total{decision="deny",mode="enforce",reason="blocklisted"} 1002`)
		require.Contains(t, s.metrics(), "netwicket_log_lines_dropped_total{cause=\"rate\"} 2401\n")
		s.closeLog()
		require.Equal(t, 2401, written()[left], "the end says the rest")
	})
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, blocking(""))
		for range 150 {
			s.ask(request("GET", "/decide", xff, "203.0.113.7"))
		}
		s.closeLog()
		require.Contains(t, s.log.String(), `"msg":"log lines left out","count":50,`, "also within the first second")
	})
}

// What documents, databases and clients say reaches the log as it can be shown.
func TestLogIsFitToBeShown(t *testing.T) {
	const hostile = "Z\u009b2J\u202e\u2028\x7f\u200b"
	files := blocking("")
	files["zones.json"] = strings.ReplaceAll(files["zones.json"], `"Blocked"`, `"`+hostile+`"`)
	s := serve(t, files)
	s.ask(request("GET", "/decide", xff, "203.0.113.7"))
	s.ask(request("GET", "/decide", xff, hostile))
	s.ask(request("GET", "/decide/nobody"+url.PathEscape(hostile), xff, "203.0.113.7"))
	s.closeLog()
	lines := s.log.lines(t)
	require.Len(t, lines, 3)
	require.Equal(t, hostile, lines[0]["zone"], "nothing is lost")
	for line := range strings.SplitSeq(s.log.String(), "\n") {
		require.False(t, strings.ContainsFunc(line, func(r rune) bool { return !strconv.IsPrint(r) }), "%q", line)
	}
}
