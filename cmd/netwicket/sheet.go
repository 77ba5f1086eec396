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

// table prints rows under a heading, in columns; nothing if there are no rows.
func (s *sheet) table(heading string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	s.out.WriteString("\n" + s.look.paint(bold, heading) + "\n")
	columns := tabwriter.NewWriter(&s.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(columns, "  "+strings.Join(row, "\t"))
	}
	_ = columns.Flush() // a buffer takes everything
}
