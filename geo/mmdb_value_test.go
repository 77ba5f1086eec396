package geo

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// Heads as the format describes them: pointers of all four lengths, types behind
// the first byte, sizes behind it, and each of them cut off.
func TestHeads(t *testing.T) {
	for _, test := range []struct {
		name  string
		bytes string
		want  value
	}{
		{"the shortest pointer", "\x20\x00", value{pointerKind, 0, 0}},
		{"its largest", "\x27\xfe", value{pointerKind, 0, 0x7fe}},
		{"the second pointer", "\x28\x00\x00", value{pointerKind, 0, 2048}},
		{"its largest", "\x2f\xfe\xfd", value{pointerKind, 0, 0x7fefd + 2048}},
		{"the third pointer", "\x30\x00\x00\x00", value{pointerKind, 0, 526336}},
		{"its largest", "\x37\xfe\xfd\xfc", value{pointerKind, 0, 0x7fefdfc + 526336}},
		{"the longest pointer", "\x38\x00\x00\x00\x05", value{pointerKind, 0, 5}},
		{"its largest, of which the control byte has no part", "\x3f\x7e\xfd\xfc\xfb", value{pointerKind, 0, 0x7efdfcfb}},
		{"the first type behind the control byte", "\x04\x01", value{int32Kind, 4, 2}},
		{"the last one", "\x04\x08", value{floatKind, 4, 2}},
		{"the largest size in the control byte", "\x5c", value{stringKind, 28, 1}},
		{"a byte of size", "\x5d\xfe", value{stringKind, 29 + 0xfe, 2}},
		{"two bytes of size", "\x5e\xfe\xfd", value{stringKind, 285 + 0xfefd, 3}},
		{"three bytes of size", "\x5f\xfe\xfd\xfc", value{stringKind, 65821 + 0xfefdfc, 4}},
		{"a size behind a type behind the control byte", "\x1d\x04\x01", value{arrayKind, 30, 3}},
	} {
		v, end, err := newDataSection([]byte(test.bytes)).head(0)
		require.NoError(t, err, test.name)
		require.Equal(t, test.want, v, test.name)
		require.Equal(t, len(test.bytes), end, test.name)
		for cut := range len(test.bytes) {
			_, _, err := newDataSection([]byte(test.bytes[:cut])).head(0)
			require.ErrorIs(t, err, errPastEnd, "%s, cut off behind %d bytes", test.name, cut)
		}
	}
	for _, number := range []byte{0, 9} { // beside the first and the last
		_, _, err := newDataSection([]byte{0x04, number}).head(0)
		require.ErrorContains(t, err, "which the format does not have")
	}
	require.Equal(t, []string{"float", "type 16"}, []string{floatKind.String(), (floatKind + 1).String()})
}

// Scalars have the sizes that their types can have, and are read as they are written.
func TestScalars(t *testing.T) {
	for _, size := range []int{0, 1, 28, 29, 284, 285, 65820, 65821} {
		text := strings.Repeat("x", size)
		content, err := mmdbtest.Value(text)
		require.NoError(t, err)
		got, err := newDataSection(content).text(0)
		require.NoError(t, err)
		require.True(t, text == got, size)
	}
	for _, test := range []struct {
		kind kind
		size int
		fits bool
	}{
		{doubleKind, 7, false}, {doubleKind, 8, true}, {doubleKind, 9, false}, {floatKind, 3, false}, {floatKind, 4, true}, {floatKind, 5, false},
		{uint16Kind, 1, true}, {uint16Kind, 2, true}, {uint16Kind, 3, false}, {uint32Kind, 4, true}, {uint32Kind, 5, false}, {int32Kind, 5, false},
		{uint64Kind, 8, true}, {uint64Kind, 9, false}, {uint128Kind, 16, true}, {uint128Kind, 17, false}, {boolKind, 1, true}, {boolKind, 2, false},
		{containerKind, 0, false}, {endKind, 0, false},
	} {
		_, err := newDataSection(make([]byte, 20)).contentEnd(value{test.kind, test.size, 1})
		require.Equal(t, test.fits, err == nil, "%s of %d", test.kind, test.size)
	}
}

// What is looked at is counted to the last step, and what is left out is read over to
// its end.
func TestStepsAndSkips(t *testing.T) {
	require.EqualValues(t, 1<<20+64*3, newDataSection([]byte("abc")).steps)
	d := &dataSection{bytes: []byte("\x42ab"), steps: 3}
	text, err := d.text(0)
	require.NoError(t, err, "one for the head and two for its bytes")
	require.Equal(t, "ab", text)
	_, _, err = d.head(0)
	require.ErrorIs(t, err, errTooLarge)
	_, err = (&dataSection{bytes: []byte("\x42ab"), steps: 2}).text(0)
	require.ErrorIs(t, err, errTooLarge)

	_, _, err = (&dataSection{bytes: []byte("\x40"), steps: 1}).head(0)
	require.NoError(t, err)

	// A text for which there are too few is an error of its key.
	for _, key := range []string{"country", "country_code", "asn", "service", "provider_name"} {
		content, err := mmdbtest.Value(mmdbtest.Map{key: "abcdefgh"})
		require.NoError(t, err)
		read := func(steps int64) error {
			_, err := (&recordReader{data: &dataSection{bytes: content, steps: steps}}).read(0)
			return err
		}
		enough := int64(1)
		for ; read(enough) != nil; enough++ {
			require.ErrorIs(t, read(enough), errTooLarge)
		}
		require.ErrorContains(t, read(enough-2), key+": ", "the last step goes over the text")
	}

	for text, want := range map[string]error{
		"\xe1\x42ab":           errPastEnd, // a key alone
		"\xe2\x40\x40\x40\x40": nil,        // each entry takes as little as can be
		"\xe2\x40\x40\x40":     errPastEnd,
		"\x02\x04\x20\x00\x40": nil, // an array of a pointer and a text
		"\xe1\x41x\x47":        errPastEnd,
	} {
		end, err := newDataSection([]byte(text)).skip(0)
		require.Equal(t, want, err, "%q", text)
		if want == nil {
			require.Equal(t, len(text), end, "%q", text)
		}
	}
	broken := newDataSection([]byte("\xe1\x41x\x47"))
	err = broken.entries(value{mapKind, 1, 1}, func([]byte, int) error { return nil })
	require.ErrorIs(t, err, errPastEnd, "a value that nobody looks at")
}

// One record of many networks is read once.
func TestRecordsAreReadOnce(t *testing.T) {
	content, err := mmdbtest.Value(mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "US"}})
	require.NoError(t, err)
	s := newStatementReader(content, newVocabulary())
	first, err := s.at(0)
	require.NoError(t, err)
	left := s.records.data.steps
	again, err := s.at(0)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Equal(t, left, s.records.data.steps)
}

// Every code of two bytes, and every byte of a region's.
func TestLettersOfCodes(t *testing.T) {
	letters, region := regexp.MustCompile(`^[A-Za-z]{2}$`), regexp.MustCompile(`^[0-9A-Za-z]$`)
	all := newAlphabet()
	for a := range 256 {
		one := string([]byte{byte(a)})
		require.Equal(t, region.MatchString(one), isRegionCode(one), "%q", one)
		for b := range 256 {
			text := string([]byte{byte(a), byte(b)})
			want := ""
			if upper := strings.ToUpper(text); letters.MatchString(text) && upper != "ZZ" && upper != "XX" {
				want = upper
			}
			if got := all.text(countryOf(text)); got != want {
				t.Fatalf("%q is %q", text, got)
			}
		}
	}
}
