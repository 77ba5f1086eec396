package pattern

import "strings"

// table is an automaton by byte. The first state is that at the start of a text.
type table struct {
	states []state
	steps  []step // by number; the first ones are no steps, see below
}

// The steps that every table has.
const (
	stop  = iota // nothing goes on here
	leave        // regexp has to say
	stay         // the state stays as it is
	firstStep
)

// state is what can have been matched so far.
type state struct {
	next   [256]uint16 // the number of a step, by the next byte
	until  int         // the only byte on which the state does not stay; -1: there are more
	accept *ending     // the match, if nothing longer comes of what is preferred to it
	end    *ending     // the match if the text ends here
}

// step leads from a state to another.
type step struct {
	to   uint16
	rows []row // of the state it leads to; empty: they stay as they are
}

// row says what a row of places is made of: one of the state before and the places
// that are noted where the step begins.
type row struct {
	from  uint8
	notes string // slots
}

// ending is a match: its row, and the places that are noted where it ends.
type ending row

// places are where groups begin and end in a text; 0 and 0, which is an empty text,
// for one that took no part.
type places [2 * maxGroups]int32

func (p *places) note(slots string, at int) {
	for i := range len(slots) {
		p[slots[i]] = int32(at)
	}
}

type answer uint8

const (
	noMatch answer = iota
	match
	unknown
)

// find runs over a text once.
func (t *table) find(text string, found *places) answer {
	if len(text) > maxText {
		return unknown
	}
	var rows [maxRows]places
	answer := noMatch
	s := &t.states[0]
	for at := 0; ; at++ {
		if s.until >= 0 {
			if ahead := strings.IndexByte(text[at:], byte(s.until)); ahead >= 0 {
				at += ahead
			} else {
				at = len(text)
			}
		} else {
			for at < len(text) && s.next[text[at]] == stay {
				at++
			}
		}
		if s.accept != nil {
			answer = match
			*found = rows[s.accept.from]
			found.note(s.accept.notes, at)
		}
		if at == len(text) {
			if s.end != nil {
				answer = match
				*found = rows[s.end.from]
				found.note(s.end.notes, at)
			}
			return answer
		}
		switch number := s.next[text[at]]; number {
		case stop:
			return answer
		case leave:
			return unknown
		default:
			step := &t.steps[number]
			step.take(&rows, at)
			s = &t.states[step.to]
		}
	}
}

// take makes the rows of the next state.
func (s *step) take(rows *[maxRows]places, at int) {
	if len(s.rows) == 0 {
		return
	}
	if len(s.rows) == 1 {
		rows[0] = rows[s.rows[0].from]
		rows[0].note(s.rows[0].notes, at)
		return
	}
	before := *rows
	for i := range s.rows {
		rows[i] = before[s.rows[i].from]
		rows[i].note(s.rows[i].notes, at)
	}
}
