package okta

import (
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// changeZone answers with what a request's zone made of the documents. A body with a
// member of the wrong kind is refused before anything else: an object where a list
// belongs, {} included, would read as an empty list, and wipe a block list (H5). The
// body is read once and before it is the request's turn to write, since a large one
// takes a while.
func (a *api) changeZone(change func(*wire.Request, *records.Documents, *records.Zone, *body) wire.Answer) func(*wire.Request) wire.Answer {
	return func(r *wire.Request) wire.Answer {
		return shaped(zoneShape(r.Body), func(r *wire.Request) wire.Answer {
			sent, read := readZone(r.Body)
			return a.change(func(r *wire.Request, d *records.Documents) wire.Answer {
				z, b := *sent, *read
				return change(r, d, &z, &b)
			})(r)
		})(r)
	}
}

// zoneShape is what kinds the members of a zone have. Locations and ASNs are lists in
// a DYNAMIC zone and objects of two lists in a DYNAMIC_V2 zone; of any other zone
// either will do, of which the loader says that they do not belong there.
func zoneShape(node jsondoc.Node) *shape {
	networks := listShape(objectShape(map[string]*shape{"type": textShape(), "value": textShape()}))
	part := func(name string, each *shape) *shape {
		kind := content(node.Get("type"))
		if kind == records.Dynamic || kind != records.DynamicV2 && node.Get(name).Kind() != jsondoc.Object {
			return listShape(each)
		}
		return objectShape(map[string]*shape{"include": listShape(each), "exclude": listShape(each)})
	}
	asn := &shape{kind: jsondoc.String, or: jsondoc.Number, what: "a string"}
	return objectShape(map[string]*shape{
		"type": textShape(), "id": textShape(), "name": textShape(), "status": textShape(), "usage": textShape(),
		"created": textShape(), "lastUpdated": textShape(), "system": flagShape(), "_links": objectShape(nil),
		"useAsBlackList": flagShape(), "useAsExemptList": flagShape(),
		"gateways": networks, "proxies": networks, "proxyType": textShape(), "asns": part("asns", asn),
		"locations":           part("locations", objectShape(map[string]*shape{"country": textShape(), "region": textShape()})),
		"ipServiceCategories": sidesShape(),
	})
}

// readZone reads the zone of a request's body as it is stored, lists without elements
// being unset (Z9), and what the loader says of it.
func readZone(node jsondoc.Node) (*records.Zone, *body) {
	z := records.ReadZone(node)
	z.Gateways, z.Proxies = networks(z.Gateways), networks(z.Proxies)
	z.Locations = locations(z.Locations)
	z.PlacesV2 = records.Sides[records.Location]{Include: locations(z.PlacesV2.Include), Exclude: locations(z.PlacesV2.Exclude)}
	if len(z.ASNs) == 0 {
		z.ASNs = nil
	}
	return z, &body{node: node, loaded: loadZone(node)}
}

// networks are gateways or proxies: the ends of a range lose the space around them,
// and a lone address becomes a range of itself; CIDR text keeps its host bits (Z7).
func networks(list []records.Network) []records.Network {
	var all []records.Network
	for _, n := range list {
		if n.Type == "RANGE" {
			n.Value = rangeText(n.Value)
		}
		all = append(all, n)
	}
	return all
}

func rangeText(text string) string {
	first, last, two := strings.Cut(text, "-")
	first = strings.TrimSpace(first)
	if !two {
		if _, err := netip.ParseAddr(first); err != nil {
			return text
		}
		last = first
	}
	return first + "-" + strings.TrimSpace(last)
}

// locations have a region of the form CC-RR, or null (Z9).
func locations(list []records.Location) []records.Location {
	var all []records.Location
	for _, l := range list {
		if l.Region != nil && *l.Region == "" {
			l.Region = nil
		}
		if l.Country != nil && l.Region != nil {
			whole := *l.Country + "-" + *l.Region
			if (zone.Place{Country: *l.Country, Region: whole}).Valid() {
				l.Region = &whole
			}
		}
		all = append(all, l)
	}
	return all
}

// flag is the value of a member that is true or false.
func (b *body) flag(name string) bool { return b.node.Get(name).Bool() }

// choice notes a value that is none of those which a member can have; null and
// nothing are no value.
func (b *body) choice(name string, values ...string) {
	switch node := b.node.Get(name); {
	case node.Kind() != jsondoc.String:
	case node.Blank():
		b.blank(name)
	case !slices.Contains(values, node.String()):
		b.invalid(name)
	}
}

const maxName = 128 // characters

// name notes what is wrong with a name (Z16).
func (f *faults) name(name string) {
	switch {
	case strings.TrimSpace(name) == "":
		f.blank("name")
	case utf8.RuneCountInString(name) > maxName:
		f.add("name", "The field is too long; at most 128 characters are allowed.")
	case strings.ContainsFunc(name, func(r rune) bool { return r > 0xffff }):
		f.invalid("name")
	}
}
