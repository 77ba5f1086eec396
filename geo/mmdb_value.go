package geo

import (
	"errors"
	"fmt"
	"math"
)

// dataSection reads the values of an MMDB file's data section.
// https://maxmind.github.io/MaxMind-DB/#output-data-section
//
// maxminddb decodes one record well, but leaves it to its caller to bound the
// work for all of them: a small file can hold thousands of records that each
// skip or point to the same huge value. Here every step is counted, and nothing
// is allocated for the nine tenths of a record that no location needs. Tests and
// fuzzing hold the result equal to maxminddb's.
type dataSection struct {
	bytes []byte
	steps int64 // how many values may still be looked at, and bytes of text be copied
}

// maxStepsPerByte bounds the values that are looked at, and the bytes of text that
// are copied, for each byte of the section. Real files need less than one: each distinct record is read once, and
// what it points to, such as its country, is short.
const maxStepsPerByte = 64

func newDataSection(bytes []byte) *dataSection {
	return &dataSection{bytes: bytes, steps: 1<<20 + maxStepsPerByte*int64(len(bytes))}
}

// kind is the type of a value, as the format numbers it.
type kind uint8

const (
	extendedKind kind = iota
	pointerKind
	stringKind
	doubleKind
	bytesKind
	uint16Kind
	uint32Kind
	mapKind
	int32Kind
	uint64Kind
	uint128Kind
	arrayKind
	containerKind
	endKind
	boolKind
	floatKind
)

var kindNames = [...]string{
	"extended", "pointer", "string", "double", "bytes", "uint16", "uint32", "map", "int32", "uint64",
	"uint128", "array", "cache container", "end marker", "boolean", "float",
}

func (k kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("type %d", uint8(k))
}

// value is one value: its head, and where its content begins. Of a map or an
// array, size counts the entries; of a boolean it is the value; of anything else
// it is the length in bytes.
type value struct {
	kind kind
	size int
	at   int
}

var (
	errPastEnd  = errors.New("a value runs past the end of the data section")
	errTooLarge = errors.New("the records refer to the same data so often that reading them would not end")
)

// head reads the head of the value at offset and does not follow a pointer,
// whose target is then its at. end is where the head (of a pointer: all of it)
// ends.
func (d *dataSection) head(offset int) (v value, end int, err error) {
	if d.steps--; d.steps < 0 {
		return value{}, 0, errTooLarge
	}
	if offset >= len(d.bytes) {
		return value{}, 0, errPastEnd
	}
	control := d.bytes[offset]
	offset++
	v.kind, v.size = kind(control>>5), int(control&0x1f)
	if v.kind == pointerKind {
		return d.pointer(v.size, offset)
	}
	if v.kind == extendedKind {
		if offset >= len(d.bytes) {
			return value{}, 0, errPastEnd
		}
		number := int(d.bytes[offset]) + 7
		if number < int(int32Kind) || number > int(floatKind) {
			return value{}, 0, fmt.Errorf("a value of type %d, which the format does not have", number)
		}
		v.kind = kind(number)
		offset++
	}
	if v.size >= 29 {
		extra := v.size - 28
		if offset+extra > len(d.bytes) {
			return value{}, 0, errPastEnd
		}
		size := 0
		for _, b := range d.bytes[offset : offset+extra] {
			size = size<<8 | int(b)
		}
		v.size = size + [...]int{29, 285, 65821}[extra-1]
		offset += extra
	}
	v.at = offset
	return v, offset, nil
}

// pointer reads the rest of a pointer's head; low is the five bits of its
// control byte, which say how long it is and hold its highest bits.
func (d *dataSection) pointer(low, offset int) (v value, end int, err error) {
	length := low>>3 + 1
	end = offset + length
	if end > len(d.bytes) {
		return value{}, 0, errPastEnd
	}
	target := low & 7
	if length == 4 {
		target = 0
	}
	for _, b := range d.bytes[offset:end] {
		target = target<<8 | int(b)
	}
	target += [...]int{0, 2048, 526336, 0}[length-1]
	return value{kind: pointerKind, at: target}, end, nil
}

// read is the value at offset, or the one that a pointer there points to, and
// where the next value begins if this one's content needs no skipping: the end
// of the pointer, of the scalar, or of the head of a map or an array.
func (d *dataSection) read(offset int) (v value, end int, err error) {
	v, end, err = d.head(offset)
	if err != nil {
		return value{}, 0, err
	}
	pointed := v.kind == pointerKind
	if pointed {
		if v, _, err = d.head(v.at); err != nil {
			return value{}, 0, err
		}
		if v.kind == pointerKind {
			return value{}, 0, errors.New("a pointer that points to a pointer")
		}
	}
	contentEnd, err := d.contentEnd(v)
	if err != nil {
		return value{}, 0, err
	}
	if !pointed {
		end = contentEnd
	}
	return v, end, nil
}

// contentEnd is where a scalar ends, and where the first entry of a map or an
// array begins. A scalar of a size that its type cannot have is an error even
// where its value is not wanted: a file that is broken there may be broken
// anywhere, and maxminddb does not decode such a record either.
func (d *dataSection) contentEnd(v value) (int, error) {
	if longest := longestScalar[v.kind]; v.size > longest || v.size < longest && (v.kind == doubleKind || v.kind == floatKind) {
		return 0, fmt.Errorf("a %s of size %d", v.kind, v.size)
	}
	if v.kind == mapKind || v.kind == arrayKind || v.kind == boolKind {
		return v.at, nil
	}
	if v.size > len(d.bytes)-v.at {
		return 0, errPastEnd
	}
	return v.at + v.size, nil
}

// longestScalar is the largest size of each kind of value; kinds that no record
// may hold have none.
var longestScalar = [...]int{
	extendedKind: -1, pointerKind: math.MaxInt, stringKind: math.MaxInt, doubleKind: 8, bytesKind: math.MaxInt,
	uint16Kind: 2, uint32Kind: 4, mapKind: math.MaxInt, int32Kind: 4, uint64Kind: 8, uint128Kind: 16,
	arrayKind: math.MaxInt, containerKind: -1, endKind: -1, boolKind: 1, floatKind: 4,
}

// skip is where the value behind the one at offset begins. Pointers are not
// followed.
func (d *dataSection) skip(offset int) (int, error) {
	for left := 1; left > 0; left-- {
		v, end, err := d.head(offset)
		if err != nil {
			return 0, err
		}
		offset = end
		if v.kind == pointerKind {
			continue
		}
		if offset, err = d.contentEnd(v); err != nil {
			return 0, err
		}
		switch v.kind {
		case mapKind:
			left += 2 * v.size
		case arrayKind:
			left += v.size
		}
		if left > len(d.bytes) {
			return 0, errPastEnd // each value takes a byte
		}
	}
	return offset, nil
}

// entries calls visit with the key of each entry of a map and where its value
// is. A key is valid during the call only.
func (d *dataSection) entries(m value, visit func(key []byte, at int) error) error {
	offset := m.at
	for range m.size {
		key, end, err := d.read(offset)
		if err != nil {
			return err
		}
		if key.kind != stringKind {
			return fmt.Errorf("a map key of type %s instead of string", key.kind)
		}
		if err := visit(d.bytes[key.at:key.at+key.size], end); err != nil {
			return err
		}
		if offset, err = d.skip(end); err != nil {
			return err
		}
	}
	return nil
}

// text is the string at offset.
func (d *dataSection) text(offset int) (string, error) {
	v, _, err := d.read(offset)
	if err != nil {
		return "", err
	}
	if v.kind != stringKind {
		return "", wrongKind(v, "a string")
	}
	return d.copied(v)
}

// copied is the text of a string.
func (d *dataSection) copied(v value) (string, error) {
	if d.steps -= int64(v.size); d.steps < 0 {
		return "", errTooLarge
	}
	return string(d.bytes[v.at : v.at+v.size]), nil
}

// boolean is the boolean at offset.
func (d *dataSection) boolean(offset int) (bool, error) {
	v, _, err := d.read(offset)
	if err != nil {
		return false, err
	}
	if v.kind != boolKind {
		return false, wrongKind(v, "a boolean")
	}
	return v.size == 1, nil
}

// number is the value of an unsigned integer of up to 64 bits.
func (d *dataSection) number(v value) (uint64, error) {
	if v.kind != uint16Kind && v.kind != uint32Kind && v.kind != uint64Kind {
		return 0, wrongKind(v, "an unsigned integer")
	}
	n := uint64(0)
	for _, b := range d.bytes[v.at : v.at+v.size] {
		n = n<<8 | uint64(b)
	}
	return n, nil
}

func wrongKind(v value, expected string) error {
	return fmt.Errorf("expected %s, found %s", expected, v.kind)
}
