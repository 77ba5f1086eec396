package zone

import (
	"slices"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Okta's documented limits (docs/semantics.md, oktadoc-10). A live tenant may
// exceed what a page says, so that exceeding one is a warning.
const (
	maxZones             = 100    // of one organisation
	maxPolicyEntries     = 150    // gateways, and proxies, of a custom POLICY zone
	maxBlocklistGateways = 1_000  // gateways of a blocklist
	maxSystemEntries     = 5_000  // gateways, and proxies, of a system IP zone
	maxEntries           = 25_000 // over all IP zones
	maxTerms             = 75     // locations, asns or categories in one list
	maxNameLength        = 128
)

// pageSize is how many zones GET /api/v1/zones answers by default, whatever
// its documentation says.
const pageSize = 20

// firstPage warns about an export that stopped after one page: every
// organisation has system zones (docs/semantics.md, oktadoc-16).
func (r *zoneReader) firstPage(root jsondoc.Node, zones []Zone) {
	if root.Len() != pageSize || slices.ContainsFunc(zones, func(z Zone) bool { return z.System }) {
		return
	}
	r.Warn(root, "first-page", `exactly %d zones and no system zone: this looks like the first page of a longer export; follow the Link header with rel="next"`, pageSize)
}

func (r *zoneReader) documentLimits(root jsondoc.Node, zones []Zone) {
	if len(zones) > maxZones {
		r.Warn(root, "over-limit", "%d zones; Okta allows %d in one organisation", len(zones), maxZones)
	}
	if r.entryCount > maxEntries {
		r.Warn(root, "over-limit", "%d gateways and proxies over all IP zones; Okta allows %d", r.entryCount, maxEntries)
	}
}

func (r *zoneReader) zoneLimits(z *Zone, node jsondoc.Node) {
	if z.Type != IP {
		return
	}
	gateways, proxies := maxPolicyEntries, maxPolicyEntries
	kind := "a zone of usage POLICY"
	switch {
	case z.System:
		gateways, proxies, kind = maxSystemEntries, maxSystemEntries, "a system IP zone"
	case z.Blocklist: // its proxies are ignored, and reported as such
		gateways, proxies, kind = maxBlocklistGateways, int(^uint(0)>>1), "a blocklist"
	}
	r.limitEntries(node.Get("gateways"), "gateways", gateways, kind)
	r.limitEntries(node.Get("proxies"), "proxies", proxies, kind)
}

func (r *zoneReader) limitEntries(list jsondoc.Node, property string, limit int, kind string) {
	if count := list.Len(); list.Kind() == jsondoc.Array && count > limit {
		r.Warn(list, "over-limit", "%d %s; Okta allows %d in %s", count, property, limit, kind)
	}
}
