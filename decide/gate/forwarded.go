package gate

import "strings"

// maxForwardedBytes is the length of the longest element of Forwarded that is
// read: beside the client it holds the host that was asked for, the proxy and the
// protocol (docs/semantics.md, edge-9).
const maxForwardedBytes = 512

// cutQuoted is cut for Forwarded (RFC 7239), where a comma inside a quoted
// string separates nothing (docs/semantics.md, edge-17).
//
// It tracks quotes from right to left, because from left to right the sender of
// the leftmost element decides how all others are read: one unbalanced quote of
// the client would swallow what our proxies appended. Right to left is exact for
// what a proxy wrote correctly:
//
//   - Outside a quoted string a backslash is not legal and a quote only opens
//     one, so coming from the right the first quote met is the string's end.
//   - Inside, a quote that belongs to the text is escaped. The backslashes
//     right before a quote form a run whose first one is not itself escaped
//     (the byte before it is no backslash), so they pair up from the left: after
//     an odd number of them the quote is escaped, after an even number it is
//     the string's start. At the start the byte before is "=", a run of none.
//
// So the meaning of every quote follows from the bytes next to it, and whether a
// comma separates follows from the bytes right of it up to the list's end. What
// stands left of a correct element cannot change how it is read. A string
// without a start makes the rest of the line one element, which the strict
// parser then refuses.
func (w *walk) cutQuoted(end int) (first, comma int) {
	line := w.line[:end]
	first = end
	inString := false
	for i := end - 1; i >= 0; i-- {
		c := line[i]
		switch {
		case c == '"':
			inString = !inString || backslashesBefore(line[:i], end)%2 == 1
		case inString:
		case c == ',':
			return first, i
		case isSpace(c):
			w.space++
			if w.space > maxSpaceBytes {
				return first, i
			}
			continue
		}
		first = i
		if end-first > maxForwardedBytes {
			return first, i
		}
	}
	return first, -1
}

// backslashesBefore counts the backslashes at the end of s, as far as they can
// belong to an element that ends at end.
func backslashesBefore(s string, end int) int {
	n := 0
	for n < len(s) && end-len(s)+n <= maxForwardedBytes && s[len(s)-1-n] == '\\' {
		n++
	}
	return n
}

// parameterName is where the name of a parameter stands in its element. Names are
// compared by the hash first, which letter case does not change: every name is held
// against all before it, and who sends a hundred of them should not be worth the work.
type parameterName struct {
	hash       uint32
	start, end uint16
}

// parseForwarded reads the client of one forwarded-element (RFC 7239 section 4).
// Each parameter may occur once, names without case; white space is tolerated
// around ";" only (docs/semantics.md, edge-17). The walk gives none that is longer
// than maxForwardedBytes.
func parseForwarded(element string) (address, Error) {
	const shortest = len("a=b;")
	if len(element) <= maxElementBytes { // as most are, and less to clear
		var names [(maxElementBytes + 1) / shortest]parameterName
		return parseParameters(element, names[:])
	}
	var names [(maxForwardedBytes + 1) / shortest]parameterName
	return parseParameters(element, names[:])
}

// parseParameters is parseForwarded with room for the names of all parameters.
func parseParameters(element string, names []parameterName) (address, Error) {
	pairs := 0
	node := "" // the value of "for", which an empty one is not
	for i := skipSpaces(element, 0); i < len(element); i = skipSpaces(element, i) {
		if element[i] == ';' {
			i++ // the grammar allows an empty parameter
			continue
		}
		start, hash := i, uint32(0)
		for i < len(element) && isTokenByte(element[i]) {
			hash = hash*16777619 ^ uint32(element[i]|0x20)
			i++
		}
		name := element[start:i]
		value, next := parameterValue(element, i)
		if name == "" || next == 0 {
			return address{}, ErrMalformed
		}
		for _, earlier := range names[:pairs] {
			if earlier.hash == hash && strings.EqualFold(element[earlier.start:earlier.end], name) {
				return address{}, ErrMalformed
			}
		}
		names[pairs] = parameterName{hash, uint16(start), uint16(i)}
		pairs++
		if strings.EqualFold(name, "for") {
			node = value
		}
		i = skipSpaces(element, next)
		if i < len(element) && element[i] != ';' {
			return address{}, ErrMalformed
		}
	}
	return parseNode(node)
}

// parameterValue reads "=" and a token or quoted string at position i: the text
// of the value, still escaped, and the position after it, 0 if there is none.
func parameterValue(element string, i int) (value string, next int) {
	if i+1 >= len(element) || element[i] != '=' {
		return "", 0
	}
	i++
	start := i
	if element[i] != '"' {
		for i < len(element) && isTokenByte(element[i]) {
			i++
		}
		if i == start {
			return "", 0
		}
		return element[start:i], i
	}
	for i++; i < len(element); i++ {
		c := element[i]
		if c == '"' {
			return element[start+1 : i], i + 1
		}
		if c == '\\' && i+1 < len(element) {
			i++
			c = element[i]
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			break // control characters are legal nowhere
		}
	}
	return "", 0
}

// parseNode reads the value of "for" (RFC 7239 section 6): an address with an
// optional port, which may be obfuscated, or a name that hides the address.
// A backslash is refused: no address needs one, and it hides text from those
// who do not unescape. Obfuscated is a word for Forwarded alone (docs/semantics.md,
// edge-13).
func parseNode(s string) (address, Error) {
	a, rest, ok := parseHost(s)
	if !ok {
		end := strings.IndexByte(s, ':')
		if end < 0 {
			end = len(s)
		}
		rest = s[end:]
		if name := s[:end]; !isObfuscated(name) && !strings.EqualFold(name, "unknown") {
			return address{}, ErrMalformed
		}
	}
	if rest != "" && !isPort(rest) && (rest[0] != ':' || !isObfuscated(rest[1:])) {
		return address{}, ErrMalformed
	}
	if !ok {
		return address{}, ErrObfuscated
	}
	return a, 0
}

// isObfuscated says that s is an obfuscated identifier (RFC 7239 section 6.3).
func isObfuscated(s string) bool {
	if len(s) < 2 || s[0] != '_' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !isAlphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func skipSpaces(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func isAlphanumeric(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// isTokenByte says that c may stand in a token (RFC 9110 section 5.6.2).
func isTokenByte(c byte) bool {
	const (
		below64 uint64 = 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' | 1<<'+' | 1<<'-' | 1<<'.' | (1<<10-1)<<'0'
		from64  uint64 = (1<<26-1)<<('A'-64) | 1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | (1<<26-1)<<('a'-64) | 1<<('|'-64) | 1<<('~'-64)
	)
	return (below64>>c|from64>>(c-64))&1 != 0 // a shift by more than 63 leaves nothing
}
