package okta

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
	"github.com/netwicket/netwicket/zone"
)

// The limits of Okta (Z14).
const (
	maxZones         = 100 // that are not the system's
	maxNetworks      = 150 // gateways, and as many proxies
	maxBlocked       = 1_000
	maxSystemEntries = 5_000
	maxEntries       = 25_000 // over all IP zones
	maxTerms         = 75     // locations, ASNs or categories of one list
)

// check notes what is wrong with a zone as it would be stored. old is the zone in
// whose place it comes, nil for a new one.
func (b *zoneBody) check(z, old *records.Zone, d *records.Documents) {
	switch z.Type {
	case "":
		b.blank("type")
	case records.IP, records.Dynamic, records.DynamicV2:
	default:
		b.invalid("type")
	}
	b.name(z.Name)
	for _, other := range d.Zones {
		if other.Name == z.Name && other != old && z.Name != "" {
			b.taken("name")
			break
		}
	}
	if z.Status != records.Active && z.Status != records.Inactive || b.wrongStatus() {
		b.invalid("status")
	}
	if z.Usage != records.ForPolicies && z.Usage != records.Blocklist {
		b.invalid("usage")
	}
	b.systemZone(z, old)
	b.filled(z)
	b.limits(z, old, d)
	b.load(z)
	b.inOrder()
}

// wrongStatus says that the body has a status that no zone has, be it ignored
// (Z4).
func (b *zoneBody) wrongStatus() bool {
	status := b.node.Get("status").String()
	return status != "" && status != "null" && status != records.Active && status != records.Inactive
}

// systemZone notes what a request may not do to one of the system's zones, or to
// another as if it was one (Z18, Z19).
func (b *zoneBody) systemZone(z, old *records.Zone) {
	if old == nil {
		return // a new zone is nobody's but the customer's
	}
	if b.exempt && !old.Exempt() {
		b.add("useAsExemptList", "The network zone does not allow changes to block exemption list.")
	}
	if !old.System {
		return
	}
	renamed := func() {
		if z.Name != old.Name {
			b.add("name", "The name of the system zone "+old.Name+" cannot be changed.")
		}
	}
	switch {
	case old.Exempt():
		renamed()
		if !b.exempt {
			b.add("useAsExemptList", "The network zone does not allow usage changes for DefaultExemptIpZone.")
		}
		if z.Usage != records.ForPolicies {
			b.add("usage", "The network zone does not allow usage changes for DefaultExemptIpZone.")
		}
		if len(z.Proxies) > 0 {
			b.add("proxies", "The exempt zone cannot have proxies.")
		}
	case old.Name == records.BlockedIPZone:
		renamed()
		if !b.system {
			b.add("system", "The field must be true for the system zone BlockedIpZone.")
		}
		if z.Usage != records.Blocklist {
			b.add("usage", "The usage of the system zone BlockedIpZone cannot be changed.")
		}
	case old.Name == records.EnhancedDynamicZone:
		renamed()
		if len(z.PlacesV2.Include)+len(z.PlacesV2.Exclude) > 0 {
			b.add("locations", "The system zone DefaultEnhancedDynamicZone cannot have locations.")
		}
		if len(z.ASNsV2.Include)+len(z.ASNsV2.Exclude) > 0 {
			b.add("asns", "The system zone DefaultEnhancedDynamicZone cannot have ASNs.")
		}
		if z.Status != old.Status {
			b.add("status", "The status of the system zone DefaultEnhancedDynamicZone changes by activate and deactivate only.")
		}
	}
}

// filled notes a zone that would match nothing or, what is worse, everything
// (Z12), and proxies where they would have no effect (Z15).
func (b *zoneBody) filled(z *records.Zone) {
	switch z.Type {
	case records.IP:
		if len(z.Gateways)+len(z.Proxies) == 0 && !z.System {
			b.add("gateways", "An IP zone needs gateways or proxies.")
		}
		if z.Usage == records.Blocklist && len(z.Proxies) > 0 {
			b.add("proxies", "A zone of usage BLOCKLIST cannot have proxies.")
		}
	case records.Dynamic:
		if len(z.Locations)+len(z.ASNs) == 0 && (z.ProxyType == nil || *z.ProxyType == "") {
			b.add("locations", "A dynamic zone needs asns, locations or proxyType.")
		}
	case records.DynamicV2:
		if len(z.PlacesV2.Include)+len(z.PlacesV2.Exclude)+len(z.ASNsV2.Include)+len(z.ASNsV2.Exclude)+
			len(z.ServicesV2.Include)+len(z.ServicesV2.Exclude) == 0 {
			b.add("locations", "An enhanced dynamic zone needs asns, locations or ipServiceCategories, to include or to exclude.")
		}
	}
}

// limits notes what is more than Okta takes (Z14).
func (b *zoneBody) limits(z, old *records.Zone, d *records.Documents) {
	if old == nil {
		custom := 0
		for _, other := range d.Zones {
			if !other.System {
				custom++
			}
		}
		if custom >= maxZones {
			b.add("zones", fmt.Sprintf("The organization has %d network zones; at most %d are allowed.", custom, maxZones))
		}
	}
	most, of := maxNetworks, "a zone"
	switch {
	case z.System:
		most, of = maxSystemEntries, "a system zone"
	case z.Usage == records.Blocklist:
		most, of = maxBlocked, "a zone of usage BLOCKLIST"
	}
	over := func(field string, count, most int, of string) {
		if count > most {
			b.add(field, fmt.Sprintf("No more than %d %s may be included in %s.", most, field, of))
		}
	}
	over("gateways", len(z.Gateways), most, of)
	over("proxies", len(z.Proxies), most, of)
	const location = "a Location Zone"
	over("locations", max(len(z.Locations), len(z.PlacesV2.Include), len(z.PlacesV2.Exclude)), maxTerms, location)
	over("asns", max(len(z.ASNs), len(z.ASNsV2.Include), len(z.ASNsV2.Exclude)), maxTerms, of)
	over("ipServiceCategories", max(len(z.ServicesV2.Include), len(z.ServicesV2.Exclude)), maxTerms, of)
	if z.Type == records.IP {
		b.entries(z, old, d)
	}
}

// entries notes more gateways and proxies than all IP zones may have together. A
// folder that has more already may have fewer.
func (b *zoneBody) entries(z, old *records.Zone, d *records.Documents) {
	count := func(z *records.Zone) int { return len(z.Gateways) + len(z.Proxies) }
	before := 0
	for _, other := range d.Zones {
		before += count(other)
	}
	after := before + count(z)
	if old != nil {
		after -= count(old)
	}
	if after > maxEntries && after > before {
		field := "gateways"
		if len(z.Gateways) == 0 {
			field = "proxies"
		}
		b.add(field, fmt.Sprintf("All IP zones together would have %d gateways and proxies; at most %d are allowed.", after, maxEntries))
	}
}

// load notes what the loader of policies would refuse, ACTIVE or not: what it says
// of addresses, countries, regions and ASNs is the one truth (Z11).
func (b *zoneBody) load(z *records.Zone) {
	active := *z
	active.Status, active.Text = records.Active, nil
	_, err := zone.ParseOkta("", records.WriteZones([]*records.Zone{&active}))
	if err == nil {
		return
	}
	said := make(map[string]bool)
	for _, field := range b.fields {
		said[top(field)] = true
	}
	list, _ := err.(finding.List) //nolint:errorlint // the parser's error is one, as its documentation says
	for _, found := range list {
		if found.Warning {
			continue
		}
		field := fieldOf(found.Path)
		if field == "" { // about the zone as a whole, of which this package has said it
			if len(b.causes) == 0 {
				b.add("type", sentence(found.Err))
			}
			continue
		}
		switch field {
		case "name", "type", "usage", "status", "id":
			if said[field] {
				continue
			}
		case "gateways", "proxies":
			if text, known := networkFault(found.Path, z); known {
				b.add(field, text)
				continue
			}
		}
		b.add(field, sentence(found.Err, found.Value))
	}
}

// fieldOf is the member of the zone that a JSON pointer into a list of one zone
// leads to.
func fieldOf(path string) string {
	parts := strings.Split(path, "/") // "", "0", "gateways", ...
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

// sentence is a cause as the loader words it.
func sentence(cause error, value ...string) string {
	text := shown.Text(cause.Error())
	if len(value) > 0 && value[0] != "" {
		text = shown.Text(value[0]) + ": " + text
	}
	return text
}

// networkFault is Okta's text for an entry that is no network (V1), and the same
// by analogy for CIDR entries.
func networkFault(path string, z *records.Zone) (string, bool) {
	var field string
	var index int
	parts := strings.Split(path, "/")
	if len(parts) < 4 {
		return "", false
	}
	field = parts[2]
	if _, err := fmt.Sscanf(parts[3], "%d", &index); err != nil {
		return "", false
	}
	networks := z.Gateways
	if field == "proxies" {
		networks = z.Proxies
	}
	if index >= len(networks) || networks[index].Type != "CIDR" && networks[index].Type != "RANGE" {
		return "", false
	}
	n := networks[index]
	return fmt.Sprintf("The IP: %s in the %s: %s is invalid. Make sure it is a valid IPV4.", shown.Text(wrongAddress(n)), n.Type, shown.Text(n.Value)), true
}

// wrongAddress is the part of an entry that is no address, or all of it.
func wrongAddress(n records.Network) string {
	between := "-"
	if n.Type == "CIDR" {
		between = "/"
	}
	first, last, _ := strings.Cut(n.Value, between)
	if _, err := netip.ParseAddr(first); err != nil {
		return first
	}
	if n.Type == "RANGE" {
		if _, err := netip.ParseAddr(last); err != nil {
			return last
		}
	}
	return n.Value
}
