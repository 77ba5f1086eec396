package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
)

// sheet is an explanation on paper: headed tables, one after the other.
type sheet struct {
	out  bytes.Buffer
	look style
}

// table prints rows under a heading, in columns; nothing if there are no rows. Both
// may be text that others wrote.
func (s *sheet) table(heading string, rows [][]string) {
	s.paintedTable(heading, rows, func(cell string) string { return cell })
}

// paintedTable is table with the first column painted.
func (s *sheet) paintedTable(heading string, rows [][]string, paint func(string) string) {
	if len(rows) == 0 {
		return
	}
	s.out.WriteString("\n" + s.look.paint(bold, oneLine(heading)) + "\n")
	columns := tabwriter.NewWriter(&s.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = oneLine(cell)
		}
		cells[0] = paint(cells[0])
		fmt.Fprintln(columns, "  "+strings.Join(cells, "\t"))
	}
	_ = columns.Flush() // a buffer takes everything
}
