package accesslog_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// record is a line with its number, or an error in its place.
type record struct {
	line int
	text string
}

func records(input io.Reader) ([]record, error) {
	var list []record
	err := accesslog.Blocks(input, func(b accesslog.Block) error {
		if b.Err != nil {
			list = append(list, record{b.Line, b.Err.Error()})
		}
		for line, text := range b.Records() {
			list = append(list, record{line, text})
		}
		return nil
	})
	return list, err
}

func TestBlocks(t *testing.T) {
	tests := []struct {
		name, text string
		want       []record
	}{
		{"nothing", "", nil},
		{"blank lines", "\n \t\n\r\n", nil},
		{"lines", "a\nb\n", []record{{1, "a"}, {2, "b"}}},
		{"no ending at the last line", "a\nb", []record{{1, "a"}, {2, "b"}}},
		{"Windows endings and blank lines", "a\r\n\r\nb\r\n", []record{{1, "a"}, {3, "b"}}},
		{"a byte order mark", "\ufeffa\nb\n", []record{{1, "a"}, {2, "b"}}},
		{"objects, one a line", "{\"a\":1}\n{\"b\":2}\n", []record{{1, `{"a":1}`}, {2, `{"b":2}`}}},
		{"an array", "[{\"a\":1},{\"b\":[{}]}]", []record{{1, `{"a":1}`}, {1, `{"b":[{}]}`}}},
		{"an array over lines", "[\n  {\n    \"a\": 1\n  },\n  {\"b\": \"}\\\"{\"}\n]\n", []record{{2, `{     "a": 1   }`}, {5, `{"b": "}\"{"}`}}},
		{"an empty array", " [ ]\n", nil},
		{"objects over lines", "{\n\"a\":1\n}\n{\n\"b\":2}\n", []record{{1, `{ "a":1 }`}, {4, `{ "b":2}`}}},
		{"something else in the array", "[{\"a\":1}, 7, \"x\"\n, {\"b\":2}]", []record{{1, `{"a":1}`}, {1, `7, "x"`}, {2, `{"b":2}`}}},
		{"an array that ends in the middle", "[{\"a\":1},\n{\"b\":", []record{{1, `{"a":1}`}, {2, `{"b":`}}},
		{"a string that is not closed", "[\n{\"a\":\"x},\n{\"b\":2}\n]", []record{{2, `{"a":"x},`}, {3, `{"b":2}`}}},
		{"a bracket alone", "[", nil},
		{"a bracket and something else", "[x", []record{{1, "[x"}}},
		{"a brace alone", "{", []record{{1, "{"}}},
		{"an object on its line and what stands behind it", "{\"a\":1} x\n{\"b\":2}\n", []record{{1, `{"a":1} x`}, {2, `{"b":2}`}}},
		{"columns", "#Software: x\n#Fields: c-ip time\n1 2\n\n#Date: y\n3 4\r\n#Fields: time\n5\n", []record{{3, "1 2"}, {6, "3 4"}, {8, "5"}}},
		{"a directive where there are no columns", "a\n#Fields: c-ip\n", []record{{1, "a"}, {2, "#Fields: c-ip"}}},
		{"a bracket that is no array", "[::1]:80 - -\nb\n", []record{{1, "[::1]:80 - -"}, {2, "b"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, err := w.Write([]byte(test.text))
			require.NoError(t, err)
			require.NoError(t, w.Close())
			for name, input := range map[string]io.Reader{
				"whole": strings.NewReader(test.text), "byte by byte": iotest.OneByteReader(strings.NewReader(test.text)),
				"data with the end": iotest.DataErrReader(strings.NewReader(test.text)), "gzip": &packed,
			} {
				got, err := records(input)
				require.NoError(t, err, name)
				require.Equal(t, test.want, got, name)
			}
		})
	}
}

// Lines of all lengths around the size of a block, with their numbers.
func TestBlocksOfLongLines(t *testing.T) {
	const maxLine, blockSize = 16 << 10, 512
	var text strings.Builder
	var want []record
	line := 1
	for _, length := range []int{1, blockSize - 1, blockSize, blockSize + 1, 3, maxLine, 5, maxLine + 2, 7, 2*maxLine + 9, 8, maxLine + 99} {
		content := strings.Repeat("x", length-1) + "y"
		text.WriteString(content + "\n")
		if length > maxLine {
			content = accesslog.ErrTooLong.Error()
		}
		want = append(want, record{line, content})
		line++
	}
	for _, ending := range []string{"", "z", "\n\nz\n"} {
		got, err := recordsOfLines(text.String()+ending, maxLine, blockSize)
		require.NoError(t, err)
		all := want
		switch ending {
		case "z":
			all = append(want[:len(want):len(want)], record{line, "z"})
		case "\n\nz\n":
			all = append(want[:len(want):len(want)], record{line + 2, "z"})
		}
		require.Len(t, got, len(all))
		for i := range all {
			if got[i] != all[i] {
				t.Fatalf("record %d: line %d of %d bytes, expected line %d of %d bytes", i, got[i].line, len(got[i].text), all[i].line, len(all[i].text))
			}
		}
	}
}

// recordsOfLines are records as Blocks cuts them, with other sizes.
func recordsOfLines(text string, maxLine, blockSize int) (list []record, err error) {
	return list, accesslog.Lines(strings.NewReader(text), maxLine, blockSize, func(b accesslog.Block) error {
		if b.Err != nil {
			list = append(list, record{b.Line, b.Err.Error()})
		}
		for line, text := range b.Records() {
			list = append(list, record{line, text})
		}
		return nil
	})
}

// naiveRecords cuts a text into lines of at most max bytes.
func naiveRecords(text string, max int) (list []record) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		switch {
		case len(line) > max:
			list = append(list, record{number, accesslog.ErrTooLong.Error()})
		case strings.Trim(line, " \t") != "":
			list = append(list, record{number, line})
		}
	}
	return list
}

// All short texts, in blocks and lines that are as short, by readers that give what
// they like, and whoever gives up where.
func TestBlocksOfShortTexts(t *testing.T) {
	gone, enough := errors.New("the disk is gone"), errors.New("enough")
	var texts func(text string)
	longest := 7
	if testing.Short() {
		longest = 5
	}
	check := func(text string, maxLine, blockSize int) {
		want := naiveRecords(text, maxLine)
		for name, input := range map[string]io.Reader{
			"whole":                 strings.NewReader(text),
			"byte by byte":          iotest.OneByteReader(strings.NewReader(text)),
			"data with the end":     iotest.DataErrReader(strings.NewReader(text)),
			"an error at the end":   &failing{strings.NewReader(text), gone},
			"an error with the end": iotest.DataErrReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(gone))),
		} {
			var got []record
			blocks := 0
			collect := func(b accesslog.Block) error {
				blocks++
				if b.Err != nil {
					got = append(got, record{b.Line, b.Err.Error()})
				}
				for line, text := range b.Records() {
					got = append(got, record{line, text})
				}
				return nil
			}
			err := accesslog.Lines(input, maxLine, blockSize, collect)
			if fails := strings.HasPrefix(name, "an error"); fails != errors.Is(err, gone) || !fails && err != nil || !slices.Equal(got, want) {
				t.Fatalf("%q in lines of %d and blocks of %d, %s: %v, %v; want %v", text, maxLine, blockSize, name, got, err, want)
			}
			if name != "whole" {
				continue
			}
			for until := 1; until <= blocks; until++ {
				handed := 0
				err := accesslog.Lines(strings.NewReader(text), maxLine, blockSize, func(accesslog.Block) error {
					if handed++; handed == until {
						return enough
					}
					return nil
				})
				if !errors.Is(err, enough) || handed != until {
					t.Fatalf("%q in lines of %d and blocks of %d: %d blocks and %v, asked to stop at %d", text, maxLine, blockSize, handed, err, until)
				}
			}
		}
	}
	texts = func(text string) {
		for _, sizes := range [][2]int{{2, 1}, {2, 3}, {2, 4}, {3, 2}, {3, 8}, {1, 1}} {
			check(text, sizes[0], sizes[1])
		}
		if len(text) < longest {
			for _, next := range "a\r\n" {
				texts(text + string(next))
			}
		}
	}
	texts("")
}

// failing gives its error once, as a connection may, and then that it has ended.
type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(buffer []byte) (int, error) {
	n, err := f.Reader.Read(buffer)
	if err == io.EOF {
		err, f.err = f.err, io.EOF
	}
	return n, err
}

// The longest line that is read, and one of a byte more, whatever ends it and
// stands around it.
func TestBlocksOfTheLongestLine(t *testing.T) {
	const short = 999
	check := func(before, text, ending, behind string, most int, read func(text string) ([]record, error)) {
		var want []record
		line := strings.Count(before, "\n") + 1
		if before == "a\n" {
			want = append(want, record{1, "a"})
		}
		if len(text) == most {
			want = append(want, record{line, text})
		} else {
			want = append(want, record{line, accesslog.ErrTooLong.Error()})
		}
		if behind != "" {
			want = append(want, record{line + 1, "b"})
		}
		got, err := read(before + text + ending + behind)
		require.NoError(t, err)
		if !slices.Equal(got, want) {
			t.Fatalf("%d bytes, %q before, %q at the end, %q behind: %d records, lines %v", len(text), before, ending, behind, len(got), linesOf(got))
		}
	}
	inShort := func(text string) ([]record, error) { return recordsOfLines(text, short, 64) }
	for _, ending := range []string{"\n", "\r\n", "", "\r"} {
		for _, before := range []string{"", "\n", "\n\n", "a\n"} {
			for _, behind := range []string{"", "b", "b\n"} {
				if behind != "" && !strings.HasSuffix(ending, "\n") {
					continue
				}
				check(before, strings.Repeat("x", short), ending, behind, short, inShort)
				check(before, strings.Repeat("x", short+1), ending, behind, short, inShort)
			}
		}
	}
	whole := func(text string) ([]record, error) { return records(strings.NewReader(text)) }
	check("a\n", strings.Repeat("x", accesslog.MaxLine), "\r\n", "b", accesslog.MaxLine, whole)
	check("a\n", strings.Repeat("x", accesslog.MaxLine+1), "\r\n", "b", accesslog.MaxLine, whole)
}

// linesOf are the numbers of records, since the records are long.
func linesOf(list []record) (lines []int) {
	for _, r := range list {
		lines = append(lines, r.line)
	}
	return lines
}

// The same of an object over several lines.
func TestBlocksOfTheLongestObject(t *testing.T) {
	const begin, end = `{ "x":"`, `"}`
	inner := strings.Repeat("x", accesslog.MaxLine-len(begin)-len(end))
	got, err := records(strings.NewReader("{\n\"x\":\"" + inner + end + "\n{\n}"))
	require.NoError(t, err)
	require.True(t, slices.Equal([]record{{1, begin + inner + end}, {3, "{ }"}}, got))
	got, err = records(strings.NewReader("{\n\"x\":\"" + inner + "x" + end + "\n{\n}"))
	require.NoError(t, err)
	require.Equal(t, record{1, accesslog.ErrTooLong.Error()}, got[0])
}

// An object that is too long does not take the next one with it.
func TestBlocksOfLongObjects(t *testing.T) {
	text := "[\n{\"a\":1},\n{\"x\":\"" + strings.Repeat("x", accesslog.MaxLine) + "\"},\n{\"b\":2}]"
	got, err := records(strings.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, record{2, `{"a":1}`}, got[0])
	require.Equal(t, record{3, accesslog.ErrTooLong.Error()}, got[1])
	require.Equal(t, record{4, `{"b":2}`}, got[len(got)-1])
}

func TestBlocksFail(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, text := range map[string]string{"lines": "a\nb", "objects": "[{\"a\":1},\n{\"b\":2}", "columns": "#Fields: c-ip\na\nb"} {
		got, err := records(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		require.ErrorIs(t, err, broken, name)
		require.Len(t, got, 2, "what was read is handed out: %s", name)
		full := errors.New("enough")
		require.ErrorIs(t, accesslog.Blocks(strings.NewReader(text), func(accesslog.Block) error { return full }), full, name)
	}
}

// Who has seen enough records of a block is given no more.
func TestRecordsStop(t *testing.T) {
	seen := 0
	for range (accesslog.Block{Text: "a\nb\nc\n", Line: 1}).Records() {
		if seen++; seen == 2 {
			break
		}
	}
	require.Equal(t, 2, seen)
}

// A truncated archive is an error, not the end of the log.
func TestBlocksOfATruncatedArchive(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for i := range 30_000 {
		fmt.Fprintf(w, "line %d\n", i)
	}
	require.NoError(t, w.Close())
	got, err := records(bytes.NewReader(packed.Bytes()[:packed.Len()/2]))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Greater(t, len(got), 1000)
	_, err = records(strings.NewReader("\x1f\x8b nonsense"))
	require.ErrorContains(t, err, "gzip")
	two := append(bytes.Clone(packed.Bytes()), packed.Bytes()...)
	got, err = records(bytes.NewReader(two))
	require.NoError(t, err)
	require.Len(t, got, 60_000, "two archives one after the other are one log")
}
