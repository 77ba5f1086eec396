package forwardauth_test

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
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
	put("other", "")
	s.ask(request("GET", "/decide/other", xff, "203.0.113.77"))
	put("", "")
	s.ask(request("GET", "/decide/other", xff, "203.0.113.77"))
	s.closeLog()
	lines := s.log.lines(t)
	require.Equal(t, "203.0.113.0/24", lines[0]["client_ip"])
	require.Equal(t, "203.0.113.77", lines[1]["client_ip"])
}

func TestLinesAreLimitedAndCounted(t *testing.T) {
	s := serve(t, blocking(""))
	const asked = 5000
	for range asked {
		s.ask(request("GET", "/decide", xff, "203.0.113.7"))
	}
	for range asked {
		r := request("GET", "/decide", xff, "203.0.113.7")
		r.RemoteAddr = "198.51.100.9:1"
		s.ask(r)
	}
	s.closeLog()
	denied, warned, left := 0, 0, 0.0
	for _, line := range s.log.lines(t) {
		switch line["msg"] {
		case "denied":
			denied++
		case "log lines left out":
			left += line["count"].(float64)
		default:
			warned++
		}
	}
	require.Positive(t, denied)
	require.Positive(t, warned, "strangers have a limit of their own")
	require.Less(t, denied+warned, asked)
	require.EqualValues(t, 2*asked, float64(denied+warned)+left, "every line is written or counted")
	require.Contains(t, s.metrics(), `netwicket_decisions_total{decision="deny",mode="enforce",reason="blocklisted"} 5000`)
}

// full is a device without space, until it has some.
type full struct {
	logged
	broken atomic.Bool
}

func (f *full) Write(line []byte) (int, error) {
	if f.broken.Load() {
		return 0, errors.New("no space left on device")
	}
	return f.logged.Write(line)
}

func TestFullDeviceCostsLinesOnly(t *testing.T) {
	device := &full{}
	device.broken.Store(true)
	journal := forwardauth.NewJournal(device)
	for range 10 {
		journal.Logger().Info("lost")
	}
	require.Eventually(t, func() bool { return forwardauth.Lost(journal) == 10 }, 10*time.Second, time.Millisecond)
	device.broken.Store(false)
	journal.Logger().Info("kept")
	journal.Close(10 * time.Second)
	lines := device.lines(t)
	require.Len(t, lines, 2)
	require.Equal(t, "log lines lost", lines[0]["msg"])
	require.EqualValues(t, 10, lines[0]["count"])
	require.Equal(t, "kept", lines[1]["msg"])
}

// stuck is a pipe that nobody reads.
type stuck struct{ release chan struct{} }

func (s stuck) Write(line []byte) (int, error) {
	<-s.release
	return len(line), nil
}

func TestStuckOutputMakesNobodyWait(t *testing.T) {
	pipe := stuck{make(chan struct{})}
	journal := forwardauth.NewJournal(pipe)
	service, err := forwardauth.New(journal, forwardauth.Build{}, "")
	require.NoError(t, err)
	first, err := snapshot(t, blocking(`, "serve": {"logLevel": "debug"}`))
	require.NoError(t, err)
	require.NoError(t, service.Put("", first))
	s := &served{Service: service, journal: journal, handler: service.Handler(true)}
	for range 3000 {
		require.Equal(t, 204, s.ask(request("GET", "/decide", xff, "198.51.100.7")).Code)
	}
	require.Positive(t, forwardauth.Lost(journal))
	require.Regexp(t, `netwicket_log_lines_dropped_total{cause="output"} [1-9]`, s.metrics())
	journal.Close(time.Millisecond) // and closing does not wait for ever
	close(pipe.release)
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
