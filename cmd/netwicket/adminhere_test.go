package main

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// Admin, run as a person runs it: over TLS, with the status elsewhere and the audit in a
// file; its files are read again when that is asked for, and it ends when it is told to.
func TestAdminHere(t *testing.T) {
	folder(t, map[string]string{"policy/netwicket.json": `{"geo":["geo.csv"],"assumeNone":["tor","vpn","public_proxy","residential_proxy"]}`, "policy/geo.csv": geoForAdmin})
	made := runIn(t, "", words("admin token me --callers callers.json")...)
	require.Zero(t, made.code, made.stderr)
	token := strings.TrimSpace(made.out)
	doorwaytest.WriteCertificate(t, ".", 1)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	status := free.Addr().String()
	require.NoError(t, free.Close())
	s := goesOnHere(t, "serving the vendors' APIs", words("admin -c policy/netwicket.json --listen 127.0.0.1:0 --metrics "+status+" --callers callers.json --tls-cert cert.pem --tls-key key.pem --audit audit.jsonl --external-url https://admin.example --catch-all deny --rate 1 --sailpoint-rate 1")...)
	require.Equal(t, []any{true, "policy"}, []any{s.line["tls"], s.line["folder"]})
	s.line["status"] = status
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	ask := func(verb, path, body string) *http.Response {
		r, err := http.NewRequest(verb, "https://"+s.address("address")+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "SSWS "+token)
		r.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer
	}
	require.Positive(t, s.line["generation"])
	answer := ask(http.MethodPost, "/api/v1/zones", `{"type":"IP","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "HTTP/2.0", answer.Proto)
	require.Equal(t, "1", answer.TLS.PeerCertificates[0].SerialNumber.String())
	require.Equal(t, http.StatusTooManyRequests, ask(http.MethodGet, "/api/v1/zones", "").StatusCode, "the second in a minute")
	require.NotEqual(t, http.StatusOK, ask(http.MethodGet, "/metrics", "").StatusCode, "the status is elsewhere")
	audit := readFile(t, "audit.jsonl")
	require.Len(t, objects(t, audit), 1)
	require.NotContains(t, s.log.String(), `"newlyDenied"`)
	info, err := os.Stat("audit.jsonl")
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())

	next := t.TempDir()
	doorwaytest.WriteCertificate(t, next, 2)
	for _, name := range []string{"cert.pem", "key.pem"} {
		put(t, name, readFile(t, filepath.Join(next, name)))
	}
	s.signal(syscall.SIGHUP)
	s.logs("certificate reloaded")
	s.logs("callers reloaded")
	require.Eventually(t, func() bool {
		client.CloseIdleConnections()
		return ask(http.MethodGet, "/api/v1/users/me", "").TLS.PeerCertificates[0].SerialNumber.String() == "2"
	}, keepertest.Patience, 10*time.Millisecond)
	put(t, "key.pem", "half a key")
	s.logs("the certificate file was not reloaded; the one in force stays", "key.pem")

	// Documents that do not load any more are no documents to manage, until they are mended.
	whole := readFile(t, "policy/netwicket.json")
	for text, want := range map[string][]any{whole: {200, "netwicket_admin_documents_load 1\n"}, "{": {503, "netwicket_admin_documents_load 0\n"}} {
		put(t, "policy/netwicket.json", text)
		code, _ := s.text("status", "/readyz")
		_, metrics := s.text("status", "/metrics")
		require.Equal(t, want[0], code, text)
		require.Contains(t, metrics, want[1])
	}
	s.cancel()
	require.Zero(t, s.ended(), s.log)
}

// What keeps admin from starting is said.
func TestAdminRefusesToStart(t *testing.T) {
	folder(t, map[string]string{"policy/netwicket.json": `{}`, "broken/netwicket.json": `{`, "other.json": "{}"})
	require.Zero(t, runIn(t, "", words("admin token me --callers callers.json")...).code)
	for args, want := range map[string]string{
		"":                                                "--callers FILE is needed",
		"--callers callers.json --rate 0":                 "--rate 0: expected at least 1",
		"--callers callers.json --listen x":               "x",
		"--callers absent.json":                           "absent.json: cannot be read: no such file",
		"--callers other.json":                            "other.json",
		"--callers callers.json -c a -c b":                "-c: expected one policy folder",
		"--callers callers.json -c broken":                "broken/netwicket.json:1:",
		"--callers callers.json --audit .":                "--audit .: is a directory",
		"--callers callers.json --tls-cert x --tls-key y": "x",
		"--callers callers.json --unknown-country x":      `--unknown-country "x"`,
		"--callers callers.json --listen 192.0.2.1:1":     "192.0.2.1:1",
	} {
		if !strings.Contains(args, "-c ") {
			args += " -c policy"
		}
		require.Contains(t, refusesHere(t, "serving the vendors' APIs", words("admin "+args)...), want, args)
	}
}

// The least and the greatest that admin's flags take.
func TestAdminFlagsAtTheirEdges(t *testing.T) {
	good := adminFlags{callers: "c", rate: 1, sailPointRate: 1, catchAll: "deny", tlsCert: "a", tlsKey: "b", externalURL: "https://a.example"}
	require.NoError(t, good.check())
	good.tlsCert = ""
	require.ErrorContains(t, good.check(), "belong together")
}

// A folder with a policy file is the folder of that file; the documents stay there.
func TestAdminHistoryByThePolicyFile(t *testing.T) {
	folder(t, nil)
	block(t)
	require.NoError(t, os.Mkdir("elsewhere", 0o700))
	here, err := os.Getwd()
	require.NoError(t, err)
	t.Chdir("elsewhere")
	for _, path := range []string{"../netwicket.json", "..", filepath.Join(here, "netwicket.json")} {
		require.Len(t, objects(t, runIn(t, "", "admin", "log", "--json", "-c", path).out), 3, path)
	}
	for args, want := range map[string]string{
		"show 9": "generation 9: the history has the generations 1 to 3", "show 9 okta/zones.json": "generation 9: the history has the generations 1 to 3",
		"show 2 absent.json": `generation 2 has no file "absent.json"; netwicket admin show 2 lists its files`, "show x": `"x": expected the number of a generation`,
		"revert x": `"x": expected the number of a generation`, "revert 0": `"0": expected the number of a generation`, "revert 9": "generation 9: the history has the generations 1 to 3",
	} {
		got := runIn(t, "", words("admin "+args+" -c ..")...)
		require.Equal(t, ran{1, "", "netwicket: " + want}, ran{got.code, got.out, got.stderr[:min(len(got.stderr), len("netwicket: "+want))]})
	}
	got := runIn(t, "", words("admin revert 2 -c ../netwicket.json")...)
	require.Zero(t, got.code, got.stderr)
	require.Equal(t, "generation 4 has the documents of generation 2\n", got.out)
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, entries)

	// What is damaged is not written over.
	whole := readFile(t, "../netwicket.json")
	writeFile(t, "../netwicket.json", "{")
	got = runIn(t, "", words("admin revert 2 -c ..")...)
	require.Equal(t, []any{1, ""}, []any{got.code, got.out})
	require.Contains(t, got.stderr, "netwicket.json:1:")
	writeFile(t, "../netwicket.json", whole)
	lines, err := filepath.Glob("../.netwicket/*/generations.jsonl")
	require.NoError(t, err)
	require.Len(t, lines, 1)
	writeFile(t, lines[0], strings.ReplaceAll(readFile(t, lines[0]), `"ci\u001b[31m"`, `"<b>"`))
	require.Regexp(t, `\n3  \S+Z  <b> +POST /api/v1/zones\n2  \S+Z  <b> +POST /api/v1/zones\n1  \S+Z  - +first start\n$`, runIn(t, "", words("admin log -c ..")...).out)
	require.Len(t, columns(runIn(t, "", words("admin log -c ..")...).out), 1, "what looks like HTML is as wide as it is")
	writeFile(t, lines[0], "{\n")
	for _, args := range []string{"log", "show 1", "show 1 okta/zones.json", "revert 2"} {
		got = runIn(t, "", words("admin "+args+" -c ..")...)
		require.Equal(t, []any{1, ""}, []any{got.code, got.out}, args)
		require.Contains(t, got.stderr, ":1: is no line of a history")
	}
}

// columns are where the last column of a table's lines begins, behind its widest cell.
func columns(table string) map[int]bool {
	at := map[int]bool{}
	for line := range strings.Lines(table) {
		at[strings.LastIndex(line, "  ")] = true
	}
	return at
}

// A file that is read again when it changes is told of by what it holds.
func TestAdminTellsOfFiles(t *testing.T) {
	logger, log := aJournal()
	unwatched(logger, "callers")(errors.New("no events"))
	reloaded(logger, "callers")(nil)
	reloaded(logger, "callers")(errors.New("half a file"))
	require.Equal(t, []string{
		`{"level":"WARN","msg":"the callers file is looked at from time to time only","error":"no events"}`,
		`{"level":"INFO","msg":"callers reloaded"}`,
		`{"level":"ERROR","msg":"the callers file was not reloaded; the one in force stays","error":"half a file"}`,
	}, told(log()))
}
