package question

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

// isCurl says that a text is a command that runs curl.
func isCurl(text string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(text, "$ "), " ")
	name, _, _ = strings.Cut(name, "\t")
	return name == "curl" || strings.EqualFold(name, "curl.exe")
}

// parseCurl reads a command. Its headers count and nothing else: who connected is not in
// it, and where it leads to is not looked up.
func parseCurl(text string) (Question, error) {
	text = strings.TrimPrefix(text, "$ ")
	words, err := words(text)
	if err != nil {
		return Question{}, fmt.Errorf("curl command: %w", err)
	}
	c := curl{words: words[1:], header: make(http.Header), own: make(http.Header)}
	if err := c.read(); err != nil {
		return Question{}, fmt.Errorf("curl command: %w", err)
	}
	return Question{Kind: Curl, Request: request.Request{Header: c.header}, TakesPeer: true}, nil
}

// words are those of a command, be it written for sh or for cmd.exe.
func words(text string) ([]string, error) {
	if isCmdExe(text) {
		return byCmdExe(text)
	}
	words, err := byShell(text)
	if errors.Is(err, errSecond) && strings.Contains(text, "^\n") { // which goes on in the next line there
		return byCmdExe(text)
	}
	return words, err
}

// curl is a command while it is read.
type curl struct {
	words  []string
	header http.Header // that -H gives
	own    http.Header // that other options give, unless -H does
	urls   int
}

func (c *curl) read() error {
	options := true
	for len(c.words) > 0 {
		word := c.words[0]
		c.words = c.words[1:]
		var err error
		switch {
		case options && word == "--":
			options = false
		case options && strings.HasPrefix(word, "--"):
			err = c.option(word, word[2:])
		case options && strings.HasPrefix(word, "-"):
			err = c.letters(word[1:])
		default:
			c.urls++
		}
		if err != nil {
			return err
		}
	}
	if c.urls == 0 {
		return errors.New("expected the URL that is asked for, found none")
	}
	for name, values := range c.own {
		if c.header[name] == nil {
			c.header[name] = values
		}
	}
	return nil
}

// letters takes options of one letter, the last of which may have its value behind it.
func (c *curl) letters(word string) error {
	if word == "" {
		return c.option("-", word)
	}
	for i := range len(word) {
		name := shortOptions[word[i]]
		if _, hasValue := option(name); hasValue && i+1 < len(word) {
			c.words = append([]string{word[i+1:]}, c.words...)
			return c.option("-"+word[i:i+1], name)
		}
		if err := c.option("-"+word[i:i+1], name); err != nil {
			return err
		}
	}
	return nil
}

// option takes an option, which was written so, with its value.
func (c *curl) option(written, name string) error {
	if why, is := refused[name]; is {
		return fmt.Errorf("%s: %s", quoted(written), why)
	}
	known, hasValue := option(name)
	if !known {
		return fmt.Errorf("expected options of curl, found %s", quoted(written))
	}
	if !hasValue {
		return nil
	}
	if len(c.words) == 0 {
		return fmt.Errorf("expected a value behind %s, found the end of the command", written)
	}
	value := c.words[0]
	c.words = c.words[1:]
	switch name {
	case "header":
		return c.addHeader(value)
	case "user-agent":
		return c.addOwn("User-Agent", value)
	case "referer":
		return c.addOwn("Referer", strings.TrimSuffix(value, ";auto"))
	case "cookie":
		if strings.Contains(value, "=") { // else it names a file
			return c.addOwn("Cookie", value)
		}
	case "url":
		c.urls++
	}
	return nil
}

// addHeader takes a header line as curl does: without a value it takes one away that
// curl would send by itself, with ; in place of the colon it is an empty one.
func (c *curl) addHeader(line string) error {
	if strings.HasPrefix(line, "@") {
		return fmt.Errorf("expected a header line, found %s, which reads it from a file", quoted(line))
	}
	name, value, found := strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	switch name2, empty := strings.CutSuffix(line, ";"); {
	case found && value == "":
		return nil
	case !found && empty:
		name = name2
	case !found:
		return fmt.Errorf("expected a header line \"Name: value\", found %s", quoted(line))
	}
	return add(c.header, name, value)
}

func (c *curl) addOwn(name, value string) error {
	c.own.Del(name)
	if value == "" {
		return nil
	}
	return add(c.own, name, value)
}

// add adds a line of headers, which has to be one.
func add(header http.Header, name, value string) error {
	if strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("expected one line for the header %s, found a line break or a zero byte in it", quoted(name))
	}
	one, err := request.ParseHeader([]string{name + ": " + value})
	if err != nil {
		return err
	}
	for name, values := range one {
		header[name] = append(header[name], values...)
	}
	return nil
}
