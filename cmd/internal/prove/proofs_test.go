package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The commands of docs/guarantees.md run something.
func TestGuaranteesNameProofs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/guarantees.md")
	require.NoError(t, err)
	commands := regexp.MustCompile("go run ./cmd/internal/prove -only ('[^']+'|[a-zA-Z0-9]+)`").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(commands), 10)
	for _, command := range commands {
		if command[1] == "WORDS" {
			continue // a placeholder
		}
		pattern := regexp.MustCompile(strings.Trim(command[1], "'"))
		require.True(t, slices.ContainsFunc(proofs(), func(p proof) bool { return pattern.MatchString(p.promise) }), command[0])
	}
}

// Every proof has tests: a pattern that fits none passes as well.
func TestProofsHaveTests(t *testing.T) {
	name := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, p := range proofs() {
		require.True(t, p.build != nil || len(p.tests) > 0, p.promise)
		for _, run := range p.tests {
			pattern := regexp.MustCompile(run.pattern)
			for _, folder := range run.packages {
				files, err := filepath.Glob(filepath.Join("..", "..", "..", strings.TrimSuffix(folder, "/..."), "*_test.go"))
				require.NoError(t, err)
				found := false
				for _, file := range files {
					text, err := os.ReadFile(file)
					require.NoError(t, err)
					for _, match := range name.FindAllStringSubmatch(string(text), -1) {
						found = found || pattern.MatchString(match[1])
					}
				}
				require.True(t, found, "%s: no test of %s matches %q", p.promise, folder, run.pattern)
			}
		}
	}
}

// What an ordinary run takes a quarter of, continuous integration does to the last.
func TestSampledPoliciesAreProvedWhole(t *testing.T) {
	files, err := filepath.Glob("../../../decide/*_test.go")
	require.NoError(t, err)
	function := regexp.MustCompile(`^func ((?:Test|Fuzz)\w+)\(`)
	sampled := regexp.MustCompile(`\bseeds\(\d`)
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		name := ""
		for line := range strings.Lines(string(text)) {
			if match := function.FindStringSubmatch(line); match != nil {
				name = match[1]
			}
			if !sampled.MatchString(line) {
				continue
			}
			found++
			require.True(t, slices.ContainsFunc(proofs(), func(p proof) bool {
				return p.whole && slices.ContainsFunc(p.tests, func(run tests) bool {
					return slices.Contains(run.packages, "./decide") && regexp.MustCompile(run.pattern).MatchString(name)
				})
			}), "%s: %s takes a sample, and no proof that is whole runs it", file, name)
		}
	}
	require.Greater(t, found, 15)
}
