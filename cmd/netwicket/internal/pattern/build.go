package pattern

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// The size of a table is bounded; beyond that regexp is asked.
const (
	maxInstructions = 1000
	maxStates       = 300
	maxRows         = 8
	maxText         = 1<<31 - 1 // places have 32 bits
)

// thread is one way through the expression: the instruction that takes its next
// character, or the match.
type thread struct {
	pc    uint32
	row   uint8  // of the state
	atEnd bool   // a match that counts where the text ends
	notes string // slots whose place is where the next character stands
}

// builder works out a table.
type builder struct {
	program *syntax.Prog
	slots   []int // by capture
	table   *table
	threads [][]thread          // of the states
	beyond  []uint16            // of the states, the step on characters beyond ASCII
	numbers map[string]uint16   // of the states, by their threads
	like    [utf8.RuneSelf]byte // the first byte that every instruction takes alike

	// What follow collects.
	list    []thread
	seen    []bool // by instruction, twice
	decided bool   // a match is preferred to what would come behind it
	tooMuch bool   // the expression is none for a table
}

// newTable makes the table of an expression; nil if there is none.
func newTable(expression *regexp.Regexp, groups []int) *table {
	program := compile(`(?:` + expression.String() + `)`)
	if program != nil && program.StartCond()&syntax.EmptyBeginText == 0 {
		// The match may begin anywhere, with as few characters in front of it as there can be.
		program = compile(`(?s:.*?)(?:` + expression.String() + `)`)
	}
	if program == nil || len(groups) > maxGroups {
		return nil
	}
	b := &builder{
		program: program, slots: slotsOf(expression, groups), table: &table{steps: make([]step, firstStep)},
		numbers: make(map[string]uint16), seen: make([]bool, 2*len(program.Inst)),
	}
	b.tellApart()
	b.follow(uint32(program.Start), 0, "", true, false)
	b.number()
	for s := 0; s < len(b.threads) && !b.tooMuch; s++ {
		b.work(s)
	}
	if b.tooMuch {
		return nil
	}
	for s := range b.threads {
		b.finish(s)
	}
	return b.table
}

// compile is the program of an expression; nil if it has none or a long one.
func compile(expression string) *syntax.Prog {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxInstructions {
		return nil
	}
	return program
}

// tellApart finds the bytes that no instruction tells apart.
func (b *builder) tellApart() {
	first := make(map[string]byte)
	for c := range b.like {
		takes := make([]byte, len(b.program.Inst))
		for i := range b.program.Inst {
			if b.program.Inst[i].MatchRune(rune(c)) {
				takes[i] = 1
			}
		}
		if _, known := first[string(takes)]; !known {
			first[string(takes)] = byte(c)
		}
		b.like[c] = first[string(takes)]
	}
}

// follow lists the threads that begin at an instruction, the preferred ones first.
// Of two ways to one instruction the first one is preferred.
func (b *builder) follow(pc uint32, row uint8, notes string, atBegin, atEnd bool) {
	mark := 2 * pc
	if atEnd {
		mark++
	}
	if b.decided || b.seen[mark] {
		return
	}
	b.seen[mark] = true
	inst := &b.program.Inst[pc]
	switch inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		b.follow(inst.Out, row, notes, atBegin, atEnd)
		b.follow(inst.Arg, row, notes, atBegin, atEnd)
	case syntax.InstCapture:
		if slot := b.slots[inst.Arg]; slot >= 0 {
			notes += string(rune(slot))
		}
		b.follow(inst.Out, row, notes, atBegin, atEnd)
	case syntax.InstNop:
		b.follow(inst.Out, row, notes, atBegin, atEnd)
	case syntax.InstEmptyWidth:
		switch where := syntax.EmptyOp(inst.Arg); {
		case where == syntax.EmptyBeginText && atBegin:
			b.follow(inst.Out, row, notes, atBegin, atEnd)
		case where == syntax.EmptyBeginText:
		case where == syntax.EmptyEndText:
			b.follow(inst.Out, row, notes, atBegin, true)
		default:
			b.tooMuch = true
		}
	case syntax.InstMatch:
		b.list = append(b.list, thread{pc, row, atEnd, notes})
		b.decided = !atEnd
	case syntax.InstFail:
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		if !atEnd { // behind which there is no character
			b.list = append(b.list, thread{pc, row, false, notes})
		}
	}
}

// number is that of the state with the collected threads, which may be new.
func (b *builder) number() uint16 {
	list := b.list
	b.list, b.decided = nil, false
	clear(b.seen)
	var key []byte
	for _, t := range list {
		end := byte(0)
		if t.atEnd {
			end = 1
		}
		key = append(binary.AppendUvarint(key, uint64(t.pc)), t.row, end, byte(len(t.notes)))
		key = append(key, t.notes...)
	}
	if number, known := b.numbers[string(key)]; known {
		return number
	}
	if len(b.threads) == maxStates {
		b.tooMuch = true
		return 0
	}
	number := uint16(len(b.threads))
	b.numbers[string(key)] = number
	b.threads = append(b.threads, list)
	b.table.states = append(b.table.states, state{})
	return number
}

// work works out the steps from a state, and where it ends.
func (b *builder) work(s int) {
	var next [utf8.RuneSelf]uint16
	for c := range next {
		if like := b.like[c]; int(like) < c {
			next[c] = next[like]
		} else {
			next[c] = b.step(s, func(inst *syntax.Inst) bool { return inst.MatchRune(rune(c)) })
		}
	}
	b.beyond = append(b.beyond, b.stepBeyond(s))
	state := &b.table.states[s]
	copy(state.next[:], next[:])
	for _, t := range b.threads[s] {
		if b.program.Inst[t.pc].Op != syntax.InstMatch {
			continue
		}
		found := &ending{t.row, t.notes}
		if state.end == nil {
			state.end = found
		}
		if !t.atEnd {
			state.accept = found
		}
	}
}

// step is the number of the step that the threads take on a character.
func (b *builder) step(s int, taken func(*syntax.Inst) bool) uint16 {
	var rows []row
	for _, t := range b.threads[s] {
		inst := &b.program.Inst[t.pc]
		if !taken(inst) {
			continue
		}
		r := row{t.row, t.notes}
		place := slices.Index(rows, r)
		if place < 0 {
			place = len(rows)
		}
		listed := len(b.list)
		b.follow(inst.Out, uint8(place), "", false, false)
		if len(b.list) > listed && place == len(rows) { // else all of it was preferred already
			rows = append(rows, r)
		}
	}
	nowhere := len(b.list) == 0
	to := b.number()
	if len(rows) > maxRows {
		b.tooMuch = true
	}
	if nowhere {
		return stop
	}
	same := true
	for i, r := range rows {
		same = same && int(r.from) == i && r.notes == ""
	}
	if same && int(to) == s {
		return stay
	}
	if same {
		rows = nil
	}
	b.table.steps = append(b.table.steps, step{to, rows})
	return uint16(len(b.table.steps) - 1)
}

// stepBeyond is the step on all characters beyond ASCII, if it is one for all.
func (b *builder) stepBeyond(s int) uint16 {
	for _, t := range b.threads[s] {
		if beyondASCII(&b.program.Inst[t.pc]) == some {
			return leave
		}
	}
	return b.step(s, func(inst *syntax.Inst) bool { return beyondASCII(inst) == all })
}

// beyond is what an instruction takes of the characters beyond ASCII. Bytes that
// are no character count as one of them, U+FFFD.
type beyond uint8

const (
	none beyond = iota
	all
	some
)

func beyondASCII(inst *syntax.Inst) beyond {
	if len(inst.Rune) == 1 {
		r := inst.Rune[0]
		ascii := r < utf8.RuneSelf
		if syntax.Flags(inst.Arg)&syntax.FoldCase != 0 {
			for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
				ascii = ascii && other < utf8.RuneSelf
			}
		}
		if ascii {
			return none
		}
		return some
	}
	n := len(inst.Rune) // pairs of the first and the last of a range, in order
	switch {
	case n == 0 || inst.Rune[n-1] < utf8.RuneSelf:
		return none
	case inst.Rune[n-1] == unicode.MaxRune && inst.Rune[n-2] <= utf8.RuneSelf:
		return all
	default:
		return some
	}
}

// finish enters the steps on bytes beyond ASCII. A character has several of them:
// where the state that it leads to stays on all of them, the ones behind the first
// change nothing. Elsewhere regexp has to say.
func (b *builder) finish(s int) {
	number := b.beyond[s]
	if number >= firstStep && b.beyond[b.table.steps[number].to] != stay {
		number = leave
	}
	state := &b.table.states[s]
	others := 0
	for c := range state.next {
		if c >= utf8.RuneSelf {
			state.next[c] = number
		}
		if state.next[c] != stay {
			others++
			state.until = c
		}
	}
	if others != 1 {
		state.until = -1
	}
}
