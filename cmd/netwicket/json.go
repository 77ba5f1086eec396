package main

import (
	"encoding/json"
	"io"

	"github.com/netwicket/netwicket/internal/shown"
)

// writeJSON writes one object on a line, with <, > and & as they are, and with
// everything escaped that a terminal would not show as it is.
func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(shown.JSONWriter{Out: out})
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
