package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/internal/realdata"
)

const combinedTail = ` - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent"`

func TestReplay(t *testing.T) {
	const log = "192.0.2.1" + combinedTail + "\n" +
		"203.0.113.9" + combinedTail + "\n" +
		"192.0.2.1, 10.0.0.1" + combinedTail + "\n" +
		"rubbish\n" +
		"198.51.100.200 - - [18/May/2015:10:05:03 +0200] \"GET / HTTP/1.1\" 200 203\n"
	tests := []struct {
		name   string
		args   []string
		stdin  string
		out    string
		stderr string
	}{
		{"JSON", []string{"--json", "access.log"}, "",
			`{"lines":5,"decided":4,"unreadable":1,"allow":2,"deny":2,"reasons":{"permitted":2,"blocklisted":1,"rule":1},"unknown":[],"clients":3}` + "\n",
			"netwicket: access.log:4: no record: expected an address at the start of the line, then the identity and the user: \"rubbish\"\n"},
		{"standard input", []string{"--json", "-"}, log,
			`{"lines":5,"decided":4,"unreadable":1,"allow":2,"deny":2,"reasons":{"permitted":2,"blocklisted":1,"rule":1},"unknown":[],"clients":3}` + "\n", "netwicket: standard input:4: "},
		{"standard input by default", []string{"--json"}, "192.0.2.1" + combinedTail,
			`{"lines":1,"decided":1,"unreadable":0,"allow":1,"deny":0,"reasons":{"permitted":1},"unknown":[],"clients":1}` + "\n", ""},
		{"several logs, one of them packed", []string{"--json", "access.log", "access.log.1.gz"}, "",
			`{"lines":10,"decided":8,"unreadable":2,"allow":4,"deny":4,"reasons":{"permitted":4,"blocklisted":2,"rule":2},"unknown":[],"clients":3}` + "\n",
			"netwicket: access.log.1.gz:4: "},
		{"nothing", []string{"--json"}, "", `{"lines":0,"decided":0,"unreadable":0,"allow":0,"deny":0,"reasons":{},"unknown":[],"clients":0}` + "\n", ""},
		{"JSON lines", []string{"--json", "--format", "json", "--field", "peer=from", "--field=xff=via"},
			`{"from":"10.0.0.1:99","via":"203.0.113.9, 192.0.2.1"}`,
			`{"lines":1,"decided":1,"unreadable":0,"allow":0,"deny":1,"reasons":{"blocklisted":1},"unknown":[],"clients":1}` + "\n", ""},
		{"Okta events in an array", []string{"--json", "--format", "okta"},
			`[ {"request": {"ipChain": [{"ip": "192.0.2.1"}, {"ip": "10.0.0.1"}]}}, {"request": {"ipChain": []}} ]`,
			`{"lines":2,"decided":1,"unreadable":1,"allow":1,"deny":0,"reasons":{"permitted":1},"unknown":[],"clients":1}` + "\n", "no client caused it"},
		{"a pattern", []string{"--json", "--pattern", `^from (?P<addr>\S+)`}, "from 203.0.113.9\nfrom 10.0.0.1\n",
			`{"lines":2,"decided":2,"unreadable":0,"allow":0,"deny":2,"reasons":{"blocklisted":1,"rule":1},"unknown":["country"],"clients":2}` + "\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			writeFile(t, "access.log", log)
			writePacked(t, "access.log.1.gz", log)
			got := runIn(t, test.stdin, append([]string{"replay"}, test.args...)...)
			require.Equal(t, test.out, got.out)
			require.Contains(t, got.stderr, test.stderr)
			require.Equal(t, test.stderr == "", got.stderr == "")
			require.Equal(t, 0, got.code)
		})
	}
}

func TestReplayAgainst(t *testing.T) {
	acme(t)
	writeFile(t, "access.log", "192.0.2.1"+combinedTail+"\n203.0.113.9"+combinedTail+"\n203.0.113.9"+combinedTail+"\n198.51.100.200"+combinedTail+"\n")
	writeFile(t, "next.json", `{"range":["203.0.113.0/24"]}`)
	got := runIn(t, "", "replay", "--json", "access.log", "--against", "next.json")
	require.Equal(t, `{"lines":4,"decided":4,"unreadable":0,"allow":1,"deny":3,"reasons":{"blocklisted":2,"permitted":1,"rule":1},"unknown":[],"clients":3,`+
		`"against":{"newlyDenied":1,"newlyAllowed":2,"clients":2}}`+"\n", got.out)
	require.Equal(t, 0, got.code)
	got = runIn(t, "", "replay", "--json", "access.log", "--against", ".")
	require.Contains(t, got.out, `"against":{"newlyDenied":0,"newlyAllowed":0,"clients":0}`)
}

func writePacked(t *testing.T, name, text string) {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(name, packed.Bytes(), 0o644))
}

func TestReplayText(t *testing.T) {
	acme(t)
	writeFile(t, "access.log", strings.Repeat("203.0.113.9"+combinedTail+"\n", 3)+"192.0.2.1"+combinedTail+"\nlocalhost"+combinedTail+"\n")
	writeFile(t, "next.json", `{"range":["203.0.113.0/24"]}`)
	got := runIn(t, "", "replay", "access.log", "--against", "next.json", "--top", "1")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, `5 lines, 2 clients, 5 decided, 0 unreadable
from 2015-05-17T10:05:03Z to 2015-05-17T10:05:03Z

Decisions
  allow  1  20.0%
  deny   4  80.0%

Reasons
  blocklisted  3  60.0%
  and 2 more

Denied by zone
  "BlockedIpZone"  3  60.0%

Decided by rule
  "Office in" allow  1  20.0%

Countries
  unknown  3  3 denied
  and 1 more

Clients denied most
  203.0.113.9  -  3 of 3 blocklisted  2015-05-17T10:05:03Z .. 2015-05-17T10:05:03Z

Under next.json
  newly denied         1  20.0%
  newly allowed        3  60.0%
  clients that change  2  

Decisions before and after
  deny blocklisted -> allow permitted  3  60.0%
  and 1 more

Clients newly denied
  192.0.2.1  DE  1 of 1  2015-05-17T10:05:03Z .. 2015-05-17T10:05:03Z

Clients newly allowed
  203.0.113.9  -  3 of 3  2015-05-17T10:05:03Z .. 2015-05-17T10:05:03Z
`, got.out)
}

func TestReplayErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"a log that is missing", []string{"absent.log", "access.log"}, "absent.log: no such file"},
		{"an archive that was cut off", []string{"cut.gz"}, "cut.gz: "},
		{"no record at all", []string{"--format", "json", "access.log"}, "access.log:1: no record"},
		{"no line that could be read", []string{"--format", "json", "access.log"}, "--format, or where the addresses stand with --pattern RE for text"},
		{"an unknown format", []string{"--format", "iis", "access.log"}, `unknown format "iis"; expected combined, common, json, okta, regex`},
		{"a policy that is missing", []string{"-c", "absent.json", "access.log"}, "absent.json:1:1"},
		{"another policy that is missing", []string{"--against", "absent.json", "access.log"}, "absent.json:1:1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			writeFile(t, "access.log", "192.0.2.1"+combinedTail+"\n")
			writePacked(t, "cut.gz", strings.Repeat("192.0.2.1"+combinedTail+"\n", 100))
			packed, err := os.ReadFile("cut.gz")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile("cut.gz", packed[:len(packed)-9], 0o644))
			got := runIn(t, "", append([]string{"replay", "--json"}, test.args...)...)
			require.Equal(t, 1, got.code)
			require.Contains(t, got.stderr, test.want)
			if test.args[0] == "absent.log" {
				require.Contains(t, got.out, `"decided":1`, "the other log is replayed all the same")
			}
		})
	}
}

// A log that is not there is no quiet day: nothing is reported of it.
func TestReplayOfNothing(t *testing.T) {
	acme(t)
	for _, args := range [][]string{{"replay", "absent.log"}, {"replay", "--json", "absent.log"}} {
		got := runIn(t, "", args...)
		require.Equal(t, 1, got.code)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, "absent.log: no such file")
	}
	writeFile(t, "empty.log", "")
	require.Contains(t, runIn(t, "", "replay", "empty.log").out, "0 lines", "an empty one is")
}

// nginxLogs are the logs' peers and headers, line by line, written down by a person.
func nginxLogs() map[string][][2]string {
	return map[string][][2]string{
		"logs/test.log": {
			{"127.0.0.1", "10.0.0.2, 10.0.0.1"}, {"172.17.0.1", ""}, {"85.181.35.98", "10.0.0.2, 10.0.0.1"}, {"85.181.35.98", ""},
			{"10.2.1.185", "10.5.102.222, 199.96.1.1, 204.246.1.1"}, {"10.2.2.121", "2a03:0000:10ff:f00f:0000:0000:0:8000, 10.225.192.17"}, {"127.0.0.1", ""},
		},
		"logs/test-with-host.log": {
			{"127.0.0.1", "10.0.0.2, 10.0.0.1"}, {"172.17.0.1", ""}, {"81.2.69.143", "10.0.0.2, 10.0.0.1"}, {"81.2.69.143", ""},
			{"10.2.1.185", "10.5.102.222, 175.16.199.1, 204.246.1.1"}, {"10.2.2.121", "2a02:cf40:10ff:f00f:0000:0000:0:8000, 10.225.192.17"},
			{"127.0.0.1", "1.128.3.4:80"}, {"unix:", ""}, {"localhost", "1.128.3.4"}, {"localhost", "localhost"},
		},
	}
}

// requestLine is a request as eval reads it.
func requestLine(t *testing.T, remote, forwarded string) string {
	t.Helper()
	headers := [][2]string{}
	if forwarded != "" {
		headers = append(headers, [2]string{"X-Forwarded-For", forwarded})
	}
	line, err := json.Marshal(map[string]any{"remote": remote, "headers": headers})
	require.NoError(t, err)
	return string(line) + "\n"
}

// realLogs are the real logs, and the same requests for eval, written without
// the parsers: of the Apache log the first word of each line is the peer.
func realLogs(t *testing.T) (logs map[string]string, requests map[string][]string) {
	t.Helper()
	logs, requests = map[string]string{}, map[string][]string{}
	for name, lines := range nginxLogs() {
		text, err := os.ReadFile(realdata.Path(t, name))
		require.NoError(t, err)
		logs[name] = string(text)
		for _, line := range lines {
			requests[name] = append(requests[name], requestLine(t, line[0], line[1]))
		}
	}
	const apache = "logs/apache_logs"
	text, err := os.ReadFile(realdata.Path(t, apache))
	require.NoError(t, err)
	logs[apache] = string(text)
	for line := range strings.Lines(string(text)) {
		addr, _, _ := strings.Cut(line, " ")
		requests[apache] = append(requests[apache], requestLine(t, addr, ""))
	}
	return logs, requests
}

// Every line of the real logs decides as eval does about the same request.
func TestReplayAgreesWithEval(t *testing.T) {
	logs, requests := realLogs(t)
	country := realdata.Path(t, "mmdb/country-2025.mmdb")
	for _, edge := range []string{"", `,"edge":{"trusted":["10.0.0.0/8","127.0.0.0/8"],"source":"x-forwarded-for"}`} {
		folder(t, map[string]string{
			"netwicket.json": `{"okta":{"zones":["zones.json"]},"sailpoint":{"networkConfig":"net.json"}` + edge + `}`,
			"net.json":       `{"geolocation":["CN","RU"],"whitelisted":false}`,
			"zones.json": `[{"type":"IP","id":"p","name":"Proxies","system":false,"gateways":[],"proxies":[{"type":"CIDR","value":"10.0.0.0/8"},{"type":"RANGE","value":"127.0.0.1"}]},
				{"type":"DYNAMIC","id":"b","name":"Blocked","usage":"BLOCKLIST","system":false,"locations":[{"country":"FR"}]}]`,
		})
		for name, log := range logs {
			decided := objects(t, runIn(t, strings.Join(requests[name], ""), "eval", "--json", "-g", country).out)
			require.Len(t, decided, len(requests[name]))
			sums := map[string]uint64{}
			for _, d := range decided {
				sums[d["decision"].(string)]++
				sums[d["reason"].(string)]++
			}
			whole := objects(t, runIn(t, log, "replay", "--json", "-g", country).out)[0]
			require.EqualValues(t, len(decided), whole["decided"], name)
			require.EqualValues(t, 0, whole["unreadable"], name)
			require.EqualValues(t, sums["allow"], whole["allow"], name)
			require.EqualValues(t, sums["deny"], whole["deny"], name)
			for reason, n := range whole["reasons"].(map[string]any) {
				require.EqualValues(t, sums[reason], n, "%s: %s", name, reason)
			}
			replayEachLine(t, country, name, log, requests[name], decided)
		}
	}
}

// replayEachLine replays a log line by line, each request once, and compares it
// with its decision.
func replayEachLine(t *testing.T, country, name, log string, requests []string, decided []map[string]any) {
	t.Helper()
	c := &commandLine{geo: []string{country}, in: strings.NewReader(""), out: io.Discard, err: io.Discard}
	config, err := c.replayConfig(replayFlags{}, &logFlags{})
	require.NoError(t, err)
	config.Workers = 1
	lines := bufio.NewScanner(strings.NewReader(log))
	seen := map[string]bool{}
	for i := 0; lines.Scan(); i++ {
		if seen[requests[i]] {
			continue
		}
		seen[requests[i]] = true
		report := replay.Run(config, []replay.Input{{Name: name, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(lines.Text())), nil
		}}})
		client := "<nil>"
		if len(report.ByClient) > 0 {
			client = report.ByClient[0].Network.Addr().String()
		}
		got := report.Reasons[0].Of.String() + " " + client
		if want := fmt.Sprintf("%v %v", decided[i]["reason"], decided[i]["client"]); got != want {
			t.Fatalf("%s:%d: %s, eval says %s", name, i+1, got, want)
		}
	}
}

// README of the data: 10,000 lines, 1,753 client addresses.
func TestReplayOfApacheLogs(t *testing.T) {
	log := realdata.Path(t, "logs/apache_logs")
	acme(t)
	got := objects(t, runIn(t, "", "replay", "--json", log).out)[0]
	require.EqualValues(t, 10_000, got["lines"])
	require.EqualValues(t, 10_000, got["decided"])
	require.EqualValues(t, 1753, got["clients"])
	parse, err := accesslog.New(accesslog.Options{Format: "common"})
	require.NoError(t, err)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		entry, err := parse.Line(strings.TrimSuffix(line, "\n"))
		if addr, _, _ := strings.Cut(line, " "); err != nil || entry.Remote != addr || entry.Forwarded != "" || entry.Time == 0 {
			t.Fatalf("%q: %+v, %v", line, entry, err)
		}
	}
}
