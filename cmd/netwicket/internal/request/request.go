package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Request is one request to decide about. The zero value is a request whose
// remote address is empty, which nothing can read.
type Request struct {
	Bare   bool        // the text was an address alone: a chain of one, whatever edge there is
	Remote string      // a RemoteAddr as a server reports it, or the address text
	Header http.Header // nil for a bare address
}

// Address is the request that an address alone stands for. Any text will do.
func Address(text string) Request { return Request{Bare: true, Remote: text} }

// Parse reads one line: JSON if it begins with {, else address text. Address
// text is never an error here.
func Parse(line []byte) (Request, error) {
	line = bytes.Trim(line, " \t")
	if len(line) == 0 || line[0] != '{' {
		return Address(string(line)), nil
	}
	return parseObject(line)
}

// ParseHeader reads header lines of the form "Name: value". Spaces and tabs
// around a value are dropped, an empty value stays as an empty line, names
// compare without case, and the lines of one name keep their order.
func ParseHeader(lines []string) (http.Header, error) {
	header := make(http.Header)
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		if !found {
			return nil, fmt.Errorf("header %q has no colon; write it as 'Name: value'", line)
		}
		if err := add(header, name, strings.Trim(value, " \t")); err != nil {
			return nil, err
		}
	}
	return header, nil
}

// parseObject goes through the object by hand, since encoding/json would match
// "Remote" as well and let the last of two "remote" win.
func parseObject(line []byte) (Request, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if _, err := decoder.Token(); err != nil {
		return Request{}, notJSON(err)
	}
	var request Request
	seen := make(map[string]bool, 2)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return Request{}, notJSON(err)
		}
		key, _ := token.(string)
		if seen[key] {
			return Request{}, fmt.Errorf("key %q is given twice", key)
		}
		seen[key] = true
		if err := request.set(key, decoder); err != nil {
			return Request{}, err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return Request{}, notJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Request{}, errors.New("there is more on the line after the JSON object")
	}
	if !seen["remote"] {
		return Request{}, errors.New(`key "remote" is missing`)
	}
	return request, nil
}

// set reads the value of one key.
func (r *Request) set(key string, decoder *json.Decoder) error {
	switch key {
	case "remote":
		var remote *string
		if err := decode(decoder, &remote); err != nil {
			return err
		}
		if remote == nil {
			return errors.New(`"remote" is null; it must be a string, empty for an unknown peer`)
		}
		r.Remote = *remote
		return nil
	case "headers":
		var pairs [][]*string
		if err := decode(decoder, &pairs); err != nil {
			return err
		}
		r.Header = make(http.Header, len(pairs))
		for i, pair := range pairs {
			if len(pair) != 2 || pair[0] == nil || pair[1] == nil {
				return fmt.Errorf(`"headers" entry %d is not a pair ["Name","value"]`, i+1)
			}
			if err := add(r.Header, *pair[0], *pair[1]); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf(`unknown key %q; a request has "remote" and "headers"`, key)
	}
}

func decode(decoder *json.Decoder, into any) error {
	err := decoder.Decode(into)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return errors.New(`"remote" is a string and "headers" a list of pairs ["Name","value"]`)
	}
	if err != nil {
		return notJSON(err)
	}
	return nil
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends in the middle")
	}
	return fmt.Errorf("the line is not JSON: %w", err)
}

// add refuses names that no server would deliver, so that a slip such as
// "X-Forwarded-For " is an error instead of a header that nobody reads.
func add(header http.Header, name, value string) error {
	if !isToken(name) {
		return fmt.Errorf("%q is not a header name", name)
	}
	header.Add(name, value)
	return nil
}

// isToken is RFC 9110, section 5.6.2.
func isToken(name string) bool {
	for _, c := range []byte(name) {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return name != ""
}
