package mmdbtest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
)

// section is a data section: values one after another. A value that has been
// written before is written as a pointer to it, if that is shorter.
type section struct {
	bytes  []byte
	stored map[string]int // a value's bytes without pointers, and where it lies
}

func newSection() *section { return &section{stored: map[string]int{}} }

// add writes a whole record, unless it has been written before, and gives its
// offset.
func (s *section) add(value any) (offset int, err error) {
	plain, err := encode(nil, value, nil)
	if err != nil {
		return 0, err
	}
	if offset, known := s.stored[string(plain)]; known {
		return offset, nil
	}
	offset = len(s.bytes)
	s.bytes, err = encode(s.bytes, value, s)
	return offset, err
}

// The types of the format.
const (
	typePointer = 1
	typeString  = 2
	typeDouble  = 3
	typeBytes   = 4
	typeUint16  = 5
	typeUint32  = 6
	typeMap     = 7
	typeInt32   = 8
	typeUint64  = 9
	typeArray   = 11
	typeBool    = 14
	typeFloat   = 15
)

// encode appends a value to out. With a section, out is its bytes: what is
// written is remembered, and what is known is pointed to.
func encode(out []byte, value any, s *section) ([]byte, error) {
	if s != nil {
		plain, err := encode(nil, value, nil)
		if err != nil {
			return nil, err
		}
		if at, known := s.stored[string(plain)]; known {
			if pointer := pointerTo(at); len(pointer) < len(plain) {
				return append(out, pointer...), nil
			}
		} else {
			s.stored[string(plain)] = len(out)
		}
	}
	switch v := value.(type) {
	case Map:
		return encodeMap(out, v, s)
	case map[string]any:
		return encodeMap(out, v, s)
	case Array:
		return encodeArray(out, v, s)
	case []any:
		return encodeArray(out, v, s)
	default:
		return encodeScalar(out, value)
	}
}

func encodeMap(out []byte, m map[string]any, s *section) ([]byte, error) {
	out = head(out, typeMap, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		var err error
		if out, err = encode(out, key, s); err != nil {
			return nil, err
		}
		if out, err = encode(out, m[key], s); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return out, nil
}

func encodeArray(out []byte, elements []any, s *section) ([]byte, error) {
	out = head(out, typeArray, len(elements))
	for i, element := range elements {
		var err error
		if out, err = encode(out, element, s); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return out, nil
}

func encodeScalar(out []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return append(head(out, typeString, len(v)), v...), nil
	case []byte:
		return append(head(out, typeBytes, len(v)), v...), nil
	case bool:
		if v {
			return head(out, typeBool, 1), nil
		}
		return head(out, typeBool, 0), nil
	case int:
		if v < 0 || uint64(v) > math.MaxUint32 {
			return nil, fmt.Errorf("%d is no uint32", v)
		}
		return encodeUint(out, typeUint32, uint64(v)), nil
	case uint16:
		return encodeUint(out, typeUint16, uint64(v)), nil
	case uint32:
		return encodeUint(out, typeUint32, uint64(v)), nil
	case uint64:
		return encodeUint(out, typeUint64, v), nil
	case int32:
		return binary.BigEndian.AppendUint32(head(out, typeInt32, 4), uint32(v)), nil
	case float64:
		return binary.BigEndian.AppendUint64(head(out, typeDouble, 8), math.Float64bits(v)), nil
	case float32:
		return binary.BigEndian.AppendUint32(head(out, typeFloat, 4), math.Float32bits(v)), nil
	default:
		return nil, fmt.Errorf("a value of type %T has no place in a database", value)
	}
}

// encodeUint writes an unsigned integer without leading zero bytes.
func encodeUint(out []byte, kind int, n uint64) []byte {
	digits := binary.BigEndian.AppendUint64(nil, n)
	for len(digits) > 0 && digits[0] == 0 {
		digits = digits[1:]
	}
	return append(head(out, kind, len(digits)), digits...)
}

// head writes type and size of a value.
func head(out []byte, kind, size int) []byte {
	var extra []byte
	low := size
	switch {
	case size >= 65821:
		low, size = 31, size-65821
		extra = []byte{byte(size >> 16), byte(size >> 8), byte(size)}
	case size >= 285:
		low, size = 30, size-285
		extra = []byte{byte(size >> 8), byte(size)}
	case size >= 29:
		low = 29
		extra = []byte{byte(size - 29)}
	}
	if kind < 8 {
		out = append(out, byte(kind<<5|low))
	} else {
		out = append(out, byte(low), byte(kind-7))
	}
	return append(out, extra...)
}

// pointerTo is a pointer in the shortest of its four forms.
func pointerTo(at int) []byte {
	switch {
	case at < 2048:
		return []byte{typePointer<<5 | byte(at>>8), byte(at)}
	case at < 526336:
		at -= 2048
		return []byte{typePointer<<5 | 1<<3 | byte(at>>16), byte(at >> 8), byte(at)}
	case at < 526336+1<<27:
		at -= 526336
		return []byte{typePointer<<5 | 2<<3 | byte(at>>24), byte(at >> 16), byte(at >> 8), byte(at)}
	default:
		return binary.BigEndian.AppendUint32([]byte{typePointer<<5 | 3<<3}, uint32(at))
	}
}
