//go:build unix

package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var adminAddress = regexp.MustCompile(`"msg":"serving the vendors' APIs","address":"([^"]+)"`)

// TestAdmin goes the README's way: a token, the server, a change that is in the
// documents at once; a caller who is taken out of the file is out; and the end.
func TestAdmin(t *testing.T) {
	folder := t.TempDir()
	callers := filepath.Join(folder, "callers.json")
	token := func(name string) string {
		text, err := exec.Command(program, "admin", "token", name, "--callers", callers).Output()
		require.NoError(t, err)
		return strings.TrimSpace(string(text))
	}
	first := token("terraform")
	p := start(t, folder, program, "admin", "-c", filepath.Join(folder, "policy"), "--listen", "127.0.0.1:0", "--callers", callers)
	require.Error(t, p.exited(), "there is no such folder")
	require.NoError(t, os.Mkdir(filepath.Join(folder, "policy"), 0o755))
	p = start(t, folder, program, "admin", "-c", filepath.Join(folder, "policy"), "--listen", "127.0.0.1:0", "--callers", callers)
	p.says(adminAddress)
	base := "http://" + adminAddress.FindStringSubmatch(p.output.String())[1]
	ask := func(verb, path, token, body string) (int, string) {
		r, err := http.NewRequest(verb, base+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "SSWS "+token)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	status, text := ask(http.MethodPost, "/api/v1/zones", first, `{"type":"IP","name":"Abuse","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`)
	require.Equal(t, http.StatusOK, status, text)
	decided, err := exec.Command(program, "eval", "-c", filepath.Join(folder, "policy"), "--json", "192.0.2.7").Output()
	var denied *exec.ExitError
	require.ErrorAs(t, err, &denied)
	require.Equal(t, 2, denied.ExitCode())
	require.Contains(t, string(decided), `"reason":"blocklisted"`)

	other := start(t, folder, program, "admin", "-c", filepath.Join(folder, "policy"), "--listen", "127.0.0.1:0", "--callers", callers)
	require.Error(t, other.exited(), "one program at a time writes to a folder (D2)")

	second := token("another")
	require.NoError(t, p.command.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool {
		status, _ := ask(http.MethodGet, "/api/v1/zones", second, "")
		return status == http.StatusOK
	}, patience, 50*time.Millisecond)
	kept, err := os.ReadFile(callers)
	require.NoError(t, err)
	var file struct {
		Tokens []json.RawMessage `json:"tokens"`
	}
	require.NoError(t, json.Unmarshal(kept, &file))
	left, err := json.Marshal(map[string]any{"tokens": file.Tokens[1:]})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(callers, left, 0o600))
	require.NoError(t, p.command.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool {
		status, _ := ask(http.MethodGet, "/api/v1/zones", first, "")
		return status == http.StatusUnauthorized
	}, patience, 50*time.Millisecond)
	require.NoError(t, p.command.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.exited())
	require.NotContains(t, p.output.String(), first)
}

// exited waits for the end of a program.
func (p *process) exited() error {
	p.t.Helper()
	select {
	case <-p.done:
		return p.failure
	case <-time.After(patience):
		require.FailNow(p.t, "it does not end", p.output.String())
		return nil
	}
}

// says waits until a program has written something.
func (p *process) says(text *regexp.Regexp) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return text.MatchString(p.output.String()) }, patience, 10*time.Millisecond)
}
