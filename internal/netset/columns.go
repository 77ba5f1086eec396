package netset

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// cell is a piece of a row, and where it begins in the line.
type cell struct {
	text string
	at   int
}

// row reads a line on which more stands than a network: columns behind white
// space, or cells of a CSV. One column holds the networks, the same in every row;
// what the others may hold is what cannot be a second network, or take back the
// first (docs/semantics.md, address-8). False ends the reading.
func (r *listReader) row(text string, at int) bool {
	content, commas, err := r.uncommented(text)
	if err != nil {
		return r.refuse(text, at, err)
	}
	if commas {
		var whole bool
		if r.cells, whole = cellsOf(r.cells[:0], content, at); !whole {
			return r.refuse(content, at, errors.New("a quotation mark within a cell; expected cells as RFC 4180 has them"))
		}
		return r.csvRow(content, r.cells)
	}
	r.cells = fieldsOf(r.cells[:0], content, at)
	fields := r.cells
	network := fields[0].text
	if len(fields) > 2 && fields[1].text == "-" {
		network, fields = content[:fields[2].at+len(fields[2].text)-at], fields[2:]
	} else if _, err := ParseRange(content); err == nil {
		network, fields = content, fields[:1]
	}
	parsed, hostBits, err := Parse(network)
	if err != nil {
		return r.unread(content, at, err)
	}
	for _, other := range fields[1:] {
		if err := r.besides(content, other.text); err != nil {
			return r.refuse(content, at, err)
		}
	}
	if len(fields) > 1 {
		r.lengths.note(Entry{Line: r.lines, Column: r.margin + at + 1, Text: content}, network, fields[1].text)
	}
	return r.inColumn(1, content, at) &&
		r.entry(Entry{Line: r.lines, Column: r.margin + at + 1, Text: network, Range: parsed}, hostBits)
}

// besides says why a column behind white space keeps a row from being read. Counts
// and dates are what feeds have there; a word may be anything, such as the verdict of
// a map.
func (r *listReader) besides(row, text string) error {
	switch {
	case addressLike(text):
		return r.rewrite("rows of two addresses, perhaps first and last", `awk '{print $1 "-" $2}'`, "")
	case isCount(text):
		return nil
	default:
		return cmp.Or(r.looks(row), r.rewrite("rows with a column that is neither a count nor a date", `awk '{print $1}'`, ""))
	}
}

// csvRow reads the cells of one row.
func (r *listReader) csvRow(content string, cells []cell) bool {
	at := cells[0].at
	if r.header == 0 && r.column == 0 && isHeader(cells) { // nothing stands before it but comments
		return r.csvHeader(content, cells)
	}
	found, verdict := -1, -1
	for i, c := range cells {
		switch {
		case isVerdict(c.text):
			verdict = i
		case !addressLike(c.text):
		case found >= 0:
			return r.refuse(content, at, r.rewrite("a CSV with two addresses in a row, perhaps first and last",
				fmt.Sprintf(`awk -F, '%s{gsub(/"/, ""); print $%d "-" $%d}'`, r.rows(), found+1, i+1), ""))
		default:
			found = i
		}
	}
	if found < 0 { // what stands there is what is wrong
		found = min(max(r.column-1, 0), len(cells)-1)
	}
	if verdict >= 0 {
		return r.refuse(content, at, r.rewrite("a CSV whose rows say what to do with an address",
			fmt.Sprintf(`awk -F, '{gsub(/"/, "")} $%d=="%s"{print $%d}'`, verdict+1, cells[verdict].text, found+1), ""))
	}
	network := cells[found]
	if address, _, port := strings.Cut(network.text, ":"); port && strings.Count(address, ".") == 3 {
		return r.refuse(network.text, network.at, r.rewrite("a CSV of addresses with ports", fmt.Sprintf(`awk -F, '%s{gsub(/[ "]/, ""); sub(/:.*/, "", $%d); print $%d}'`, r.rows(), found+1, found+1), ""))
	}
	return r.inColumn(found+1, network.text, network.at) && r.network(network.text, network.at)
}

// rows is how awk passes over comments and the names of the columns.
func (r *listReader) rows() string {
	if r.header == 0 {
		return "!/^#/"
	}
	return fmt.Sprintf("NR>%d && !/^#/", r.header)
}

// csvHeader takes the first line for the names of the columns. A geo source of ours
// begins so too, and its networks are no list.
func (r *listReader) csvHeader(content string, cells []cell) bool {
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = strings.ToLower(c.text)
	}
	for _, geo := range []string{"country", "geoname_id", "autonomous_system_number", "asn"} {
		if names[0] == "network" && slices.Contains(names, geo) {
			return r.refuse(content, cells[0].at, errors.New("this looks like geo data, which says something of each network; name it as a source of geo data (geo, -g), or take its networks out with: "+
				shell("awk -F, 'NR>1{print $1}'", r.file)))
		}
	}
	r.header, r.named = r.lines, slices.ContainsFunc(names, namesAddress)
	return true
}

// inColumn notes where the row has its network, which must be where the others have it.
func (r *listReader) inColumn(column int, value string, at int) bool {
	if r.column == 0 {
		r.column = column
	}
	if r.column == column {
		return true
	}
	return r.refuse(value, at, fmt.Errorf("the network stands in column %d, and in column %d of the rows before; expected one column of networks", column, r.column))
}

// uncommented is a line without its comment, and whether commas divide it.
func (r *listReader) uncommented(text string) (content string, commas bool, err error) {
	quoted, end := false, len(text)
scan:
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas = true
		case c == '#', c == ';' && (text[i-1] == ' ' || text[i-1] == '\t'):
			end = i
			if first := strings.Fields(text[i+1:]); c == ';' && len(first) > 0 && addressLike(first[0]) {
				return "", false, errors.New("another address behind a semicolon; expected one network a line, and ; before comments alone")
			}
			break scan
		case c == ';':
			return "", false, cmp.Or(r.looks(text), r.rewrite("columns that semicolons divide", `awk -F';' '{print $1}'`, ""))
		}
	}
	if quoted {
		return "", false, errors.New("a quotation mark that is not closed on its line")
	}
	return strings.TrimRight(text[:end], " \t"), commas, nil
}

// cellsOf appends the cells of a row of a CSV, whose quotation marks are closed;
// false if they stand anywhere but around a cell.
func cellsOf(cells []cell, content string, at int) ([]cell, bool) {
	quoted, start := false, 0
	for i := 0; i <= len(content); i++ {
		switch {
		case i == len(content), content[i] == ',' && !quoted:
			text := strings.TrimLeft(content[start:i], " \t")
			c := cell{at: at + i - len(text), text: strings.TrimRight(text, " \t")}
			outside := c.text
			if inner, opened := strings.CutPrefix(c.text, `"`); opened {
				c.text, c.at = strings.TrimSuffix(inner, `"`), c.at+1
				outside = strings.ReplaceAll(c.text, `""`, "")
			}
			if strings.Contains(outside, `"`) {
				return cells, false
			}
			cells, start = append(cells, c), i+1
		case content[i] == '"':
			quoted = !quoted
		}
	}
	return cells, true
}

// fieldsOf appends the pieces of a row between white space.
func fieldsOf(fields []cell, content string, at int) []cell {
	for text := content; text != ""; {
		end := strings.IndexAny(text, " \t")
		if end < 0 {
			end = len(text)
		}
		fields = append(fields, cell{text[:end], at + len(content) - len(text)})
		text = strings.TrimLeft(text[end:], " \t")
	}
	return fields
}

// isHeader says that every cell is a name or empty.
func isHeader(cells []cell) bool {
	named := false
	for _, c := range cells {
		for i, letter := range strings.ToLower(c.text) {
			if (letter < 'a' || letter > 'z') && (i == 0 || !strings.ContainsRune("0123456789_- ", letter)) {
				return false
			}
		}
		named = named || c.text != ""
	}
	return named
}

// namesAddress says that a column's name, in lower case, is that of addresses.
func namesAddress(name string) bool {
	for _, word := range strings.FieldsFunc(name, func(c rune) bool { return c == '_' || c == '-' || c == ' ' }) {
		word = strings.TrimSuffix(strings.TrimRight(word, "46"), "v")
		if slices.ContainsFunc([]string{"ip", "ipaddress", "dstip", "srcip", "ioc", "indicator", "addr", "address", "network", "prefix", "cidr", "subnet", "range", "netblock", "host"},
			func(known string) bool { return word == known || word == known+"s" || word == known+"es" }) {
			return true
		}
	}
	return false
}

// isVerdict says that a word says what to do, so that a row may say the contrary of
// what it is read for.
func isVerdict(text string) bool {
	switch strings.ToLower(text) {
	case "allow", "allowed", "deny", "denied", "accept", "reject", "permit", "drop", "except", "exclude", "nomatch", "true", "false",
		"whitelist", "whitelisted", "allowlist", "allowlisted", "unblock":
		return true
	default:
		return false
	}
}

// isCount says that a column is a number above zero, a date or a time. A zero may
// stand for no.
func isCount(text string) bool {
	above := false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '1' && c <= '9', i > 0 && c == ':':
			above = true
		case c == '0', i > 0 && strings.IndexByte(".-TZ+", c) >= 0:
		default:
			return false
		}
	}
	return above
}

// addressLike says that text is an address, prefix or range, or was meant as one.
func addressLike(text string) bool {
	dots, colons, digits := 0, 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F', c == '/', c == '-', c == '*', c == '[', c == ']', c == ' ', c == '\t':
		case c == '%': // the zone of an address
			return colons > 1
		default:
			return false
		}
	}
	return dots >= 3 && digits >= 3 || strings.Contains(text, "::") || colons >= 6
}

// lengths tells a second column of counts from one of prefix lengths: where each
// number fits the address before it as a length, it may be one.
type lengths struct {
	first Entry
	fits  bool
	other bool // a row that shows that they are none
}

func (l *lengths) note(e Entry, network, column string) {
	if l.other {
		return
	}
	prefix, err := netip.ParsePrefix(network + "/" + column)
	switch {
	case err != nil, prefix != prefix.Masked():
		l.other = true
	case !l.fits && !prefix.IsSingleIP():
		l.fits, l.first = true, e
	}
}

// doubt is the first row of a list whose second column may be lengths of prefixes.
func (l *lengths) doubt() (Entry, bool) { return l.first, l.fits && !l.other }
