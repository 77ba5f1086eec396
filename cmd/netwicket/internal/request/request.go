package request

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
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

// parseObject is the request of a line; the error is the first thing that
// is wrong with it: its JSON, a key, or a value.
func parseObject(line []byte) (Request, error) {
	root, reader := jsondoc.Read("", line)
	reader.Strict(root, "remote", "headers")
	request := Read(reader, root)
	if len(reader.Found) == 0 {
		return request, nil
	}
	first := reader.Found[0]
	return Request{}, fmt.Errorf("column %d: %s", first.Column, first.Message())
}

// Read reads remote and headers of an object, which may have other keys as well.
// What is wrong is noted by the reader: beside that, the request must not be used.
func Read(reader *jsondoc.Reader, object jsondoc.Node) Request {
	var r Request
	remote, headers := object.Get("remote"), object.Get("headers")
	switch {
	case !remote.Exists():
		reader.Fail(object, "missing-value", `remote is missing; expected a string such as "203.0.113.9", empty for an unknown peer`)
	case reader.Is(remote, jsondoc.String, "a string, empty for an unknown peer"):
		r.Remote = remote.String()
	}
	if !headers.Exists() {
		return r
	}
	r.Header = make(http.Header, headers.Len())
	if !reader.Given(headers, jsondoc.Array, `a list of pairs ["Name","value"]`) {
		return r
	}
	for _, pair := range headers.Elements() {
		readPair(reader, r.Header, pair)
	}
	return r
}

func readPair(reader *jsondoc.Reader, header http.Header, pair jsondoc.Node) {
	if !reader.Is(pair, jsondoc.Array, `a pair ["Name","value"]`) {
		return
	}
	var parts []string
	for _, part := range pair.Elements() {
		if !reader.Is(part, jsondoc.String, `a string of a pair ["Name","value"]`) {
			return
		}
		parts = append(parts, part.String())
	}
	if len(parts) != 2 {
		reader.Fail(pair, "bad-type", `expected a pair ["Name","value"], found %d elements`, len(parts))
		return
	}
	if err := add(header, parts[0], parts[1]); err != nil {
		reader.Fail(pair, "bad-request", "%w", err)
	}
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
