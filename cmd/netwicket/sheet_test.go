package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A table is its heading and its columns, whatever stands in their cells: what looks like HTML
// is text, as wide as any other.
func TestSheet(t *testing.T) {
	var s sheet
	s.table("Nothing", nil)
	require.Empty(t, s.out.String())
	s.table("A\nheading", [][]string{{"<b>bold</b>", "1"}, {"&lt;", "22", "x\ty"}, {"", "", "333"}, {"alone"}})
	require.Equal(t, "\n"+`A\nheading`+"\n"+`  <b>bold</b>  1
  &lt;         22  x\ty
                   333
  alone
`, s.out.String())

	coloured := sheet{look: style{colour: true}}
	coloured.paintedTable("H", [][]string{{"a\x1b", "b"}}, strings.ToUpper)
	require.Equal(t, "\n"+bold+"H"+reset+"\n  A\\X1B  b\n", coloured.out.String(), "what is painted is harmless by then")
}
