package decide

import (
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Unions of sets of every width, drawn from a few chunks so that they meet and
// repeat, hold what the words hold that are joined one by one.
func TestUnionsHoldWhatTheirSetsHold(t *testing.T) {
	for _, width := range []int{1, 7, 8, 9, 40} {
		random := rand.New(rand.NewPCG(uint64(width), 1))
		in := newSetInterner(width)
		union := newSetUnion(in)
		var known [][]uint64
		var ids []uint32
		for range 30 {
			words := make([]uint64, width)
			for w := range words {
				if random.IntN(3) == 0 {
					words[w] = 1 << random.IntN(5)
				}
			}
			known, ids = append(known, words), append(ids, in.id(words))
		}
		for range 500 {
			want := make([]uint64, width)
			union.clear()
			for range random.IntN(5) {
				i := random.IntN(len(ids))
				union.add(ids[i])
				orInto(want, known[i])
			}
			id := union.id()
			require.Equal(t, in.id(want), id)
			got := make([]uint64, width)
			for w := range got {
				got[w] = in.word(id, w)
			}
			require.True(t, slices.Equal(want, got), "%x, not %x", got, want)
		}
	}
}

// wordsOf are the words of a set.
func wordsOf(s *sets, id uint32) []uint64 {
	words := make([]uint64, s.perSet*s.stride)
	for w := range words {
		words[w] = s.word(id, w)
	}
	return words
}

// The rules of a set of zones are those that list one of its zones, and those of two sets are
// the rules of either; with no rules there are none.
func TestUnionsAreTheRulesOfTheZones(t *testing.T) {
	for _, width := range []struct{ zones, rules int }{{1, 1}, {64, 3}, {65, 9}, {513, 17}, {1025, 1}, {70, 0}} {
		random := rand.New(rand.NewPCG(uint64(width.zones), 3))
		zones, rules := newSetInterner((width.zones+63)/64), newSetInterner(width.rules)
		byBit, listing := make([]uint32, width.zones), make([][]uint64, width.zones)
		for bit := range byBit {
			listing[bit] = make([]uint64, rules.perSet*rules.stride)
			for range random.IntN(3) {
				if width.rules > 0 {
					setBit(listing[bit], random.IntN(64*width.rules), true)
				}
			}
			byBit[bit] = rules.id(listing[bit][:width.rules])
		}
		u := newUnions(zones.sets, rules, byBit)
		var ids []uint32
		want := map[uint32][]uint64{}
		for range 60 {
			set, all := make([]uint64, (width.zones+63)/64), make([]uint64, rules.perSet*rules.stride)
			for range random.IntN(5) {
				bit := random.IntN(width.zones)
				setBit(set, bit, true)
				orInto(all, listing[bit])
			}
			id := zones.id(set)
			got := u.of(id)
			require.Equal(t, all, wordsOf(rules.sets, got), "%v", width)
			require.Equal(t, got, u.of(id))
			ids, want[got] = append(ids, got), all
		}
		for _, a := range ids {
			for _, b := range ids {
				all := slices.Clone(want[a])
				orInto(all, want[b])
				require.Equal(t, all, wordsOf(rules.sets, u.both(a, b)), "%v", width)
			}
		}
	}
}

// A set that changes bit by bit is at each step the set of its bits, one number for equal ones,
// whatever bits have come and gone in between; another interner that adopts it holds the same.
func TestCursorsFollowTheirBits(t *testing.T) {
	for _, width := range []int{1, 64, 65, 511, 512, 513, 514, 1024, 1025, 1026, 1600} {
		random := rand.New(rand.NewPCG(uint64(width), 5))
		words := (width + 63) / 64
		in := newSetInterner(words)
		cursor, now, known := newSetCursor(in, words), make([]uint64, in.perSet*in.stride), map[uint32][]uint64{}
		edges := []int{0, width - 1, min(width-1, 511), min(width-1, 512), min(width-1, 513), min(width-1, 1024)}
		for range 400 {
			for range 1 + random.IntN(3) {
				bit, on := edges[random.IntN(len(edges))], random.IntN(2) == 0
				if random.IntN(4) == 0 {
					bit = random.IntN(width)
				}
				setBit(now, bit, on)
				cursor.set(bit, on)
			}
			id := cursor.id()
			require.Equal(t, now, wordsOf(in.sets, id), "width %d", width)
			require.Equal(t, in.id(now[:words]), id, "width %d", width)
			known[id] = slices.Clone(now)
		}
		other := newSetInterner(words)
		other.id(append(make([]uint64, words-1), 1)) // so that its numbers are others
		adopted := newAdoption(other, in.sets)
		for range 2 {
			for id, want := range known {
				got := adopted.id(id)
				require.Equal(t, want, wordsOf(other.sets, got), "width %d", width)
				require.Equal(t, other.id(want[:words]), got, "width %d", width)
			}
		}
	}
}

// Chunks and sets of one hash are told apart by what they hold, and found again.
func TestSetsOfOneHash(t *testing.T) {
	for _, c := range []struct{ kept, asked []uint64 }{
		{[]uint64{1, 2, 3, 4, 5, 6, 7, 8}, []uint64{1, 2, 3, 4, 5, 6, 7, 9}}, {[]uint64{2, 0, 0, 0, 0, 0, 0, 0}, []uint64{1}}, {[]uint64{1, 0, 0, 0, 0, 0, 0, 5}, []uint64{1}}, {[]uint64{1, 1}, []uint64{1}},
	} {
		in := newSetInterner(9)
		whole := append(slices.Clone(c.asked), make([]uint64, chunkWords-len(c.asked))...)
		kept, key := in.chunkID(c.kept), []byte(nil)
		for _, w := range whole {
			key = binary.LittleEndian.AppendUint64(key, w)
		}
		in.chunkIDs[maphash.Bytes(in.seed, key)] = kept
		in.words = append(in.words, make([]uint64, chunkWords)...) // for the number that this took
		id := in.chunkID(c.asked)
		require.NotEqual(t, kept, id, "%v", c)
		require.Equal(t, whole, in.wordsOf(id), "%v", c)
		require.Equal(t, id, in.chunkID(c.asked), "%v", c)
		require.Equal(t, kept, in.chunkID(c.kept), "%v", c)
	}
	in := newSetInterner(9)
	first := in.chunkID([]uint64{7})
	kept, asked := in.setID([]uint32{first, 0}), []uint32{first, first}
	key := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, asked[0]), asked[1])
	in.setIDs[maphash.Bytes(in.seed, key)] = kept
	in.chunks = append(in.chunks, 0, 0)
	id := in.setID(asked)
	require.NotEqual(t, kept, id)
	require.Equal(t, []uint64{7, 7}, []uint64{in.word(id, 0), in.word(id, 8)})
	require.Equal(t, id, in.setID(asked))
	require.Equal(t, kept, in.setID([]uint32{first, 0}))
}
