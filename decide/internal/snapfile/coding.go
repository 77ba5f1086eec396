package snapfile

import (
	"encoding/binary"
	"math/bits"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Encoder writes the sections of a body. The zero value is an empty body.
type Encoder struct{ body []byte }

// Bytes is the body.
func (e *Encoder) Bytes() []byte { return e.body }

// Section writes a section: its tag, its length, and what content writes.
func (e *Encoder) Section(tag uint16, content func()) {
	e.body = binary.LittleEndian.AppendUint16(e.body, tag)
	e.body = append(e.body, make([]byte, 8)...)
	start := len(e.body)
	content()
	binary.LittleEndian.PutUint64(e.body[start-8:], uint64(len(e.body)-start))
}

// Append writes the sections of another body.
func (e *Encoder) Append(sections *Encoder) { e.body = append(e.body, sections.body...) }

// Byte writes a small number.
func (e *Encoder) Byte(b byte) { e.body = append(e.body, b) }

// Number writes a number in seven bits a byte, the lowest first (LEB128, as
// encoding/binary's Uvarint).
func (e *Encoder) Number(n uint64) { e.body = binary.AppendUvarint(e.body, n) }

// Count writes how many things follow.
func (e *Encoder) Count(n int) { e.Number(uint64(n)) }

// Word writes 64 bits.
func (e *Encoder) Word(w uint64) { e.body = binary.LittleEndian.AppendUint64(e.body, w) }

// Text writes a length and that many bytes.
func (e *Encoder) Text(text string) {
	e.Count(len(text))
	e.body = append(e.body, text...)
}

// Wide writes a number of 128 bits as [Encoder.Number] does.
func (e *Encoder) Wide(n addrnum.Number) {
	for n.Hi > 0 || n.Lo >= 0x80 {
		e.body = append(e.body, byte(n.Lo)|0x80)
		n.Lo = n.Lo>>7 | n.Hi<<57
		n.Hi >>= 7
	}
	e.body = append(e.body, byte(n.Lo))
}

// Decoder reads what an Encoder wrote. The first thing that is wrong stays: whatever is
// read after it is zero. It keeps a place in its bytes instead of what is left of them,
// since a pointer that moves on with every number costs a third of the time.
type Decoder struct {
	data []byte
	at   int
	err  error
}

// NewDecoder is one for a body.
func NewDecoder(body []byte) *Decoder { return &Decoder{data: body} }

// Err is what was wrong, if anything was.
func (d *Decoder) Err() error { return d.err }

// Fail notes what is wrong.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.at = len(d.data)
}

func (d *Decoder) left() int { return len(d.data) - d.at }

// Section is the next section, which has to be that of the tag. It is to be closed.
func (d *Decoder) Section(tag uint16) *Decoder {
	if d.left() < 10 { // as it is once something was wrong
		d.Fail(Invalid("section %d is missing", tag))
		return &Decoder{err: d.err}
	}
	found, size := binary.LittleEndian.Uint16(d.data[d.at:]), binary.LittleEndian.Uint64(d.data[d.at+2:])
	d.at += 10
	switch {
	case found != tag:
		d.Fail(Invalid("there is section %d where section %d is expected", found, tag))
	case size > uint64(d.left()):
		d.Fail(Invalid("section %d is said to have %d bytes, and %d are left", tag, size, d.left()))
	default:
		d.at += int(size)
		return &Decoder{data: d.data[d.at-int(size) : d.at]}
	}
	return &Decoder{err: d.err}
}

// Close says what was wrong, or that there are bytes which nobody read.
func (d *Decoder) Close() error {
	if d.left() > 0 {
		d.Fail(Invalid("%d bytes stand behind the content", d.left()))
	}
	return d.err
}

// Byte reads a number that is less than a limit.
func (d *Decoder) Byte(limit byte) byte {
	if d.left() == 0 {
		d.end()
		return 0
	}
	b := d.data[d.at]
	d.at++
	if b >= limit {
		d.Fail(Invalid("%d stands where a number below %d is expected", b, limit))
		return 0
	}
	return b
}

// Number reads a number of 64 bits.
func (d *Decoder) Number() uint64 {
	if d.at < len(d.data) && d.data[d.at] < 0x80 {
		d.at++
		return uint64(d.data[d.at-1])
	}
	n, size := binary.Uvarint(d.data[d.at:])
	if size <= 0 {
		d.end()
		return 0
	}
	d.at += size
	return n
}

// Below reads the number of one of so many things.
func (d *Decoder) Below(count int, what string) uint32 {
	n := d.Number()
	if n < uint64(count) {
		return uint32(n)
	}
	d.Fail(Invalid("%s %d is named, and there are %d", what, n, count))
	return 0
}

// Count reads how many things follow, each of which takes a byte at least; there may be
// no more than a limit.
func (d *Decoder) Count(limit int, what string) int {
	n := d.Number()
	switch {
	case n > uint64(limit):
		d.Fail(TooMany(what, int(min(n, 1<<31-1)), limit))
		return 0
	case n > uint64(d.left()):
		d.Fail(Invalid("%d %s are said to follow in %d bytes", n, what, d.left()))
		return 0
	}
	return int(n)
}

// Words reads so many words of 64 bits.
func (d *Decoder) Words(count int) []uint64 {
	if count > d.left()/8 {
		d.end()
		return nil
	}
	words := make([]uint64, count)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(d.data[d.at+8*i:])
	}
	d.at += 8 * count
	return words
}

// Text reads a text.
func (d *Decoder) Text() string {
	n := d.Count(MaxBody, "bytes")
	d.at += n
	return string(d.data[d.at-n : d.at])
}

// Wide reads a number of 128 bits.
func (d *Decoder) Wide() (n addrnum.Number) {
	for i, b := range d.data[d.at:] {
		if i == wideBytes-1 && b > 3 {
			break
		}
		bits := uint64(b & 0x7f)
		switch shift := 7 * uint(i); {
		case shift < 63:
			n.Lo |= bits << shift
		case shift == 63:
			n.Lo, n.Hi = n.Lo|bits<<63, bits>>1
		default:
			n.Hi |= bits << (shift - 64)
		}
		if b < 0x80 {
			d.at += i + 1
			return n
		}
	}
	d.end()
	return addrnum.Number{}
}

// wideBytes is how many bytes a number of 128 bits takes at most.
const wideBytes = 19

func (d *Decoder) end() {
	d.Fail(Invalid("a section ends inside a number, or the number is too large"))
}

// Sum is a + b, and whether it is more than 128 bits hold.
func Sum(a, b addrnum.Number) (sum addrnum.Number, over bool) {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	hi, carry := bits.Add64(a.Hi, b.Hi, carry)
	return addrnum.Number{Hi: hi, Lo: lo}, carry > 0
}

// Difference is a - b, which is not less than zero.
func Difference(a, b addrnum.Number) addrnum.Number {
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	hi, _ := bits.Sub64(a.Hi, b.Hi, borrow)
	return addrnum.Number{Hi: hi, Lo: lo}
}
