package decide_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

func (r *randomPolicy) csv() string {
	text := "network,country,region,asn,anonymizer,services\n"
	seen := map[string]bool{}
	for range 4 + r.IntN(12) {
		a := r.addr()
		bits := a.BitLen() - r.IntN(6)
		if r.IntN(4) == 0 {
			bits = r.IntN(a.BitLen() + 1)
		}
		prefix := netip.PrefixFrom(a, bits).Masked().String()
		if seen[prefix] {
			continue
		}
		seen[prefix] = true
		country, region, _ := strings.Cut(pick(r, ",", "US,", "US,US-CA", "DE,DE-BE", "DE,", "FR,", "CA,CA-ON"), ",")
		services := strings.Join(r.values("NORD_VPN", "SURFSHARK_VPN", "GLOBALPROTECT_VPN", "ANONYMIZER_TOR", "VPN", "PROXY", "ODD=plain"), "|")
		if r.IntN(4) == 0 {
			services = "-"
		}
		text += fmt.Sprintf("%s,%s,%s,%s,%s,%s\n", prefix, country, region, pick(r, "", "64500", "64501", "64502", "7"), pick(r, "", "none", "anonymous", "tor"), services)
	}
	return text + "192.0.2.250,US,US-CA,7,none,NORD_VPN\n" // places and VPNs are provided
}

// sources are corrections, often behind a database and before lists, so that some
// sorts of anonymizers are provided, for one family or for both, and some are not.
func (r *randomPolicy) sources(t testing.TB) []geo.Source {
	sources := []geo.Source{{File: "geo.csv", Data: []byte(r.csv()), Kind: geo.CSV}}
	if r.IntN(2) == 0 {
		sources = append([]geo.Source{{File: "geo.mmdb", Data: r.mmdb(t)}}, sources...)
		if r.IntN(3) == 0 { // nothing about IPv4 alone, so that the blocks of IPv6 repeat it
			sources[1].Data = []byte("network,country,region,asn,anonymizer,services\n2001:db8:1::/48,US,US-CA,7,none,NORD_VPN\n")
		}
	}
	for _, service := range r.values("NORD_VPN", "ANONYMIZER_TOR", "PROXY") {
		if r.IntN(2) == 0 {
			sources = append(sources, geo.Source{File: service, Data: []byte(r.network() + "\n"), Service: service})
		}
	}
	return sources
}

// assumption is some sorts of anonymizers, among them those that no source tells
// of, so that every zone compiles.
func (r *randomPolicy) assumption(table *geo.Table) geo.Sorts {
	v4, v6 := table.Provided()
	missing := geo.AllSorts &^ ((v4.Anonymizer | v6.Anonymizer) & (v4.Services | v6.Services))
	if r.IntN(4) == 0 {
		missing |= geo.Sorts(r.IntN(16))
	}
	return missing
}

// mmdb is a database that repeats IPv4 inside IPv6, as MaxMind's do.
func (r *randomPolicy) mmdb(t testing.TB) []byte {
	file := mmdbtest.File{Type: "Test", Aliases: true}
	if r.IntN(4) == 0 {
		file.IPVersion, file.Aliases = 4, false
	}
	seen := map[netip.Prefix]bool{}
	for range 3 + r.IntN(10) {
		a := r.addr()
		if a.Is6() && (a.As16()[0] != 0xfe || file.IPVersion == 4) {
			continue // the tree below ::/3 and 2000::/3 holds the aliases
		}
		record := mmdbtest.Map{"country": mmdbtest.Map{"iso_code": pick(r, "US", "DE", "FR", "CA")}}
		if r.IntN(2) == 0 {
			inside := mmdbtest.Array{mmdbtest.Map{"iso_code": pick(r, "CA", "BE", "ON")}}
			if r.IntN(2) == 0 {
				inside = append(inside, mmdbtest.Map{"iso_code": pick(r, "CA", "LA")})
			}
			record["subdivisions"] = inside
		}
		if r.IntN(2) == 0 {
			record["autonomous_system_number"] = pick(r, uint32(64500), 64501, 64502, 7)
		}
		record["is_anonymous_vpn"], record["is_tor_exit_node"] = r.IntN(3) == 0, r.IntN(5) == 0
		prefix := netip.PrefixFrom(a, a.BitLen()-r.IntN(9)).Masked()
		if seen[prefix] {
			continue
		}
		seen[prefix] = true
		file.Networks = append(file.Networks, mmdbtest.Network{Prefix: prefix.String(), Record: record})
	}
	content, err := file.Bytes()
	require.NoError(t, err)
	return content
}
