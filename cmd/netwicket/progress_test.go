package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProgressOfLargeInputs(t *testing.T) {
	tests := []struct {
		name   string
		size   int64
		length int
		shown  bool
	}{
		{"a small file", 1000, 1000, false},
		{"a large file, from its first byte", 2 * largeInput, 1000, true},
		{"a small pipe", -1, 1000, false},
		{"a large pipe", -1, largeInput + 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			p := &progress{out: &out, size: test.size}
			input := strings.Repeat("x", test.length)
			read, err := io.ReadAll(p.count(strings.NewReader(input)))
			require.NoError(t, err)
			require.Equal(t, input, string(read))
			p.clear()
			p.finish()
			require.Equal(t, test.shown, p.bar != nil)
			require.Equal(t, test.shown, out.Len() > 0)
		})
	}
}
