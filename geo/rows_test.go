//go:build !race

package geo

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// There are as many rows as may be, and not one more. The race detector would keep twice
// as much for five million that are never touched.
func TestRowsAreCounted(t *testing.T) {
	r := parseCSV("rows.csv", []byte(strings.Join(columns, ",")+"\n192.0.2.1,US,,,,\n"), newVocabulary())
	r.rows = make([]row, maxRows-1, maxRows)
	text := strings.NewReader("192.0.2.2,US,,,,\n192.0.2.3,US,,,,\n192.0.2.4,US,,,,\n")
	r.csv = csv.NewReader(text)
	require.True(t, r.next())
	require.Len(t, r.rows, maxRows)
	require.False(t, r.next())
	require.Len(t, r.errors, 1)
	require.EqualError(t, r.errors[0], "rows.csv:2:1: more than 5000000 rows")
	require.Equal(t, "too-many-rows", r.errors[0].Code)
}
