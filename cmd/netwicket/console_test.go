package main

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// A link that nobody could be told is the end: nobody could come in.
func TestConsoleToAFullDevice(t *testing.T) {
	for _, more := range []string{"", " --json"} {
		var stderr bytes.Buffer
		require.Equal(t, 1, run(strings.Fields("console -c ."+more), strings.NewReader(""), &fullDevice{0}, &stderr))
		require.Contains(t, stderr.String(), syscall.ENOSPC.Error())
	}
}

// A policy to compare with that cannot be is told at once, not to whoever opens the map.
func TestConsoleAgainstWhatDoesNotLoad(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "zones.json", "[]")
	writeFile(t, "broken.json", "[\n{]")
	for against, said := range map[string]string{"broken.json": "broken.json:2:", "none.json": "none.json", ".@7": "7"} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run([]string{"console", "-c", "zones.json", "--against", against}, strings.NewReader(""), &stdout, &stderr), against)
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), said)
	}
}

// What keeps the console from its policy is said, and no link is told.
func TestConsoleRefusesToStart(t *testing.T) {
	folder(t, map[string]string{"zones.json": "[]"})
	for args, want := range map[string]string{
		"-c zones.json --unknown-country x": `--unknown-country "x"`, "-c zones.json --against .@7": "generation 7: ",
	} {
		got := runIn(t, "", words("console "+args)...)
		require.Equal(t, []any{1, ""}, []any{got.code, got.out}, args)
		require.Contains(t, got.stderr, want, args)
	}
}

// The folder is opened for each write, and what keeps it from that is said.
func TestConsoleOpensTheFolderForAWrite(t *testing.T) {
	acme(t)
	c := &commandLine{}
	var settings console.Options
	c.letChange(&settings, tenant.NewAudit(io.Discard))
	require.Equal(t, []any{".", ""}, []any{settings.Folder, settings.ReadOnly})
	parts, policy, err := c.openPolicy()
	require.NoError(t, err)
	for range 2 {
		store, closes, err := settings.Store(policyfile.Opened{Parts: parts, Policy: policy})
		require.NoError(t, err)
		_, err = store.Documents()
		require.NoError(t, err)
		closes()
	}
	require.NoError(t, os.MkdirAll(".netwicket/history", 0o700))
	writeFile(t, ".netwicket/history/generations.jsonl", "{\n")
	store, closes, err := settings.Store(policyfile.Opened{Parts: parts, Policy: policy})
	require.ErrorContains(t, err, "is no line of a history")
	require.Nil(t, store)
	require.Nil(t, closes)
	for path, want := range map[string]string{"absent": "absent: no such file", "zones.json": "the policy is a single file, not a folder"} {
		settings = console.Options{}
		(&commandLine{paths: []string{path}}).letChange(&settings, tenant.NewAudit(io.Discard))
		require.Contains(t, settings.ReadOnly, want)
		require.Nil(t, settings.Store)
		require.Empty(t, settings.Folder)
	}
}

// The first link alone is opened, and only where that is asked for; each is told, as text or JSON.
func TestConsoleTellsLinks(t *testing.T) {
	folder(t, nil)
	t.Setenv("PATH", "") // nothing opens links
	for _, open := range []bool{false, true} {
		for _, asJSON := range []bool{false, true} {
			var out, log bytes.Buffer
			c := &commandLine{out: &out, json: asJSON}
			tell := c.tellLink(consoleFlags{open: open}, slog.New(slog.NewTextHandler(&log, nil)))
			require.NoError(t, tell("one"))
			require.NoError(t, tell("two"))
			require.Equal(t, open, strings.Count(log.String(), "no browser could be opened") == 1, log.String())
			require.Equal(t, !open, log.Len() == 0)
			require.Equal(t, map[bool]string{false: "one\ntwo\n", true: `{"url":"one"}` + "\n" + `{"url":"two"}` + "\n"}[asJSON], out.String())
			c.out = &fullDevice{0}
			require.ErrorIs(t, tell("three"), syscall.ENOSPC)
		}
	}
}

// Who is not on this machine has no console.
func TestConsoleListensHere(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:80", ":0", "nonsense"} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run([]string{"console", "--listen", address}, strings.NewReader(""), &stdout, &stderr), address)
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), "127.0.0.1:0", address)
	}
}

var begunField = regexp.MustCompile(`name="begun" value="([^"]*)"`)

// consoleHere is a console of this process, and the link that it told.
func consoleHere(t *testing.T, args ...string) (*servedHere, string) {
	t.Helper()
	s := goesOnUntil(t, func(s *servedHere) bool { return strings.HasSuffix(s.out.String(), "\n") }, append([]string{"console"}, args...)...)
	link := strings.TrimSpace(s.out.String())
	var told consoleJSON
	if json.Unmarshal([]byte(link), &told) == nil {
		link = told.URL
	}
	require.Regexp(t, `^http://127\.0\.0\.1:\d+/\?token=[\w-]+$`, link)
	return s, link
}

// The link lets somebody in once, who may change documents where they are one folder that
// can be written to; the console ends when it is told to.
func TestConsoleHere(t *testing.T) {
	acme(t)
	writeFile(t, "policy.json", readFile(t, "netwicket.json"))
	for _, row := range []struct {
		args     string
		readOnly string
	}{
		{"", ""}, {"--json -c .", ""}, {"-c netwicket.json --against policy.json", ""},
		{"-c network.json", "the policy is a single file, not a folder"},
		{"-c network.json -c zones.json -g geo.csv", "expected one policy folder"},
	} {
		s, link := consoleHere(t, strings.Fields(row.args)...)
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		client := &http.Client{Jar: jar, Transport: &http.Transport{}}
		base, _, _ := strings.Cut(link, "?")
		get := func(url string) (int, string) {
			answer, err := client.Get(url)
			require.NoError(t, err)
			text, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			return answer.StatusCode, string(text)
		}
		code, _ := get(base)
		require.NotEqual(t, http.StatusOK, code, "nobody without the link")
		code, text := get(link)
		require.Equal(t, http.StatusOK, code, text)
		_, text = get(base + "change?file=network.json")
		form := url.Values{"file": {"network.json"}, "text": {`{"range":["192.0.2.0/25"]}`}, "begun": {begunField.FindStringSubmatch(text)[1]}}
		r, err := http.NewRequest(http.MethodPost, base+"change", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", strings.TrimSuffix(base, "/"))
		answer, err := client.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", body)
		require.Equal(t, row.readOnly == "", strings.Contains(string(body), `value="save"`), "%s", body)
		require.Contains(t, html.UnescapeString(string(body)), row.readOnly)
		_, text = get(base + "map")
		require.Equal(t, strings.Contains(row.args, "--against"), strings.Contains(text, "policy.json"), row.args)
		client.CloseIdleConnections()
		s.cancel()
		require.Zero(t, s.ended(), s.log)
	}
}

// --open gives the first link to the program of the system that opens it, and says where that
// cannot be done.
func TestConsoleOpens(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the program that opens a link has another name")
	}
	acme(t)
	here, err := os.Getwd()
	require.NoError(t, err)
	t.Setenv("PATH", here)
	s, _ := consoleHere(t, "--open")
	require.Contains(t, s.log.String(), "no browser could be opened; open the link yourself")
	s.cancel()
	require.Zero(t, s.ended())
	require.NoError(t, os.WriteFile("xdg-open", []byte("#!/bin/sh\necho \"$1\" > opened.next\n/bin/mv opened.next opened\n"), 0o755))
	s, link := consoleHere(t, "--open")
	require.Eventually(t, func() bool { _, err := os.Stat("opened"); return err == nil }, keepertest.Patience, time.Millisecond)
	require.Equal(t, link+"\n", readFile(t, "opened"))
	require.Empty(t, s.log.String())
	require.NoError(t, os.Remove("opened"))
	s.cancel()
	require.Zero(t, s.ended())
	c := &commandLine{out: io.Discard}
	tell := c.tellLink(consoleFlags{}, slog.New(slog.DiscardHandler))
	require.NoError(t, tell("x"))
	require.NoFileExists(t, "opened")
}
