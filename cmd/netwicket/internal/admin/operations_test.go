package admin_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
)

// TestOperationsPage: docs/operations.md names every metric with its type and labels
// and says what its help says.
func TestOperationsPage(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/operations.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## The vendors' APIs\n")
	require.True(t, found)
	type metric struct{ kind, labels string }
	named, help := map[string]metric{}, map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(netwicket_\\w+)` \\| (\\w+) \\| ([^|]*)\\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		named[row[1]] = metric{row[2], strings.NewReplacer("`", "", " ", "").Replace(row[3])}
		help[row[1]] = row[4]
	}
	d := front(t)
	admin.NewServer(d.Front, func() error { return nil })
	families, err := d.counters.Registry().Gather()
	require.NoError(t, err)
	registered := map[string]metric{}
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "netwicket_") {
			continue
		}
		var labels []string
		order := map[string]int{"family": 0, "status": 1, "version": 0, "goversion": 1}
		for _, label := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, label.GetName())
		}
		if len(labels) == 2 && order[labels[0]] > order[labels[1]] {
			labels[0], labels[1] = labels[1], labels[0]
		}
		registered[family.GetName()] = metric{strings.ToLower(family.GetType().String()), strings.Join(labels, ",")}
		require.True(t, strings.HasPrefix(help[family.GetName()], family.GetHelp()), family.GetName())
	}
	require.Equal(t, registered, named)
}
