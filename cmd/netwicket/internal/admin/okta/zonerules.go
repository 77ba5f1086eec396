package okta

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
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

// checkZone notes what is wrong with a zone as it would be stored. old is the zone in
// whose place it comes, nil for a new one.
func (b *body) checkZone(z, old *records.Zone, d *records.Documents) {
	switch z.Type {
	case "":
		b.blank("type")
	case records.IP, records.Dynamic, records.DynamicV2:
		if old != nil && z.Type != old.Type {
			b.add("type", "The type of a zone cannot be changed.")
		}
	default:
		b.invalid("type")
	}
	b.zoneName(z, old, d)
	b.choice("status", records.Active, records.Inactive) // also where it is ignored (Z4)
	b.choice("usage", records.ForPolicies, records.Blocklist)
	if old != nil {
		b.identity(old.ID)
		b.systemZone(z, old)
	}
	b.filled(z)
	b.limits(z, old, d)
	b.refused(z)
	b.inOrder(b.node)
}

// zoneName notes a name that is none, or that another zone has (Z16). A zone may keep
// the name that it has: documents that came from elsewhere may have one twice.
func (b *body) zoneName(z, old *records.Zone, d *records.Documents) {
	if old != nil && z.Name == old.Name {
		return
	}
	b.name(z.Name)
	reserved := []string{records.BlockedIPZone, records.DefaultExemptIPZone, records.EnhancedDynamicZone}
	switch {
	case z.Name == "":
	case slices.ContainsFunc(d.Zones, func(other *records.Zone) bool { return other.Name == z.Name }),
		z.System && slices.Contains(reserved, z.Name): // by which it would be taken for another
		b.taken("name")
	}
}

// systemZone notes what a request may not do to one of the system's zones, or to
// another as if it was one (Z18, Z19).
func (b *body) systemZone(z, old *records.Zone) {
	if !old.Exempt() && b.flag("useAsExemptList") {
		b.add("useAsExemptList", "The network zone does not allow changes to block exemption list.")
	}
	switch {
	case !old.System:
	case old.Exempt():
		b.fixedName(z, old)
		if !b.flag("useAsExemptList") {
			b.add("useAsExemptList", "The network zone does not allow usage changes for DefaultExemptIpZone.")
		}
		if z.Usage != records.ForPolicies {
			b.add("usage", "The network zone does not allow usage changes for DefaultExemptIpZone.")
		}
		if len(z.Proxies) > 0 {
			b.add("proxies", "The exempt zone cannot have proxies.")
		}
	case old.Name == records.BlockedIPZone:
		b.fixedName(z, old)
		if !b.flag("system") {
			b.add("system", "The field must be true for the system zone BlockedIpZone.")
		}
		if z.Usage != records.Blocklist {
			b.add("usage", "The usage of the system zone BlockedIpZone cannot be changed.")
		}
	case old.Name == records.EnhancedDynamicZone:
		b.fixedName(z, old)
		if !sameSides(z.PlacesV2, old.PlacesV2, samePlace) {
			b.add("locations", "The locations of the system zone DefaultEnhancedDynamicZone cannot be changed.")
		}
		if !sameSides(z.ASNsV2, old.ASNsV2, func(x, y string) bool { return x == y }) {
			b.add("asns", "The ASNs of the system zone DefaultEnhancedDynamicZone cannot be changed.")
		}
		if z.Status != old.Status {
			b.add("status", "The status of the system zone DefaultEnhancedDynamicZone changes by activate and deactivate only.")
		}
	}
}

func (b *body) fixedName(z, old *records.Zone) {
	if z.Name != old.Name {
		b.add("name", "The name of the system zone "+shown.Text(old.Name)+" cannot be changed.")
	}
}

func sameSides[T any](a, b records.Sides[T], same func(x, y T) bool) bool {
	return slices.EqualFunc(a.Include, b.Include, same) && slices.EqualFunc(a.Exclude, b.Exclude, same)
}

func samePlace(a, b records.Location) bool {
	same := func(x, y *string) bool { return x == y || x != nil && y != nil && *x == *y }
	return same(a.Country, b.Country) && same(a.Region, b.Region)
}

// filled notes a zone that would match nothing or, what is worse, everything
// (Z12), and proxies where they would have no effect (Z15).
func (b *body) filled(z *records.Zone) {
	switch z.Type {
	case records.IP:
		if len(z.Gateways)+len(z.Proxies) == 0 && !z.System {
			b.add("gateways", "An IP zone needs gateways or proxies.")
		}
		if z.Usage == records.Blocklist && len(z.Proxies) > 0 {
			b.add("proxies", "A zone of usage BLOCKLIST cannot have proxies.")
		}
	case records.Dynamic:
		if len(z.Locations)+len(z.ASNs) == 0 && (z.ProxyType == nil || *z.ProxyType == "" || *z.ProxyType == "null") {
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
func (b *body) limits(z, old *records.Zone, d *records.Documents) {
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
func (b *body) entries(z, old *records.Zone, d *records.Documents) {
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

// loadZone is what the loader of policies would refuse in a zone as it was sent,
// ACTIVE or not: what it says of addresses, countries, regions and ASNs, of members
// that do not belong there and of slips is the one truth (Z11, Z13).
func loadZone(node jsondoc.Node) finding.List {
	sent := objectOf(node)
	sent.put(last, "status", json.RawMessage(`"ACTIVE"`))
	sent.drop(func(m member) bool { return m.name == "usage" })
	_, err := zone.ParseOkta("", slices.Concat([]byte{'['}, sent.json(), []byte{']'}))
	list, _ := err.(finding.List) //nolint:errorlint // the parser's error is one, as its documentation says
	return list
}

// refused notes what the loader would refuse, in Okta's words where they are known.
func (b *body) refused(z *records.Zone) {
	said := slices.Clone(b.fields)
	for _, found := range b.loaded {
		field := fieldOf(found.Path)
		switch {
		case field == "": // about the zone as a whole, of which this package has said it
			if len(b.causes) == 0 {
				b.add("type", sentence(found))
			}
		case (field == "name" || field == "type") && slices.Contains(said, field):
		case found.Code == "bad-range" || found.Code == "bad-cidr":
			b.add(field, networkFault(found, z))
		default:
			b.add(field, sentence(found))
		}
	}
}

// fieldOf is the member of the zone that a JSON pointer into a list of one zone
// leads to.
func fieldOf(path string) string {
	parts := strings.Split(path, "/") // "", "0", "gateways", ...
	if len(parts) < 3 {
		return ""
	}
	return shown.Text(strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[2]))
}

// sentence is a cause as the loader words it.
func sentence(found *finding.Finding) string {
	text := shown.Text(found.Err.Error())
	if found.Value != "" {
		text = shown.Text(found.Value) + ": " + text
	}
	return text
}

// networkFault is Okta's text for an entry that is no network (V1), and the same by
// analogy for CIDR entries; where the addresses are addresses, with the reason.
func networkFault(found *finding.Finding, z *records.Zone) string {
	parts := strings.Split(found.Path, "/") // "", "0", "gateways", "3", "value"
	list := z.Gateways
	if parts[2] == "proxies" {
		list = z.Proxies
	}
	index, err := strconv.Atoi(parts[3])
	if err != nil || index >= len(list) {
		return sentence(found)
	}
	n := list[index]
	wrong, why := n.Value, ""
	if n.Type == "CIDR" {
		if first, _, _ := strings.Cut(n.Value, "/"); !isAddress(first) {
			wrong = first
		}
	} else {
		first, last, _ := strings.Cut(n.Value, "-")
		switch {
		case !isAddress(first):
			wrong = first
		case !isAddress(last):
			wrong = last
		default:
			why = " (" + shown.Text(found.Err.Error()) + ")"
		}
	}
	return fmt.Sprintf("The IP: %s in the %s: %s is invalid. Make sure it is a valid IPV4.", inline(wrong), n.Type, inline(n.Value)) + why
}

// inline is a text of a request in an answer, cut where it would repeat all of it.
func inline(text string) string { return shown.Text(finding.Cut(text)) }

func isAddress(text string) bool {
	_, err := netset.ParseAddr(text)
	return err == nil
}
