package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// As one types the zones come that fit, and the address of the page is a link to them.
func TestDocumentsFindZones(t *testing.T) {
	page := start(t, acme(t)).open(desk, "documents")
	page.waitText("#zones", "9 of 9 zones", "Office Berlin")
	page.type_("#q", "198.51.100.7")
	page.waitText("#zones", "1 of 9 zones", "Office Berlin")
	page.waitNoText("#zones", "Office Toronto")
	require.Equal(t, "198.51.100.7", page.query("q"))
	page.set("#q", "blocklist")
	page.waitText("#zones", "4 of 9 zones")
	page.choose("#sort", "entries")
	page.waitFor(`document.querySelector("#zones tbody th a").textContent === "Blocked countries"`)
	require.Equal(t, "entries", page.query("sort"))
}

// With keys alone one comes from the documents to a zone, to what removing it would
// change, and to a question about what changes.
func TestDocumentsSayWhatRemovingChanges(t *testing.T) {
	page := start(t, acme(t)).open(desk, "documents")
	page.tabTo(`#zones a[href*="nzo8anonymizers000008"]`)
	page.press(enter)
	page.waitText("h2", "VPN providers and Tor")
	page.tabTo("main form button")
	page.press(enter)
	page.waitText("#removal", "newly allowed", "IPv4 addresses")
	require.Equal(t, "1", page.query("without"), "the address is a link to the answer")
	page.tabTo(`#removal a[href^="ask?q="]`)
	page.press(enter)
	page.waitPath("/ask")
	page.waitText("#answer", "deny")
}

// A finding leads to its line, with what is wrong beneath it.
func TestDocumentsShowLines(t *testing.T) {
	site := start(t, acme(t))
	zones := filepath.Join(site.folder, "okta", "zones.json")
	text, err := os.ReadFile(zones)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(zones, []byte(strings.Replace(string(text), "198.18.0.0/15", "198.18.0.0/99", 1)), 0o644))
	page := site.open(phone, "documents")
	page.click(`#findings ~ .findings a[href*="zones.json"]`)
	page.waitText("li:target", "198.18.0.0/99", "prefix length out of range")
	page.waitFor(`(() => { const box = document.querySelector("li:target").getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight })()`)
	page.check("documents-line")
}
