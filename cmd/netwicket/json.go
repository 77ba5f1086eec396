package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"

	"github.com/netwicket/netwicket/internal/shown"
)

// writeJSON writes one object on a line, with <, > and & as they are, and with
// everything escaped that a terminal would not show as it is.
func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(shown.JSONWriter{Out: out})
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func orNull(addr netip.Addr) *netip.Addr {
	if !addr.IsValid() {
		return nil
	}
	return &addr
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ordered is a JSON object whose keys keep their order.
type ordered []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order. A key that stands there already, such
// as the name of a second zone without an id, gets a number, so that no reader
// loses one of the two.
func (o ordered) MarshalJSON() ([]byte, error) {
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	used := make(map[string]bool, len(o))
	for i, m := range o {
		key := m.key
		for n := 2; used[key]; n++ {
			key = fmt.Sprintf("%s #%d", m.key, n)
		}
		used[key] = true
		if i > 0 {
			buffer.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		buffer.Write(name)
		buffer.WriteByte(':')
		buffer.Write(value)
	}
	buffer.WriteByte('}')
	return buffer.Bytes(), nil
}
