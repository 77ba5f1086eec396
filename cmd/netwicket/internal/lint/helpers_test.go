package lint_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// The model says all that a lint needs: no document is parsed a second time.
func TestParsesNothing(t *testing.T) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			require.NotContains(t, spec.Path.Value, "json", name)
		}
	}
}

// documents are the parts of a policy as text; empty ones are left out.
type documents struct {
	zones, rules, threat, feed, network, profile, overlay, geo string

	alone          bool // look at the documents without a policy
	unknownCountry decide.UnknownCountry
	guard          []netip.Addr
	edge           *gate.Config
}

// subject parses and compiles, which must succeed.
func (d documents) subject(t testing.TB) lint.Subject {
	t.Helper()
	s := lint.Subject{Name: "netwicket.json", At: time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC), Guard: d.guard, Edge: d.edge}
	texts := decidetest.Documents{
		Zones: d.zones, ThreatInsight: d.threat, SailPoint: d.network, AuthProfile: d.profile, Overlay: d.overlay, Geo: d.geo,
	}
	if d.rules != "" {
		texts.Rules = []string{d.rules}
	}
	if d.feed != "" {
		texts.ThreatFeeds = []string{d.feed}
	}
	s.Config = texts.Config(t)
	s.Config.Now, s.Config.UnknownCountry = s.At, d.unknownCountry
	if !d.alone {
		policy, err := decide.Compile(s.Config)
		require.NoError(t, err)
		s.Policy = policy
	}
	return s
}

// found are the findings as "file:line:column code".
func found(t testing.TB, s lint.Subject) []string {
	t.Helper()
	lines := []string{}
	for _, f := range lint.Check(s) {
		if f.Code == "allows-everybody" {
			continue // most documents of these tests keep nobody out; TestAllowsEverybody is about that
		}
		require.True(t, f.Warning, "a finding of the linter never fails a document")
		require.NotEmpty(t, f.Message())
		lines = append(lines, f.Position()+" "+f.Code)
	}
	return lines
}

// ipZone is an ACTIVE IP zone of CIDR and RANGE entries.
func ipZone(id, more, gateways, proxies string) string {
	return fmt.Sprintf(`{"type":"IP","id":%q,"name":%q%s,"gateways":[%s],"proxies":[%s]}`, id, id, more, gateways, proxies)
}

func cidr(text string) string { return fmt.Sprintf(`{"type":"CIDR","value":%q}`, text) }

// coded are the findings of one code, as "position message".
func coded(t testing.TB, s lint.Subject, code string) []string {
	t.Helper()
	lines := []string{}
	for _, f := range lint.Check(s) {
		if f.Code == code {
			lines = append(lines, f.Position()+" "+f.Message())
		}
	}
	return lines
}

// requireCoded requires as many findings of a code as parts, each with its part.
func requireCoded(t testing.TB, s lint.Subject, code string, parts ...string) {
	t.Helper()
	lines := coded(t, s, code)
	require.Len(t, lines, len(parts), "%s: %q", code, lines)
	for i, part := range parts {
		require.Contains(t, lines[i], part, code)
	}
}

// dynamicZone is an ACTIVE dynamic zone with properties.
func dynamicZone(id, more, properties string) string {
	return fmt.Sprintf(`{"type":"DYNAMIC_V2","id":%q,"name":%q%s,%s}`, id, id, more, properties)
}

// ruleOver is a rule that includes zones.
func ruleOver(name string, priority int, access string, ids ...string) string {
	return fmt.Sprintf(`{"name":%q,"priority":%d,"conditions":{"network":{"connection":"ZONE","include":["%s"]}},"actions":{"signon":{"access":%q}}}`, name, priority, strings.Join(ids, `","`), access)
}
