package zone

import (
	"strings"

	"github.com/netwicket/netwicket/internal/netset"
)

// Feed is a list of networks, such as the addresses of a threat feed. The zero
// value lists none. It is not changed after parsing.
type Feed struct {
	File     string
	Entries  []Entry // in document order
	Warnings Findings
}

// ParseFeed reads a netset: one address, CIDR network or first-last range a
// line; # begins a comment, at the start of a line or behind an entry. Blank
// lines, spaces around an entry and CRLF line ends are allowed. Feeds with counts
// behind the networks, as CSV, JSON lines, ipset save, and the documents of some
// providers are read too (docs/semantics.md, address-8); what is none of them is an
// error. Host bits are masked, with a warning. At most 5,000,000 entries, in lines of at most 4 KiB;
// an entry takes about a hundred bytes in memory. file labels positions and the
// feed.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error the entries are incomplete and must not be
// used. A million lines take about a tenth of a second.
func ParseFeed(file string, data []byte) (Feed, error) {
	text := string(data)
	feed := Feed{File: file}
	feed.Entries = make([]Entry, 0, min(strings.Count(text, "\n")+1, len(text)/8+1, netset.MaxEntries))
	failures, warnings := netset.ReadList(file, text, netset.Limits{}, func(e netset.Entry) {
		feed.Entries = append(feed.Entries, Entry{Position: Position{File: file, Line: e.Line, Column: e.Column}, Text: e.Text, Range: e.Range})
	})
	feed.Warnings = warnings
	return feed, failures.Err()
}
