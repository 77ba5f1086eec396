package filter

import (
	"strconv"
	"unicode/utf8"

	"github.com/netwicket/netwicket/decide"
)

// answers keeps the texts of decisions. A policy has few, and that of one that was
// given lately is found without hashing all of it, which would take longer than
// deciding.
type answers struct {
	compare bool
	all     map[[2]decide.Judgment][]byte
	recent  [places]answer
}

const places = 1024

type answer struct {
	said [2]decide.Judgment
	text []byte // with the end of the line; nil: there is none yet
}

func newAnswers(compare bool) answers {
	return answers{compare: compare, all: map[[2]decide.Judgment][]byte{}}
}

// text is the line about decisions of both policies.
func (a *answers) text(said *[2]decide.Decision) []byte {
	place := placeOf(&said[0].Judgment)
	if a.compare {
		place = (place*31 + placeOf(&said[1].Judgment)) % places
	}
	at := &a.recent[place]
	if at.text != nil && at.said[0] == said[0].Judgment && (!a.compare || at.said[1] == said[1].Judgment) {
		return at.text
	}
	at.said = [2]decide.Judgment{said[0].Judgment, said[1].Judgment}
	if at.text = a.all[at.said]; at.text == nil {
		at.text = a.line(&at.said)
		a.all[at.said] = at.text
	}
	return at.text
}

func (a *answers) line(said *[2]decide.Judgment) []byte {
	text := appendJudgment(nil, &said[0])
	if a.compare {
		text = appendJudgment(append(text, '\t'), &said[1])
	}
	return append(text, '\n')
}

// placeOf is a place for a decision: nothing but speed depends on how well it tells
// them apart. What differs most are the names of zones and rules, mostly at the end.
func placeOf(d *decide.Judgment) uint {
	place := uint(d.Reason)*17 + uint(d.Unknown)*5 + uint(d.Reasons)
	if d.Zone != nil {
		place += ending(d.Zone.ID) + ending(d.Zone.Name)
	}
	return (place + ending(d.Rule)) % places
}

func ending(text string) uint {
	n := len(text)
	if n < 2 {
		return 0
	}
	return uint(text[n-1]) + uint(text[n-2])*10
}

func appendJudgment(to []byte, d *decide.Judgment) []byte {
	to = append(append(to, d.Verdict.String()...), '\t')
	to = append(append(to, d.Reason.String()...), '\t')
	if d.Zone != nil {
		to = appendEscaped(to, d.Zone.Name)
	}
	return appendEscaped(append(to, '\t'), d.Rule)
}

// appendEscaped writes a text as ClickHouse reads it in TabSeparated, on one line and
// without what a terminal obeys: what is escaped reads as what it was. See
// https://clickhouse.com/docs/interfaces/formats/TabSeparated.
func appendEscaped(to []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch r {
		case '\\', '\'':
			to = append(to, '\\', byte(r))
		case '\b':
			to = append(to, `\b`...)
		case '\f':
			to = append(to, `\f`...)
		case '\n':
			to = append(to, `\n`...)
		case '\r':
			to = append(to, `\r`...)
		case '\t':
			to = append(to, `\t`...)
		case 0:
			to = append(to, `\0`...)
		default:
			if r != utf8.RuneError && strconv.IsPrint(r) {
				to = append(to, text[:size]...)
				break
			}
			for _, b := range []byte(text[:size]) {
				to = append(to, '\\', 'x', digits[b>>4], digits[b&0xf])
			}
		}
		text = text[size:]
	}
	return to
}
