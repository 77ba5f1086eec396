package console

import (
	"fmt"
	"strings"
)

// english is all that the site says to people, by key. Pages have no text of their own.
type english map[string]string

// readEnglish reads lines of "key = text"; lines that begin with # are comments.
func readEnglish(text string) (english, error) {
	words := make(english)
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, words1, found := strings.Cut(line, " = ")
		if _, twice := words[key]; !found || twice {
			return nil, fmt.Errorf("english.txt:%d: expected a line of \"key = text\" with a key of its own, found %q", number+1, line)
		}
		words[key] = words1
	}
	return words, nil
}

// say is a text with its values, as fmt.Sprintf has them. A key that is not there is
// shown as itself, which a test finds.
func (e english) say(key string, values ...any) string {
	text, known := e[key]
	if !known {
		return key
	}
	if len(values) == 0 {
		return text
	}
	return fmt.Sprintf(text, values...)
}

// count is a text with a number, or the one whose key ends with .one.
func (e english) count(key string, number any) string {
	if one, known := e[key+".one"]; known && fmt.Sprint(number) == "1" {
		return one
	}
	return e.say(key, grouped(number))
}

// under are the texts whose keys begin so, without that beginning, for scripts.
func (e english) under(prefix string) map[string]string {
	some := make(map[string]string)
	for key, text := range e {
		if rest, found := strings.CutPrefix(key, prefix); found {
			some[rest] = text
		}
	}
	return some
}
