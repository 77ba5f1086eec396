package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// The schema of the policy file agrees with its reader about every policy file
// that the examples and the tests have: what is read without an error is valid,
// and unknown keys and values of another kind are not.
func TestPolicyFileSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/policy-file.schema.json")
	require.NoError(t, err)
	texts := policyFileTexts(t)
	good, bad := 0, 0
	for _, text := range texts {
		root, err := jsondoc.ParseCommented("netwicket.json", []byte(text))
		if err != nil {
			continue // not JSON, or a key twice, which no schema knows of
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(root.Raw())))
		require.NoError(t, err)
		errors, must := policyFileErrors(t, text)
		err = schema.Validate(value)
		switch {
		case len(errors) == 0:
			good++
			require.NoError(t, err, text)
		case must:
			bad++
			require.Error(t, err, "%s: %v", text, errors)
		}
	}
	require.Greater(t, good, 60)
	require.Greater(t, bad, 30)
	t.Logf("figure: %d policy files valid, %d refused", good, bad)
}

// policyFileErrors are the codes of what is wrong with a policy file itself, and
// whether a schema must see it.
func policyFileErrors(t *testing.T, text string) (codes []string, must bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "netwicket.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	for _, f := range policyfile.Load(policyfile.Options{Paths: []string{path}}).Findings {
		if f.File == path && !f.Warning {
			codes = append(codes, f.Code)
		}
	}
	return codes, slices.ContainsFunc([]string{"unknown-key", "bad-type", "empty-path"}, func(code string) bool { return slices.Contains(codes, code) })
}

// policyFileTexts are the examples' policy files, and all strings of the tests
// that begin like one.
func policyFileTexts(t *testing.T) []string {
	t.Helper()
	var texts []string
	examples, err := filepath.Glob("../../examples/*/netwicket.json")
	require.NoError(t, err)
	require.NotEmpty(t, examples)
	for _, name := range examples {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		texts = append(texts, string(text))
		root, err := jsondoc.ParseCommented(name, text)
		require.NoError(t, err)
		if named := root.Get("$schema"); named.Exists() {
			require.FileExists(t, filepath.Join(filepath.Dir(name), filepath.FromSlash(named.String())))
		}
	}
	for _, pattern := range []string{"*_test.go", "internal/*/*_test.go", "../../decide/policyfile/*_test.go", "../../decide/keeper/*_test.go"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, names, pattern)
		for _, name := range names {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				if kind, _ := policyfile.Recognise("x.json", []byte(text)); kind == policyfile.PolicyFile {
					texts = append(texts, text)
				}
				return true
			})
		}
	}
	return texts
}
