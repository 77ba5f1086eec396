package jsondoc

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lookalikes are letters of other scripts, each in front of the Latin letter that
// it prints like: Cyrillic, Greek, and Latin beyond ASCII. They are small letters;
// what is looked up among them was made small before.
const lookalikes = "аaвbсcԁdеeёeһhнhіiїiјjкkӏlмmоoрpԛqгrѕsтtѵvԝwхxуyүy" +
	"αaβbϲcεeηnιiϳjκkμmνvοoρpτtυuωwχxγyζz" +
	"ɑaɡgıiſsµm"

// plain is a text as its reader sees it: small letters of ASCII, without what
// separates words or is not seen at all. Whatever has no equal there is "?", so
// that it counts as one letter.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e: // full width
			r -= 0xff01 - '!'
		case r >= 0x1d400 && r <= 0x1d6a3: // alphabets of mathematics, 26 capitals and 26 small letters each
			r = 'a' + (r-0x1d400)%26
		}
		if r == '_' || r == '-' || unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Mn) {
			return -1
		}
		r = unicode.ToLower(r)
		if r < utf8.RuneSelf {
			return r
		}
		if at := strings.IndexRune(lookalikes, r); at >= 0 {
			return rune(lookalikes[at+utf8.RuneLen(r)])
		}
		return '?'
	}, text)
}
