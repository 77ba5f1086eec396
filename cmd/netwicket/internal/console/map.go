package console

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
)

func (c *Console) mapRoutes() []route {
	return []route{
		{pattern: "GET map", page: "map", handle: c.mapPage},
		{pattern: "GET tile", handle: c.tile},
		{pattern: "GET point", handle: c.point},
	}
}

// mapQuery is what a link to the map says.
type mapQuery struct {
	Family  spacemap.Family
	By      spacemap.By // as one chose it; a map that compares is coloured by change
	Against string      // what it is compared with: see comparedWith; empty: nothing
	At      netip.Prefix
	Place   spacemap.Place
	placed  bool // Place was given, not At
}

// mapView is the page Map.
type mapView struct {
	mapQuery
	Asked       string // what was typed, as it was
	Problem     string // why another place than the one asked for is shown
	Ways        []spacemap.By
	Other       string // the other policy that it can be compared with; empty: there is none
	Generations []tenant.Generation
	View        *spacemap.View
	Mark        *spacemap.Place // of what was asked for and is smaller than the view
	Fingerprint string
	Embedded    bool // the policy looks at addresses that the map does not
	Snapshot    bool // which does not tell what is named
}

// readMapQuery reads what is in a URL. The error says which value is none, and what was
// expected.
func readMapQuery(values url.Values) (mapQuery, error) {
	q := mapQuery{Family: spacemap.IPv4, By: spacemap.ByDecision}
	if by := values.Get("by"); by != "" {
		if q.By = spacemap.By(by); !slices.Contains(spacemap.Ways(), q.By) {
			return q, fmt.Errorf("by=%.40q: expected one of %v", by, spacemap.Ways())
		}
	}
	var generation int
	if q.Against = values.Get("against"); q.Against != otherPolicy {
		if number(values, "against", &generation) != nil {
			return q, fmt.Errorf("against=%.40q: expected the number of a generation, or %s", q.Against, otherPolicy)
		}
		if q.Against = ""; generation > 0 {
			q.Against = strconv.Itoa(generation)
		}
	}
	if values.Has("level") || values.Has("x") || values.Has("y") {
		q.placed = true
		for name, to := range map[string]*int{"level": &q.Place.Level, "x": &q.Place.X, "y": &q.Place.Y} {
			if err := number(values, name, to); err != nil {
				return q, err
			}
		}
	}
	at := strings.TrimSpace(values.Get("at"))
	if at != "" {
		network, err := readNetwork(at)
		if err != nil {
			return q, err
		}
		if q.At = network; network.Addr().Is6() {
			q.Family = spacemap.IPv6
		}
		return q, nil
	}
	switch family := values.Get("family"); family {
	case "", "4":
	case "6":
		q.Family = spacemap.IPv6
	default:
		return q, fmt.Errorf("family=%.40q: expected 4 or 6", family)
	}
	return q, nil
}

// number reads a whole number that is not negative, if there is one.
func number(values url.Values, name string, to *int) error {
	text := values.Get(name)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return fmt.Errorf("%s=%.40q: expected a number from 0", name, text)
	}
	*to = int(n)
	return nil
}

// readNetwork reads an address or a prefix, whatever its host bits.
func readNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil || network.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("at=%.60q: expected an address or a network such as 192.0.2.0/24", text)
	}
	return network.Masked(), nil
}

// way is what the tiles are coloured by.
func (q *mapQuery) way() spacemap.By {
	if q.Against != "" {
		return spacemap.ByChange
	}
	return q.By
}

func (c *Console) mapPage(w http.ResponseWriter, r *http.Request) {
	on, status := c.subjects.current(), http.StatusOK
	view, err := c.mapViewOf(on, r.URL.Query())
	if err != nil && wantsPart(r, "view") {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err != nil { // shown with the whole map of the policy
		status = http.StatusBadRequest
		problem := err.Error()
		if view, err = c.mapViewOf(on, nil); err != nil {
			c.fails(w, err)
			return
		}
		view.Problem, view.Asked = problem, r.URL.Query().Get("at")
	}
	if wantsPart(r, "view") {
		c.showPart(w, "map", "view", view)
		return
	}
	c.show(w, r, status, "map", on, view)
}

func (c *Console) mapViewOf(on *subject, values url.Values) (*mapView, error) {
	q, err := readMapQuery(values)
	if err != nil {
		return nil, err
	}
	other, err := c.comparedWith(q.Against)
	if err != nil {
		return nil, err
	}
	tiles, err := c.drawing(on, other)
	if err != nil {
		return nil, err
	}
	v := &mapView{mapQuery: q, Asked: values.Get("at"), Ways: spacemap.Ways(), Other: c.options.AgainstName, Generations: c.generations(), Fingerprint: other.fingerprint(on)}
	v.Embedded = on.Policy != nil && on.Parts.TestsEmbedded()
	v.Snapshot = on.Parts.SnapshotFile != ""
	if !q.placed { // the zero Prefix is in the square that holds everything
		if v.Place, err = tiles.Find(q.Family, q.At); err != nil {
			return nil, err
		}
		if mark, _ := tiles.Mark(q.Family, q.At); mark != v.Place { // where Find has one, it has one
			v.Mark = &mark
		}
	}
	v.View, err = tiles.View(q.Family, q.way(), v.Place)
	return v, err
}

// Link is the map as it is shown now, at another network or by another way.
func (v *mapView) Link(at string) string {
	values := url.Values{}
	if at != "" {
		values.Set("at", at)
	}
	if v.Family != spacemap.IPv4 {
		values.Set("family", strconv.Itoa(int(v.Family)))
	}
	if v.By != spacemap.ByDecision {
		values.Set("by", string(v.By))
	}
	if v.Against != "" {
		values.Set("against", v.Against)
	}
	return "map?" + values.Encode()
}

// TileLink is the picture of the square.
func (v *mapView) TileLink() string {
	t := v.View.Tile
	return fmt.Sprintf("tile?family=%d&by=%s&against=%s&z=%d&x=%d&y=%d&fingerprint=%s", t.Family, v.By, v.Against, t.Zoom, t.X, t.Y, url.QueryEscape(v.Fingerprint))
}

// At is the network that is shown; empty: everything.
func (v *mapView) Shown() string {
	if !v.View.Network.IsValid() || v.View.Place.Level == 0 {
		return ""
	}
	return v.View.Network.String()
}

// tile answers with a picture, which the browser keeps: its address says of which policy.
func (c *Console) tile(w http.ResponseWriter, r *http.Request) {
	on, values := c.subjects.current(), r.URL.Query()
	q, err := readMapQuery(values)
	tile := spacemap.Tile{Family: q.Family, By: q.way()}
	for name, to := range map[string]*int{"z": &tile.Zoom, "x": &tile.X, "y": &tile.Y} {
		if err == nil && values.Get(name) == "" {
			err = fmt.Errorf("%s: expected a number from 0", name)
		}
		if err == nil {
			err = number(values, name, to)
		}
	}
	var other compared
	if err == nil {
		other, err = c.comparedWith(q.Against)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fingerprint := other.fingerprint(on)
	if given := values.Get("fingerprint"); given != fingerprint {
		http.Error(w, fmt.Sprintf("fingerprint=%.80q: the policy has changed, or is another one; expected %q", given, fingerprint), http.StatusConflict)
		return
	}
	tiles, err := c.drawing(on, other)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	picture, err := tiles.PNG(tile)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	tag := fmt.Sprintf("%q", fmt.Sprintf("%s-%s-%s-%d-%d-%d-%d", fingerprint, q.Against, tile.By, tile.Family, tile.Zoom, tile.X, tile.Y))
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, max-age=3600")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(picture) // whoever is gone misses nothing
}

// pointView is what is under a pointer.
type pointView struct {
	spacemap.Point
	Family    spacemap.Family
	Against   string
	Other     string // the other policy, if it is compared with that
	Changes   []spacemap.Amount
	Countries []spacemap.Amount
	Sources   []spacemap.Amount
	Zones     []string
}

// mostZones is how many zones a pointer names.
const mostZones = 8

func (c *Console) point(w http.ResponseWriter, r *http.Request) {
	on := c.subjects.current()
	q, err := readMapQuery(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	view, err := c.pointViewOf(on, &q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.showPart(w, "map", "point", view)
}

// pointViewOf looks at the square of the map that is shown: one that compares has other
// networks of IPv6, and in other places, than that of the policy alone.
func (c *Console) pointViewOf(on *subject, q *mapQuery) (*pointView, error) {
	other, err := c.comparedWith(q.Against)
	if err != nil {
		return nil, err
	}
	tiles, err := c.drawing(on, other)
	if err != nil {
		return nil, err
	}
	view := &pointView{Family: q.Family, Against: q.Against, Other: c.options.AgainstName}
	if view.Point, err = tiles.At(q.Family, spacemap.ByReason, q.Place); err != nil {
		return nil, err
	}
	view.Zones = tiles.ZonesIn(view.Network, mostZones)
	colours := map[spacemap.By]*[]spacemap.Amount{spacemap.ByCountry: &view.Countries}
	if q.By == spacemap.BySource { // what the sources tell takes them to be read again
		colours[spacemap.BySource] = &view.Sources
	}
	if q.Against != "" {
		colours[spacemap.ByChange] = &view.Changes
	}
	for by, to := range colours {
		at, err := tiles.At(q.Family, by, q.Place)
		if err != nil {
			return nil, err
		}
		*to = at.Colours
	}
	return view, nil
}

// fails answers that something is wrong with the console or its files.
func (c *Console) fails(w http.ResponseWriter, err error) {
	c.options.Log.Error("the map could not be drawn", "error", err.Error())
	http.Error(w, err.Error(), http.StatusInternalServerError)
}
