package zone

import (
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// dynamicZone reads a DYNAMIC zone, which has to ask for something
// (docs/semantics.md, oktadoc-7).
func (r *zoneReader) dynamicZone(z *Zone, node jsondoc.Node) {
	z.Locations = list(r, node.Get("locations"), r.places)
	z.ASNs = list(r, node.Get("asns"), r.asns)
	z.Proxy = r.proxyType(node.Get("proxyType"))
	r.misplaced(node.Get("ipServiceCategories"), "only a DYNAMIC_V2 zone has ipServiceCategories; a DYNAMIC zone has proxyType")
	r.withoutAddresses(node)
	if node.Get("locations").Blank() && node.Get("asns").Blank() && unsetProxyType(node.Get("proxyType")) {
		r.Problem(node, "empty-zone", "the zone has neither locations nor asns nor proxyType; it would match every address")
	}
}

// dynamicV2Zone reads a DYNAMIC_V2 zone, which has to ask for something as well.
func (r *zoneReader) dynamicV2Zone(z *Zone, node jsondoc.Node) {
	z.Locations = terms(r, node.Get("locations"), r.places)
	z.ASNs = terms(r, node.Get("asns"), r.asns)
	z.Categories = terms(r, node.Get("ipServiceCategories"), r.categories)
	r.misplaced(node.Get("proxyType"), "only a DYNAMIC zone has proxyType; a DYNAMIC_V2 zone has ipServiceCategories")
	r.withoutAddresses(node)
	if node.Get("locations").Blank() && node.Get("asns").Blank() && node.Get("ipServiceCategories").Blank() {
		r.Problem(node, "empty-zone", "the zone has neither locations nor asns nor ipServiceCategories; it would match every address")
	}
}

func (r *zoneReader) withoutAddresses(node jsondoc.Node) {
	for _, other := range []string{"gateways", "proxies"} {
		r.misplaced(node.Get(other), "a dynamic zone has no gateways and no proxies; those belong to an IP zone")
	}
}

// untypedZone reads a zone whose type is not known, so that its other errors
// are reported in the same run. Every property is taken in the shape it has.
func (r *zoneReader) untypedZone(z *Zone, node jsondoc.Node) {
	r.addressLists(z, node)
	z.Locations = anyShape(r, node.Get("locations"), r.places)
	z.ASNs = anyShape(r, node.Get("asns"), r.asns)
	z.Categories = terms(r, node.Get("ipServiceCategories"), r.categories)
	z.Proxy = r.proxyType(node.Get("proxyType"))
}

// anyShape reads a property in the shape that it has.
func anyShape[T any](r *zoneReader, value jsondoc.Node, read func(jsondoc.Node) []Term[T]) Terms[T] {
	if value.Kind() == jsondoc.Array {
		return list(r, value, read)
	}
	return terms(r, value, read)
}

// list reads a property in the shape of a DYNAMIC zone: an array.
func list[T any](r *zoneReader, value jsondoc.Node, read func(jsondoc.Node) []Term[T]) Terms[T] {
	switch {
	case value.Kind() == jsondoc.Array:
		return Terms[T]{Position: positionOf(value), Include: read(value)}
	case value.Blank():
	case value.Kind() == jsondoc.Object:
		r.Problem(value, "wrong-shape", "include and exclude are the shape of a DYNAMIC_V2 zone; a DYNAMIC zone has an array here")
	default:
		r.Is(value, jsondoc.Array, "an array, or null")
	}
	return Terms[T]{}
}

// terms reads a property in the shape of a DYNAMIC_V2 zone: include and exclude.
func terms[T any](r *zoneReader, value jsondoc.Node, read func(jsondoc.Node) []Term[T]) Terms[T] {
	var terms Terms[T]
	switch {
	case value.Kind() == jsondoc.Object:
		terms.Position = positionOf(value)
		r.unknownKeys(value, "include", "exclude")
		if include := value.Get("include"); r.Given(include, jsondoc.Array, "an array, or null") {
			terms.Include = read(include)
		}
		if exclude := value.Get("exclude"); r.Given(exclude, jsondoc.Array, "an array, or null") {
			terms.Exclude = read(exclude)
		}
	case value.Blank():
	case value.Kind() == jsondoc.Array:
		r.Problem(value, "wrong-shape", "an array is the shape of a DYNAMIC zone; a DYNAMIC_V2 zone has include and exclude here")
	default:
		r.Is(value, jsondoc.Object, "an object with include and exclude, or null")
	}
	return terms
}

func termAt[T any](node jsondoc.Node, value T) Term[T] {
	return Term[T]{Value: value, Position: positionOf(node)}
}

// places reads one list of locations. Two that contain each other are a
// contradiction that Okta refuses (docs/semantics.md, oktadoc-9).
func (r *zoneReader) places(list jsondoc.Node) []Term[Place] {
	var places []Term[Place]
	countries := map[string]bool{} // countries listed as a whole
	regionsOf := map[string]bool{} // countries of which a region is listed
	seen := map[Place]bool{}
	for _, node := range list.Elements() {
		place, ok := r.place(node)
		if !ok {
			continue
		}
		switch {
		case seen[place]:
			r.Warn(node, "duplicate-location", "the list holds this location already")
		case place.Region == "" && regionsOf[place.Country], countries[place.Country]:
			r.Problem(node, "overlapping-locations", "the list holds %s as a whole and a region of it; one contains the other", place.Country)
		}
		seen[place] = true
		if place.Region == "" {
			countries[place.Country] = true
		} else {
			regionsOf[place.Country] = true
		}
		places = append(places, termAt(node, place))
	}
	if count := list.Len(); count > maxTerms {
		r.Warn(list, "over-limit", "locations: No more than 75 locations may be included in a Location Zone. (%d found)", count)
	}
	return places
}

func (r *zoneReader) place(node jsondoc.Node) (Place, bool) {
	if !r.Is(node, jsondoc.Object, "an object with country and region") {
		return Place{}, false
	}
	r.unknownKeys(node, "country", "region")
	country, ok := r.country(node)
	region, regionOK := r.region(node.Get("region"), country)
	return Place{Country: country, Region: region}, ok && regionOK
}

// country reads a code of two upper-case letters (docs/semantics.md, oktadoc-12);
// one that no database answers is a warning (oktadoc-10).
func (r *zoneReader) country(node jsondoc.Node) (string, bool) {
	value := node.Get("country")
	if value.Kind() <= jsondoc.Null {
		r.Problem(either(value, node), "missing-country", "the location has no country")
		return "", false
	}
	if !r.Is(value, jsondoc.String, "a string") {
		return "", false
	}
	country := value.String()
	if !IsCountryCode(country) {
		r.Problem(value, "bad-country", "expected two upper-case letters such as US (ISO 3166-1 alpha-2)")
		return "", false
	}
	if hint := countryHint(country); hint != "" {
		r.Warn(value, "not-iso-country", "%s", hint)
	}
	return country, true
}

// region reads "US-CA", or "CA" alone, which some of Okta's texts show. With an
// unreadable country only the form is checked (docs/semantics.md, oktadoc-12).
func (r *zoneReader) region(value jsondoc.Node, country string) (string, bool) {
	text := r.Text(value)
	if text == "" {
		return "", value.Kind() <= jsondoc.Null || value.Kind() == jsondoc.String
	}
	prefix, code, found := strings.Cut(text, "-")
	if !found {
		prefix, code = country, text
	}
	switch {
	case found && !IsCountryCode(prefix) || !isRegionCode(code):
		r.Problem(value, "bad-region", "expected a code such as US-CA (ISO 3166-2), upper case")
		return "", false
	case country != "" && prefix != country:
		r.Problem(value, "bad-region", "the region belongs to %s, but the country is %s", prefix, country)
		return "", false
	}
	return prefix + "-" + code, true
}

func isRegionCode(code string) bool {
	if len(code) < 1 || len(code) > 3 {
		return false
	}
	for i := range len(code) {
		if c := code[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func (r *zoneReader) asns(list jsondoc.Node) []Term[uint32] {
	asns := make([]Term[uint32], 0, list.Len())
	for _, node := range list.Elements() {
		if node.Kind() != jsondoc.Number && !r.Is(node, jsondoc.String, "an AS number as a string or a number") {
			continue
		}
		asn, ok := parseASN(node.String())
		if !ok {
			r.Problem(node, "bad-asn", `expected an AS number from 0 to 4294967295 in decimal digits, without "AS"`)
			continue
		}
		asns = append(asns, termAt(node, asn))
	}
	r.limitTerms(list, "asns")
	return asns
}

// parseASN reads an AS number in decimal digits alone (docs/semantics.md, oktadoc-6).
func parseASN(text string) (uint32, bool) {
	asn, err := strconv.ParseUint(text, 10, 32)
	return uint32(asn), err == nil && (text == "0" || text[0] != '0')
}

// categories reads one list of categories. Their letters have no case, and one
// that is not known is kept (docs/semantics.md, dynamic-15 and oktadoc-15).
func (r *zoneReader) categories(list jsondoc.Node) []Term[string] {
	var categories []Term[string]
	for _, node := range list.Elements() {
		if !r.Is(node, jsondoc.String, "a category as a string") {
			continue
		}
		category := strings.ToUpper(node.String())
		if !isKnownCategory(category) {
			r.Warn(node, "unknown-category", "%s", unknownCategory(category))
		}
		categories = append(categories, termAt(node, category))
	}
	r.limitTerms(list, "ipServiceCategories")
	return categories
}

func (r *zoneReader) limitTerms(list jsondoc.Node, property string) {
	if count := list.Len(); count > maxTerms {
		r.Warn(list, "over-limit", "%s: %d found; Okta allows %d in one list", property, count, maxTerms)
	}
}

// proxyType reads what Okta's API really answers (TorAnonymizer) and what its
// documentation says (Tor, ANY, "null"): docs/semantics.md, oktadoc-13.
func (r *zoneReader) proxyType(value jsondoc.Node) ProxyType {
	switch text := r.Text(value); text {
	case "", "null":
		return ProxyUnset
	case "Any", "ANY":
		return AnyAnonymizer
	case "Tor", "TorAnonymizer":
		return TorAnonymizer
	case "NotTorAnonymizer":
		return NotTorAnonymizer
	default:
		r.Problem(value, "unknown-proxy-type", "unknown proxyType; %s", jsondoc.Expected(text, "Any", "Tor", "TorAnonymizer", "NotTorAnonymizer"))
		return ProxyUnset
	}
}

func unsetProxyType(value jsondoc.Node) bool {
	return value.Blank() || value.String() == "null"
}
