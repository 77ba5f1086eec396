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
// document order (docs/semantics.md, policy-5). What is wrong with an INACTIVE
// zone is a warning, and the zone stays in the list with what could be read of
// it (oktadoc-1). Beside an error only Warnings of the value may be used: the
// zones are incomplete.
func ParseOkta(file string, data []byte) (Zones, error) {
	zones := Zones{Text: bytes.Clone(data)}
	root, found := open(file, zones.Text)
	reader := &zoneReader{reader: found, ids: map[string]Position{}, names: map[string]Position{}}
	if root.Exists() && !found.mistaken(root, "Okta zones, as GET /api/v1/zones answers") {
		zones.Zones = reader.document(root)
	}
	failures, warnings := found.Found.Divide()
	zones.Warnings = warnings
	return zones, failures.Err()
}

// zoneReader reads the zones of one document.
type zoneReader struct {
	*reader
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
				r.Fail(node, "bad-type", "expected a zone object, found %s", node.Kind())
				continue
			}
			if !r.fitsOrFail(node, len(zones), MaxZones, "too-many-zones", "zones") {
				break
			}
			zones = append(zones, r.zone(node))
		}
		r.firstPage(root, zones)
	default:
		r.Fail(root, "bad-type", "expected an array of zones or one zone object, found %s", root.Kind())
	}
	r.documentLimits(root, zones)
	return zones
}

func (r *zoneReader) zone(node jsondoc.Node) Zone {
	z := Zone{Position: positionOf(node), Text: json.RawMessage(node.Raw())}
	z.Active = r.active(node.Get("status"))
	r.Lenient = !z.Active
	r.members(node, z.Active)
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

// members looks at what a zone has beside what is read of it: Okta keeps adding, so
// that it is ignored (docs/semantics.md, oktadoc-14). A slip for what is read is an
// error (oktadoc-17), and what may narrow an ACTIVE zone a warning (oktadoc-18).
func (r *zoneReader) members(node jsondoc.Node, active bool) {
	read := []string{
		"type", "id", "name", "status", "usage", "system", "useAsBlackList", "useAsExemptList",
		"gateways", "proxies", "locations", "asns", "proxyType", "ipServiceCategories",
	}
	for member := range node.Members() {
		switch member.Name {
		case "created", "lastUpdated", "_links":
			continue // they say nothing of who is in the zone
		}
		if slices.Contains(read, member.Name) || r.IsMisspelt(member, read...) {
			continue
		}
		if kind := member.Value.Kind(); active && (kind == jsondoc.Object || kind == jsondoc.Array) && filled(member.Value) {
			r.Warn(member.Key, "unknown-constraint", "netwicket does not know this property and ignores it; if it narrows the zone, more requests are in the zone here than at Okta")
		}
	}
}

// filled says that a value holds more than null, empty texts and what holds
// nothing itself.
func filled(value jsondoc.Node) bool {
	for _, element := range value.Elements() {
		if filled(element) {
			return true
		}
	}
	for member := range value.Members() {
		if filled(member.Value) {
			return true
		}
	}
	return value.Kind() != jsondoc.Array && value.Kind() != jsondoc.Object && !value.Blank()
}

// identity reads type, id, name and system. An id names one zone (docs/semantics.md,
// oktadoc-2); a name is needed (oktadoc-9), but two zones may have it (oktadoc-10).
func (r *zoneReader) identity(z *Zone, node jsondoc.Node) {
	z.System = r.Flag(node.Get("system"))
	z.Type = r.zoneType(node)

	z.ID = r.Text(node.Get("id"))
	if first, seen := r.ids[z.ID]; seen {
		r.Fail(node.Get("id"), "duplicate-id", "the zone at %d:%d has this id already; a reference to it would be ambiguous", first.Line, first.Column)
	} else if z.ID != "" {
		r.ids[z.ID] = z.Position
	}

	z.Name = r.Text(node.Get("name"))
	name := node.Get("name")
	if z.Name == "" {
		if name.Kind() <= jsondoc.Null || name.Kind() == jsondoc.String {
			r.Problem(either(name, node), "missing-name", "the zone has no name")
		}
	} else if first, seen := r.names[z.Name]; seen {
		r.Warn(name, "duplicate-name", "the zone at %d:%d has this name already", first.Line, first.Column)
	} else {
		r.names[z.Name] = z.Position
	}
	if count := utf8.RuneCountInString(z.Name); count > maxNameLength {
		r.Warn(name, "over-limit", "the name has %d characters; Okta allows %d", count, maxNameLength)
	}
}

// zoneType is the type: a zone needs one (docs/semantics.md, oktadoc-9), of those
// that Okta has (oktadoc-1).
func (r *zoneReader) zoneType(node jsondoc.Node) Type {
	value := node.Get("type")
	if value.Kind() <= jsondoc.Null || value.Kind() == jsondoc.String && value.Blank() {
		r.Problem(either(value, node), "missing-type", "the zone has no type; expected IP, DYNAMIC or DYNAMIC_V2")
		return ""
	}
	if !r.Is(value, jsondoc.String, "a string") {
		return ""
	}
	t := Type(value.String())
	if !t.Known() {
		r.Problem(value, "unknown-type", "unknown zone type; %s", jsondoc.Expected(string(t), string(IP), string(Dynamic), string(DynamicV2)))
	}
	return t
}

// usage tells blocklists from policy zones. Data from before October 2020 has
// no usage; there the system's blocklist is known by its name alone
// (docs/semantics.md, oktadoc-11). A usage that Okta does not have is an error
// whatever the zone's status (oktadoc-2).
func (r *zoneReader) usage(z *Zone, node jsondoc.Node) {
	usage := node.Get("usage")
	switch {
	case usage.Kind() <= jsondoc.Null:
		z.Blocklist = z.System && z.Name == "BlockedIpZone"
	case usage.String() == "POLICY":
	case usage.String() == "BLOCKLIST":
		z.Blocklist = true
	default:
		r.Fail(usage, "unknown-usage", "unknown usage; %s", jsondoc.Expected(usage.String(), "POLICY", "BLOCKLIST"))
	}
	if old := node.Get("useAsBlackList"); r.Flag(old) && !z.Blocklist {
		r.Warn(old, "ignored-member", "useAsBlackList has no effect; only usage BLOCKLIST makes a blocklist")
	}
}

// exemption decides whether this is the exempt zone (docs/semantics.md,
// blocklist-6), of which there is one (oktadoc-9). A name alone never suffices:
// anybody may name a zone so.
func (r *zoneReader) exemption(z *Zone, node jsondoc.Node) {
	flag := node.Get("useAsExemptList")
	wanted := r.Flag(flag)
	candidate := z.System && z.Type == IP && !z.Blocklist && (wanted || z.Name == "DefaultExemptIpZone")
	z.Exempt = candidate && z.Active
	if wanted && !candidate {
		r.Warn(flag, "ignored-member", "useAsExemptList has no effect here; only the system's IP zone of usage POLICY can be exempt")
	}
	if z.Exempt && r.exempt {
		r.Fail(node, "second-exempt-zone", "there is an exempt zone already; Okta has exactly one")
	}
	r.exempt = r.exempt || z.Exempt
	if (candidate || z.Blocklist) && z.Type == IP && node.Get("proxies").Len() > 0 {
		kind := "an exempt zone"
		if z.Blocklist {
			kind = "a blocklist"
		}
		r.Warn(node.Get("proxies"), "ignored-proxies", "%s has no trusted proxies; these are ignored", kind)
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

// unknownKeys reports keys inside a structure whose keys are all known. Unlike
// at a zone's top level, where Okta keeps adding, a key here selects addresses:
// to drop a misspelt exclude would let more people in (docs/semantics.md,
// oktadoc-14).
func (r *zoneReader) unknownKeys(object jsondoc.Node, known ...string) {
	for member := range object.Members() {
		switch {
		case slices.Contains(known, member.Name):
		case member.Value.Blank():
			r.Warn(member.Key, "unknown-key", "unknown key, empty, so that nothing is lost; %s", jsondoc.Expected(member.Name, known...))
		default:
			r.Problem(member.Key, "unknown-key", "unknown key, and ignoring what it holds could let more people in; %s", jsondoc.Expected(member.Name, known...))
		}
	}
}
