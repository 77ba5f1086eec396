package question

import (
	"errors"
	"fmt"
	"strings"
)

// command is a command line taken apart into words.
type command struct {
	text  string
	at    int
	words []string
	word  strings.Builder
	open  bool // there is a word, be it an empty one
	plain bool // it has no quotes so far
}

var (
	errUnclosed = errors.New("expected the end of what a quotation mark begins, found the end of the text")
	errSecond   = errors.New("expected one command, found another one behind it: leave the one that is meant")
)

// byShell are the words of one command as sh and bash make them (POSIX, XCU 2.2 and 2.3).
// What a shell would look up or run is refused, since it is not known here.
func byShell(text string) ([]string, error) {
	c := &command{text: text}
	for c.at < len(c.text) {
		char := c.text[c.at]
		c.at++
		done, err := c.next(char)
		if err != nil || done {
			return c.words, err
		}
	}
	c.end()
	return c.words, nil
}

// next takes a character outside of quotes; done says that the command ends there.
func (c *command) next(char byte) (done bool, err error) {
	switch char {
	case ' ', '\t':
		c.end()
	case '\n', ';', '&', '|':
		c.end()
		return true, c.after(char)
	case '\\':
		return false, c.escaped()
	case '\'':
		return false, c.single()
	case '"':
		return false, c.double()
	case '$':
		return false, c.dollar(false)
	case '`', '(', ')':
		return false, fmt.Errorf("expected a command with its values, found %q, which a shell runs", char)
	case '<':
		return false, errors.New("expected a command whose values stand in it, found <, which reads a file")
	case '>':
		return false, c.redirected()
	case '#':
		if c.open {
			c.add(char)
			return false, nil
		}
		c.comment()
		return false, nil
	default:
		c.add(char)
	}
	return false, nil
}

func (c *command) add(char byte) {
	if !c.open {
		c.open, c.plain = true, true
	}
	c.word.WriteByte(char)
}

// quote begins a part of a word that is taken as it is.
func (c *command) quote() { c.open, c.plain = true, false }

// end ends a word.
func (c *command) end() {
	if c.open {
		c.words = append(c.words, c.word.String())
	}
	c.word.Reset()
	c.open = false
}

// after says whether anything stands behind a command that a character ends. What a
// command prints may go into another one.
func (c *command) after(char byte) error {
	rest := strings.TrimLeft(c.text[c.at:], " \t\n;&")
	if rest == "" || char == '|' && c.text[c.at] != '|' {
		return nil
	}
	if char == '&' && c.at > 1 && strings.IndexByte(" \t", c.text[c.at-2]) < 0 {
		return errors.New("expected quotes around what holds an &, which ends a command")
	}
	return errSecond
}

func (c *command) escaped() error {
	if c.at == len(c.text) {
		return errors.New("expected another line behind the backslash that ends the last one")
	}
	char := c.text[c.at]
	c.at++
	if char != '\n' { // which goes on in the next line
		c.quote()
		c.word.WriteByte(char)
	}
	return nil
}

func (c *command) single() error {
	end := strings.IndexByte(c.text[c.at:], '\'')
	if end < 0 {
		return errUnclosed
	}
	c.quote()
	c.word.WriteString(c.text[c.at : c.at+end])
	c.at += end + 1
	return nil
}

func (c *command) double() error {
	c.quote()
	for c.at < len(c.text) {
		char := c.text[c.at]
		c.at++
		switch char {
		case '"':
			return nil
		case '`':
			return errors.New("expected a command with its values, found '`', which a shell runs")
		case '$':
			if err := c.dollar(true); err != nil {
				return err
			}
			continue
		case '\\':
			if c.at == len(c.text) {
				return errUnclosed
			}
			if next := c.text[c.at]; strings.IndexByte("$`\"\\\n", next) >= 0 {
				c.at++
				if char = next; char == '\n' {
					continue
				}
			}
		}
		c.word.WriteByte(char)
	}
	return errUnclosed
}

// dollar takes what stands behind a $.
func (c *command) dollar(quoted bool) error {
	next := byte(' ')
	if c.at < len(c.text) {
		next = c.text[c.at]
	}
	switch {
	case !quoted && next == '\'':
		c.at++
		c.quote()
		return c.ansi()
	case !quoted && next == '"': // a text that may be translated
		c.at++
		return c.double()
	case next|0x20 >= 'a' && next|0x20 <= 'z', next >= '0' && next <= '9', strings.IndexByte("_{([!#?@*$-", next) >= 0:
		return fmt.Errorf("expected a command with its values, found %s, which a shell replaces", quotedStart(c.text[c.at-1:]))
	}
	c.add('$')
	return nil
}

// redirected leaves out where the output goes, with the number in front of it.
func (c *command) redirected() error {
	if c.plain && strings.Trim(c.word.String(), "0123456789") == "" {
		c.open = false // it is that number
	}
	c.end()
	for c.at < len(c.text) && strings.IndexByte(">&| \t", c.text[c.at]) >= 0 {
		c.at++
	}
	before := len(c.words)
	for c.at < len(c.text) && strings.IndexByte(" \t\n;&|<>", c.text[c.at]) < 0 {
		char := c.text[c.at]
		c.at++
		if _, err := c.next(char); err != nil {
			return err
		}
	}
	c.end()
	if len(c.words) != before+1 {
		return errors.New("expected the name of a file behind >")
	}
	c.words = c.words[:before]
	return nil
}

func (c *command) comment() {
	end := strings.IndexByte(c.text[c.at:], '\n')
	if end < 0 {
		c.at = len(c.text)
		return
	}
	c.at += end // the line's end is the command's
}

// quotedStart quotes the first word of a text.
func quotedStart(text string) string {
	if end := strings.IndexAny(text, " \t\n\"'"); end > 0 {
		text = text[:end]
	}
	return quoted(text)
}
