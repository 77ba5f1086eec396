package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestResolve(t *testing.T) {
	edge := []string{"--trusted", "10.0.0.0/8", "--trusted", "2001:db8::/32", "--source", "x-forwarded-for"}
	tests := []struct {
		name  string
		args  []string
		stdin string
		code  int
		out   string
	}{
		{"no edge", []string{"--remote", "192.0.2.7:80", "-H", "X-Forwarded-For: 9.9.9.9"}, "", 0, "192.0.2.7\n"},
		{"behind the edge", append(edge, "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 1.1.1.1, 192.0.2.7, 2001:db8::1"), "", 0, "192.0.2.7\n"},
		{"an error", append(edge, "--remote", "10.0.0.1"), "", 1, "missing\n"},
		{"as JSON", append(edge, "--json", "--remote", "10.0.0.1", "-H", "X-Forwarded-For: 192.0.2.7"), "", 0,
			`{"client":"192.0.2.7","error":null,"peer":"10.0.0.1"}` + "\n"},
		{"an error as JSON", append(edge, "--json", "--remote", "10.0.0.1:1"), "", 1, `{"client":null,"error":"missing","peer":"10.0.0.1"}` + "\n"},
		{"a bad peer as JSON", append(edge, "--json", "--remote", "lb.internal"), "", 1, `{"client":null,"error":"bad_peer","peer":null}` + "\n"},
		{"no host's address", append(edge, "--json", "--remote", "224.0.0.1"), "", 1, `{"client":null,"error":"bad_peer","peer":null}` + "\n"},
		{"standard input", append(edge, "--json"), "192.0.2.7\n{\"remote\":\"10.0.0.1\",\"headers\":[[\"x-forwarded-for\",\"192.0.2.8\"]]}\n10.0.0.1\n{}\n", 1,
			`{"client":"192.0.2.7","error":null,"peer":"192.0.2.7"}` + "\n" +
				`{"client":"192.0.2.8","error":null,"peer":"10.0.0.1"}` + "\n" +
				`{"client":null,"error":"missing","peer":"10.0.0.1"}` + "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, nil)
			got := runIn(t, test.stdin, append([]string{"resolve"}, test.args...)...)
			require.Equal(t, test.out, got.out)
			require.Equal(t, test.code, got.code, got.stderr)
		})
	}
}

// Flags override one by one what the policy's edge says; nothing that the policy
// names is read.
func TestResolveWithAPolicy(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"okta":{"zones":["absent.json"]},"edge":{"trusted":["10.0.0.0/8"],"source":"forwarded","onMissing":"peer"}}`})
	request := []string{"resolve", "--remote", "10.0.0.1", "-H", "Forwarded: for=192.0.2.7", "-H", "X-Forwarded-For: 192.0.2.8"}
	require.Equal(t, "192.0.2.7\n", runIn(t, "", request...).out)
	require.Equal(t, "192.0.2.7\n", runIn(t, "", append(request, "-c", ".")...).out)
	require.Equal(t, "192.0.2.8\n", runIn(t, "", append(request, "--source", "x-forwarded-for")...).out)
	require.Equal(t, "10.0.0.1\n", runIn(t, "", append(request, "--trusted", "172.16.0.0/12")...).out)
	require.Equal(t, "10.0.0.1\n", runIn(t, "", "resolve", "--remote", "10.0.0.1").out, "the policy's onMissing")
}

func TestResolveUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"source", []string{"--source", "xff", "--remote", "192.0.2.1"}, `--source "xff"`},
		{"trusted", []string{"--trusted", "lb", "--remote", "192.0.2.1"}, `--trusted "lb"`},
		{"everybody trusted", []string{"--trusted", "0.0.0.0/0", "--source", "forwarded", "--remote", "192.0.2.1"}, "cover all of IPv4"},
		{"missing policy", []string{"-c", "absent.json", "--remote", "192.0.2.1"}, "absent.json:1:1"},
		{"a policy with more keys", []string{"-c", "more.json", "--remote", "192.0.2.1"}, "more.json:1:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, map[string]string{"more.json": `{"edge": {"trusted": ["10.0.0.0/8"], "source": "forwarded"}, "more": true}`})
			got := runIn(t, "", append([]string{"resolve"}, test.args...)...)
			require.Equal(t, 1, got.code)
			require.Empty(t, got.out)
			require.Contains(t, got.stderr, test.want)
			require.NotContains(t, got.stderr, "warning: edge/trusted: ", "an error is no warning")
		})
	}
}

func TestResolveWarnsOfASourceThatNobodyMayUse(t *testing.T) {
	folder(t, nil)
	got := runIn(t, "", "resolve", "--source", "x-forwarded-for", "--remote", "192.0.2.1", "-H", "X-Forwarded-For: 9.9.9.9")
	require.Equal(t, "192.0.2.1\n", got.out)
	require.Contains(t, got.stderr, "[no-trusted]")
}

// The vectors of client resolution, one program run each and all of one mode as
// lines on standard input.
func TestClientVectors(t *testing.T) {
	var file struct {
		Trusted []string
		Vectors []struct {
			ID, Mode, Peer, Want string
			Headers              [][2]json.RawMessage
		}
	}
	_, self, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), "..", "..", "decide", "gate", "testdata", "clientip.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &file))
	require.NotEmpty(t, file.Vectors)
	var edge []string
	for _, prefix := range file.Trusted {
		edge = append(edge, "--trusted", prefix)
	}
	for _, row := range file.Vectors {
		t.Run(row.ID, func(t *testing.T) {
			folder(t, nil)
			source := strings.NewReplacer("xff", "x-forwarded-for", "single:", "header:").Replace(row.Mode)
			args := append([]string{"resolve", "--json", "--source", source}, edge...)
			flags := append(append([]string{}, args...), "--remote", row.Peer)
			lines := [][2]string{}
			for _, header := range row.Headers {
				var name string
				require.NoError(t, json.Unmarshal(header[0], &name))
				value := headerValue(t, header[1])
				flags = append(flags, "-H", name+": "+value)
				lines = append(lines, [2]string{name, value})
			}
			line, err := json.Marshal(map[string]any{"remote": row.Peer, "headers": lines})
			require.NoError(t, err)

			got := runIn(t, "", flags...)
			require.Equal(t, got.out, runIn(t, string(line), args...).out)
			out := objects(t, got.out)[0]
			if code, failed := strings.CutPrefix(row.Want, "E_"); failed {
				if code == "peer" {
					code = "bad_peer"
				}
				require.Equal(t, code, out["error"])
				require.Nil(t, out["client"])
				require.Equal(t, 1, got.code)
				return
			}
			require.Equal(t, row.Want, out["client"])
			require.Nil(t, out["error"])
			require.Equal(t, 0, got.code)
		})
	}
}

// headerValue is a value as it stands, or one that the vectors describe.
func headerValue(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var made struct {
		Prefix, Unit, Suffix string
		Count                int
	}
	require.NoError(t, json.Unmarshal(raw, &made))
	return made.Prefix + strings.Repeat(made.Unit, made.Count) + made.Suffix
}
