package accesslog

import "bufio"

// splitter cuts a stream of JSON objects, in an array or one after the other,
// into one line each. It does not check them; their parser does.
type splitter struct {
	cutter
	text  []byte // finished records and the open one, a line each
	lines []int  // where the finished ones began
	line  int    // that is being read

	open  bool // inside a record
	first int  // line where it began
	begin int  // its start in text
	depth int  // of braces; 0: it is no object
	state quoting
}

// quoting is where in a JSON string the splitter is.
type quoting uint8

const (
	outside quoting = iota
	inside
	escaped // behind a backslash
)

// objects reads the log byte by byte. What stands between the objects and is
// neither space nor comma nor bracket is a record of its own, up to the end of
// the line, so that nothing is dropped in silence.
func (c cutter) objects(input *bufio.Reader) error {
	s := &splitter{cutter: c, line: 1}
	for {
		c, err := input.ReadByte()
		if err != nil {
			if failed := s.finish(); failed != nil {
				return failed
			}
			if failed := s.flush(); failed != nil {
				return failed
			}
			return unlessEnd(err)
		}
		if err := s.next(c); err != nil {
			return err
		}
		if c == '\n' {
			s.line++
		}
	}
}

func (s *splitter) next(c byte) error {
	if !s.open {
		switch c {
		case ' ', '\t', '\r', '\n', ',', '[', ']':
			return nil
		}
		s.open, s.first, s.begin, s.depth, s.state = true, s.line, len(s.text), 0, outside
	}
	if c == '\n' && (s.depth == 0 || s.state != outside) {
		return s.finish() // no string holds a line's end: what was open is broken
	}
	if c == '\n' || c == '\r' {
		c = ' '
	}
	if s.text = append(s.text, c); len(s.text)-s.begin > s.maxLine {
		return s.drop()
	}
	if s.text[s.begin] == '{' && s.count(c) {
		return s.finish()
	}
	return nil
}

// count follows strings and braces; it is true behind the object's last brace.
func (s *splitter) count(c byte) (whole bool) {
	switch {
	case s.state == escaped:
		s.state = inside
	case s.state == inside && c == '\\':
		s.state = escaped
	case c == '"' && s.state == inside:
		s.state = outside
	case s.state == inside:
	case c == '"':
		s.state = inside
	case c == '{':
		s.depth++
	case c == '}':
		s.depth--
		return s.depth == 0
	}
	return false
}

// finish ends the open record.
func (s *splitter) finish() error {
	if !s.open {
		return nil
	}
	s.open = false
	s.text = append(s.text, '\n')
	s.lines = append(s.lines, s.first)
	if len(s.text) >= s.blockSize {
		return s.flush()
	}
	return nil
}

// flush hands out the finished records.
func (s *splitter) flush() error {
	if len(s.lines) == 0 {
		return nil
	}
	block := Block{Text: string(s.text), Line: s.lines[0], lines: s.lines}
	s.text, s.lines = s.text[:0], nil
	return s.handle(block)
}

// drop gives up a record that is too long. What follows is looked at anew.
func (s *splitter) drop() error {
	s.open, s.text = false, s.text[:s.begin]
	if err := s.flush(); err != nil {
		return err
	}
	return s.handle(Block{Line: s.first, Err: ErrTooLong})
}
