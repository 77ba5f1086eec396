package accesslog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// recordsOfObjects are records as Blocks cuts spread objects, with other sizes.
func recordsOfObjects(text string, maxLine, blockSize int) (list []record, blocks int, err error) {
	return list, blocks, accesslog.Objects(strings.NewReader(text), maxLine, blockSize, func(b accesslog.Block) error {
		blocks++
		if b.Err != nil {
			list = append(list, record{b.Line, b.Err.Error()})
		}
		for line, text := range b.Records() {
			list = append(list, record{line, text})
		}
		return nil
	})
}

// Objects that are made of all kinds of pieces, with all kinds of space in and between
// them, are the records that they were made as, whatever the size of blocks.
func TestObjectsAsTheyWereMade(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	space := func() string { return pick("", "", "", " ", "\t", "\n", "\r\n", "  ") }
	quoted := func() string {
		text := ""
		for range random.IntN(4) {
			text += pick("a", "{", "}", "[", "]", ",", " ", `\"`, `\\`, `\n`, "é", ":")
		}
		return `"` + text + `"`
	}
	var value func(depth int) string
	object := func(depth int) string {
		var members []string
		for range random.IntN(3) {
			members = append(members, space()+quoted()+space()+":"+space()+value(depth-1)+space())
		}
		return "{" + space() + strings.Join(members, ",") + "}"
	}
	value = func(depth int) string {
		switch {
		case depth <= 0 || random.IntN(3) == 0:
			return pick("1", "null", quoted())
		case random.IntN(2) == 0:
			return "[" + value(depth-1) + space() + "]"
		default:
			return object(depth)
		}
	}
	onOneLine := strings.NewReplacer("\n", " ", "\r", " ")
	for range 8_000 {
		var want []record
		text := pick("", "[", "\n[ ", "\n")
		for range random.IntN(6) {
			line := strings.Count(text, "\n") + 1
			switch random.IntN(8) {
			case 0: // no object, up to the end of the line
				one := pick("x", "7, 8", `"a`, `"}{"`, "]x{"[1:], `\"`)
				want = append(want, record{line, one})
				text += one + "\n"
			case 1: // an object whose string no line ends
				one := pick(`{"a`, `{"a":{"b":"}}`, `{"a\"`, `{"a\\\"}`)
				want = append(want, record{line, one})
				text += one + "\n"
			default:
				one := object(3)
				want = append(want, record{line, onOneLine.Replace(one)})
				text += one
			}
			text += pick("", ",", " ", "\n", ",\n", "\r\n", "\t", "], [", "]\n[")
		}
		if random.IntN(4) == 0 {
			one := pick(`{"a":1`, "x", `{"a":"}`, "{", `{"a":{}`)
			want = append(want, record{strings.Count(text, "\n") + 1, one})
			text += one
		}
		for _, blockSize := range []int{1, 30, 1 << 20} {
			got, blocks, err := recordsOfObjects(text, 1<<20, blockSize)
			require.NoError(t, err)
			if !slices.Equal(got, want) {
				t.Fatalf("%q in blocks of %d is\n%+v, expected\n%+v", text, blockSize, got, want)
			}
			if most := map[int]int{1: len(want), 30: len(want), 1 << 20: min(1, len(want))}[blockSize]; blocks > most || blockSize == 1 && blocks != most {
				t.Fatalf("%q in blocks of %d: %d blocks of %d records", text, blockSize, blocks, len(want))
			}
		}
	}
}

// A block is handed out as soon as it is large enough.
func TestBlocksOfObjectsAreFull(t *testing.T) {
	for size, want := range map[int]int{1: 4, 8: 4, 9: 2, 16: 2, 17: 2, 24: 2, 25: 1, 32: 1, 33: 1} {
		_, blocks, err := recordsOfObjects(`{"a":1}{"b":2}{"c":3}{"d":4}`, 100, size) // 8 bytes each, with the end of its line
		require.NoError(t, err)
		require.Equal(t, want, blocks, size)
	}
}

// A record of objects that is too long is told, what stands before it is handed out first,
// and what follows is looked at anew.
func TestObjectsThatAreTooLong(t *testing.T) {
	tooLong := accesslog.ErrTooLong.Error()
	for text, want := range map[string][]record{
		`{"a":"1234"}`:  {{1, `{"a":"1234"}`}},
		`{"a":"12345"}`: {{1, tooLong}},
		"{\"b\":1}\n{\"a\":\"12345\"}\n{\"c\":2}": {{1, `{"b":1}`}, {2, tooLong}, {3, `{"c":2}`}},
		"{\"b\":1}{\"a\":\"123456\"}\n{\"c\":2}":  {{1, `{"b":1}`}, {1, tooLong}, {1, "}"}, {2, `{"c":2}`}},
		"\nabcdefghijkl\n{\"c\":2}":               {{2, "abcdefghijkl"}, {3, `{"c":2}`}},
		"\nabcdefghijklm\n{\"c\":2}":              {{2, tooLong}, {3, `{"c":2}`}},
		"\nabcdefghijklmno\n{\"c\":2}":            {{2, tooLong}, {2, "no"}, {3, `{"c":2}`}},
	} {
		got, _, err := recordsOfObjects(text, 12, 100)
		require.NoError(t, err)
		require.Equal(t, want, got, "%q", text)
		enough := errors.New("enough")
		for until := 1; ; until++ { // whoever gives up is given no more
			handed := 0
			err := accesslog.Objects(strings.NewReader(text), 12, 1, func(accesslog.Block) error {
				if handed++; handed == until {
					return enough
				}
				return nil
			})
			if err == nil {
				require.Less(t, handed, until)
				break
			}
			require.ErrorIs(t, err, enough, "%q, %d", text, until)
			require.Equal(t, until, handed, "%q", text)
		}
	}
}

// Who gives up in the middle of the last block, or of what stands before a record that is
// too long, is heard.
func TestObjectsFail(t *testing.T) {
	enough := errors.New("enough")
	for _, text := range []string{`{"a":1}`, `{"a":1`, "x", "x\n", `{"a":"12345"}`, `{"a":1}{"a":"12345"}`} {
		for _, blockSize := range []int{1, 100} {
			handed := 0
			err := accesslog.Objects(strings.NewReader(text), 12, blockSize, func(accesslog.Block) error { handed++; return enough })
			require.ErrorIs(t, err, enough, fmt.Sprint(text, blockSize))
			require.Equal(t, 1, handed, text)
		}
	}
}
