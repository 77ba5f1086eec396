package okta

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// zoneBody is what a request says of a zone beside the zone itself, and what is
// wrong with it.
type zoneBody struct {
	faults
	node   jsondoc.Node
	id     string // what the body calls the zone; empty: nothing
	system bool   // it says that it is the system's
	exempt bool   // it says that it is the exempt zone
}

// readZone reads the zone of a request's body. What has the wrong kind of value
// is malformed: an object where a list belongs would read as an empty list, and
// wipe a block list (H5).
func readZone(node jsondoc.Node) (*records.Zone, *zoneBody) {
	b := &zoneBody{node: node}
	z := &records.Zone{Type: b.text("type"), Name: b.text("name"), Status: b.text("status"), Usage: b.text("usage")}
	b.id = b.text("id")
	b.text("created")
	b.text("lastUpdated")
	b.system = b.flag("system")
	b.flag("useAsBlackList")
	b.exempt = b.flag("useAsExemptList")
	b.kind(node.Get("_links"), "_links", jsondoc.Object)
	switch z.Type {
	case records.IP:
		z.Gateways = b.networks("gateways")
		z.Proxies = b.networks("proxies")
	case records.Dynamic:
		z.Locations = list(b, node.Get("locations"), "locations", b.location)
		z.ASNs = list(b, node.Get("asns"), "asns", b.asn)
		if b.kind(node.Get("proxyType"), "proxyType", jsondoc.String) {
			word := node.Get("proxyType").String()
			z.ProxyType = &word
		}
	case records.DynamicV2:
		z.PlacesV2 = sides(b, "locations", b.location)
		z.ServicesV2 = sides(b, "ipServiceCategories", b.word)
		z.ASNsV2 = sides(b, "asns", b.asn)
	}
	return z, b
}

// kind says that a value is there, and notes one of another kind; null is nothing.
func (b *zoneBody) kind(node jsondoc.Node, field string, kind jsondoc.Kind) bool {
	switch {
	case node.Kind() <= jsondoc.Null:
		return false
	case node.Kind() != kind:
		b.wrongKind(field, kind.String())
		return false
	default:
		return true
	}
}

func (b *zoneBody) text(field string) string {
	if !b.kind(b.node.Get(field), field, jsondoc.String) {
		return ""
	}
	return b.node.Get(field).String()
}

func (b *zoneBody) flag(field string) bool {
	return b.kind(b.node.Get(field), field, jsondoc.Bool) && b.node.Get(field).Bool()
}

// list reads a list; nil where there is none.
func list[T any](b *zoneBody, node jsondoc.Node, field string, read func(jsondoc.Node, string) T) []T {
	if !b.kind(node, field, jsondoc.Array) {
		return nil
	}
	all := []T{}
	for _, element := range node.Elements() {
		all = append(all, read(element, field))
	}
	return all
}

// sides reads the two lists of a part of a DYNAMIC_V2 zone.
func sides[T any](b *zoneBody, field string, read func(jsondoc.Node, string) T) records.Sides[T] {
	part := b.node.Get(field)
	if !b.kind(part, field, jsondoc.Object) {
		return records.Sides[T]{}
	}
	b.members(part, field, "include", "exclude")
	return records.Sides[T]{
		Include: list(b, part.Get("include"), field+".include", read),
		Exclude: list(b, part.Get("exclude"), field+".exclude", read),
	}
}

// members notes filled members that Okta does not have: they were meant to say
// something, such as a misspelt exclude (Z13).
func (b *zoneBody) members(node jsondoc.Node, field string, known ...string) {
	for member := range node.Members() {
		if !slices.Contains(known, member.Name) && !member.Value.Blank() {
			b.add(top(field), "The member "+member.Name+" is not known here; "+jsondoc.Expected(member.Name, known...)+".")
		}
	}
}

// top is the member of the zone that a field is part of.
func top(field string) string {
	name, _, _ := strings.Cut(field, ".")
	return name
}

// networks reads gateways or proxies. The ends of a range lose the space around
// them, and a lone address becomes a range of itself; networks keep their host
// bits (Z7).
func (b *zoneBody) networks(field string) []records.Network {
	return list(b, b.node.Get(field), field, func(node jsondoc.Node, field string) records.Network {
		if node.Kind() != jsondoc.Object {
			b.wrongKind(field, "objects of type and value")
			return records.Network{}
		}
		b.members(node, field, "type", "value")
		n := records.Network{Type: b.member(node, field, "type"), Value: b.member(node, field, "value")}
		if n.Type == "RANGE" {
			n.Value = rangeText(n.Value)
		}
		return n
	})
}

// member is a text of an entry.
func (b *zoneBody) member(node jsondoc.Node, field, name string) string {
	if !b.kind(node.Get(name), field+"."+name, jsondoc.String) {
		return ""
	}
	return node.Get(name).String()
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

func (b *zoneBody) location(node jsondoc.Node, field string) records.Location {
	if node.Kind() != jsondoc.Object {
		b.wrongKind(field, "objects of country and region")
		return records.Location{}
	}
	b.members(node, top(field), "country", "region")
	word := func(name string) *string {
		if !b.kind(node.Get(name), field+"."+name, jsondoc.String) {
			return nil
		}
		text := node.Get(name).String()
		return &text
	}
	return records.Location{Country: word("country"), Region: word("region")}
}

// asn reads an ASN, which becomes a string (Z9).
func (b *zoneBody) asn(node jsondoc.Node, field string) string {
	if node.Kind() != jsondoc.String && node.Kind() != jsondoc.Number {
		b.wrongKind(field, "strings")
	}
	return node.String()
}

func (b *zoneBody) word(node jsondoc.Node, field string) string {
	if node.Kind() != jsondoc.String {
		b.wrongKind(field, "strings")
	}
	return node.String()
}

// inOrder puts what is wrong into document order: members that are missing come last
// (E3).
func (b *zoneBody) inOrder() {
	position := func(field string) int {
		if node := b.node.Get(top(field)); node.Exists() {
			return node.Offset()
		}
		return len(b.node.Raw()) + b.node.Offset() + 1
	}
	order := make([]int, len(b.causes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(position(b.fields[x]), position(b.fields[y])) })
	var f faults
	for _, i := range order {
		f.fields, f.causes = append(f.fields, b.fields[i]), append(f.causes, b.causes[i])
	}
	b.fields, b.causes = f.fields, f.causes
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
