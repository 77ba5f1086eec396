package question

import (
	"strings"
	"unicode/utf8"
)

// ansi takes what stands in $'...', as bash reads it: browsers write values so that hold
// a line break, a quotation mark or what is not ASCII.
func (c *command) ansi() error {
	for c.at < len(c.text) {
		char := c.text[c.at]
		c.at++
		switch {
		case char == '\'':
			return nil
		case char != '\\':
			c.word.WriteByte(char)
		case c.at == len(c.text):
			return errUnclosed
		default:
			char = c.text[c.at]
			c.at++
			c.ansiEscape(char)
		}
	}
	return errUnclosed
}

func (c *command) ansiEscape(char byte) {
	const names, values = `abeEfnrtv\'"?`, "\a\b\x1b\x1b\f\n\r\t\v\\'\"?"
	if i := strings.IndexByte(names, char); i >= 0 {
		c.word.WriteByte(values[i])
		return
	}
	switch {
	case char >= '0' && char <= '7':
		c.at--
		n, _ := c.number(8, 3)
		c.word.WriteByte(byte(n))
	case char == 'x':
		if n, found := c.number(16, 2); found {
			c.word.WriteByte(byte(n))
			return
		}
		c.word.WriteString(`\x`)
	case char == 'u' || char == 'U':
		digits := 4
		if char == 'U' {
			digits = 8
		}
		if n, found := c.number(16, digits); found {
			c.word.Write(utf8.AppendRune(nil, rune(n)))
			return
		}
		c.word.WriteString(`\` + string(char))
	case char == 'c' && c.at < len(c.text):
		c.word.WriteByte(c.text[c.at] & 0x1f)
		c.at++
	default: // it means itself; it may be the first byte of a letter
		c.word.WriteByte('\\')
		c.word.WriteByte(char)
	}
}

// number reads up to so many digits.
func (c *command) number(base uint32, most int) (n uint32, found bool) {
	for range most {
		if c.at == len(c.text) {
			break
		}
		digit := strings.IndexByte("0123456789abcdef", c.text[c.at]|0x20)
		if c.text[c.at] < '0' || uint32(digit) >= base { // -1, of what is no digit at all, is the most there is
			break
		}
		n, found = n*base+uint32(digit), true
		c.at++
	}
	return n, found
}
