package browser_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// logLine is a line of the combined format.
func logLine(client string, hour int, referrer string) string {
	return fmt.Sprintf("%s - - [17/May/2015:%02d:05:03 +0000] \"GET / HTTP/1.1\" 200 203 %q \"agent\"\n", client, hour, referrer)
}

// dayOfLog is a log of some hours: 23 allowed requests, 12 denied ones of one client, and
// a line that is none.
func dayOfLog() string {
	text := ""
	for hour := range 23 {
		text += logLine("203.0.113.9", hour, "<script>alert(1)</script>")
		if hour%2 == 0 {
			text += logLine("203.0.113.200", hour, "javascript:alert(2)")
		}
	}
	return text + "<img src=x onerror=alert(3)>\n"
}

func writeLog(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// A log is chosen, sent, decided, filtered and led to Ask from, all by keys.
func TestLogByKeys(t *testing.T) {
	page := start(t, acme(t)).open(desk, "log")
	page.check("log-home")
	page.upload(writeLog(t, "access <b>.log", dayOfLog()))
	page.tabTo("#drop > p button")
	page.press(enter)
	page.waitText(".numbers", "36", "35", "23", "12")
	page.waitText("h2", "access <b>.log")
	page.waitText("#result", "line 36", "<img src=x onerror=alert(3)>")
	require.Equal(t, 23, page.count(".chart > svg g"))
	for _, as := range looks {
		page.look(as)
		page.check("log-decided")
	}
	page.look(desk)

	page.tabTo(".chart summary")
	page.press(enter)
	page.waitText(".chart details table", "2015-05-17 22:00")
	page.choose("#only", "deny")
	page.tabTo(".log-filter button")
	page.press(enter)
	page.waitText("#result", "Shown are 12 of 35 decisions")
	require.Equal(t, "deny", page.query("only"))
	require.Equal(t, 12, page.count(".chart > svg g"))

	page.tabTo(".clients tbody a")
	page.press(enter)
	page.waitPath("/ask")
	require.Equal(t, strings.TrimSpace(logLine("203.0.113.200", 0, "javascript:alert(2)")), page.query("q"))
	page.waitText("#answer .verdict", "deny")
}

// The page says what the command says about the same file.
func TestLogSaysWhatReplaySays(t *testing.T) {
	at, log := acme(t), writeLog(t, "access.log", dayOfLog())
	page := start(t, at).open(phone, "log")
	page.upload(log)
	page.click("#drop > p button")
	page.wait(".numbers")
	command := exec.Command(program, "replay", "--json", "-c", at, log)
	command.Dir = at
	out, err := command.Output()
	require.NoError(t, err)
	var said struct{ Lines, Decided, Unreadable, Allow, Deny, Clients uint64 }
	require.NoError(t, json.Unmarshal(out, &said))
	require.Equal(t, []uint64{said.Lines, said.Decided, said.Allow, said.Deny, said.Unreadable, said.Clients},
		value[[]uint64](page, `[...document.querySelectorAll(".numbers dd")].map((one) => Number(one.innerText))`))
	require.EqualValues(t, 12, said.Deny)
}

// A log is dropped on the page, forgotten, and gone.
func TestLogIsDropped(t *testing.T) {
	page := start(t, acme(t)).open(desk, "log")
	page.drop(".zone", writeLog(t, "access.log", dayOfLog()))
	page.waitText(".numbers", "36", "35")
	at := strings.TrimPrefix(page.where(), page.site.base)
	page.click(".log-head button")
	page.waitText("main", "A log to decide")
	page.waitNoText("main", "access.log")
	page.expect("404")
	page.goTo(at)
	page.waitText("#refused", "There is no such log of yours")
}

// What is no log, and what is too large, is refused where one has chosen it.
func TestLogIsRefused(t *testing.T) {
	page := start(t, acme(t)).open(phone, "log")
	page.expect("415")
	page.upload(writeLog(t, "log.zip", "PK\x03\x04 and so on"))
	page.click("#drop > p button")
	page.waitText("#refused", "zip")
	page.check("log-refused")

	large := writeLog(t, "large.log", "")
	require.NoError(t, os.Truncate(large, 2<<30+1))
	page.upload(large)
	page.click("#drop > p button")
	page.waitText("#refused", "too large")
	page.goTo("log")
	page.waitNoText("main", "large.log")
}

// A log that takes long shows how far it is, and ends when that is asked for.
func TestLogIsCancelled(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, strings.Repeat(dayOfLog(), 2000))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	page := start(t, acme(t)).open(desk, "log")
	page.upload(writeLog(t, "long.gz", strings.Repeat(packed.String(), 2000))) // parts that are packed each by itself are one log
	page.click("#drop > p button")
	page.waitText("#result", "Deciding")
	page.check("log-deciding")
	page.waitFor(`document.querySelector("#done").value > 0`)
	page.click("#result button")
	page.waitPath("/log")
	page.waitText("main", "A log to decide")
	require.Empty(t, page.query("log"))
}

// The page says when the policy has changed, and decides again.
func TestLogIsDecidedAgain(t *testing.T) {
	const zones = `[{"type":"IP","id":"b","name":"Blocked","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"%s/32"}]}]`
	at := folder(t, map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"]}}`, "zones.json": fmt.Sprintf(zones, "203.0.113.200")})
	page := start(t, at).open(desk, "log")
	page.upload(writeLog(t, "access.log", dayOfLog()))
	page.click("#drop > p button")
	page.waitText(".numbers .deny", "12")
	require.NoError(t, os.WriteFile(filepath.Join(at, "zones.json"), []byte(fmt.Sprintf(zones, "203.0.113.9")), 0o600))
	page.waitText("#stale", "The policy has changed")
	page.waitText(".numbers .deny", "12")
	page.click("#stale a")
	page.waitText(".numbers .deny", "23")
	page.waitNoText("main", "The policy has changed")
}
