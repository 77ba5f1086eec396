package console_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
)

// ask is the page Ask with a question and who connected.
func (r *reader) ask(question, peer string) {
	r.t.Helper()
	values := url.Values{"q": {question}}
	if peer != "" {
		values.Set("peer", peer)
	}
	r.open("answer ask?" + values.Encode())
}

// The page Ask shows of each question what was decided and all that led to it.
func TestAskAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	r.open("ask", "ask?q=192.0.2.7&peer=10.0.0.1", "ask?q=nonsense")
	r.ask("X-Forwarded-For: 203.0.113.9, 192.0.2.70, 198.51.100.7", "10.0.0.1")
	r.ask("X-Forwarded-For: nobody", "10.0.0.1")
	r.ask("X-Forwarded-For: 192.0.2.7", "")
	r.ask("2001:db8::5", "")
	r.ask("2001:0::1", "")
	r.requireAs("ask")
}

// Of a network it shows all ranges.
func TestNetworksAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, firm))
	for _, network := range []string{"192.0.2.0/24", "192.0.2.3-192.0.2.6", "2001:db8:bad::/46", "2001:db8:bac:ffff::-2001:db8:bae::"} {
		r.ask(network, "")
	}
	r.requireAs("networks")
}

// A policy that is broken denies everything, and every page says so; so does the one that
// was there before, until it is mended.
func TestBrokenPolicyAsRead(t *testing.T) {
	files := map[string]string{"netwicket.json": `{"okta": {"zones": ["zones.json"]}}`, "zones.json": "[{"}
	r := readAt(t, folderOf(t, files))
	r.open("documents", "map", "tests")
	r.ask("192.0.2.7", "")
	r.ask("192.0.2.0/24", "")
	putAll(t, ".", map[string]string{"zones.json": ownZones})
	r.open("documents?file=zones.json")
	putAll(t, ".", map[string]string{"zones.json": strings.Replace(ownZones, "203.0.113.0/24", "203.0.113.0/33", 1)})
	r.open("documents?zone=b", "documents?file=zones.json", "removal documents?zone=b&without=1")
	r.ask("203.0.113.7", "")
	r.requireAs("broken")
}

// A caller of a server may not edit its policy file, and no page offers it.
func TestConfinedAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}), func(o *console.Options) { o.Confined = true })
	r.open("documents", "documents?file=netwicket.json", "documents?file=zones.json", "change", "change?file=netwicket.json")
	r.requireAs("confined")
}
