package decide_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
	return text + "192.0.2.250,US,US-CA,7,none,NORD_VPN\n" // every field is provided
}

// mmdb is a database that repeats IPv4 inside IPv6, as MaxMind's do.
func (r *randomPolicy) mmdb(t testing.TB) []byte {
	file := mmdbtest.File{Type: "Test", Aliases: true}
	seen := map[netip.Prefix]bool{}
	for range 3 + r.IntN(10) {
		a := r.addr()
		if a.Is6() && a.As16()[0] != 0xfe {
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
