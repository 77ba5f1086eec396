package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// edit is what a person writes into a text instead of something else.
func (p *page) edit(old, now string) {
	p.site.t.Helper()
	require.True(p.site.t, value[bool](p, "(() => { const text = document.querySelector('#text'), at = text.value.indexOf("+quoted(old)+"); "+
		"if (at < 0) return false; text.focus(); text.setSelectionRange(at, at + "+quoted(old)+".length); return true; })()"), "the text has %q", old)
	p.press(now)
}

// One edits a zone: what is wrong comes as one types, then the difference, and what is
// saved is a second generation.
func TestChange(t *testing.T) {
	policy := acme(t)
	site := start(t, policy)
	page := site.open(desk, "change")
	page.click(`.documents a[href*="zones.json"]`)
	page.wait("#text")
	page.edit(`"198.18.0.0/15"`, `"198.18.0.0/35"`)
	page.waitText("#check", "198.18.0.0/35")
	page.waitText("#check", "line 24")
	page.click(`#check a[href="#L24"]`)
	page.waitText("#caret", "Line 24")
	page.edit(`"198.18.0.0/35"`, `"192.0.2.0/25"`)
	page.waitText("#result", "newly denied", "BlockedIpZone", "Patch")
	page.click("summary.button")
	page.waitText(".confirm", "newly denied: ")
	page.click(".confirm button")
	page.waitText("main", "Saved as generation 2", "netwicket admin revert 1")
	text, err := os.ReadFile(filepath.Join(policy, "okta", "zones.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"192.0.2.0/25"`)
	lines, err := os.ReadFile(filepath.Join(policy, ".netwicket", "history", "generations.jsonl"))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(lines), "\n"))
}

// The same with keys alone, on a phone with a keyboard.
func TestChangeByKeys(t *testing.T) {
	policy := acme(t)
	site := start(t, policy)
	page := site.open(phone, "change?file=feeds/threat.txt#L1")
	page.waitText("#caret", "Line 1")
	page.press("1", "9", "8", ".", "1", "9", ".", "7", ".", "7", enter)
	page.waitText("#result", "Patch")
	page.tabTo("summary.button")
	page.press(enter)
	page.wait(".confirm[open] button")
	page.press(tab)
	page.press(enter)
	page.waitText("main", "Saved as generation 2")
	text, err := os.ReadFile(filepath.Join(policy, "feeds", "threat.txt"))
	require.NoError(t, err)
	require.Contains(t, string(text), "198.19.7.7\n")
}

// A document that is dropped on the text takes its place; a log that is dropped beside it is
// decided by both. Nothing is saved by either.
func TestChangeByDropping(t *testing.T) {
	policy := acme(t)
	zones := filepath.Join(policy, "okta", "zones.json")
	before, err := os.ReadFile(zones)
	require.NoError(t, err)
	now := filepath.Join(t.TempDir(), "zones.json")
	require.NoError(t, os.WriteFile(now, []byte(strings.Replace(string(before), `"198.18.0.0/15"`, `"192.0.2.0/25"`, 1)), 0o600))

	page := start(t, policy).open(desk, "change?file=okta/zones.json")
	page.wait("#text")
	page.drop("#text", now)
	page.waitFor(`document.querySelector("#text").value.includes("192.0.2.0/25")`)
	page.waitText("#result", "newly denied", "Patch")
	page.drop("h1", writeLog(t, "access.log", dayOfLog()))
	page.waitText("#told", "access.log")
	page.waitText("#result", "access.log")
	after, err := os.ReadFile(zones)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}
