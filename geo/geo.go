package geo

import (
	"iter"
	"net/netip"
	"time"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/finding"
)

// Finding is one error or warning about a text source, with its position.
type Finding = finding.Finding

// Findings is several of them in document order.
type Findings = finding.List

// Field is one datum of a Location.
type Field uint8

// The fields, as bits: a source provides some of them.
const (
	Country Field = 1 << iota
	Region
	ASN
	AnonymizerField
	ServicesField
)

// Anonymizer says what an address hides behind.
type Anonymizer uint8

// The zero value is unknown, which is not none.
const (
	AnonymizerUnknown Anonymizer = iota
	AnonymizerNone
	Anonymous
	Tor
)

// Location is what the sources say about one address. The zero value knows nothing.
type Location struct {
	Country     string // ISO 3166-1 alpha-2, or EU, AP, XK; empty = unknown
	Region      string // "US-CA"; empty = unknown
	ASN         uint32
	ASNKnown    bool
	Anonymizer  Anonymizer
	Services    Services
	Registered  string // registered_country, for explanations only
	Represented string // represented_country, for explanations only
}

// ServiceType is the kind of an IP service.
type ServiceType uint8

// The types that decide about aggregates.
const (
	OtherService ServiceType = iota
	VPN
	Proxy
	TorService
)

// Service is one IP service at an address. An unnamed one (Name empty) is of a type that a database knows without the operator.
type Service struct {
	Name      string
	Type      ServiceType
	Anonymous bool
}

// Services is the set of IP services at an address. The zero value is unknown; comparable within one table.
type Services struct{ set *serviceSet }

type serviceSet struct{ services []Service }

// Known says that a source provides services, so that an empty set means none.
func (s Services) Known() bool { return s.set != nil }

// All ranges over the services, by name, unnamed ones last.
func (s Services) All() iter.Seq[Service] {
	return func(yield func(Service) bool) {
		if s.set == nil {
			return
		}
		for _, service := range s.set.services {
			if !yield(service) {
				return
			}
		}
	}
}

// Source is one geo source.
type Source struct {
	File    string // path, or a label when Data is set
	Data    []byte // the content; nil: read File
	Kind    Kind   // zero: by the content and the file's ending
	Service string // for a netset: the service category that its networks have
}

// Kind is the format of a source.
type Kind uint8

// The formats.
const (
	ByEnding Kind = iota
	MMDB
	CSV
	Netset
)

// Dataset describes one loaded source.
type Dataset struct {
	File     string
	Type     string    // database type of an MMDB; "csv", "netset"
	Built    time.Time // build date of an MMDB; zero for lists
	Networks int
	Provides Field
}

// Table is what all sources say, joined.
type Table struct{}

// Load reads the sources and joins them; later ones override earlier ones field by field.
func Load(sources ...Source) (*Table, error) { panic("stub") }

// Lookup is what the sources say of an address. It never allocates.
func (t *Table) Lookup(addr netip.Addr) Location { panic("stub") }

// Find is Lookup by another way, and the widest range around addr with that one location.
func (t *Table) Find(addr netip.Addr) (netipx.IPRange, Location) { panic("stub") }

// All ranges over the address space in order.
func (t *Table) All() iter.Seq2[netipx.IPRange, Location] { panic("stub") }

// Provides says which fields any source states.
func (t *Table) Provides() Field { panic("stub") }

// Datasets describes the sources, in the order given.
func (t *Table) Datasets() []Dataset { panic("stub") }

// Warnings are the findings that did not stop the load.
func (t *Table) Warnings() Findings { panic("stub") }

// Fingerprint is a SHA-256 over the sources' contents.
func (t *Table) Fingerprint() [32]byte { panic("stub") }

// Locations is the number of distinct locations; their ids are 0..Locations()-1.
func (t *Table) Locations() int { panic("stub") }

// Location is the location with that id.
func (t *Table) Location(id uint32) Location { panic("stub") }

// Edges4 ranges over the IPv4 intervals: where each starts, and its location id.
func (t *Table) Edges4() iter.Seq2[uint32, uint32] { panic("stub") }

// Edges6 ranges over the IPv6 intervals.
func (t *Table) Edges6() iter.Seq2[[2]uint64, uint32] { panic("stub") }
