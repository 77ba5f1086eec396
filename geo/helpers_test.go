package geo_test

import (
	"math"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

const header = "network,country,region,asn,anonymizer,services\n"

// corrections is a CSV source of rows behind the header line.
func corrections(rows ...string) geo.Source {
	return geo.Source{File: "corrections.csv", Data: []byte(header + strings.Join(rows, "\n") + "\n")}
}

// database is an MMDB source of networks and records.
func database(t testing.TB, networks ...mmdbtest.Network) geo.Source {
	t.Helper()
	return geo.Source{File: "test.mmdb", Data: bytesOf(t, mmdbtest.File{Type: "Test", Networks: networks})}
}

// database4 is a database that has IPv4 alone.
func database4(t testing.TB, networks ...mmdbtest.Network) geo.Source {
	t.Helper()
	return geo.Source{File: "test-ipv4.mmdb", Data: bytesOf(t, mmdbtest.File{Type: "Test", IPVersion: 4, Networks: networks})}
}

func bytesOf(t testing.TB, file mmdbtest.File) []byte {
	t.Helper()
	content, err := file.Bytes()
	require.NoError(t, err)
	return content
}

func list(service string, lines ...string) geo.Source {
	return geo.Source{File: service + ".txt", Data: []byte(strings.Join(lines, "\n")), Service: service}
}

func load(t testing.TB, sources ...geo.Source) *geo.Table {
	t.Helper()
	table, err := geo.Load(sources...)
	require.NoError(t, err)
	return table
}

// lookup asks the table in both ways, which must agree.
func lookup(t testing.TB, table *geo.Table, addr string) geo.Location {
	t.Helper()
	a := netip.MustParseAddr(addr)
	location := table.Lookup(a)
	network, found := table.Find(a)
	require.Equal(t, location, found, "Find of %s", addr)
	require.True(t, network.Contains(a.Unmap()), "Find of %s gives the range %s", addr, network)
	return location
}

// inRegions are regions as a table gives them; equal ones of two tables are equal
// to require.Equal.
func inRegions(country string, codes ...string) geo.Regions {
	subdivisions := mmdbtest.Array{}
	for _, code := range codes {
		subdivisions = append(subdivisions, record{"iso_code": code})
	}
	file := mmdbtest.File{Networks: []network{at("192.0.2.1/32", record{"country": record{"iso_code": country}, "subdivisions": subdivisions})}}
	content, err := file.Bytes()
	if err != nil {
		panic(err)
	}
	table, err := geo.Load(geo.Source{Data: content})
	if err != nil {
		panic(err)
	}
	return table.Lookup(netip.MustParseAddr("192.0.2.1")).Regions
}

// settled is a location with what is known where no source says anything: that it
// is of none of the sorts that the sources of its family tell of.
func settled(table *geo.Table, at plain, addr netip.Addr) plain {
	v4, v6 := table.Provided()
	if addr.Unmap().Is4() {
		v6 = v4
	}
	at.AnonymizerSorts |= v6.Anonymizer
	if at.Anonymizer == geo.AnonymizerUnknown && at.AnonymizerSorts == geo.AllSorts {
		at.Anonymizer = geo.AnonymizerNone
	}
	return at
}

// names are the services of a location as text; nil if they are unknown.
func names(location geo.Location) []string {
	if !location.Services.Known() {
		return nil
	}
	texts := []string{}
	for service := range location.Services.All() {
		text := service.String()
		if !service.Anonymous {
			text += "=plain"
		}
		texts = append(texts, text)
	}
	return texts
}

func files(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

// edgesOf are the addresses at which an off-by-one would show: the ends of a
// prefix and their neighbours.
func edgesOf(prefix netip.Prefix) []netip.Addr {
	network := netipx.RangeOfPrefix(prefix)
	edges := []netip.Addr{network.From(), network.To(), network.From().Prev(), network.To().Next()}
	return slices.DeleteFunc(edges, func(a netip.Addr) bool { return !a.IsValid() })
}

// oracle answers from one MMDB by maxminddb alone: its Lookup, its decoder, and
// the rules about fields written down a second time.
type oracle struct {
	reader  *maxminddb.Reader
	records map[uintptr]plain
	has     map[uintptr]geo.Field
	broken  map[uintptr]error // records that maxminddb does not decode
}

func newOracle(t testing.TB, content []byte) *oracle {
	t.Helper()
	reader, err := maxminddb.OpenBytes(content)
	require.NoError(t, err)
	return &oracle{reader: reader, records: map[uintptr]plain{}, has: map[uintptr]geo.Field{}, broken: map[uintptr]error{}}
}

// plain is a location without services, its regions as text.
type plain struct {
	geo.Location
	regions string
}

// plainOf is a location as the oracle gives it.
func plainOf(at geo.Location) plain {
	p := plain{at, at.Regions.String()}
	p.Services, p.Regions = geo.Services{}, geo.Regions{}
	return p
}

// lookup is the location and the fields that are stated.
func (o *oracle) lookup(addr netip.Addr) (plain, geo.Field, error) {
	if addr = addr.Unmap(); addr.Is6() && o.reader.Metadata.IPVersion == 4 {
		return plainOf(geo.Location{}), 0, nil
	}
	result := o.reader.Lookup(addr)
	if result.Err() != nil || !result.Found() {
		return plainOf(geo.Location{}), 0, result.Err()
	}
	if location, known := o.records[result.Offset()]; known {
		return location, o.has[result.Offset()], nil
	}
	if err := o.broken[result.Offset()]; err != nil {
		return plain{}, 0, err
	}
	var record any
	if err := result.Decode(&record); err != nil {
		o.broken[result.Offset()] = err
		return plain{}, 0, err
	}
	fields, _ := record.(map[string]any)
	location, has := plainLocation(fields)
	o.records[result.Offset()], o.has[result.Offset()] = location, has
	return location, has, nil
}

// expected is what a table of this database alone says: nothing of the addresses
// that clients choose, and no anonymizer where there is no record but are others.
func (o *oracle) expected(table *geo.Table, addr netip.Addr) (plain, error) {
	want, _, err := o.lookup(addr)
	if err != nil || chosenByClients(addr) {
		return plainOf(geo.Location{}), err
	}
	return settled(table, want, addr), nil
}

// chosenByClients says that an address is in Teredo or ::/96.
func chosenByClients(addr netip.Addr) bool {
	b := addr.As16()
	return addr.Is6() && ([4]byte(b[:4]) == [4]byte{0x20, 0x01} || [12]byte(b[:12]) == [12]byte{})
}

// plainLocation reads a record of any layout that is known, decoded into maps.
func plainLocation(record map[string]any) (location plain, has geo.Field) {
	code := func(key string) string {
		country, _ := record[key].(map[string]any)
		iso, _ := country["iso_code"].(string)
		return iso
	}
	country := code("country")
	for _, key := range []string{"country_code", "country"} {
		if text, _ := record[key].(string); country == "" {
			country = text
		}
	}
	location = plainOf(geo.Location{Country: plainCountry(country), Registered: plainCountry(code("registered_country")), Represented: plainCountry(code("represented_country"))})
	if country != "" {
		has |= geo.Country
	}
	if regions := plainRegions(record, location.Country); len(regions) > 0 {
		location.regions = strings.Join(regions, ", ")
		has |= geo.Region
	}
	location.ASN = plainASN(record)
	location.ASNKnown = location.ASN != 0
	provider, _ := record["provider_name"].(string)
	anonymous, tor := provider != "", false
	if anonymous { // a residential proxy of that operator
		has |= geo.AnonymizerField | geo.ServicesField
	}
	for _, flag := range []string{"is_anonymous", "is_anonymous_vpn", "is_public_proxy", "is_residential_proxy", "is_tor_exit_node"} {
		value, stated := record[flag].(bool)
		if stated {
			has |= geo.AnonymizerField | geo.ServicesField
		}
		anonymous = anonymous || value
		tor = tor || value && flag == "is_tor_exit_node"
	}
	switch {
	case tor:
		location.Anonymizer = geo.Tor
	case anonymous:
		location.Anonymizer = geo.Anonymous
	case has.Has(geo.AnonymizerField):
		location.Anonymizer = geo.AnonymizerNone
	}
	return location, has
}

// plainRegions are the codes of all subdivisions, or none if one of them is no code.
func plainRegions(record map[string]any, country string) (regions []string) {
	subdivisions, _ := record["subdivisions"].([]any)
	for _, subdivision := range subdivisions {
		fields, _ := subdivision.(map[string]any)
		iso, _ := fields["iso_code"].(string)
		if iso == "" {
			continue
		}
		if !regexp.MustCompile(`^[0-9A-Za-z]{1,3}$`).MatchString(iso) || country == "" {
			return nil
		}
		if code := country + "-" + strings.ToUpper(iso); !slices.Contains(regions, code) {
			regions = append(regions, code)
		}
	}
	return regions
}

func plainCountry(text string) string {
	text = strings.ToUpper(text)
	if !regexp.MustCompile(`^[A-Z][A-Z]$`).MatchString(text) || text == "ZZ" || text == "XX" {
		return ""
	}
	return text
}

func plainASN(record map[string]any) uint32 {
	traits, _ := record["traits"].(map[string]any)
	for _, asn := range []any{record["autonomous_system_number"], record["asn"], traits["autonomous_system_number"]} {
		switch n := asn.(type) {
		case uint64:
			if n <= math.MaxUint32 {
				return uint32(n)
			}
			return 0
		case string:
			if n == "" {
				continue
			}
			digits := regexp.MustCompile(`^(?i:AS)?([0-9]+)$`).FindStringSubmatch(n)
			if digits == nil {
				return 0
			}
			value, _ := strconv.ParseUint(digits[1], 10, 32)
			if value > math.MaxUint32 {
				return 0
			}
			return uint32(value)
		}
	}
	return 0
}
