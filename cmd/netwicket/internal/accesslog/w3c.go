package accesslog

import (
	"errors"
	"net/url"
	"strings"
)

// columns are where a W3C extended log has its fields, by the "#Fields:" line
// that is in force. The zero value has none yet.
type columns struct {
	count                       int
	peer, forwarded, date, time int // from 1; 0: there is none
}

var (
	errNoColumns  = errors.New("no #Fields line before it says what is where")
	errColumns    = errors.New("it has another number of fields than the #Fields line before it names")
	errNoPeer     = errors.New("the #Fields line before it names no c-ip")
	directiveTags = [...]string{"#Version:", "#Software:", "#Fields:", "#Date:", "#Start-Date:", "#End-Date:", "#Remark:"}
)

// isDirective says that a line is about a W3C log and no record of it.
func isDirective(line string) bool {
	for _, tag := range directiveTags {
		if strings.HasPrefix(line, tag) {
			return true
		}
	}
	return false
}

// columnsOf reads a "#Fields:" line (https://www.w3.org/TR/WD-logfile.html). What
// IIS adds by its logging options, and CloudFront by itself, is X-Forwarded-For.
func columnsOf(line string) *columns {
	c := &columns{}
	for i, name := range strings.Fields(strings.TrimPrefix(line, "#Fields:")) {
		c.count++
		switch strings.ToLower(name) {
		case "c-ip":
			c.peer = i + 1
		case "x-forwarded-for", "cs(x-forwarded-for)":
			c.forwarded = i + 1
		case "date":
			c.date = i + 1
		case "time":
			c.time = i + 1
		}
	}
	return c
}

// parse reads one record. CloudFront puts tabs between the fields and escapes
// what is in them as URLs do; IIS puts spaces, and + for a space.
func (c *columns) parse(line string) (Entry, error) {
	separator := " "
	if strings.Contains(line, "\t") {
		separator = "\t"
	}
	var f fields
	date, count := "", 0
	for text := range strings.SplitSeq(line, separator) {
		switch count++; count {
		case c.peer:
			f.peer = text
		case c.forwarded:
			f.forwarded = unescaped(text)
		case c.date:
			date = text
		case c.time:
			f.time = text
		}
	}
	switch {
	case c.count == 0:
		return Entry{}, errNoColumns
	case count != c.count:
		return Entry{}, errColumns
	case c.peer == 0:
		return Entry{}, errNoPeer
	}
	f.time = date + " " + f.time
	return f.entry()
}

// unescaped is a field as it was before it was made to have no space.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// columned cuts the blocks of a W3C log where another #Fields line begins to
// hold, and says in each what holds there.
func columned(handle func(Block) error) func(Block) error {
	held := &columns{}
	return func(b Block) error {
		b.Layout.columns = held
		text, first, begin := b.Text, b.Line, 0
		for at, line := 0, first; at < len(text); line++ {
			end := len(text)
			if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
				end = at + i + 1
			}
			if text[at] == '#' && strings.HasPrefix(text[at:end], "#Fields:") {
				if err := handleSome(handle, b, text[begin:at], first); err != nil {
					return err
				}
				held = columnsOf(strings.TrimSpace(text[at:end]))
				b.Layout.columns, begin, first = held, end, line+1
			}
			at = end
		}
		if b.Err != nil {
			return handle(b)
		}
		return handleSome(handle, b, text[begin:], first)
	}
}

func handleSome(handle func(Block) error, b Block, text string, line int) error {
	if text == "" {
		return nil
	}
	b.Text, b.Line = text, line
	return handle(b)
}
