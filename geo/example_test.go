package geo_test

import (
	"fmt"
	"net/netip"

	"github.com/netwicket/netwicket/geo"
)

// Sources are files in everyday use; here they are bytes with a label.
func Example() {
	overrides := geo.Source{File: "overrides.csv", Data: []byte(`network,country,region,asn,anonymizer,services
192.0.2.0/24,US,US-CA,64500,,
192.0.2.128/25,,,,anonymous,EXPRESS_VPN
`)}
	exits := geo.Source{File: "tor.txt", Data: []byte("192.0.2.9 # an exit\n"), Service: "ANONYMIZER_TOR"}
	table, err := geo.Load(overrides, exits)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"192.0.2.1", "192.0.2.9", "192.0.2.200", "198.51.100.1"} {
		at := table.Lookup(netip.MustParseAddr(text))
		fmt.Printf("%-12s country=%q region=%q asn=%d anonymizer=%s services:", text, at.Country, at.Regions.First(), at.ASN, at.Anonymizer)
		for service := range at.Services.All() {
			fmt.Print(" ", service)
		}
		fmt.Println()
	}
	// Output:
	// 192.0.2.1    country="US" region="US-CA" asn=64500 anonymizer=unknown services:
	// 192.0.2.9    country="US" region="US-CA" asn=64500 anonymizer=unknown services: ANONYMIZER_TOR
	// 192.0.2.200  country="US" region="US-CA" asn=64500 anonymizer=anonymous services: EXPRESS_VPN
	// 198.51.100.1 country="" region="" asn=0 anonymizer=unknown services:
}

// Every mistake in the sources is reported, with its place.
func ExampleLoad_errors() {
	_, err := geo.Load(geo.Source{File: "overrides.csv", Data: []byte(`network,country,region,asn,anonymizer,services
192.0.2.0/24,USA,,,,
192.0.2.0/33,US,,,,
`)})
	fmt.Println(err)
	// Output:
	// overrides.csv:2:14: "USA": not a country; expected two letters such as US, or - for unknown
	// overrides.csv:3:1: "192.0.2.0/33": not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (prefix length out of range)
}

// All gives the ranges in which the answer is the same.
func ExampleTable_All() {
	table, err := geo.Load(geo.Source{File: "o.csv", Data: []byte("network,country,region,asn,anonymizer,services\n10.0.0.0/8,US,,,,\n")})
	if err != nil {
		fmt.Println(err)
		return
	}
	for network, location := range table.All() {
		fmt.Printf("%s %q\n", network, location.Country)
	}
	// Output:
	// 0.0.0.0-9.255.255.255 ""
	// 10.0.0.0-10.255.255.255 "US"
	// 11.0.0.0-255.255.255.255 ""
	// ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ""
}
