package gate

import "net/netip"

const (
	// maxElements is how many list elements are examined, empty ones
	// included. Only our own proxies stand right of the client, so an honest
	// list needs few (docs/semantics.md, edge-9).
	maxElements = 32

	// maxSpaceBytes is how much white space around elements one walk passes
	// over. White space belongs to no element, and without a bound of its own
	// a megabyte of it would be a megabyte of work (edge-9).
	maxSpaceBytes = 1024
)

// step is what a walk met on its way to the left.
type step uint8

const (
	found     step = iota // an element that is not empty
	exhausted             // the start of the first line
	capped                // more than maxElements elements
	overlong              // an element that is not read to its start; the walk is over
)

// walk visits the elements of a list header from the right: the last field line
// first, each line right to left, since what a proxy appends stands last and
// only that can be believed. Nothing left of the element last returned has been
// read, so the work does not grow with what a client sent.
//
// The lines are one list (RFC 9110 section 5.3): a line's end separates
// elements as a comma does, and an empty line is an empty element
// (docs/semantics.md, edge-6).
type walk struct {
	lines    []string // not yet begun
	line     string   // the unread left part of the current line
	open     bool     // the current line has an element left
	form     form
	silent   bool // an empty element was met
	examined int
	space    int
}

// form is how the elements of a header are written.
type form uint8

const (
	plainForm     form = iota // an address, perhaps with a port
	forwardedForm             // RFC 7239: commas in quoted strings separate nothing
	withPortForm              // CloudFront-Viewer-Address
)

// longest is the length of the longest element that is read.
func (f form) longest() int {
	if f == forwardedForm {
		return maxForwardedBytes
	}
	return maxElementBytes
}

// next is the next element to the left that is not empty, without the white
// space around it; empty ones are counted and noted (docs/semantics.md, edge-8,
// edge-9). What most elements are, a plain IPv4 address, is read on the way; any
// other element has to be parsed.
func (w *walk) next() (text string, plain address, met step) {
	for {
		if !w.open {
			if len(w.lines) == 0 {
				return "", address{}, exhausted
			}
			last := len(w.lines) - 1
			w.line, w.lines, w.open = w.lines[last], w.lines[:last], true
		}
		if w.examined == maxElements {
			return "", address{}, capped
		}
		w.examined++
		end := w.skipSpace(len(w.line))
		if w.form == plainForm {
			space := w.space
			if bits, first := parse4Backward(w.line[:end]); first >= 0 && w.endsAt(w.skipSpace(first)) {
				return "", address4(bits), found
			}
			w.space = space // cut counts it again
		}
		first, comma := w.cut(end)
		if end-first > w.form.longest() || w.space > maxSpaceBytes {
			return "", address{}, overlong
		}
		text = w.line[first:end]
		w.endsAt(comma + 1)
		if text != "" {
			return text, address{}, found
		}
		w.silent = true
	}
}

// endsAt moves past an element that begins at first, if first is the start of
// the line or stands right of a comma.
func (w *walk) endsAt(first int) bool {
	if first == 0 {
		w.open = false
		return true
	}
	if w.line[first-1] != ',' {
		return false
	}
	w.line = w.line[:first-1]
	return true
}

// skipSpace is where the white space that ends at end begins, or a byte right of which
// there is as much as one walk passes over.
func (w *walk) skipSpace(end int) int {
	for end > 0 && isSpace(w.line[end-1]) && w.space < maxSpaceBytes {
		w.space++
		end--
	}
	return end
}

// cut finds the element that ends at end: its first byte, and the comma left of
// it, -1 at the start of the line. It stops early where the element or the white
// space is too long.
func (w *walk) cut(end int) (first, comma int) {
	if w.form == forwardedForm {
		return w.cutQuoted(end)
	}
	line := w.line[:end]
	first = end
	for i := end - 1; i >= 0; i-- {
		switch c := line[i]; {
		case c == ',':
			return first, i
		case isSpace(c):
			w.space++
			if w.space > maxSpaceBytes {
				return first, i
			}
		default:
			first = i
			if end-first > maxElementBytes {
				return first, i
			}
		}
	}
	return first, -1
}

// isSpace says that c is optional white space: SP or HTAB (RFC 9110 section
// 5.6.3), and nothing else that Unicode calls a space (docs/semantics.md, edge-7).
func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// trimSpace drops white space at either end.
func trimSpace(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// address is the next address to the left, as it has to be at or before the
// client: what cannot be read there is an error and never skipped
// (docs/semantics.md, edge-13). Nor is an empty element to the right of it: one of
// our own proxies wrote that and named nobody, so all that stands left of it is
// what the sender says of itself (edge-8). The step is found or exhausted where
// the code is 0.
func (w *walk) address() (address, step, Error) {
	text, a, met := w.next()
	switch met {
	case found:
		var code Error
		if a.family == 0 {
			a, code = w.parse(text)
		}
		if code == 0 && (w.silent || a.noHost()) {
			code = ErrMalformed
		}
		return a, found, code
	case capped:
		return address{}, capped, ErrTooLong
	case overlong:
		return address{}, overlong, ErrMalformed
	case exhausted:
	}
	return address{}, exhausted, 0
}

// appendRest appends what is left of a walk. Nobody vouches for these elements,
// so none of them is an error: one that cannot be read is the zero Addr, and so
// is the end of a list that is longer than the walk (docs/semantics.md, chain-3,
// edge-29).
func (w *walk) appendRest(dst []netip.Addr, strict bool) []netip.Addr {
	for {
		text, a, met := w.next()
		switch met {
		case exhausted:
			return dst
		case capped, overlong:
			return append(dst, netip.Addr{})
		case found:
		}
		if a.family == 0 {
			a, _ = w.parse(text) // the zero address where it cannot be read
		}
		if strict && a.noHost() {
			a = address{}
		}
		dst = append(dst, a.netip())
	}
}

// parse reads one element in the form of the walked header.
func (w *walk) parse(text string) (address, Error) {
	var a address
	var ok bool
	switch w.form {
	case forwardedForm:
		return parseForwarded(text)
	case withPortForm:
		a, ok = parseWithPort(text)
	case plainForm:
		a, ok = parseElement(text)
	}
	if !ok {
		return address{}, ErrMalformed
	}
	return a, 0
}
