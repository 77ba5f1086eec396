package decide

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/internal/snapfile"
)

// setWidths are numbers of zones around the words and chunks that sets are kept in.
var setWidths = [...]int{1, 2, 63, 64, 65, 127, 128, 511, 512, 513, 575, 576, 577, 1023, 1024, 1025, 1600}

func writtenSetsOf(s *sets) []byte {
	w := &snapshotWriter{}
	w.writeSets(s)
	return w.Bytes()
}

func readSetsFrom(body []byte, width int) (*sets, error) {
	in := snapfile.NewDecoder(body)
	s := readSetsOf(in, width)
	return s, in.Close()
}

// Sets of every width come back as they were written, and no set may hold a zone behind the last
// one: not in the last word, not in words behind it, not in any of its chunks.
func TestReadSets(t *testing.T) {
	for _, width := range setWidths {
		random := rand.New(rand.NewPCG(uint64(width), 2))
		words := (width + 63) / 64
		in := newSetInterner(words)
		for range 20 {
			set := make([]uint64, words)
			setBit(set, width-1, random.IntN(2) == 0)
			for range random.IntN(4) {
				setBit(set, random.IntN(width), true)
			}
			id := in.id(set)
			for bit := range width {
				require.Equal(t, set[bit/64]>>(bit%64)&1 == 1, in.holds(id, bit), "width %d, zone %d", width, bit)
			}
			require.True(t, in.has(id))
		}
		require.False(t, in.has(uint32(in.count())))
		require.Equal(t, width > 512, in.chunks != nil, "docs/snapshot.md says which have chunks")
		got, err := readSetsFrom(writtenSetsOf(in.sets), width)
		require.NoError(t, err, "width %d", width)
		require.Equal(t, in.sets, got, "width %d", width)

		empty := newSets(words)
		for position := range empty.perSet {
			for bit := range 64 * empty.stride {
				s := newSets(words)
				chunk := make([]uint64, s.stride)
				setBit(chunk, bit, true)
				s.words = append(s.words, chunk...)
				if s.chunks != nil {
					s.chunks = append(s.chunks, make([]uint32, s.perSet)...)
					s.chunks[s.perSet+position] = 1
				}
				got, err := readSetsFrom(writtenSetsOf(s), width)
				if at := 64*chunkWords*position + bit; at >= width {
					require.ErrorContains(t, err, "set 1 holds a zone behind the last one", "width %d, zone %d", width, at)
					continue
				}
				require.NoError(t, err, "width %d, position %d, bit %d", width, position, bit)
				require.Equal(t, s, got)
			}
		}
	}
	got, err := readSetsFrom(nil, 0)
	require.NoError(t, err)
	require.Equal(t, newSets(0), got)
	require.True(t, got.has(0) && !got.has(1), "of no zones there is the empty set")
}

// What is no list of sets is refused, and leaves none but the empty one.
func TestReadSetsRefuses(t *testing.T) {
	number := func(n uint64) []byte { return binary.AppendUvarint(nil, n) }
	word := func(w uint64) []byte { return binary.LittleEndian.AppendUint64(nil, w) }
	chunks := func(n int) []byte { return bytes.Repeat(word(0), 8*n) } // of 512 zones each
	for name, c := range map[string]struct {
		width int
		body  [][]byte
		says  string
	}{
		"nothing":                    {1, nil, "inside a number"},
		"no set":                     {1, [][]byte{number(0)}, "the first set of zones is not the empty one"},
		"a first set of a zone":      {1, [][]byte{number(1), word(1)}, "the first set of zones is not the empty one"},
		"half a word":                {1, [][]byte{number(1), word(0)[:4]}, "inside a number"},
		"as many chunks as may be":   {1, [][]byte{number(1_000_000)}, "1000000 chunks of sets are said to follow"},
		"a chunk more":               {1, [][]byte{number(1_000_001)}, "the snapshot has 1000001 chunks of sets; the limit is 1000000"},
		"as many of two in a set":    {513, [][]byte{number(2_000_000)}, "2000000 chunks of sets are said to follow"},
		"a chunk more of two":        {513, [][]byte{number(2_000_001)}, "the snapshot has 2000001 chunks of sets; the limit is 2000000"},
		"no chunk of many":           {513, [][]byte{number(0), number(0)}, "the first set of zones is not the empty one"},
		"no set of a chunk":          {513, [][]byte{number(1), chunks(1), number(0)}, "the first set of zones is not the empty one"},
		"half a chunk of many":       {513, [][]byte{number(1), word(0), number(1), {0, 0}}, "inside a number"},
		"as many sets as may be":     {513, [][]byte{number(1), chunks(1), number(1_000_000)}, "1000000 sets are said to follow"},
		"a set more":                 {513, [][]byte{number(1), chunks(1), number(1_000_001)}, "the snapshot has 1000001 sets; the limit is 1000000"},
		"a chunk that there is not":  {513, [][]byte{number(1), chunks(1), number(1), {0, 1}}, "chunk 1 is named, and there are 1"},
		"a first set of a chunk":     {513, [][]byte{number(2), chunks(1), word(4), make([]byte, 56), number(1), {0, 1}}, "the first set of zones is not the empty one"},
		"a set that ends in between": {513, [][]byte{number(1), chunks(1), number(2), {0, 0, 0}}, "inside a number"},
	} {
		got, err := readSetsFrom(bytes.Join(c.body, nil), c.width)
		require.ErrorContains(t, err, c.says, name)
		require.Equal(t, newSets((c.width+63)/64), got, name)
	}
}

// A few bytes that are said to be many sets of very many zones take no memory of their own.
func TestReadSetsTakesLittleMemory(t *testing.T) {
	const zones, sets = 1_000_000, 2000
	body := bytes.Join([][]byte{{1}, make([]byte, 64), binary.AppendUvarint(nil, sets), bytes.Repeat([]byte{0xff}, sets)}, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readSetsFrom(body, zones)
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "inside a number")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), fmt.Sprintf("of %d bytes", len(body)))
}
