package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// The alert rules and the dashboard of examples/fleet name metrics that the service has
// (docs/operations.md, which other tests hold to the program), with labels that these have.
func TestFleetNamesMetrics(t *testing.T) {
	labelsOf := map[string][]string{}
	for _, row := range rows(t, "Metrics") {
		name := codes(row[0])[0]
		labelsOf[name] = append(codes(row[2]), "job", "instance", "policy")
		if row[1] == "histogram" {
			labelsOf[name+"_bucket"] = append(labelsOf[name], "le")
		}
	}
	expressions := slices.Concat(alertExpressions(t), panelExpressions(t))
	require.Greater(t, len(expressions), 20)
	metric := regexp.MustCompile(`(netwicket_\w+)(?:\{([^}]*)\})?`)
	label := regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	by := regexp.MustCompile(`by \(([^)]*)\)`)
	used := map[string]bool{}
	for _, text := range expressions {
		require.Equal(t, strings.Count(text, "("), strings.Count(text, ")"), text)
		var known []string
		for _, match := range metric.FindAllStringSubmatch(text, -1) {
			used[match[1]] = true
			labels, found := labelsOf[match[1]]
			require.True(t, found, "%s: there is no metric %s", text, match[1])
			known = append(known, labels...)
			for _, name := range label.FindAllStringSubmatch(match[2], -1) {
				require.Contains(t, labels, name[1], text)
			}
		}
		for _, match := range by.FindAllStringSubmatch(text, -1) {
			for name := range strings.SplitSeq(match[1], ", ") {
				require.Contains(t, known, name, text)
			}
		}
	}
	for _, name := range []string{"netwicket_policy_info", "netwicket_fetch_total", "netwicket_release_version", "netwicket_release_expires_timestamp_seconds", "netwicket_release_checked_timestamp_seconds"} {
		require.True(t, used[name], name)
	}
}

// alertExpressions are those of the rules, each of which says what is wrong and how bad it is.
func alertExpressions(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../examples/fleet/alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file))
	names := map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			require.False(t, names[rule.Alert], rule.Alert)
			names[rule.Alert] = true
			require.Contains(t, []string{"warning", "critical"}, rule.Labels["severity"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["description"], rule.Alert)
			all = append(all, rule.Expr)
		}
	}
	return all
}

func panelExpressions(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../examples/fleet/dashboard.json")
	require.NoError(t, err)
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &board))
	ids := map[int]bool{}
	for _, panel := range board.Panels {
		require.False(t, ids[panel.ID], panel.Title)
		ids[panel.ID] = true
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}
