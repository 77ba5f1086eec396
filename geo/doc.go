// Package geo loads geo sources and answers where an address is.
//
// [Load] reads MMDB databases, CSV corrections and lists of networks and joins
// them into one immutable [Table], in which every address of both families has
// one [Location]: country, regions, autonomous system, anonymizer, IP services.
//
//	table, err := geo.Load(
//		geo.Source{File: "country.mmdb"},
//		geo.Source{File: "asn.mmdb"},
//		geo.Source{File: "corrections.csv"},
//		geo.Source{File: "nord.txt", Service: "NORD_VPN"},
//	)
//	location := table.Lookup(addr)
//
// # What is known
//
// Each datum may be unknown, which is not the same as none. Country, region and
// ASN are unknown where no source states them. Of anonymizers and services an
// address is known to be none as far as the sources tell of their [Sorts], because
// such sources list only offenders: a list of Tor exits says nothing of VPNs.
// [Table.Provided] says what is told at all: a policy that needs something else can
// decide nothing by it.
//
// # Joining
//
// Later sources override earlier ones field by field. Only what a source states
// overrides: a record or a filled cell, never an absent one. A country of "ZZ",
// "XX" or "--" states that the country is unknown; so does "-" in a cell. Whoever
// changes the country makes the region unknown unless it states one, and a region
// of another country is never kept. Services of databases and lists join; a cell
// of corrections replaces what came before it.
//
// # Databases
//
// The layouts of MaxMind, DB-IP, IPinfo, IPLocate, IP2Proxy, CIRCL and ip-location-db are told by
// the fields of the records, not by the name of the file. For one database, the
// table answers every address as maxminddb's Lookup does, 6to4 included; an
// IPv4-mapped address is its IPv4 address. Of Teredo and ::/96 no database says
// anything: the client chooses the IPv4 address by which it would answer. A hostile
// or damaged file is an error, within time and memory bounded by its size.
//
// # Corrections
//
// Corrections begin with the line
//
//	network,country,region,asn,anonymizer,services
//
// A network is an address, a prefix or a range first-last. An empty cell says
// nothing. "-" says that there is none: no anonymizer, no services; for country,
// region and ASN that is unknown, which denies wherever it matters. Services are
// separated by "|"; NAME=plain is a service that hides nobody, NAME=anonymous one
// that does. Of networks inside one another the smaller one wins, field by field;
// the same network twice is an error. There may be 5,000,000 rows, of lines of at
// most 64 KiB; lists of networks have as many entries, in lines of at most 4 KiB.
//
// # Geofeeds
//
// A CSV without that header line whose lines are prefix,country,region,city,postal is
// a geofeed (RFC 8805), which provides country and region.
//
// # Cost
//
// Three databases of the whole internet, of 14 MB together, load in less than half
// a second into a table of less than 20 MB. [Table.Lookup] is one table look-up, two for the
// blocks of IPv6 that repeat IPv4, and never allocates.
//
// # Files
//
// What a caller sees: source.go (what is read), location.go, regions.go and services.go (what
// is known), table.go (the answers), edges.go and blocks.go (the intervals that
// package decide compiles), trace.go and stating.go (which source says what). How it comes about, in this order: load.go reads each
// source into a layer (layer.go, statement.go, vocabulary.go) by mmdb*.go, corrections*.go or
// list.go (both with text.go), several side by side; fold.go joins the layers, IPv6 beside IPv4,
// build.go makes the table of them. spans.go is the arithmetic of intervals below all of it, numbering.go
// tells equal things by one number.
package geo
