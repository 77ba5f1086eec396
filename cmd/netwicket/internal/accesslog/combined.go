package accesslog

import (
	"errors"
	"net/netip"
	"strings"
)

// The reasons why a line is no record of the common or combined format. They
// are values, since a log may hold nothing but such lines.
var (
	errHead     = errors.New("expected an address at the start of the line, then the identity and the user")
	errTime     = errors.New("expected a time such as [17/May/2015:10:05:03 +0000] behind the user, and then the request in quotes")
	errRequest  = errors.New("expected the request in quotes behind the time, and then its status")
	errSize     = errors.New("expected the size of the answer behind the status")
	errReferrer = errors.New("expected the referrer in quotes behind the size")
)

// textFormat is which of the two text formats a line must have.
type textFormat uint8

const (
	either textFormat = iota
	common
	combined
)

// read appends what a line of the common or combined format says. It is written
// where it is kept: handed up by value from here it took a tenth of a line's time.
func (f textFormat) read(line string, entries []Entry) ([]Entry, error) {
	n := len(entries)
	entries = append(entries, Entry{})
	if err := f.parse(line, &entries[n]); err != nil {
		return entries[:n], err
	}
	return entries, nil
}

func (f textFormat) parse(line string, e *Entry) error {
	rest, ok := e.cutHead(line)
	if !ok {
		return errHead
	}
	rest, e.Time, ok = cutTime(rest)
	if !ok {
		return errTime
	}
	rest, ok = cutRequest(rest)
	if !ok {
		return errRequest
	}
	size, tail, _ := strings.Cut(rest, " ")
	if size == "" {
		return errSize
	}
	if f == common {
		return nil
	}
	if tail == "" || tail[0] != '"' {
		if f == combined {
			return errReferrer
		}
		return nil
	}
	if last := behindAgent(tail); e.Forwarded == "" {
		e.Forwarded = forwarded(last)
	}
	return nil
}

// cutHead reads what stands in front of the time. Nearly all logs have the peer
// alone there, without quotes or commas, and no identity: that needs no fields,
// and reading it so takes a tenth off the time of a line.
func (e *Entry) cutHead(line string) (rest string, ok bool) {
	space := strings.IndexByte(line, ' ')
	if space > 0 && strings.HasPrefix(line[space:], " - ") && line[0] != '"' && strings.IndexByte(line[:space], ',') < 0 {
		e.Remote = line[:space]
		return line[space+len(" - "):], true
	}
	var h head
	if rest, ok = h.read(line); ok {
		*e, ok = h.entry()
	}
	return rest, ok
}

// maxGroups is how many fields can stand in front of the time: a host,
// X-Forwarded-For, the peer, the identity and the user.
const maxGroups = 5

// head is what stands in front of the time, cut into fields. A list of
// addresses, "a, b", is one field.
type head struct {
	groups [maxGroups]group
	count  int
}

type group struct {
	text   string
	comma  int // the last one outside of nothing but the list; -1: none
	quoted bool
}

// read cuts the fields off and gives what follows, from the user or the time on.
// Everything behind the first lone "-" is the user's doing, so that a user called
// "- 10.0.0.1 -" moves nothing.
func (h *head) read(line string) (rest string, ok bool) {
	for h.count < maxGroups {
		g, rest, ok := cutGroup(line)
		if !ok {
			return "", false
		}
		if h.count > 0 && g.text == "-" && !g.quoted {
			return rest, true
		}
		h.groups[h.count] = g
		h.count++
		line = rest
		if h.count > 2 && line != "" && line[0] == '[' {
			h.count -= 2 // an identity and a user, as identd gave them
			return line, true
		}
	}
	return "", false
}

// cutGroup cuts one field and the space behind it off.
func cutGroup(line string) (g group, rest string, ok bool) {
	if g.text, rest, g.quoted = quoted(line); g.quoted {
		g.comma = strings.LastIndexByte(g.text, ',')
		rest, ok = strings.CutPrefix(rest, " ")
		return g, rest, ok
	}
	if strings.HasPrefix(line, `"`) {
		return group{}, "", false
	}
	for at := 0; ; {
		space := strings.IndexByte(line[at:], ' ')
		if space < 0 {
			return group{}, "", false
		}
		at += space
		if g.text = line[:at]; !strings.HasSuffix(g.text, ",") {
			g.comma = strings.LastIndexByte(g.text, ',')
			return g, line[at+1:], g.text != ""
		}
		at++ // the list goes on
	}
}

// entry tells the fields apart.
func (h *head) entry() (Entry, bool) {
	peer := h.groups[max(h.count, 1)-1]
	switch {
	case peer.comma >= 0 && h.count <= 2: // a host may stand in front
		list, last := peer.text[:peer.comma], strings.Trim(peer.text[peer.comma+1:], " ")
		return Entry{Remote: last, Forwarded: list}, true
	case h.count == 1:
		return Entry{Remote: peer.text}, true
	case peer.comma >= 0 || h.count > 3:
		return Entry{}, false
	}
	e := Entry{Remote: peer.text}
	if h.count == 2 && h.groups[0].beforeHost(peer) {
		return Entry{}, false
	}
	if list := h.groups[h.count-2]; h.count == 3 || list.isForwarded() {
		e.Forwarded = forwarded(list.text)
	}
	return e, true
}

// beforeHost says that an address stands in front of a name: a peer and its
// virtual host, or X-Forwarded-For and a peer whose name was looked up. Only
// localhost is sure to be a peer.
func (g group) beforeHost(name group) bool {
	return !g.quoted && g.comma < 0 && g.isForwarded() && !name.isForwarded() &&
		name.text != "localhost" && !strings.HasPrefix(name.text, "unix:")
}

// isForwarded tells X-Forwarded-For from a host in front of the peer.
func (g group) isForwarded() bool {
	if g.quoted || g.comma >= 0 || g.text == "unknown" {
		return true
	}
	if _, err := netip.ParseAddrPort(g.text); err == nil {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(g.text, "[]"))
	return err == nil
}

// cutTime finds the first time in brackets with a quote behind it; in front of it
// stands the user, whose quotes servers escape.
func cutTime(line string) (rest string, seconds int64, ok bool) {
	for at := 0; ; at++ {
		open := strings.IndexByte(line[at:], '[')
		if open < 0 {
			return "", 0, false
		}
		at += open
		if at > 0 && line[at-1] != ' ' {
			continue
		}
		text, rest, _ := strings.Cut(line[at+1:], "]")
		if len(text) < len("2006-01-02T15:04:05") || !strings.HasPrefix(rest, ` "`) {
			continue
		}
		if seconds := parseTime(text); seconds != 0 {
			return rest[len(" "):], seconds, true
		}
	}
}

// cutRequest drops the request and its status. Servers escape quotes inside of
// the request; of one that does not, the quote with a status behind it counts.
func cutRequest(line string) (rest string, ok bool) {
	for {
		_, behind, ok := quoted(line)
		if !ok {
			return "", false
		}
		if rest, ok := cutStatus(behind); ok {
			return rest, true
		}
		line = line[len(line)-len(behind)-1:] // from this quote on
	}
}

// cutStatus drops " 200 ", or " - " for an answer that was never given.
func cutStatus(line string) (rest string, ok bool) {
	if strings.HasPrefix(line, " - ") {
		return line[3:], true
	}
	if len(line) < len(" 200 ") || line[0] != ' ' || line[4] != ' ' {
		return "", false
	}
	return line[len(" 200 "):], digits(line[1:4])
}

// behindAgent is the quoted field behind the referrer and the agent.
func behindAgent(line string) string {
	for range 2 {
		_, rest, _ := quoted(line)
		if !strings.HasPrefix(rest, ` "`) {
			return ""
		}
		line = rest[len(" "):]
	}
	text, _, _ := quoted(line)
	return text
}

// quoted is the text in the quotes that line begins with, and what stands behind
// them. A quote behind a backslash is part of the text.
func quoted(line string) (text, rest string, ok bool) {
	if line == "" || line[0] != '"' {
		return "", "", false
	}
	for at := 1; ; at++ {
		quote := strings.IndexByte(line[at:], '"')
		if quote < 0 {
			return "", "", false
		}
		at += quote
		backslashes := 0
		for line[at-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return line[1:at], line[at+1:], true
		}
	}
}
