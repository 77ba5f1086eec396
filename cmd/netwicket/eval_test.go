package main

import (
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEval(t *testing.T) {
	tests := []struct {
		name  string
		args  []string
		stdin string
		code  int
		out   string
	}{
		{"an allowed address", []string{"eval", "192.0.2.1"}, "", 0, "allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"a blocked address", []string{"eval", "203.0.113.9"}, "", 2, "deny 203.0.113.9 blocklisted zone=\"BlockedIpZone\"\n"},
		{"one denial among several", []string{"eval", "192.0.2.1", "198.51.100.200"}, "", 2,
			"allow 192.0.2.1 permitted rule=\"Office in\"\ndeny 198.51.100.200 rule rule=\"All out\"\n"},
		{"flags behind addresses", []string{"192.0.2.1", "-c", ".", "eval"}, "", 1, ""},
		{"flags before the command", []string{"-c", ".", "eval", "192.0.2.1"}, "", 0, "allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"flags behind the address", []string{"eval", "192.0.2.1", "-c", "netwicket.json"}, "", 0, "allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"a mapped address", []string{"eval", "::ffff:192.0.2.1"}, "", 0, "allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"an address with a port", []string{"eval", "192.0.2.1:80"}, "", 0, "allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"an address with a zone", []string{"eval", "fe80::1%eth0"}, "", 2, "deny fe80::1 rule rule=\"All out\" unknown=country\n"},
		{"no address is denied", []string{"eval", "office"}, "", 2, "deny - client_unresolved error=bad_peer\n"},
		{"a leading zero is no address", []string{"eval", "192.0.2.01"}, "", 2, "deny - client_unresolved error=bad_peer\n"},
		{"an empty argument is no address", []string{"eval", ""}, "", 2, "deny - client_unresolved error=bad_peer\n"},
		{"a prefix is no address", []string{"eval", "192.0.2.0/24"}, "", 2, "deny - client_unresolved error=bad_peer\n"},
		{"a request", []string{"eval", "--remote", "10.0.0.1:4711", "-H", "X-Forwarded-For: 203.0.113.1, 192.0.2.1"}, "", 2,
			"deny 192.0.2.1 blocklisted zone=\"BlockedIpZone\"\n"},
		{"header names compare without case", []string{"eval", "--remote", "10.0.0.1", "-H", "x-FORWARDED-for: 192.0.2.1"}, "", 0,
			"allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"header lines keep their order", []string{"eval", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 198.51.100.1", "-H", "X-Forwarded-For: 192.0.2.1"}, "", 0,
			"allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"an empty header line changes nothing", []string{"eval", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 192.0.2.1", "-H", "X-Forwarded-For:"}, "", 0,
			"allow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"an unreadable hop before the client", []string{"eval", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 192.0.2.1, unknown"}, "", 2,
			"deny - client_unresolved\n"},
		{"a peer that is no address", []string{"eval", "--remote", "@", "-H", "X-Forwarded-For: 192.0.2.1"}, "", 2,
			"deny - client_unresolved error=bad_peer\n"},
		{"an empty peer", []string{"eval", "--remote", ""}, "", 2, "deny - client_unresolved error=bad_peer\n"},
		{"standard input", []string{"eval"}, "# office\n\n192.0.2.1\r\n{\"remote\":\"10.0.0.1\",\"headers\":[[\"X-Forwarded-For\",\"192.0.2.2\"]]}", 0,
			"allow 192.0.2.1 permitted rule=\"Office in\"\nallow 192.0.2.2 permitted rule=\"Office in\"\n"},
		{"standard input by name, among addresses", []string{"eval", "192.0.2.1", "-", "192.0.2.3"}, "192.0.2.2\n", 0,
			"allow 192.0.2.1 permitted rule=\"Office in\"\nallow 192.0.2.2 permitted rule=\"Office in\"\nallow 192.0.2.3 permitted rule=\"Office in\"\n"},
		{"any line is address text", []string{"eval"}, "[]\n\"192.0.2.1\"\n192.0.2.1\n", 2,
			"deny - client_unresolved error=bad_peer\ndeny - client_unresolved error=bad_peer\nallow 192.0.2.1 permitted rule=\"Office in\"\n"},
		{"no request at all", []string{"eval"}, "# nothing\n", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			got := runIn(t, test.stdin, test.args...)
			require.Equal(t, test.out, got.out)
			require.Equal(t, test.code, got.code, got.stderr)
		})
	}
}

// A line that is no request gives a diagnostic and no output line; the rest is
// decided, and what could not be decided outranks denials.
func TestEvalBrokenLines(t *testing.T) {
	acme(t)
	got := runIn(t, "203.0.113.9\n{\"remote\":1}\n192.0.2.1\n{\"peer\":\"192.0.2.1\"}\n", "eval", "--json")
	require.Equal(t, 1, got.code)
	require.Len(t, objects(t, got.out), 2)
	require.Contains(t, got.stderr, "line 2: ")
	require.Contains(t, got.stderr, "line 4: column 2: \"peer\": unknown key")
}

func TestEvalJSON(t *testing.T) {
	tests := []struct{ name, arg, want string }{
		{"allow", "192.0.2.1",
			`{"decision":"allow","reason":"permitted","reasons":["permitted"],"client":"192.0.2.1","peer":"192.0.2.1","zone":null,"rule":"Office in","audit":false,"error":null,"unknown":[]}`},
		{"blocked", "203.0.113.9",
			`{"decision":"deny","reason":"blocklisted","reasons":["blocklisted"],"client":"203.0.113.9","peer":"203.0.113.9","zone":{"id":"nzblock","name":"BlockedIpZone"},"rule":null,"audit":false,"error":null,"unknown":[]}`},
		{"no address", "<&>",
			`{"decision":"deny","reason":"client_unresolved","reasons":["client_unresolved"],"client":null,"peer":null,"zone":null,"rule":null,"audit":false,"error":"bad_peer","unknown":[]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			require.Equal(t, test.want+"\n", runIn(t, "", "eval", "--json", test.arg).out)
		})
	}
}

func TestEvalReportsSeveralSailPointReasons(t *testing.T) {
	folder(t, map[string]string{
		"network.json": `{"range":["192.0.2.0/24"],"geolocation":["DE"],"whitelisted":true}`,
		"geo.csv":      "network,country,region,asn,anonymizer,services\n9.9.9.9,US,,19281,,\n",
	})
	got := runIn(t, "", "eval", "-c", "network.json", "-g", "geo.csv", "9.9.9.9", "--json")
	require.Equal(t, `{"decision":"deny","reason":"off_network","reasons":["off_network","untrusted_geography"],"client":"9.9.9.9",`+
		`"peer":"9.9.9.9","zone":null,"rule":null,"audit":false,"error":null,"unknown":[]}`+"\n", got.out)
	got = runIn(t, "", "eval", "-c", "network.json", "-g", "geo.csv", "9.9.9.9")
	require.Equal(t, "deny 9.9.9.9 off_network,untrusted_geography\n", got.out)
}

// What the edge resolves, and that an address argument never passes it.
func TestEvalBehindAnEdge(t *testing.T) {
	const zones = `[{"type":"IP","id":"a","name":"A","usage":"BLOCKLIST","gateways":[{"type":"RANGE","value":"203.0.113.9"}],"system":false}]`
	tests := []struct {
		name, edge string
		args       []string
		want       string
	}{
		{"the client behind the edge", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`,
			[]string{"--remote", "10.0.0.1:1", "-H", "X-Forwarded-For: 192.0.2.7, 10.0.0.2"}, "allow 192.0.2.7 permitted"},
		{"every hop counts for blocklists", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`,
			[]string{"--remote", "10.0.0.1:1", "-H", "X-Forwarded-For: 203.0.113.9, 192.0.2.7"}, `deny 192.0.2.7 blocklisted zone="A"`},
		{"a trusted proxy that names nobody", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`,
			[]string{"--remote", "10.0.0.1:1"}, "deny - client_unresolved error=missing"},
		{"an unreadable element", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`,
			[]string{"--remote", "10.0.0.1:1", "-H", "X-Forwarded-For: x"}, "deny - client_unresolved error=malformed"},
		{"no host's address as peer", `{"source":"peer"}`, []string{"--remote", "0.0.0.0"}, "deny - client_unresolved error=bad_peer"},
		{"an empty edge reads no header", `{}`,
			[]string{"--remote", "192.0.2.7", "-H", "X-Forwarded-For: 203.0.113.9"}, "allow 192.0.2.7 permitted"},
		{"an address argument is a chain of one", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`, []string{"10.0.0.1"}, "allow 10.0.0.1 permitted"},
		{"any address is an address argument", `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`, []string{"0.0.0.0"}, "allow 0.0.0.0 permitted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, map[string]string{"netwicket.json": `{"okta":{"zones":["z.json"]},"edge":` + test.edge + `}`, "z.json": zones})
			require.Equal(t, test.want+"\n", runIn(t, "", append([]string{"eval"}, test.args...)...).out)
		})
	}
}

func TestEvalUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no command", nil, "Available Commands"},
		{"unknown command", []string{"evaluate"}, `unknown command "evaluate"`},
		{"near command", []string{"evl"}, "did you mean eval?"},
		{"unknown flag", []string{"eval", "--jsn", "192.0.2.1"}, "unknown flag: --jsn"},
		{"unknown country", []string{"eval", "--unknown-country", "maybe", "192.0.2.1"}, "expected deny or trust"},
		{"no sort", []string{"eval", "--assume-none", "", "192.0.2.1"}, "expected tor, vpn, public_proxy or residential_proxy, or all"},
		{"a sort that is none", []string{"eval", "--assume-none", "vpn,proxy", "192.0.2.1"}, `--assume-none "vpn,proxy"`},
		{"a sort in capitals", []string{"eval", "--assume-none", "VPN", "192.0.2.1"}, `did you mean "vpn"?`},
		{"service without a path", []string{"eval", "--service", "NORD_VPN", "192.0.2.1"}, "expected NAME=PATH"},
		{"service with a bad name", []string{"eval", "--service", "nord vpn=x", "192.0.2.1"}, "letters, digits"},
		{"header without a peer", []string{"eval", "-H", "X-Forwarded-For: 192.0.2.1", "192.0.2.1"}, "together with --remote"},
		{"header without a colon", []string{"eval", "--remote", "192.0.2.1", "-H", "X-Forwarded-For"}, "no colon"},
		{"peer and address", []string{"eval", "--remote", "192.0.2.1", "192.0.2.1"}, "--remote is a request of its own"},
		{"missing policy", []string{"eval", "-c", "absent.json", "192.0.2.1"}, "absent.json:1:1: error: cannot be read"},
		{"missing database", []string{"eval", "-g", "absent.mmdb", "192.0.2.1"}, "absent.mmdb:1:1: error: cannot be read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			got := runIn(t, "", test.args...)
			require.Equal(t, 1, got.code)
			require.Empty(t, got.out, "nothing that could be taken for an answer")
			require.Contains(t, got.stderr, test.want)
		})
	}
}

func TestMissingDefaultPolicy(t *testing.T) {
	folder(t, nil)
	got := runIn(t, "", "eval", "192.0.2.1")
	require.Equal(t, 1, got.code)
	require.Empty(t, got.out)
	require.Contains(t, got.stderr, "-c PATH")
}

// A policy with many errors shows the first of them.
func TestManyErrorsAreCut(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"edge":{"trusted":[` + strings.Repeat(`"x",`, 39) + `"x"]}}`})
	got := runIn(t, "", "eval", "192.0.2.1")
	require.Equal(t, 21, strings.Count(got.stderr, "\n"))
	require.Contains(t, got.stderr, "and 20 more errors; netwicket check lists all")
	require.Equal(t, 40, strings.Count(runIn(t, "", "check").out, "\n"))
}

// endless gives one line and then waits, as a terminal does.
type endless struct {
	line  string
	asked chan struct{}
	done  chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	if e.line != "" {
		n := copy(p, e.line)
		e.line = e.line[n:]
		return n, nil
	}
	close(e.asked)
	<-e.done
	return 0, io.EOF
}

type recorder struct{ lines chan string }

func (r *recorder) Write(p []byte) (int, error) {
	r.lines <- string(p)
	return len(p), nil
}

// A decision is printed before the next line is waited for.
func TestEvalAnswersAtOnce(t *testing.T) {
	acme(t)
	input := &endless{line: "192.0.2.1\n203.0.113.9\n", asked: make(chan struct{}), done: make(chan struct{})}
	output := &recorder{lines: make(chan string, 8)}
	code := make(chan int, 1)
	go func() { code <- run([]string{"eval"}, input, output, io.Discard) }()
	select {
	case <-input.asked:
	case got := <-code:
		require.FailNow(t, "it ended before its input did", got)
	}
	require.Len(t, output.lines, 1, "both decisions in one write, before the second read returns")
	require.Equal(t, 2, strings.Count(<-output.lines, "\n"))
	close(input.done)
	require.Equal(t, 2, <-code)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestEvalFailsIfItCannotPrint(t *testing.T) {
	acme(t)
	require.Equal(t, 1, run([]string{"eval", "192.0.2.1"}, strings.NewReader(""), broken{}, io.Discard))
}

// Entries of the overlay that have expired are to every command as if they were not
// there; those that go on longer are in force.
func TestExpiredEntries(t *testing.T) {
	const overlay = `{"deny":[{"network":"192.0.2.1","until":"UNTIL","why":"w"},{"network":"192.0.2.64/26","why":"w"}],` +
		`"allow":[{"network":"203.0.113.1","until":"UNTIL","why":"w"}]}`
	said := regexp.MustCompile(`(?m)^.*\[overlay-expired\]\n|^  warnings .*\n|"warnings":\d+|[0-9a-f]{32,}`) // a warning, and that it is another policy
	outputs := func(overlay string) map[string]string {
		acme(t)
		policy, err := os.ReadFile("netwicket.json")
		require.NoError(t, err)
		writeFile(t, "plain.json", string(policy))
		writeFile(t, "netwicket.json", strings.Replace(string(policy), "{", `{"overlay":"overlay.json",`, 1))
		writeFile(t, "overlay.json", overlay)
		var log strings.Builder
		for _, addr := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.65", "203.0.113.1", "203.0.113.2"} {
			log.WriteString(addr + ` - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203` + "\n")
		}
		writeFile(t, "access.log", log.String())
		writeFile(t, "want.json", `[{"remote":"192.0.2.1","want":{"decision":"allow"}},{"remote":"203.0.113.1","want":{"decision":"deny"}}]`)
		all := map[string]string{}
		for _, line := range []string{
			"eval 192.0.2.1 203.0.113.1", "eval --remote 192.0.2.1:80", "explain 192.0.2.1", "explain --json 203.0.113.1",
			"test want.json", "replay access.log", "replay --json access.log", "replay --against plain.json access.log",
			"diff --json plain.json netwicket.json", "diff --json netwicket.json plain.json", "diff --json --log access.log plain.json netwicket.json",
			"export --format cidr", "export --format csv", "export --format nginx", "check --must-allow 192.0.2.1 --must-deny 203.0.113.1",
			"map -o map.svg", "map -o map.html", "map --diff plain.json -o change.svg",
		} {
			got := runIn(t, "", strings.Fields(line)...)
			for _, name := range []string{"map.svg", "map.html", "change.svg"} {
				if strings.HasSuffix(line, name) {
					drawn, err := os.ReadFile(name)
					require.NoError(t, err)
					got.out = string(drawn)
				}
			}
			require.NotEmpty(t, got.out, "%s: %s", line, got.stderr)
			all[line] = said.ReplaceAllString(got.out, "")
		}
		return all
	}
	none := outputs(`{"deny":[{"network":"192.0.2.64/26","why":"w"}],"allow":[]}`)
	for line, text := range outputs(strings.ReplaceAll(overlay, "UNTIL", "2001-01-01T00:00:00Z")) {
		require.Equal(t, none[line], text, line)
	}
	for line, text := range outputs(strings.ReplaceAll(overlay, "UNTIL", "2999-01-01T00:00:00Z")) {
		require.NotEqual(t, none[line], text, "%s: an entry in force would be seen", line)
	}
}

// What describes a request and does not fit together is refused, by each command that is asked
// about requests, before anything is answered.
func TestRequestsThatDoNotFitTogether(t *testing.T) {
	acme(t)
	line := "192.0.2.1" + combinedTail
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-H", "X-Forwarded-For: 192.0.2.1"}, "-H describes a request together with --remote; give the peer that sent the header"},
		{[]string{"-H", "X-Forwarded-For: 192.0.2.1", "192.0.2.1"}, "-H describes a request together with --remote"},
		{[]string{"--remote", "192.0.2.1", "192.0.2.1"}, "--remote is a request of its own; give addresses in another call"},
		{[]string{"--remote", "192.0.2.1", "-H", "X"}, "no colon"},
		{[]string{"--remote", "192.0.2.1", "--from-log", line}, "--from-log is a request of its own"},
		{[]string{"--from-log", line, "192.0.2.1"}, "--from-log is a request of its own"},
		{[]string{"--from-log", "x"}, "--from-log: no record"},
		{[]string{"--from-log", line, "--format", "x"}, `unknown format "x"`},
	} {
		for _, command := range []string{"eval", "explain", "resolve"} {
			if command != "explain" && strings.Contains(row.want, "log") || command != "explain" && strings.Contains(row.want, "format") {
				continue
			}
			got := runIn(t, "192.0.2.1\n", append([]string{command}, row.args...)...)
			require.Equal(t, 1, got.code, "%s %q", command, row.args)
			require.Empty(t, got.out)
			require.Contains(t, got.stderr, row.want)
		}
	}
	both := runIn(t, "203.0.113.9\n", "eval", "192.0.2.1", "-", "192.0.2.2")
	require.Equal(t, 2, both.code)
	require.Equal(t, []string{"allow 192.0.2.1", "deny 203.0.113.9", "allow 192.0.2.2"}, regexp.MustCompile(`(?m)^\w+ [\d.]+`).FindAllString(both.out, -1))
}
