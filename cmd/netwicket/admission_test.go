package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asked is one request and what eval says of it.
type asked struct {
	Remote  string      `json:"remote"`
	Headers [][2]string `json:"headers"`
	answer  map[string]any
}

// line is the request as eval and explain read it.
func (a *asked) line(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(a)
	require.NoError(t, err)
	return string(text)
}

// logLine is the request as a record of a log, if a log can hold it.
func (a *asked) logLine(t *testing.T) (line string, ok bool) {
	t.Helper()
	if a.Remote == "" || len(a.Headers) > 1 {
		return "", false
	}
	record := map[string]string{"remote_addr": a.Remote}
	for _, header := range a.Headers {
		if header[0] != "X-Forwarded-For" || header[1] == "-" {
			return "", false
		}
		record["xff"] = header[1]
	}
	text, err := json.Marshal(record)
	require.NoError(t, err)
	return string(text), true
}

// randomRequests are requests of which every second one or so goes wrong.
func randomRequests(r *rand.Rand, n int) []*asked {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	hop := func(header string) string {
		if header == "Forwarded" {
			return pick("for=192.0.2.1", "for=192.0.2.1", `for="[2001:db8::7]:443"`, "for=203.0.113.9", "for=10.0.0.1;by=_us", "for=unknown", "for=_hidden", "by=10.0.0.1")
		}
		return pick("192.0.2.1", "192.0.2.1", "198.51.100.7", "198.51.100.200", "203.0.113.9", "10.0.0.1", "10.9.9.9", "2001:db8::7", "::ffff:192.0.2.1",
			"unknown", "", "0.0.0.0", "[2001:db8::7]:443", "192.0.2.1:80", "192.0.2.01")
	}
	list := make([]*asked, n)
	for i := range list {
		a := &asked{Remote: pick("10.0.0.1:4711", "10.0.0.1:4711", "10.9.9.9", "192.0.2.1:1", "203.0.113.9:1", "[2001:db8::7]:1", "@", "", "localhost:1", "0.0.0.0:1"), Headers: [][2]string{}}
		for range r.IntN(4) - 1 {
			name := pick("X-Forwarded-For", "X-Forwarded-For", "Forwarded", "X-Real-IP")
			hops := make([]string, r.IntN(4))
			for j := range hops {
				hops[j] = hop(name)
			}
			if r.IntN(25) == 0 {
				hops = append(hops, strings.Repeat("10.0.0.1,", 40)+"10.0.0.1")
			}
			a.Headers = append(a.Headers, [2]string{name, strings.Join(hops, ", ")})
		}
		list[i] = a
	}
	return list
}

// Whoever is asked, the answer is the same: eval, explain, test, check and replay
// give each request the same decision, client and error, with an edge and without,
// and resolve finds the same of an edge.
func TestCommandsAgreeAboutRequests(t *testing.T) {
	edges := []string{
		"", `{}`, `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}`, `{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for","onMissing":"peer","allTrusted":"leftmost","trustUnix":true}`,
		`{"trusted":["10.0.0.0/8"],"source":"forwarded"}`, `{"trusted":["10.0.0.0/8"],"source":"header:X-Real-IP"}`, `{"trusted":["10.0.0.0/8"],"source":"hops:2"}`,
	}
	const documents = `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"sailpoint":{"networkConfig":"network.json"},"geo":["geo.csv"]%s}`
	failures := map[any]bool{}
	for i, edge := range edges {
		t.Run("edge "+edge, func(t *testing.T) {
			acme(t)
			member := ""
			if edge != "" {
				member = `,"edge":` + edge
			}
			writeFile(t, "netwicket.json", fmt.Sprintf(documents, member))
			list := randomRequests(rand.New(rand.NewPCG(uint64(i), 11)), 300)
			evaluated(t, list)
			require.Greater(t, decided(list, "allow"), 5)
			require.Greater(t, decided(list, "deny"), 5)
			for _, a := range list {
				failures[a.answer["error"]] = true
			}
			explainAgrees(t, list)
			testAgrees(t, list)
			checkAgrees(t, list)
			replayAgrees(t, list)
			if edge != "" {
				resolveAgrees(t, list)
			}
		})
	}
	for _, code := range []any{nil, "bad_peer", "missing", "malformed", "obfuscated", "all_trusted", "too_long", "short"} {
		require.True(t, failures[code], "no request met %v", code)
	}
}

func decided(list []*asked, decision string) int {
	n := 0
	for _, a := range list {
		if a.answer["decision"] == decision {
			n++
		}
	}
	return n
}

func lines(t *testing.T, list []*asked) string {
	t.Helper()
	var text strings.Builder
	for _, a := range list {
		text.WriteString(a.line(t) + "\n")
	}
	return text.String()
}

func evaluated(t *testing.T, list []*asked) {
	t.Helper()
	got := objects(t, runIn(t, lines(t, list), "eval", "--json").out)
	require.Len(t, got, len(list))
	for i, a := range list {
		a.answer = got[i]
	}
}

func explainAgrees(t *testing.T, list []*asked) {
	t.Helper()
	got := objects(t, runIn(t, lines(t, list), "explain", "--json").out)
	require.Len(t, got, len(list))
	for i, a := range list {
		for key, value := range a.answer {
			require.Equal(t, value, got[i][key], "%s of %s", key, a.line(t))
		}
	}
}

// resolveAgrees: the edge's client is the nearest hop of the chain; behind it, zone
// proxies may name another.
func resolveAgrees(t *testing.T, list []*asked) {
	t.Helper()
	got := objects(t, runIn(t, lines(t, list), "resolve", "--json").out)
	explained := objects(t, runIn(t, lines(t, list), "explain", "--json").out)
	require.Len(t, got, len(list))
	for i, a := range list {
		require.Equal(t, a.answer["error"], got[i]["error"], a.line(t))
		require.Equal(t, a.answer["peer"], got[i]["peer"], a.line(t))
		require.Equal(t, explained[i]["chain"].([]any)[0], got[i]["client"], a.line(t))
	}
}

func testAgrees(t *testing.T, list []*asked) {
	t.Helper()
	expectations := make([]string, len(list))
	for i, a := range list {
		want, err := json.Marshal(map[string]any{"decision": a.answer["decision"], "reason": a.answer["reason"], "client": a.answer["client"]})
		require.NoError(t, err)
		expectations[i] = strings.TrimSuffix(a.line(t), "}") + `,"want":` + string(want) + "}"
	}
	writeFile(t, "e.json", "["+strings.Join(expectations, ",\n")+"]")
	ran := runIn(t, "", "test", "e.json", "--json")
	require.Equal(t, 0, ran.code, ran.stderr)
	for i, got := range objects(t, ran.out) {
		for key, value := range got["got"].(map[string]any) {
			require.Equal(t, list[i].answer[key], value, "%s of %s", key, list[i].line(t))
		}
	}
}

func checkAgrees(t *testing.T, list []*asked) {
	t.Helper()
	files := map[string]string{}
	for _, a := range list {
		files[a.answer["decision"].(string)] += a.line(t) + "\n"
	}
	writeFile(t, "allow.txt", files["allow"])
	writeFile(t, "deny.txt", files["deny"])
	got := runIn(t, "", "check", "--must-allow", "allow.txt", "--must-deny", "deny.txt")
	require.Equal(t, 0, got.code, got.out)
	got = runIn(t, "", "check", "--must-allow", "deny.txt", "--must-deny", "allow.txt")
	require.Equal(t, 3, got.code)
	require.Equal(t, len(list), strings.Count(got.out, " [must-"))
}

func replayAgrees(t *testing.T, list []*asked) {
	t.Helper()
	var log strings.Builder
	want := map[string]any{}
	clients := map[any]bool{}
	for i, a := range list {
		line, ok := a.logLine(t)
		if !ok {
			continue
		}
		log.WriteString(line + "\n")
		reason := a.answer["reason"].(string)
		n, _ := want[reason].(float64)
		want[reason] = n + 1
		if a.answer["client"] != nil {
			clients[a.answer["client"]] = true
		}
		if i%10 == 0 { // one by one, with everything that eval says
			one := objects(t, runIn(t, "", "explain", "--json", "--from-log", line).out)[0]
			for key, value := range a.answer {
				require.Equal(t, value, one[key], "%s of %s", key, line)
			}
		}
	}
	got := runIn(t, log.String(), "replay", "-", "--json")
	require.Equal(t, 0, got.code, got.stderr)
	report := objects(t, got.out)[0]
	require.Equal(t, want, report["reasons"])
	require.EqualValues(t, len(clients), report["clients"])
}
