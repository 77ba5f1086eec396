package filter_test

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/filter"
)

// ways are the two ways to ask, each with a question and its answer.
var ways = map[string]struct {
	ask              func(io.Reader, io.Writer, filter.Policies) error
	question, answer string
}{
	"tsv":       {filter.TSV, "x\n", "deny\tno_policy\t\t\n"},
	"rowbinary": {filter.RowBinary, strings.Repeat("x", 16), "\x00"},
}

// halting gives nothing so many times in front of every part, and the end behind the
// last one.
type halting struct {
	nothing, left int
	parts         []string
	reads         int
}

func (h *halting) Read(p []byte) (int, error) {
	h.reads++
	if h.left++; h.left <= h.nothing {
		return 0, nil
	}
	h.left = 0
	if len(h.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(p, h.parts[0])
	h.parts = h.parts[1:]
	return n, nil
}

// nth fails once, and takes nothing that is empty.
type nth struct {
	bytes.Buffer
	fails, writes int
}

func (n *nth) Write(p []byte) (int, error) {
	if n.writes++; n.writes == n.fails || len(p) == 0 {
		return 0, syscall.EIO
	}
	return n.Buffer.Write(p)
}

// A stream that gives nothing for a while goes on, and one that gives nothing for long
// has ended; whatever cannot be written ends it too.
func TestStreamsThatHalt(t *testing.T) {
	for name, way := range ways {
		for nothing, want := range map[int]error{0: nil, 1: nil, 60: nil, 99: nil, 100: io.ErrNoProgress} {
			in, out := &halting{nothing: nothing, parts: []string{way.question, way.question + way.question}}, &nth{}
			require.Equal(t, want, way.ask(in, out, filter.Policies{}), "%s, %d", name, nothing)
			if want == nil {
				require.Equal(t, strings.Repeat(way.answer, 3), out.String())
			} else {
				require.Equal(t, 100, in.reads)
			}
		}
		many := strings.Repeat(way.question, 20_000)
		whole := &nth{}
		require.NoError(t, way.ask(strings.NewReader(many), whole, filter.Policies{}))
		require.Equal(t, strings.Repeat(way.answer, 20_000), whole.String())
		require.Greater(t, whole.writes, 1)
		for fails := range whole.writes {
			out := &nth{fails: fails + 1}
			require.ErrorIs(t, way.ask(strings.NewReader(many), out, filter.Policies{}), syscall.EIO)
			require.Equal(t, fails+1, out.writes, "nothing is written behind it")
		}
	}
}

// repeated are so many bytes, in units of a line that is as long as may be.
type repeated struct{ left, given int }

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), filter.MaxLine-r.given)
	if r.given += n; r.given == filter.MaxLine {
		r.left, r.given = r.left-1, 0
	}
	return n, nil
}

// The end of a line that is too long is no line, whatever it looks like, and those behind
// it are read.
func TestEndOfALineThatIsTooLong(t *testing.T) {
	asked := filter.Policies{Policy: policy(t, "203.0.113.0/24")}
	const office, unresolved = "allow\trule\t\toffice\n", "deny\tclient_unresolved\t\t\n"
	long := strings.Repeat("x", filter.MaxLine+2)
	for end, want := range map[string]string{
		"192.0.2.7\n": unresolved, "192.0.2.7": unresolved, "": unresolved, "\n": unresolved, "192.0.2.7\n192.0.2.7": unresolved + office, "\n192.0.2.7": unresolved + office,
		"192.0.2.7\n\n192.0.2.7\n": unresolved + unresolved + office,
	} {
		for _, together := range []bool{false, true} {
			var in io.Reader = io.MultiReader(strings.NewReader(long), strings.NewReader(end))
			if together {
				in = iotest.DataErrReader(in)
			}
			var out bytes.Buffer
			require.NoError(t, filter.TSV(in, &out, asked))
			require.Equal(t, want, out.String(), "%q", end)
		}
	}
	// One that is as long as may be is none of them, also if its end comes late.
	var full bytes.Buffer
	require.NoError(t, filter.TSV(io.MultiReader(strings.NewReader(strings.Repeat(" ", filter.MaxLine-9)+"192.0.2.7\r"), strings.NewReader("\n")), &full, asked))
	require.Equal(t, office, full.String())

	// However long it is, it takes no more memory.
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	endless := &repeated{left: 40}
	var short bytes.Buffer
	require.NoError(t, filter.TSV(io.MultiReader(endless, strings.NewReader("\n192.0.2.7\n")), &short, asked))
	runtime.ReadMemStats(&after)
	require.Equal(t, unresolved+office, short.String())
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*filter.MaxLine))

	var out bytes.Buffer
	require.NoError(t, filter.TSV(strings.NewReader(long[:filter.MaxLine-len("192.0.2.7")]+"192.0.2.7\n192.0.2.7"), &out, asked))
	require.Equal(t, unresolved+office, out.String())
}
