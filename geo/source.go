package geo

import (
	"time"

	"github.com/netwicket/netwicket/internal/finding"
)

// Finding is one error or warning about a source, with its position. It is an
// alias of the type that package zone reports with.
type Finding = finding.Finding

// Findings is several of them in document order, as one error.
type Findings = finding.List

// Source is one geo source: a file, or bytes with a label.
type Source struct {
	File    string // path to read, or a label for messages if Data is set
	Data    []byte // the content; nil: read File. Load neither changes nor keeps it
	Kind    Kind   // zero: told by Service, the content and the file's ending
	Service string // for a netset, and for nothing else: the service that its networks are; see Netset
}

// Kind is the format of a source.
type Kind uint8

// The formats. ByEnding, the zero value, is a netset if the source has a
// Service, an MMDB if the content is one, else what the file's ending says.
const (
	ByEnding Kind = iota

	// MMDB is a MaxMind DB file of any supplier whose fields are known.
	MMDB

	// CSV is an overlay that begins with the line
	// network,country,region,asn,anonymizer,services.
	CSV

	// Netset is a list of addresses, prefixes and ranges, one a line, all of
	// which are the service that the source names: an operator's category such as
	// NORD_VPN, ANONYMIZER_TOR, or VPN or PROXY for services of unknown operators.
	Netset
)

// Dataset describes one loaded source.
type Dataset struct {
	File      string
	Type      string    // the database type of an MMDB; "csv"; "netset"
	Built     time.Time // the build date of an MMDB; zero for lists and where the file's is no date
	Networks  int       // networks with data; of an overlay its rows, of a list its entries
	Networks4 int       // those of them that are IPv4's
	Provides  Field     // the fields that the source states anywhere
}
