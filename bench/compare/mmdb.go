package compare

import (
	"net/netip"
	"runtime"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/geo"
)

// databases are the three databases, asked one after the other by the reader
// that everybody uses.
type databases struct {
	country, asn, anonymous *maxminddb.Reader
}

func openDatabases(tb testing.TB, in *workload.Internet) *databases {
	tb.Helper()
	return &databases{
		country:   openDatabase(tb, in.Sources[0]),
		asn:       openDatabase(tb, in.Sources[1]),
		anonymous: openDatabase(tb, in.Sources[2]),
	}
}

func openDatabase(tb testing.TB, source geo.Source) *maxminddb.Reader {
	tb.Helper()
	var reader *maxminddb.Reader
	var err error
	if source.Data != nil {
		reader, err = maxminddb.OpenBytes(source.Data)
	} else {
		reader, err = maxminddb.Open(source.File)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = reader.Close() })
	return reader
}

// The records, cut down to what is used, as the reader's documentation advises.
type (
	countryRecord struct {
		Country struct {
			ISOCode string `maxminddb:"iso_code"`
		} `maxminddb:"country"`
	}
	asnRecord struct {
		Number uint32 `maxminddb:"autonomous_system_number"`
	}
	anonymousRecord struct {
		Anonymous   bool `maxminddb:"is_anonymous"`
		VPN         bool `maxminddb:"is_anonymous_vpn"`
		PublicProxy bool `maxminddb:"is_public_proxy"`
		Residential bool `maxminddb:"is_residential_proxy"`
		Tor         bool `maxminddb:"is_tor_exit_node"`
	}
)

// code is the country, empty where nobody knows: the database has ZZ for networks
// of no country.
func (r *countryRecord) code() string {
	if r.Country.ISOCode == "ZZ" {
		return ""
	}
	return r.Country.ISOCode
}

// facts are what the databases say of an address.
type facts struct {
	country string
	asn     uint32
	anonymousRecord
}

func (f *facts) anonymizer() string {
	switch {
	case f.Tor:
		return "tor"
	case f.Anonymous || f.VPN || f.PublicProxy || f.Residential:
		return "anonymous"
	default:
		return "none"
	}
}

// proxyOrVPN says that the address offers an IP service that is not Tor: a record
// that says no more than anonymous is a proxy, also where it is a Tor exit.
func (f *facts) proxyOrVPN() bool {
	return f.Anonymous || f.VPN || f.PublicProxy || f.Residential
}

func (d *databases) lookup(addr netip.Addr) (facts, error) {
	var f facts
	var country countryRecord
	if err := d.country.Lookup(addr).Decode(&country); err != nil {
		return f, err
	}
	var asn asnRecord
	if err := d.asn.Lookup(addr).Decode(&asn); err != nil {
		return f, err
	}
	err := d.anonymous.Lookup(addr).Decode(&f.anonymousRecord)
	f.country, f.asn = country.code(), asn.Number
	return f, err
}

func (d *databases) loop(b *testing.B, addresses []netip.Addr) {
	sum, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		f, err := d.lookup(addresses[i&(len(addresses)-1)])
		if err != nil {
			b.Fatal(err)
		}
		sum += len(f.country) + int(f.asn)
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}

// countryDatabase is the first of them alone.
type countryDatabase struct{ *maxminddb.Reader }

func (d countryDatabase) loop(b *testing.B, addresses []netip.Addr) {
	sum, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		var record countryRecord
		if err := d.Lookup(addresses[i&(len(addresses)-1)]).Decode(&record); err != nil {
			b.Fatal(err)
		}
		sum += len(record.code())
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}
