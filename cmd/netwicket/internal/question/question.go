package question

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/netset"
)

// MaxText is how long a question may be, in bytes: it stands in a URL.
const MaxText = 32 << 10

// Kind is what a question was read as.
type Kind string

// The kinds. The zero Kind is no question.
const (
	Address Kind = "address"
	Network Kind = "network"
	Headers Kind = "headers" // lines "Name: value"
	Head    Kind = "head"    // of an HTTP request: request line and headers
	Object  Kind = "object"  // {"remote":...,"headers":...}
	Curl    Kind = "curl"
	Record  Kind = "record" // of an access log
)

// Question is one question. The zero value asks nothing.
type Question struct {
	Kind    Kind
	Request request.Request // of every kind but Network
	Network netipx.IPRange  // of kind Network

	// TakesPeer says that the text does not say who connected: it was looked for beside
	// the text.
	TakesPeer bool
	// PeerUnknown says that it was not there either.
	PeerUnknown bool
}

// unknownPeer is the remote address where nobody says who connected. An empty one would
// be a socket of this machine, which an edge may trust; a name is nobody.
const unknownPeer = "unknown"

// Parse reads a question; peer is who connected, for those texts that do not say so, and
// may be empty. The error says what was expected and what was found.
func Parse(text, peer string) (Question, error) {
	if len(text) > MaxText {
		return Question{}, fmt.Errorf("expected at most %d bytes, found %d", MaxText, len(text))
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return Question{}, errors.New("expected text in UTF-8, found other bytes")
	}
	text = strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), " \t\n")
	if text == "" {
		return Question{}, nil
	}
	q, err := parse(text)
	if err != nil || !q.TakesPeer {
		return q, err
	}
	q.Request.Remote = strings.TrimSpace(peer)
	if q.Request.Remote == "" {
		q.Request.Remote, q.PeerUnknown = unknownPeer, true
		return q, nil
	}
	if err := checkPeer(q.Request.Remote); err != nil {
		return Question{}, err
	}
	return q, nil
}

func parse(text string) (Question, error) {
	if isAddress(text) {
		return Question{Kind: Address, Request: request.Address(text)}, nil
	}
	switch {
	case looksLikeNetwork(text):
		network, _, err := netset.Parse(text)
		if err != nil {
			return Question{}, fmt.Errorf("expected a network such as 203.0.113.0/24 or 203.0.113.1-203.0.113.9, found %s: %w", quoted(text), err)
		}
		return Question{Kind: Network, Network: network}, nil
	case text[0] == '{' || text[0] == '[':
		return parseJSON(text)
	case isCurl(text):
		return parseCurl(text)
	}
	if q, read, err := parseRecord(text); read {
		return q, err
	}
	return parseHeaders(text)
}

// isAddress says that a text is an address in one of the spellings that eval takes.
func isAddress(text string) bool {
	_, err := gate.PeerWithoutEdge(text)
	return err == nil
}

// looksLikeNetwork says that a text is made as a prefix or a range is.
func looksLikeNetwork(text string) bool {
	return strings.ContainsAny(text, "/-") && strings.Trim(text, "0123456789abcdefABCDEF.:/- \t") == "" && strings.ContainsAny(text, ".:")
}

// checkPeer refuses what no server reports of who connected.
func checkPeer(text string) error {
	if isAddress(text) || strings.HasPrefix(text, "@") || strings.HasPrefix(text, "/") {
		return nil
	}
	return fmt.Errorf("expected who connected as an address such as 10.0.0.1 or 10.0.0.1:4711, or as a socket such as @, found %s", quoted(text))
}

// quoted quotes the start of a text: it may hold anything.
func quoted(text string) string {
	const enough = 60
	if len(text) <= enough {
		return strconv.Quote(text)
	}
	end := enough
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return strconv.Quote(text[:end]) + "..."
}
