package geo

import "strings"

// Sorts is a set of sorts of anonymizing services. The zero value is none. A
// source tells of some sorts and not of others: a list of Tor exits says of an
// address that it does not hold that it is no Tor exit, and nothing about VPNs
// (docs/semantics.md, geo-11).
type Sorts uint8

// The sorts, in the order in which they are named.
const (
	TorSort Sorts = 1 << iota
	VPNSort
	PublicProxySort
	ResidentialProxySort

	ProxySorts = PublicProxySort | ResidentialProxySort
	AllSorts   = TorSort | VPNSort | ProxySorts
)

// sortNames are the sorts in the order of their bits.
var sortNames = [...]string{"tor", "vpn", "public_proxy", "residential_proxy"}

// SortNames are the names of all sorts.
func SortNames() []string { return sortNames[:len(sortNames):len(sortNames)] }

// SortsOf are the sorts of a name: one of [SortNames], or "all". A name of
// neither is no sort, which is false.
func SortsOf(name string) (Sorts, bool) {
	if name == "all" {
		return AllSorts, true
	}
	for i, known := range sortNames {
		if name == known {
			return 1 << i, true
		}
	}
	return 0, false
}

// Has reports whether s contains every sort of other.
func (s Sorts) Has(other Sorts) bool { return s&other == other }

// Names lists the sorts by name: "tor", "vpn", "public_proxy",
// "residential_proxy", in this order.
func (s Sorts) Names() []string {
	var names []string
	for i, name := range sortNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String is the names, joined by commas.
func (s Sorts) String() string { return strings.Join(s.Names(), ", ") }
