package gate

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/netwicket/netwicket/decide"
)

// ZoneList is the zones that a request is in for certain, as text that a header can
// hold and that tells them apart: their ids, a name where there is no id, in the order of the documents
// with ", " between them. What is no letter, digit or one of -._~ is percent-encoded.
func ZoneList(m *decide.Membership) string {
	var labels []string
	for zone, state := range m.Zones() {
		if state == decide.Match {
			labels = append(labels, strings.ReplaceAll(url.QueryEscape(cmp.Or(zone.ID, zone.Name)), "+", "%20"))
		}
	}
	return strings.Join(labels, ", ")
}
