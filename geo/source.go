package geo

import (
	"os"
	"time"

	"github.com/netwicket/netwicket/internal/finding"
)

// Finding is one error or warning about a source, with its position.
// It is an error itself, and one type in all packages:
//
//	type Finding struct {
//		File    string // label the caller gave the document, usually its path; may be empty
//		Line    int    // 1-based; 1 for a finding about the document as a whole
//		Column  int    // 1-based, in bytes
//		Path    string // JSON pointer (RFC 6901) of the value, or empty
//		Value   string // the offending value as it is written, cut to a readable length; may be empty
//		Code    string // stable, lower-case, hyphenated: "bad-range"
//		Warning bool   // true: the document loads all the same
//		Err     error  // what is wrong and what was expected
//	}
//
//	func (f *Finding) Error() string    // file:line:column, path, value and cause on one line
//	func (f *Finding) Message() string  // value and cause
//	func (f *Finding) Position() string // file:line:column
//	func (f *Finding) Unwrap() error    // Err
type Finding = finding.Finding

// Findings is several of them in document order, and one error. The zero value
// is none.
//
//	type Findings []*Finding
//
//	func (l Findings) Error() string                        // the first 20, one a line, and how many more
//	func (l Findings) Err() error                           // nil if there is none
//	func (l Findings) Unwrap() []error                      // each of them, for errors.Is and errors.As
//	func (l Findings) Divide() (failures, warnings Findings)
//	func (l Findings) Sort()                                // by line and column
//	func (l *Findings) Add(f *Finding)
type Findings = finding.List

// Source is one geo source: a file, or bytes with a label.
type Source struct {
	File    string                   // path to read, or a label for messages if Data or Open is set
	Data    []byte                   // the content; nil: read File. Load neither changes nor keeps it
	Open    func() (*os.File, error) // opens what is read without Data, in any goroutine; nil: File is opened, which has to be a regular file
	Kind    Kind                     // zero: told by Service, the content and the file's ending
	Service string                   // for a netset, and for nothing else: the service that its networks are; see Netset
}

// Kind is the format of a source.
type Kind uint8

// The formats. ByEnding, the zero value, is a netset if the source has a
// Service, an MMDB if the content is one, else what the file's ending says.
const (
	ByEnding Kind = iota

	// MMDB is a MaxMind DB file of any supplier whose fields are known.
	MMDB

	// CSV is corrections, which begin with the line
	// network,country,region,asn,anonymizer,services, or a geofeed (RFC 8805), which
	// has no such line.
	CSV

	// Netset is a list of addresses, prefixes and ranges, one a line, all of
	// which are the service that the source names: an operator's category such as
	// NORD_VPN, ANONYMIZER_TOR, or VPN or PROXY for services of unknown operators.
	Netset
)

// Dataset describes one loaded source.
type Dataset struct {
	File      string
	Kind      Kind      // MMDB, CSV or Netset
	Type      string    // the database type of an MMDB; "csv" or "geofeed"; "netset"
	Built     time.Time // the build date of an MMDB; zero for lists and where the file's is no date
	Networks  int       // networks with data; of corrections their rows, of a list its entries
	Networks4 int       // those of them that are IPv4's
	Provides  Field     // the fields that the source states anywhere
}
