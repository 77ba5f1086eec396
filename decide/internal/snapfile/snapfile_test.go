package snapfile_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/internal/snapfile"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/finding"
)

// packed is a content as gzip has it.
func packed(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// framed is a file as docs/snapshot.md describes it, of what its frame says.
func framed(header uint32, file, body uint64, sum [32]byte, rest ...[]byte) []byte {
	b := []byte("\x89NWS\r\n\x1a\n\x01\x00\x00\x00")
	b = binary.LittleEndian.AppendUint32(b, header)
	b = binary.LittleEndian.AppendUint64(b, file)
	b = binary.LittleEndian.AppendUint64(b, body)
	return append(append(b, sum[:]...), bytes.Join(rest, nil)...)
}

// refused is what a file is refused with: code and text.
func refused(t *testing.T, file []byte) string {
	t.Helper()
	_, err := snapfile.Read(bytes.NewReader(file))
	found, ok := errors.AsType[*finding.Finding](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []int{1, 1}, []int{found.Line, found.Column})
	return found.Code + ": " + found.Err.Error()
}

// What is written is what docs/snapshot.md says, and is read again.
func TestFrame(t *testing.T) {
	header, body := []byte(`{"a":1}`), bytes.Repeat([]byte("content"), 1000)
	var out bytes.Buffer
	require.NoError(t, snapfile.Write(&out, header, body))
	file := out.Bytes()
	sum := sha256.Sum256(body)
	require.Equal(t, framed(uint32(len(header)), uint64(len(file)), uint64(len(body)), sum, header), file[:64+len(header)])
	got, err := snapfile.Read(bytes.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, &snapfile.File{Header: header, Digest: sum, Body: body}, got)
	got, err = snapfile.ReadHeader(io.MultiReader(bytes.NewReader(file[:64+len(header)]), iotest.ErrReader(errors.New("nobody reads that far"))))
	require.NoError(t, err)
	require.Equal(t, &snapfile.File{Header: header, Digest: sum}, got)

	// Cut short, it says after how many bytes; what its reader says stays that.
	gone := errors.New("the disk is gone")
	for n := range len(file) {
		switch text := refused(t, file[:n]); {
		case n < 8:
			require.Equal(t, "snapshot-invalid: this is no snapshot: it does not begin with the eight bytes of one", text)
		case n < 64:
			require.Equal(t, fmt.Sprintf("snapshot-truncated: the file ends after %d bytes; it should have 64: it was not transferred whole", n), text)
		default:
			require.Equal(t, fmt.Sprintf("snapshot-truncated: the file ends after %d bytes; it should have %d: it was not transferred whole", n, len(file)), text)
		}
		_, err := snapfile.Read(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(gone)))
		require.ErrorIs(t, err, gone)
	}
	_, err = snapfile.Read(io.MultiReader(bytes.NewReader(file), bytes.NewReader([]byte("x"))))
	require.ErrorContains(t, err, fmt.Sprintf("there are bytes behind the %d that the snapshot has", len(file)))
	_, err = snapfile.ReadHeader(io.MultiReader(bytes.NewReader(file[:66]), iotest.ErrReader(gone)))
	require.ErrorIs(t, err, gone)
	_, err = snapfile.ReadHeader(bytes.NewReader(file[:66]))
	require.ErrorContains(t, err, "the file ends after 66 bytes")
	first := &shortWriter{0, gone}
	require.ErrorIs(t, snapfile.Write(writerFunc(func(b []byte) (int, error) {
		n, err := first.Write(b)
		first.room = 1 << 20 // for what comes behind
		return n, err
	}), header, body), gone)
	for _, room := range []int{0, 63, len(file) - 1} {
		require.ErrorIs(t, snapfile.Write(&shortWriter{room, gone}, header, body), gone)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

// shortWriter has room for so many bytes.
type shortWriter struct {
	room int
	err  error
}

func (w *shortWriter) Write(b []byte) (int, error) {
	if w.room -= len(b); w.room < 0 {
		return 0, w.err
	}
	return len(b), nil
}

// The frame may say what fits the limits and itself.
func TestFrameLimits(t *testing.T) {
	var none [32]byte
	for name, row := range map[string]struct {
		file []byte
		want string
	}{
		"the largest header":        {framed(1<<20, 2<<20, 0, none), "snapshot-truncated: the file ends after 64 bytes; it should have 2097152: it was not transferred whole"},
		"a larger header":           {framed(1<<20+1, 2<<20, 0, none), "snapshot-limit: the header is said to have 1048577 bytes; the limit is 1048576"},
		"the largest file":          {framed(0, 64<<20, 0, none), "snapshot-truncated: the file ends after 64 bytes; it should have 67108864: it was not transferred whole"},
		"a larger file":             {framed(0, 64<<20+1, 0, none), "snapshot-limit: the file is said to have 67108865 bytes; the limit is 67108864"},
		"the largest content":       {framed(0, 80, 256<<20, none), "snapshot-truncated: the file ends after 64 bytes; it should have 80: it was not transferred whole"},
		"a larger content":          {framed(0, 80, 256<<20+1, none), "snapshot-limit: the content is said to have 268435457 bytes; the limit is 268435456"},
		"no room for the header":    {framed(5, 68, 0, none, []byte("12345")), "snapshot-invalid: the file is said to have 68 bytes, which is less than its frame and header"},
		"no room for anything else": {framed(5, 69, 0, none, []byte("12345")), "snapshot-digest: the content cannot be decompressed: EOF"},
		"half a header":             {framed(5, 100, 0, none, []byte("123")), "snapshot-truncated: the file ends after 67 bytes; it should have 100: it was not transferred whole"},
		"another format":            {append([]byte(snapfile.Magic), 2, 0, 0, 0), "snapshot-format: the snapshot has format 2; this program reads format 1: a newer netwicket wrote it, or compile again with this one"},
		"a flag":                    {append([]byte(snapfile.Magic), 1, 0, 1, 0), "snapshot-format: the snapshot has flags 0x0001, of which this program knows none: a newer netwicket wrote it"},
		"a format and half a flag":  {append([]byte(snapfile.Magic), 2, 0, 0), "snapshot-truncated: the file ends after 11 bytes; it should have 64: it was not transferred whole"},
	} {
		require.Equal(t, row.want, refused(t, row.file), name)
	}
	require.EqualError(t, errors.Unwrap(snapfile.TooManyBytes(64<<20+1)), "the snapshot has 67108865 bytes; the limit is 67108864")

	header := bytes.Repeat([]byte(" "), snapfile.MaxHeader)
	require.NoError(t, snapfile.Write(io.Discard, header, nil))
	require.ErrorContains(t, snapfile.Write(io.Discard, append(header, ' '), nil), "a header of 1048577 bytes and a body of 0; the limits are 1048576 and 268435456")
	require.ErrorContains(t, snapfile.Write(io.Discard, nil, make([]byte, snapfile.MaxBody+1)), "a header of 0 bytes and a body of 268435457; the limits are")
}

// The content has to be one gzip stream of as many bytes as the frame says, with its digest.
func TestFrameContent(t *testing.T) {
	content := []byte("the content of a snapshot")
	good := packed(t, content)
	sum := sha256.Sum256(content)
	flipped := bytes.Clone(good)
	flipped[len(flipped)-5] ^= 1 // of the checksum
	dense := packed(t, make([]byte, 1<<16))
	for name, row := range map[string]struct {
		packed []byte
		size   int
		want   string
	}{
		"no gzip":              {[]byte("no gzip at all"), 3, "snapshot-digest: the content cannot be decompressed: gzip: invalid header"},
		"shorter than it says": {good, len(content) + 1, fmt.Sprintf("snapshot-digest: the content ends after %d bytes; by the file's own account it has %d", len(content), len(content)+1)},
		"longer than it says":  {good, len(content) - 1, fmt.Sprintf("snapshot-limit: the content goes on behind the %d bytes that it has by the file's own account", len(content)-1)},
		"nothing":              {packed(t, nil), 1, "snapshot-digest: the content ends after 0 bytes; by the file's own account it has 1"},
		"another checksum":     {flipped, len(content), "snapshot-digest: the content cannot be decompressed: gzip: invalid checksum"},
		"cut off":              {good[:len(good)-9], len(content), "snapshot-digest: the content cannot be decompressed: unexpected EOF"},
		"another digest":       {packed(t, []byte("the content of a snapshot?")[1:]), len(content), "snapshot-digest: the content is not that of which the file gives the SHA-256: it was damaged or changed on its way"},
		"two streams":          {append(bytes.Clone(good), packed(t, nil)...), len(content), fmt.Sprintf("snapshot-invalid: %d bytes stand behind the compressed content", len(packed(t, nil)))},
		"something behind":     {append(bytes.Clone(good), 'x'), len(content), "snapshot-invalid: 1 bytes stand behind the compressed content"},
		"as dense as can be":   {dense, 1032 * len(dense), fmt.Sprintf("snapshot-digest: the content ends after 65536 bytes; by the file's own account it has %d", 1032*len(dense))},
		"denser than can be":   {dense, 1032*len(dense) + 1, fmt.Sprintf("snapshot-digest: the content has at most %d bytes; by the file's own account it has %d", 1032*len(dense), 1032*len(dense)+1)},
	} {
		require.Equal(t, row.want, refused(t, framed(0, uint64(64+len(row.packed)), uint64(row.size), sum, row.packed)), name)
	}
	file, err := snapfile.Read(bytes.NewReader(framed(0, uint64(64+len(good)), uint64(len(content)), sum, good)))
	require.NoError(t, err)
	require.Equal(t, content, file.Body)
}

// Numbers of every size come back, and take as many bytes as LEB128 has for them.
func TestNumbers(t *testing.T) {
	for shift := range 128 {
		for _, less := range []uint64{0, 1} {
			n := addrnum.Number{Lo: 1}.ShiftLeft(uint(shift))
			if less == 1 {
				n = n.Prev()
			}
			var e snapfile.Encoder
			e.Wide(n)
			size := 1
			for rest := n.ShiftRight(7); rest != (addrnum.Number{}); rest = rest.ShiftRight(7) {
				size++
			}
			require.Len(t, e.Bytes(), size)
			d := snapfile.NewDecoder(e.Bytes())
			require.Equal(t, n, d.Wide())
			require.NoError(t, d.Close())
			requireEnds(t, e.Bytes()[:size-1], func(d *snapfile.Decoder) { d.Wide() })
			if shift < 64 {
				e = snapfile.Encoder{}
				e.Number(n.Lo)
				require.Equal(t, binary.AppendUvarint(nil, n.Lo), e.Bytes())
				d = snapfile.NewDecoder(e.Bytes())
				require.Equal(t, n.Lo, d.Number())
				require.NoError(t, d.Close())
				requireEnds(t, e.Bytes()[:size-1], func(d *snapfile.Decoder) { d.Number() })
			}
		}
	}
	most := addrnum.Number{Hi: math.MaxUint64, Lo: math.MaxUint64}
	var e snapfile.Encoder
	e.Wide(most)
	require.Len(t, e.Bytes(), 19)
	d := snapfile.NewDecoder(e.Bytes())
	require.Equal(t, most, d.Wide())
	require.NoError(t, d.Close())
	for _, last := range []byte{4, 0x7f, 0x80, 0x83} {
		requireEnds(t, append(bytes.Repeat([]byte{0xff}, 18), last, 0, 0), func(d *snapfile.Decoder) { d.Wide() })
	}
	requireEnds(t, append(bytes.Repeat([]byte{0xff}, 9), 2), func(d *snapfile.Decoder) { d.Number() })
	requireEnds(t, nil, func(d *snapfile.Decoder) { d.Byte(1) })
	requireEnds(t, make([]byte, 15), func(d *snapfile.Decoder) { d.Words(2) })

	sum, over := snapfile.Sum(most, addrnum.Number{Lo: 1})
	require.True(t, over)
	require.Zero(t, sum)
	a, b := addrnum.Number{Hi: 5, Lo: math.MaxUint64}, addrnum.Number{Hi: 7, Lo: 3}
	sum, over = snapfile.Sum(a, b)
	require.False(t, over)
	require.Equal(t, addrnum.Number{Hi: 13, Lo: 2}, sum)
	require.Equal(t, a, snapfile.Difference(sum, b))
}

func requireEnds(t *testing.T, body []byte, read func(*snapfile.Decoder)) {
	t.Helper()
	d := snapfile.NewDecoder(body)
	read(d)
	require.ErrorContains(t, d.Err(), "a section ends inside a number, or the number is too large")
	require.Equal(t, d.Err(), d.Close())
}

// What is wrong first stays, and nothing is read behind it.
func TestDecoder(t *testing.T) {
	var e snapfile.Encoder
	e.Section(7, func() { e.Byte(1); e.Word(2); e.Text("three"); e.Count(4) })
	e.Section(8, func() {})
	body := e.Bytes()
	d := snapfile.NewDecoder(body)
	in := d.Section(7)
	require.Equal(t, []any{byte(1), []uint64{2}, "three"}, []any{in.Byte(2), in.Words(1), in.Text()})
	require.Equal(t, uint32(4), in.Below(5, "thing"))
	require.NoError(t, in.Close())
	require.NoError(t, d.Section(8).Close(), "an empty one at the end")
	require.NoError(t, d.Close())

	d = snapfile.NewDecoder([]byte{9, 9, 9})
	require.Zero(t, d.Byte(9))
	require.Zero(t, snapfile.NewDecoder([]byte{9}).Below(9, "thing"))
	require.Zero(t, snapfile.NewDecoder([]byte{9, 9}).Count(9, "things"))
	require.Zero(t, snapfile.NewDecoder([]byte{9, 9}).Count(4, "things"))
	for name, row := range map[string]struct {
		body []byte
		read func(*snapfile.Decoder)
		want string
	}{
		"nothing":                {nil, func(d *snapfile.Decoder) { d.Section(7) }, "section 7 is missing"},
		"half a head":            {body[:9], func(d *snapfile.Decoder) { d.Section(7) }, "section 7 is missing"},
		"another section":        {body, func(d *snapfile.Decoder) { d.Section(8) }, "there is section 7 where section 8 is expected"},
		"a section cut off":      {body[:20], func(d *snapfile.Decoder) { d.Section(7) }, fmt.Sprintf("section 7 is said to have %d bytes, and 10 are left", len(body)-20)},
		"a byte too high":        {[]byte{2, 9}, func(d *snapfile.Decoder) { d.Byte(2) }, "2 stands where a number below 2 is expected"},
		"a thing too many":       {[]byte{5}, func(d *snapfile.Decoder) { d.Below(5, "thing") }, "thing 5 is named, and there are 5"},
		"more than there may be": {[]byte{5, 0, 0, 0, 0, 0}, func(d *snapfile.Decoder) { d.Count(4, "things") }, "the snapshot has 5 things; the limit is 4"},
		"more than there are":    {[]byte{5, 0, 0, 0, 0}, func(d *snapfile.Decoder) { d.Count(5, "things") }, "5 things are said to follow in 4 bytes"},
		"a text too long":        {[]byte{5, 'x'}, func(d *snapfile.Decoder) { d.Text() }, "5 bytes are said to follow in 1 bytes"},
		"far too many":           {binary.AppendUvarint(nil, math.MaxUint64), func(d *snapfile.Decoder) { d.Count(5, "things") }, "the snapshot has 2147483647 things; the limit is 5"},
		"a text without end":     {binary.AppendUvarint(nil, 256<<20+1), func(d *snapfile.Decoder) { d.Text() }, "the snapshot has 268435457 bytes; the limit is 268435456"},
		"a text of the limit":    {binary.AppendUvarint(nil, 256<<20), func(d *snapfile.Decoder) { d.Text() }, "268435456 bytes are said to follow in 0 bytes"},
		"bytes behind":           {[]byte{0, 0}, func(d *snapfile.Decoder) { d.Byte(1) }, "1 bytes stand behind the content"},
	} {
		d := snapfile.NewDecoder(row.body)
		row.read(d)
		if name != "bytes behind" {
			require.Error(t, d.Err(), name)
		}
		require.ErrorContains(t, d.Close(), row.want, name)
		d.Fail(errors.New("something else"))
		require.ErrorContains(t, d.Err(), row.want, name)
		require.Equal(t, []any{byte(0), uint64(0), "", uint32(0), 0}, []any{d.Byte(9), d.Number(), d.Text(), d.Below(9, "thing"), d.Count(9, "things")}, name)
		require.ErrorContains(t, d.Section(7).Close(), row.want, name)
	}
}
