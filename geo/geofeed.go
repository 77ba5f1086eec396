package geo

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/netwicket/netwicket/internal/netset"
)

// feedColumns are what a line of a geofeed has, https://www.rfc-editor.org/rfc/rfc8805
// section 2.1.1. All but the first may be empty, or left out at the end.
const feedColumns = "prefix,country,region,city,postal"

// isGeofeed tells a geofeed by its first line that is no comment: there is no header,
// and behind the network stands a country or nothing. Corrections without their header
// line have a cell more, and ranges first,last have an address there.
func isGeofeed(text []byte) bool {
	text = bytes.TrimPrefix(text, byteOrderMark)
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		line, _, _ = bytes.Cut(line, []byte("#"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(line) > maxLineLength {
			return false
		}
		cells := strings.Split(string(line), ",")
		for i := range cells {
			cells[i] = strings.Trim(cells[i], "\" \t")
		}
		_, _, err := netset.Parse(cells[0])
		return err == nil && len(cells) > 1 && len(cells) <= 5 && (cells[1] == "" || len(cells[1]) == 2)
	}
	return false
}

// withoutComments blanks what stands behind a # outside of quotation marks. Positions
// stay what they are.
func withoutComments(text []byte) []byte {
	if !bytes.Contains(text, []byte("#")) {
		return text
	}
	text = bytes.Clone(text)
	quoted, comment := false, false
	for i, c := range text {
		switch {
		case c == '\n':
			quoted, comment = false, false
		case comment:
			text[i] = ' '
		case c == '"':
			quoted = !quoted
		case c == '#' && !quoted:
			text[i], comment = ' ', true
		}
	}
	return text
}

// feedRow reads the cells of one line of a geofeed: its network and what it states
// (docs/semantics.md, geo-13). Of a line that is blank there is nothing to add.
func (r *csvReader) feedRow(line int, cells []string) {
	text := strings.Join(cells, ",")
	for i := range cells {
		cells[i] = strings.Trim(cells[i], " \t")
	}
	switch {
	case len(cells) == 1 && cells[0] == "":
		return
	case len(cells) < 2 || len(cells) > 5:
		r.fail(line, 1, strings.Trim(text, " \t"), "bad-row", fmt.Errorf("%d cells; expected 5 of a geofeed (RFC 8805): %s", len(cells), feedColumns))
		return
	case strings.Contains(cells[0], "-"):
		r.cellError(0, cells[0], "bad-range", errors.New("a geofeed has no ranges; expected an address or a prefix"))
		return
	}
	country, region := cells[1], ""
	if len(cells) > 2 {
		region = cells[2]
	}
	failed := len(r.errors)
	network := r.network(cells[0])
	said := statement{states: Country} // an empty one is no location, section 2.1.2
	if country != "" {
		said.country = r.country(country)
	}
	if region != "" {
		said.states |= Region
		said.regions = r.region(region, country)
	}
	if len(r.errors) == failed {
		r.add(line, network, said)
	}
}
