package records

import (
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// ReadThreat reads a ThreatInsight configuration. The error is a finding.List.
func ReadThreat(file string, data []byte) (*ThreatInsight, error) {
	root, err := jsondoc.Parse(file, data)
	if err != nil {
		return nil, err
	}
	return &ThreatInsight{
		Action: text(root.Get("action")), ExcludeZones: readList(root.Get("excludeZones"), readWord),
		Created: text(root.Get("created")), LastUpdated: text(root.Get("lastUpdated")),
		Text: textOf(root, "", false),
	}, nil
}

// WriteThreat is the file of a ThreatInsight configuration.
func WriteThreat(t *ThreatInsight) []byte {
	if t.Text != nil {
		return Indent(t.Text)
	}
	return Indent(t.Append(nil, nil))
}

// Append appends the configuration as JSON, its members in Okta's order (T1).
// links is the value of _links; nil leaves it out.
func (t *ThreatInsight) Append(to, links []byte) []byte {
	o := newObject(to)
	o.value("action", t.Action)
	zones := t.ExcludeZones
	if zones == nil {
		zones = []string{}
	}
	o.value("excludeZones", zones)
	o.time("created", t.Created)
	o.time("lastUpdated", t.LastUpdated)
	o.links(links)
	return o.end()
}

// ETag is the configuration's entity tag (H9).
func (t *ThreatInsight) ETag() string { return ETag(t.Append(nil, nil)) }
