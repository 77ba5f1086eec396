package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ruleID is a rule of docs/semantics.md as a comment names it.
var ruleID = regexp.MustCompile(`\b[a-z]+-[0-9]+\b`)

// ruleOfSemantics is one rule and the chapter that it stands in.
type ruleOfSemantics struct{ id, chapter string }

// rulesOfSemantics are the rules in document order.
func rulesOfSemantics(t *testing.T) []ruleOfSemantics {
	t.Helper()
	text, err := os.ReadFile("semantics.md")
	require.NoError(t, err)
	var rules []ruleOfSemantics
	chapter := ""
	for line := range strings.Lines(string(text)) {
		if title, found := strings.CutPrefix(line, "## "); found {
			chapter = strings.TrimSpace(title)
		}
		if id := anchor.FindStringSubmatch(line); id != nil {
			rules = append(rules, ruleOfSemantics{id[1], chapter})
		}
	}
	require.Greater(t, len(rules), 150)
	return rules
}

// rulesInComments are, by folder, the rules that the comments of its code name;
// tests do not count: they prove a rule and are none.
func rulesInComments(t *testing.T) map[string]map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, rule := range rulesOfSemantics(t) {
		known[strings.TrimRight(rule.id, "0123456789")] = true
	}
	named := map[string]map[string]bool{}
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		for _, group := range file.Comments {
			for _, id := range ruleID.FindAllString(group.Text(), -1) {
				if !known[strings.TrimRight(id, "0123456789")] {
					continue // "utf-8"
				}
				if named[folder] == nil {
					named[folder] = map[string]bool{}
				}
				named[folder][id] = true
			}
		}
		return nil
	})
	require.NoError(t, err)
	return named
}

// The rooms of the rules: where the code of a chapter's rules stands. Every rule
// has to be named in one of the rooms of each entry.
const (
	compiled = "decide zone"            // the compiled evaluator, and the facts of the model that it asks
	oracle   = "decide/internal/oracle" // the naive one
	resolver = "decide/gate"
	service  = "cmd/netwicket/internal/forwardauth cmd/netwicket/internal/doorway"
	facts    = "geo"
)

var roomsOfChapters = map[string][]string{
	"Order and reasons":              {compiled, oracle},
	"Address forms":                  {"internal/netset internal/addrnum decide decide/gate zone"},
	"The edge":                       {resolver + " " + service},
	"Chain and client":               {compiled + " " + resolver, oracle + " " + resolver},
	"Overlay":                        {compiled, oracle},
	"IP zones":                       {compiled, oracle},
	"Dynamic zones":                  {compiled, oracle},
	"Blocklists and the exempt zone": {compiled, oracle},
	"Embedded IPv4":                  {compiled, oracle},
	"ThreatInsight":                  {compiled, oracle},
	"Policy rules":                   {compiled, oracle},
	"SailPoint":                      {compiled, oracle},
	"Geo facts":                      {facts},
	"Joining geo sources":            {facts},
	"What a policy needs":            {compiled + " decide/policyfile"},
	"Reloads":                        {"decide/keeper " + service},
	"Okta documents":                 {"zone"},
	"SailPoint documents":            {"zone"},
	"Ranges and differences":         {"decide"},
	"Monotonic safety":               {"decide"}, // the package comment lists them
}

// exceptions are rules that stand elsewhere than the rest of their chapter, or
// nowhere, with the reason.
var exceptions = map[string][]string{
	"order-2":      {compiled}, // without a policy there is no oracle to ask
	"overlay-5":    {"zone"},   // the form of a document
	"threat-5":     {compiled}, // what is refused is not evaluated
	"rule-11":      {"zone"},   // the form of a document
	"rule-13":      {compiled}, // which policy is asked
	"sailpoint-9":  {},         // the caller's business
	"sailpoint-12": {compiled}, // what is refused is not evaluated
	"sailpoint-13": {facts},    // what is read from a database
}

// TestEveryRuleIsNamedInItsCode: a stranger finds the code of a rule by its id,
// in both evaluators where both have it.
func TestEveryRuleIsNamedInItsCode(t *testing.T) {
	named := rulesInComments(t)
	missing := 0
	for _, rule := range rulesOfSemantics(t) {
		rooms, known := roomsOfChapters[rule.chapter]
		require.True(t, known, "say in roomsOfChapters where the code of the chapter %q stands", rule.chapter)
		if other, found := exceptions[rule.id]; found {
			rooms = other
		}
		for _, folders := range rooms {
			if !slices.ContainsFunc(strings.Fields(folders), func(folder string) bool { return named[folder][rule.id] }) {
				missing++
				t.Errorf("%s (%s): no comment in %s names it: it belongs at the code that is the rule", rule.id, rule.chapter, strings.ReplaceAll(folders, " ", " or "))
			}
		}
	}
	t.Logf("figure: %d rules, %d missing", len(rulesOfSemantics(t)), missing)
}

// TestRulesInCommentsExist is the way back: no comment names a rule that is not there.
func TestRulesInCommentsExist(t *testing.T) {
	ids := map[string]bool{}
	for _, rule := range rulesOfSemantics(t) {
		ids[rule.id] = true
	}
	for folder, rules := range rulesInComments(t) {
		for id := range rules {
			require.True(t, ids[id], "%s: docs/semantics.md has no %s", folder, id)
		}
	}
}
