package question

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
)

// parseHeaders reads lines of headers, which may have in front of them who connected and
// the request line.
func parseHeaders(text string) (Question, error) {
	lines := strings.Split(text, "\n")
	h := headerLines{header: make(http.Header)}
	if first := strings.TrimSpace(lines[0]); isAddress(first) && len(lines) > 1 {
		h.peer, h.said = first, true
		lines[0] = ""
	} else if !isRequestLine(lines[0]) && !isHeader(lines[0]) {
		return Question{}, fmt.Errorf("expected an address, a network, a request with its headers, a curl command or a line of a log, found %s", quoted(text))
	}
	for number, line := range lines {
		if h.head && strings.TrimSpace(line) == "" {
			break // what stands behind it is a body
		}
		if err := h.read(line); err != nil {
			return Question{}, fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	q := Question{Kind: Headers, Request: request.Request{Remote: h.peer, Header: h.header}, TakesPeer: !h.said}
	if h.head {
		q.Kind = Head
	}
	return q, nil
}

// headerLines are what was read so far.
type headerLines struct {
	peer   string
	said   bool // who connected
	head   bool // there was a request line
	header http.Header
}

func (h *headerLines) read(line string) error {
	name, value, _ := strings.Cut(line, ":")
	switch {
	case strings.TrimSpace(line) == "":
		return nil
	case isRequestLine(line) && !h.head && len(h.header) == 0:
		h.head = true
		return nil
	case isPseudoHeader(line):
		return nil
	case !h.head && strings.EqualFold(name, "remote"):
		return h.readPeer(strings.TrimSpace(value))
	case line[0] == ' ' || line[0] == '\t':
		return fmt.Errorf("expected a header line \"Name: value\", found one that goes on with the line before it: %s", quoted(line))
	}
	one, err := request.ParseHeader([]string{line})
	if err != nil {
		return fmt.Errorf("expected a header line \"Name: value\", found %s: %w", quoted(line), err)
	}
	for name, values := range one {
		h.header[name] = append(h.header[name], values...)
	}
	return nil
}

func (h *headerLines) readPeer(value string) error {
	if h.said {
		return fmt.Errorf("expected to hear once who connected, found it again: %s", quoted(value))
	}
	h.said = true
	if value == "" {
		h.peer = unknownPeer
		return nil
	}
	h.peer = value
	return checkPeer(value)
}

// isHeader says that a line begins as a header does. A name that begins with anything
// but a letter is a time or an address more often.
func isHeader(line string) bool {
	if isPseudoHeader(line) {
		return true
	}
	_, err := request.ParseHeader([]string{line})
	return err == nil && (line[0]|0x20) >= 'a' && (line[0]|0x20) <= 'z'
}

// isPseudoHeader says that a line is one of those that browsers show for HTTP/2 and
// HTTP/3 in place of the request line (RFC 9113, section 8.3.1).
func isPseudoHeader(line string) bool {
	return slices.ContainsFunc([]string{":method:", ":scheme:", ":authority:", ":path:"}, func(name string) bool {
		return strings.HasPrefix(line, name)
	})
}

// isRequestLine is RFC 9112, section 3, as browsers show it for later versions too.
func isRequestLine(line string) bool {
	parts := strings.Split(strings.TrimRight(line, " \t"), " ")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || strings.Trim(parts[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return false
	}
	version, found := strings.CutPrefix(parts[2], "HTTP/")
	return found && slices.Contains([]string{"0.9", "1.0", "1.1", "2", "2.0", "3", "3.0"}, version)
}
