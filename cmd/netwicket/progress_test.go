package main

import (
	"bytes"
	"io"
	"os"
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

// From which size on progress is shown, and that what is cleared and finished before is nothing.
func TestProgressBegins(t *testing.T) {
	for size, shown := range map[int64]bool{largeInput - 1: false, largeInput: true} {
		var out bytes.Buffer
		p := &progress{out: &out, size: size}
		p.clear()
		p.finish()
		n, err := p.Write(make([]byte, 10))
		require.NoError(t, err)
		require.Equal(t, 10, n)
		require.Equal(t, shown, out.Len() > 0)
		_, _ = p.Write(make([]byte, 10))
		require.EqualValues(t, 20, p.seen)
		if shown {
			require.EqualValues(t, 20, p.bar.State().CurrentNum)
			p.finish()
			require.True(t, p.bar.IsFinished())
		}
	}
	var none *progress
	none.clear()
	none.finish()
	input := strings.NewReader("x")
	require.True(t, none.count(input) == input)
}

// Where paths cannot be ended by a counter, progress does not know the size: of all logs it is
// the sum, and there is none if one has none.
func TestSizeOfLogs(t *testing.T) {
	folder(t, map[string]string{"a": "12345", "b": "678"})
	file, err := os.Open("a")
	require.NoError(t, err)
	defer file.Close()
	c := &commandLine{in: file}
	for want, paths := range map[int64][]string{5: {"a"}, 8: {"a", "b"}, 13: {"a", "b", "-"}, 0: {}} {
		require.Equal(t, want, c.sizeOf(paths), paths)
	}
	for _, paths := range [][]string{{"a", "absent"}, {"."}, {"a", "."}} {
		require.EqualValues(t, -1, c.sizeOf(paths), paths)
	}
	c.in = strings.NewReader("")
	require.EqualValues(t, -1, c.sizeOf([]string{"-"}))
	inputs, bar := c.logInputs(nil)
	require.Nil(t, bar, "nobody looks on")
	require.Len(t, inputs, 1)
	require.Equal(t, "standard input", inputs[0].Name)
}

// Logs are opened when they are read, by the names that they have, and standard input by -.
func TestLogsThatAreRead(t *testing.T) {
	folder(t, map[string]string{"a": "12345"})
	c := &commandLine{in: strings.NewReader("typed"), err: io.Discard}
	inputs, _ := c.logInputs([]string{"a", "absent", "-"})
	for i, want := range []struct{ name, text, err string }{{"a", "12345", ""}, {"absent", "", "no such file"}, {"standard input", "typed", ""}} {
		require.Equal(t, want.name, inputs[i].Name)
		opened, err := inputs[i].Open()
		if want.err != "" {
			require.ErrorContains(t, err, want.err)
			require.NotContains(t, err.Error(), "absent", "whoever reads it names it")
			continue
		}
		require.NoError(t, err)
		text, err := io.ReadAll(opened)
		require.NoError(t, err)
		require.Equal(t, want.text, string(text))
		require.NoError(t, opened.Close())
	}
}
