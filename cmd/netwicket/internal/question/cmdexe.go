package question

import (
	"errors"
	"strings"
)

// isCmdExe says that a command is written for cmd.exe: browsers put ^ in front of the
// quotation marks.
func isCmdExe(text string) bool {
	first := strings.IndexAny(text, `"'`)
	return first > 0 && text[first] == '"' && text[first-1] == '^'
}

// byCmdExe are the words of one command as Windows makes them, in two steps: cmd.exe
// takes the ^ away, and then the program takes its words out of one text.
func byCmdExe(text string) ([]string, error) {
	line, err := withoutCarets(text)
	if err != nil {
		return nil, err
	}
	return byProgram(line)
}

// withoutCarets is what cmd.exe hands on: behind a ^ that is not between quotation marks
// a character is itself, and a line's end is none.
func withoutCarets(text string) (string, error) {
	var out strings.Builder
	between := false
	for i := 0; i < len(text); i++ {
		switch char := text[i]; {
		case char == '\n', !between && (char == '&' || char == '|'):
			if rest := strings.Trim(text[i+1:], " \t\n&"); rest != "" && char != '|' {
				return "", errSecond
			}
			return out.String(), nil
		case !between && (char == '<' || char == '>'):
			return "", errors.New("expected a command without files, found " + string(char))
		case !between && char == '^':
			if i++; i < len(text) && text[i] == '\n' {
				i++
			}
			if i >= len(text) {
				return "", errors.New("expected another line behind the ^ that ends the last one")
			}
			out.WriteByte(text[i])
		default:
			if char == '"' {
				between = !between
			}
			out.WriteByte(char)
		}
	}
	return out.String(), nil
}

// byProgram takes words as programs on Windows do: quotation marks hold one together, \"
// is one of its own, and backslashes count only in front of it.
func byProgram(line string) ([]string, error) {
	c := &command{}
	between := false
	for i := 0; i < len(line); {
		slashes := 0
		for i < len(line) && line[i] == '\\' {
			slashes++
			i++
		}
		switch {
		case i < len(line) && line[i] == '"':
			c.quote()
			c.word.WriteString(strings.Repeat(`\`, slashes/2))
			i++
			switch {
			case slashes%2 == 1:
				c.word.WriteByte('"')
			case between && i < len(line) && line[i] == '"':
				c.word.WriteByte('"')
				i++
			default:
				between = !between
			}
		case slashes > 0:
			c.quote()
			c.word.WriteString(strings.Repeat(`\`, slashes))
		case !between && (line[i] == ' ' || line[i] == '\t'):
			c.end()
			i++
		default:
			c.add(line[i])
			i++
		}
	}
	if between {
		return nil, errUnclosed
	}
	c.end()
	return c.words, nil
}
