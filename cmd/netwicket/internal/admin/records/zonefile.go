package records

import (
	"maps"
	"slices"
	"strconv"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// ReadZones reads a file of zones. Whether they mean anything is for package zone
// to say; what a file leaves out is what Okta would answer: ACTIVE, and POLICY
// but for the system's own blocklist. The error is a finding.List.
func ReadZones(file string, data []byte) ([]*Zone, error) {
	nodes, err := recordsOf(file, data)
	if err != nil {
		return nil, err
	}
	var zones []*Zone
	names := make(naming)
	for _, node := range nodes {
		zones = append(zones, readZone(node, names))
	}
	return zones, nil
}

// WriteZones is the file of zones.
func WriteZones(zones []*Zone) []byte {
	return writeList(zones, func(z *Zone) []byte {
		if z.Text != nil {
			return z.Text
		}
		return z.Append(nil, nil)
	})
}

// readZone reads the zone of a file, with what the file leaves out.
func readZone(node jsondoc.Node, names naming) *Zone {
	z := ReadZone(node)
	z.ID, z.Unnamed = names.name(node, ZoneID, z.Name)
	z.Text = textOf(node, z.ID, z.Unnamed)
	if z.Status == "" {
		z.Status = Active
	}
	if z.Usage == "" {
		z.Usage = ForPolicies
		if z.System && z.Name == BlockedIPZone { // docs/semantics.md, oktadoc-11
			z.Usage = Blocklist
		}
	}
	return z
}

// ReadZone reads what the members of a zone say. Nothing is filled in, and what is
// of the wrong kind is as if it was not there.
func ReadZone(node jsondoc.Node) *Zone {
	z := &Zone{
		Type: text(node.Get("type")), ID: text(node.Get("id")), Name: text(node.Get("name")),
		Status: text(node.Get("status")), Usage: text(node.Get("usage")),
		Created: text(node.Get("created")), LastUpdated: text(node.Get("lastUpdated")),
		System: node.Get("system").Bool(), ExemptList: node.Get("useAsExemptList").Bool(),
	}
	switch z.Type {
	case Dynamic:
		z.Locations = readList(node.Get("locations"), readLocation)
		z.ASNs = readList(node.Get("asns"), readWord)
		if sort := node.Get("proxyType"); sort.Kind() == jsondoc.String {
			word := sort.String()
			z.ProxyType = &word
		}
	case DynamicV2:
		z.PlacesV2 = readSides(node.Get("locations"), readLocation)
		z.ServicesV2 = readSides(node.Get("ipServiceCategories"), readWord)
		z.ASNsV2 = readSides(node.Get("asns"), readWord)
	default:
		z.Gateways = readList(node.Get("gateways"), readNetwork)
		z.Proxies = readList(node.Get("proxies"), readNetwork)
	}
	return z
}

// readList is nil where there is no list: null and absent are not an empty one.
func readList[T any](node jsondoc.Node, read func(jsondoc.Node) T) []T {
	if node.Kind() != jsondoc.Array {
		return nil
	}
	list := []T{}
	for _, element := range node.Elements() {
		list = append(list, read(element))
	}
	return list
}

func readSides[T any](node jsondoc.Node, read func(jsondoc.Node) T) Sides[T] {
	return Sides[T]{readList(node.Get("include"), read), readList(node.Get("exclude"), read)}.filled()
}

// filled has lists where there were none (Z9).
func (s Sides[T]) filled() Sides[T] {
	if s.Include == nil {
		s.Include = []T{}
	}
	if s.Exclude == nil {
		s.Exclude = []T{}
	}
	return s
}

func readNetwork(node jsondoc.Node) Network {
	return Network{Type: text(node.Get("type")), Value: text(node.Get("value"))}
}

func readLocation(node jsondoc.Node) Location {
	word := func(node jsondoc.Node) *string {
		if node.Kind() != jsondoc.String {
			return nil
		}
		word := node.String()
		return &word
	}
	return Location{Country: word(node.Get("country")), Region: word(node.Get("region"))}
}

// readWord is a string; ASNs are numbers in old documents and strings in answers
// (Z9).
func readWord(node jsondoc.Node) string { return node.String() }

// Append appends the zone as JSON, its members in Okta's order (Z8), those that
// are not set as Okta answers them (Z9). links is the value of _links; nil leaves
// it out.
func (z *Zone) Append(to, links []byte) []byte {
	return z.append(to, links, false)
}

// AppendReplaced is Append for the answer to a PUT of the exempt zone, which says
// that it is one (Z19).
func (z *Zone) AppendReplaced(to, links []byte) []byte {
	return z.append(to, links, z.Exempt())
}

// Exempt says that the zone is the system's exempt zone (Z19; docs/semantics.md,
// blocklist-6).
func (z *Zone) Exempt() bool {
	return z.System && z.Type == IP && (z.Name == DefaultExemptIPZone || z.ExemptList)
}

// WithStatus is the zone with another status. Whatever else its text has stays.
func (z *Zone) WithStatus(status, lastUpdated string) *Zone {
	c := *z
	c.Status, c.LastUpdated, c.Unnamed = status, lastUpdated, false
	if z.Text == nil {
		return &c
	}
	root, err := jsondoc.Parse("", z.Text)
	if err != nil {
		panic("records: " + err.Error()) // it was written by textOf
	}
	o := newObject(nil)
	now := map[string]string{"status": status, "lastUpdated": lastUpdated}
	for member := range root.Members() {
		if value, changes := now[member.Name]; changes {
			o.value(member.Name, value)
			delete(now, member.Name)
		} else {
			o.raw(member.Name, member.Value.Raw())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		o.value(name, now[name])
	}
	c.Text = o.end()
	return &c
}

func (z *Zone) append(to, links []byte, flags bool) []byte {
	o := newObject(to)
	o.value("type", z.Type)
	o.value("id", z.ID)
	o.value("name", z.Name)
	o.value("status", z.Status)
	o.value("usage", z.Usage)
	o.time("created", z.Created)
	o.time("lastUpdated", z.LastUpdated)
	o.raw("system", strconv.AppendBool(nil, z.System))
	if flags || z.ExemptList && links == nil { // its file has no other name for it
		o.value("useAsBlackList", false)
		o.value("useAsExemptList", true)
	}
	switch z.Type {
	case Dynamic:
		o.value("locations", z.Locations)
		if z.ProxyType != nil {
			o.value("proxyType", *z.ProxyType)
		} else {
			o.raw("proxyType", nil)
		}
		if z.ASNs != nil {
			o.value("asns", z.ASNs)
		}
	case DynamicV2:
		o.value("locations", z.PlacesV2.filled())
		o.value("ipServiceCategories", z.ServicesV2.filled())
		o.value("asns", z.ASNsV2.filled())
	default:
		o.value("gateways", z.Gateways)
		o.value("proxies", z.Proxies)
	}
	o.links(links)
	return o.end()
}

// ETag is the zone's entity tag (H9).
func (z *Zone) ETag() string { return ETag(z.Append(nil, nil)) }
