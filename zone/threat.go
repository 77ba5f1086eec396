package zone

import "github.com/netwicket/netwicket/internal/jsondoc"

// ThreatAction is what Okta ThreatInsight does about a suspicious address
// (docs/semantics.md, threat-1).
type ThreatAction uint8

// The actions that Okta has.
const (
	ThreatNone ThreatAction = iota
	ThreatAudit
	ThreatBlock
)

// Known says that Okta has the action.
func (a ThreatAction) Known() bool {
	switch a {
	case ThreatNone, ThreatAudit, ThreatBlock:
		return true
	default:
		return false
	}
}

// ThreatInsight is Okta's ThreatInsight configuration. The zero value does
// nothing about any address.
type ThreatInsight struct {
	Position     Position
	Action       ThreatAction
	ExcludeZones []ZoneID // verbatim; the server returns them in an order of its own
	Warnings     Findings
}

// ParseThreatInsight reads a ThreatInsight configuration: the object that
// GET /api/v1/threats/configuration answers. file only labels positions.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error only Warnings of the value may be used.
func ParseThreatInsight(file string, data []byte) (ThreatInsight, error) {
	var threat ThreatInsight
	root, found := open(file, data)
	if root.Exists() && !found.mistaken(root, "an Okta ThreatInsight configuration, as GET /api/v1/threats/configuration answers") && found.Is(root, jsondoc.Object, "a ThreatInsight configuration object") {
		threat.Position = positionOf(root)
		// docs/semantics.md, oktadoc-17
		found.Misspelt(root, []string{"action", "excludeZones"}, "created", "lastUpdated", "_links")
		threat.Action = found.threatAction(root)
		threat.ExcludeZones, _ = found.zoneIDs(root.Get("excludeZones"))
	}
	failures, warnings := found.Found.Divide()
	threat.Warnings = warnings
	return threat, failures.Err()
}

func (r *reader) threatAction(root jsondoc.Node) ThreatAction {
	action := root.Get("action")
	if action.Kind() <= jsondoc.Null {
		r.Fail(either(action, root), "missing-action", "the configuration has no action; expected none, audit or block")
		return ThreatNone
	}
	switch action.String() {
	case "none":
		return ThreatNone
	case "audit":
		return ThreatAudit
	case "block":
		return ThreatBlock
	}
	r.Fail(action, "unknown-action", "unknown action; %s", jsondoc.Expected(action.String(), "none", "audit", "block"))
	return ThreatNone
}

// zoneIDs reads an optional list of references to zones.
func (r *reader) zoneIDs(list jsondoc.Node) (ids []ZoneID, ok bool) {
	if !r.Given(list, jsondoc.Array, "an array of zone ids, or null") {
		return nil, list.Kind() <= jsondoc.Null
	}
	ok = true
	for _, node := range list.Elements() {
		if !r.reference(node) {
			return ids, false
		}
		switch {
		case !r.Is(node, jsondoc.String, "a zone id as a string"):
			ok = false
		case node.Blank():
			r.Problem(node, "missing-value", "expected a zone id, found an empty string")
			ok = false
		default:
			ids = append(ids, ZoneID{Position: positionOf(node), ID: node.String()})
		}
	}
	return ids, ok
}
