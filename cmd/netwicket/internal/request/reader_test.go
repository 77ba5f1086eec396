package request_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

// Lines of all lengths around that of the buffer and the longest that is read come as they
// stand in the text, with their numbers; those that are longer are told, and the others of
// the stream still come. Its own error comes behind what was read.
func TestLinesOfAllLengths(t *testing.T) {
	gone := errors.New("the line is gone")
	random := rand.New(rand.NewPCG(51, 52))
	for round := range 3000 {
		most := []int{16, 20, 31, 32, 33, 47}[random.IntN(6)] // no less than the buffer
		var text strings.Builder
		for range random.IntN(6) {
			switch length := random.IntN(3 * most); random.IntN(6) {
			case 0:
				text.WriteString(strings.Repeat("x", max(1, most-1+random.IntN(4))))
			case 1:
				text.WriteString("# " + strings.Repeat("x", length))
			case 2:
				text.WriteString(" \t"[:random.IntN(3)])
			default:
				text.WriteString(strings.Repeat("x", length))
			}
			text.WriteString([]string{"\n", "\n", "\r\n", "\r\r\n"}[random.IntN(4)])
		}
		if random.IntN(2) == 0 {
			text.WriteString(strings.Repeat("y", random.IntN(2*most)))
		}
		type outcome struct {
			line int
			text string
		}
		var want, got []outcome
		number := 0
		for line := range strings.Lines(text.String()) {
			number++
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
			switch trimmed := strings.Trim(line, " \t"); {
			case len(line) > most:
				want = append(want, outcome{number, "line " + strconv.Itoa(number) + ": the line has more than " + strconv.Itoa(most) + " bytes"})
			case trimmed != "" && trimmed[0] != '#':
				want = append(want, outcome{number, trimmed})
			}
		}
		input := []io.Reader{strings.NewReader(text.String()), iotest.OneByteReader(strings.NewReader(text.String())), iotest.DataErrReader(strings.NewReader(text.String()))}[round%3]
		end := io.EOF
		if whole := text.String(); round%2 == 0 && (whole == "" || strings.HasSuffix(whole, "\n")) {
			input, end = io.MultiReader(input, iotest.ErrReader(gone)), gone
		}
		reader := request.NewShortReader(input, most)
		for {
			next, err := reader.Next()
			var lineError *request.LineError
			switch {
			case errors.As(err, &lineError):
				require.Equal(t, reader.Line(), lineError.Line)
				got = append(got, outcome{lineError.Line, err.Error()})
			case err != nil:
				require.Equal(t, end, err)
			default:
				got = append(got, outcome{reader.Line(), next.Remote})
			}
			if err != nil && lineError == nil || len(got) > len(want) {
				break
			}
		}
		require.Equal(t, want, got, "%q, at most %d", text.String(), most)
		if len(got) == len(want) {
			require.Equal(t, number, reader.Line(), "%q", text.String())
		}
	}
}
