package zone

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// ParseOkta reads network zones: the array that GET /api/v1/zones answers, or
// one zone object. file only labels positions.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. What is wrong with an INACTIVE zone is a warning, and the
// zone stays in the list with what could be read of it. Beside an error only
// Warnings of the value may be used: the zones are incomplete.
func ParseOkta(file string, data []byte) (Zones, error) {
	zones := Zones{Text: bytes.Clone(data)}
	root, found := open(file, zones.Text)
	reader := &zoneReader{notes: found, ids: map[string]Position{}, names: map[string]Position{}}
	if root.Exists() {
		zones.Zones = reader.document(root)
	}
	failures, warnings := found.divide()
	zones.Warnings = warnings
	return zones, failures.Err()
}

// zoneReader reads the zones of one document.
type zoneReader struct {
	*notes
	ids, names map[string]Position // where each was seen first
	entryCount int                 // over all IP zones
	exempt     bool                // an exempt zone was seen
}

func (r *zoneReader) document(root jsondoc.Node) []Zone {
	var zones []Zone
	switch root.Kind() {
	case jsondoc.Object:
		zones = append(zones, r.zone(root))
	case jsondoc.Array:
		for _, node := range root.Elements() {
			if node.Kind() != jsondoc.Object {
				r.fail(node, "bad-type", "expected a zone object, found %s", node.Kind())
				continue
			}
			zones = append(zones, r.zone(node))
		}
		r.firstPage(root, zones)
	default:
		r.fail(root, "bad-type", "expected an array of zones or one zone object, found %s", root.Kind())
	}
	r.lenient = false
	r.documentLimits(root, zones)
	return zones
}

func (r *zoneReader) zone(node jsondoc.Node) Zone {
	z := Zone{Position: positionOf(node), Text: json.RawMessage(node.Raw())}
	z.Active = r.active(node.Get("status"))
	r.lenient = !z.Active
	r.miscased(node, "type", "id", "name", "status", "usage", "system", "useAsBlackList", "useAsExemptList",
		"gateways", "proxies", "locations", "asns", "proxyType", "ipServiceCategories")
	r.identity(&z, node)
	r.usage(&z, node)
	switch z.Type {
	case IP:
		r.ipZone(&z, node)
	case Dynamic:
		r.dynamicZone(&z, node)
	case DynamicV2:
		r.dynamicV2Zone(&z, node)
	default:
		r.untypedZone(&z, node)
	}
	r.exemption(&z, node)
	r.zoneLimits(&z, node)
	return z
}

// identity reads type, id, name and system.
func (r *zoneReader) identity(z *Zone, node jsondoc.Node) {
	z.System = r.flag(node.Get("system"))
	z.Type = r.zoneType(node)

	z.ID = r.text(node.Get("id"))
	if first, seen := r.ids[z.ID]; seen && z.ID != "" {
		r.fail(node.Get("id"), "duplicate-id", "the zone at %d:%d has this id already; a reference to it would be ambiguous", first.Line, first.Column)
	} else if z.ID != "" {
		r.ids[z.ID] = z.Position
	}

	z.Name = r.text(node.Get("name"))
	name := node.Get("name")
	if z.Name == "" {
		if name.Kind() <= jsondoc.Null || name.Kind() == jsondoc.String {
			r.problem(either(name, node), "missing-name", "the zone has no name")
		}
	} else if first, seen := r.names[z.Name]; seen {
		r.warn(name, "duplicate-name", "the zone at %d:%d has this name already", first.Line, first.Column)
	} else {
		r.names[z.Name] = z.Position
	}
	if count := utf8.RuneCountInString(z.Name); count > maxNameLength {
		r.warn(name, "over-limit", "the name has %d characters; Okta allows %d", count, maxNameLength)
	}
}

func (r *zoneReader) zoneType(node jsondoc.Node) Type {
	value := node.Get("type")
	if value.Kind() <= jsondoc.Null || value.Kind() == jsondoc.String && value.Blank() {
		hint := ""
		if node.Get("errorCode").Exists() {
			hint = "; this looks like an error answer of Okta's API, not like zones"
		}
		r.problem(either(value, node), "missing-type", "the zone has no type; expected IP, DYNAMIC or DYNAMIC_V2%s", hint)
		return ""
	}
	if !r.is(value, jsondoc.String, "a string") {
		return ""
	}
	t := Type(value.String())
	if !t.Known() {
		r.problem(value, "unknown-type", "unknown zone type; expected IP, DYNAMIC or DYNAMIC_V2")
	}
	return t
}

// usage tells blocklists from policy zones. Data from before October 2020 has
// no usage; there the system's blocklist is known by its name alone.
func (r *zoneReader) usage(z *Zone, node jsondoc.Node) {
	usage := node.Get("usage")
	switch {
	case usage.Kind() <= jsondoc.Null:
		z.Blocklist = z.System && z.Name == "BlockedIpZone"
	case usage.Kind() == jsondoc.String && usage.String() == "POLICY":
	case usage.Kind() == jsondoc.String && usage.String() == "BLOCKLIST":
		z.Blocklist = true
	default:
		r.fail(usage, "unknown-usage", "unknown usage; expected POLICY or BLOCKLIST")
	}
	if old := node.Get("useAsBlackList"); r.flag(old) && !z.Blocklist {
		r.warn(old, "ignored-member", "useAsBlackList has no effect; only usage BLOCKLIST makes a blocklist")
	}
}

// exemption decides whether this is the exempt zone. A name alone never
// suffices: anybody may name a zone so.
func (r *zoneReader) exemption(z *Zone, node jsondoc.Node) {
	flag := node.Get("useAsExemptList")
	wanted := r.flag(flag)
	candidate := z.System && z.Type == IP && !z.Blocklist && (wanted || z.Name == "DefaultExemptIpZone")
	z.Exempt = candidate && z.Active
	if wanted && !candidate {
		r.warn(flag, "ignored-member", "useAsExemptList has no effect here; only the system's IP zone of usage POLICY can be exempt")
	}
	if z.Exempt && r.exempt {
		r.fail(node, "second-exempt-zone", "there is an exempt zone already; Okta has exactly one")
	}
	r.exempt = r.exempt || z.Exempt
	if (candidate || z.Blocklist) && z.Type == IP && node.Get("proxies").Len() > 0 {
		kind := "an exempt zone"
		if z.Blocklist {
			kind = "a blocklist"
		}
		r.warn(node.Get("proxies"), "ignored-proxies", "%s has no trusted proxies; these are ignored", kind)
	}
}

// either is the node if it exists, and its container otherwise, so that a
// finding about something missing points at where it belongs.
func either(node, container jsondoc.Node) jsondoc.Node {
	if node.Exists() {
		return node
	}
	return container
}

// unknownMembers reports members inside a structure whose members are all
// known. Unlike at a zone's top level, where Okta keeps adding, a member here
// selects addresses: to drop a misspelt exclude would let more people in.
func (r *zoneReader) unknownMembers(object jsondoc.Node, known ...string) {
	for member := range object.Members() {
		switch {
		case slices.Contains(known, member.Name):
		case member.Value.Blank():
			r.warn(member.Key, "unknown-member", "unknown member; expected %s. It is empty, so nothing is lost", enumerate(known))
		default:
			r.problem(member.Key, "unknown-member", "unknown member; expected %s. Ignoring what it holds could let more people in", enumerate(known))
		}
	}
}
