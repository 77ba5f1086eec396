package okta

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

const (
	usualLimit = 20
	maxLimit   = 200
)

// limitOf is how many records a page has (G1).
func limitOf(query url.Values, usual int) (int, bool) {
	if !query.Has("limit") {
		return usual, true
	}
	limit, _ := strconv.ParseInt(query.Get("limit"), 10, 64) // 0 for what is no number, the nearest for what is too large
	switch {
	case limit == 0, limit < -1:
		return usual, false
	case limit == -1:
		return usual, true
	default:
		return int(min(limit, maxLimit)), true
	}
}

// badLimit is the answer to a limit that is none.
func badLimit() wire.Answer {
	var f faults
	f.invalid("limit")
	answer, _ := f.answer()
	return answer
}

// badCursor is the answer to a cursor that is not ours (G4).
func badCursor() wire.Answer {
	return problem(http.StatusBadRequest, codePaging, "Invalid paging request.", "Invalid cursor.")
}

// A cursor is the id of the last record that was shown, and of what list. It is
// opaque, so that nobody builds one.
const (
	zonesCursor    = "z:"
	policiesCursor = "p:"
)

func cursorOf(list, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + id))
}

// idOfCursor is the id that a cursor of a list names; empty, which nothing has, if it is
// none of ours.
func idOfCursor(list, cursor string) string {
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	id, ours := strings.CutPrefix(string(text), list)
	if err != nil || !ours {
		return ""
	}
	return id
}

// pageLink is the URL of a page, its parameters in a fixed order (G2).
func pageLink(url string, parameters ...[2]string) string {
	between := "?"
	for _, p := range parameters {
		if p[1] != "" {
			url += between + p[0] + "=" + p[1]
			between = "&"
		}
	}
	return url
}

// listZones answers with one page of zones, in order of creation (G1 to G6).
func (a *api) listZones(r *wire.Request, d *records.Documents) wire.Answer {
	limit, ok := limitOf(r.Query, usualLimit)
	if !ok {
		return badLimit()
	}
	text := r.Query.Get("filter")
	matches, ok := parseFilter(text)
	if !ok {
		return problem(http.StatusBadRequest, codeSearch, "Invalid search criteria.")
	}
	from, cursor := 0, r.Query.Get("after")
	if r.Query.Has("after") {
		if from, ok = a.behind(d, cursor); !ok {
			return badCursor()
		}
	}
	var page []*records.Zone
	more := false
	for _, z := range d.Zones[from:] {
		if !matches(z) {
			continue
		}
		if more = len(page) == limit; more {
			break
		}
		page = append(page, z)
	}
	body := listOf(page, func(z *records.Zone, to []byte) []byte { return z.Append(to, zoneLinks(r.Base, z)) })
	at, filter := r.Base+zonesPath, url.QueryEscape(text)
	size := strconv.Itoa(limit)
	// One line each: joined by a comma, Okta's Go SDK asks for the first page for ever.
	header := http.Header{"Link": {
		"<" + pageLink(at, [2]string{"after", url.QueryEscape(cursor)}, [2]string{"filter", filter}, [2]string{"limit", size}) + `>; rel="self"`,
	}}
	if more {
		next := cursorOf(zonesCursor, page[len(page)-1].ID)
		header.Add("Link", "<"+pageLink(at, [2]string{"after", next}, [2]string{"filter", filter}, [2]string{"limit", size})+`>; rel="next"`)
	}
	return wire.Answer{Status: http.StatusOK, Header: header, Body: body}
}

// behind is where the zones begin that follow the one that a cursor names, be it
// gone since (G3).
func (a *api) behind(d *records.Documents, cursor string) (int, bool) {
	return a.store.Behind(d.ZonePlace, idOfCursor(zonesCursor, cursor))
}
