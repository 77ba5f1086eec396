package zone

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// Feed is a list of networks, such as the addresses of a threat feed. The zero
// value lists none. It is not changed after parsing.
type Feed struct {
	File     string
	Entries  []Entry // in document order
	Warnings Findings
}

// Sizes that a feed may have. An entry takes about a hundred bytes in memory.
const (
	maxFeedEntries = 5_000_000
	maxFeedLine    = 4 << 10
)

// ParseFeed reads a netset: one address, CIDR network or first-last range a
// line; # begins a comment, at the start of a line or behind an entry. Blank
// lines, spaces around an entry and CRLF line ends are allowed. Host bits are
// masked (docs/semantics.md, threat-5). file labels positions and the feed.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error the entries are incomplete and must not be
// used. A million lines take about a tenth of a second.
func ParseFeed(file string, data []byte) (Feed, error) { return parseFeed(file, data, maxFeedEntries) }

func parseFeed(file string, data []byte, limit int) (Feed, error) {
	text := string(data)
	feed := Feed{File: file}
	reader := feedReader{file: file, limit: limit, entries: make([]Entry, 0, min(strings.Count(text, "\n")+1, len(text)/8+1, limit))}
	rest := text[len(data)-len(jsondoc.WithoutMark(data)):]
	reader.margin = len(text) - len(rest)
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		reader.lines++
		if !reader.line(strings.TrimSuffix(line, "\r")) {
			break
		}
		reader.margin = 0
	}
	feed.Entries = reader.entries
	failures, warnings := reader.found.Divide()
	feed.Warnings = warnings
	return feed, failures.Err()
}

type feedReader struct {
	file    string
	limit   int // of entries
	lines   int // read so far, so the number of the current one
	margin  int // bytes of the line that were cut off at its start: a byte order mark
	entries []Entry
	found   Findings
}

// line reads one line; false ends the reading.
func (r *feedReader) line(line string) bool {
	if len(line) > maxFeedLine {
		r.fail(0, "", "line-too-long", fmt.Errorf("the line has %d bytes, more than the limit of %d; expected one network a line", len(line), maxFeedLine))
		return true
	}
	if !utf8.ValidString(line) {
		r.fail(invalidByte(line), "", "bad-encoding", errors.New("the line is not valid UTF-8"))
		return true
	}
	content, _, _ := strings.Cut(line, "#")
	entry := strings.TrimLeft(content, " \t")
	column := len(content) - len(entry)
	entry = strings.TrimRight(entry, " \t")
	if entry == "" {
		return true
	}
	if len(r.entries) == r.limit {
		r.fail(column, "", "too-many-entries", fmt.Errorf("more than %d entries", r.limit))
		return false
	}
	network, err := netset.Parse(entry)
	if err != nil {
		r.fail(column, entry, networkCode(entry), err)
		return true
	}
	if everything(network) {
		r.found.Add(everythingWarning(&Finding{File: r.file, Line: r.lines, Column: r.margin + column + 1, Value: entry}))
	}
	r.entries = append(r.entries, Entry{
		Position: Position{File: r.file, Line: r.lines, Column: r.margin + column + 1},
		Text:     entry,
		Range:    network,
	})
	return true
}

func (r *feedReader) fail(column int, value, code string, cause error) {
	r.found.Add(&Finding{File: r.file, Line: r.lines, Column: r.margin + column + 1, Value: finding.Cut(value), Code: code, Err: cause})
}

// networkCode is the code for text that netset.Parse refused, by what it took
// the text for.
func networkCode(text string) string {
	switch {
	case strings.Contains(text, "-"):
		return "bad-range"
	case strings.Contains(text, "/"):
		return "bad-cidr"
	default:
		return "bad-address"
	}
}

func invalidByte(text string) int {
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return 0
}
