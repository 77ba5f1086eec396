package decide_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// apartZones are zones by which the first 2^bits addresses of 10.0.0.0/8 can all
// be told apart: zone k holds those whose bit k is set. Each of them is a class.
func apartZones(bits int) []zone.Zone {
	at := func(offset int) netip.Addr {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], 10<<24|uint32(offset))
		return netip.AddrFrom4(b)
	}
	var zones []zone.Zone
	for k := range bits {
		z := zone.Zone{Type: zone.IP, ID: fmt.Sprintf("bit%d", k), Name: fmt.Sprintf("bit %d", k), Active: true}
		for first := 1 << k; first < 1<<bits; first += 2 << k {
			z.Gateways = append(z.Gateways, zone.Entry{Range: netipx.IPRangeFrom(at(first), at(first+1<<k-1))})
		}
		zones = append(zones, z)
	}
	return zones
}

// Many classes of one decision beside many decisions: a number of the table says
// both, and the groups take more than one bucket of numbers each.
func TestManyClassesMatchExplain(t *testing.T) {
	for name, test := range map[string]struct{ bits, blocklists, tries int }{
		"numbers of 16 bits":             {12, 40, 1 << 12},
		"numbers of more than 16 bits":   {17, 3, 2000},
		"as many as 16 bits can tell":    {15, 60, 2000},
		"one decision, one class beside": {10, 1, 1 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			zones := apartZones(test.bits)
			var blocked []netip.Addr
			for i := range test.blocklists {
				addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
				blocked = append(blocked, addr)
				zones = append(zones, zone.Zone{
					Type: zone.IP, ID: fmt.Sprintf("b%d", i), Name: fmt.Sprintf("blocklist %d", i), Active: true, Blocklist: true,
					Gateways: []zone.Entry{{Range: netipx.IPRangeFrom(addr, addr)}},
				})
			}
			policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{{Zones: zones}}})
			require.NoError(t, err)
			require.GreaterOrEqual(t, policy.Info().Classes, 1<<test.bits)
			random := rand.New(rand.NewPCG(1, 2))
			for i := range test.tries {
				offset := i
				if test.tries < 1<<test.bits {
					offset = random.IntN(1 << test.bits)
				}
				addr := netip.AddrFrom4([4]byte{10, byte(offset >> 16), byte(offset >> 8), byte(offset)})
				if got := policy.Decide(addr); !got.Allowed() || got.Client != addr {
					t.Fatalf("%v: %v", addr, got)
				}
				membership := policy.Match([]netip.Addr{addr})
				for k := range test.bits {
					if in := membership.Zone(fmt.Sprintf("bit%d", k)) == decide.Match; in != (offset>>k&1 == 1) {
						t.Fatalf("%v is in zone %d: %v", addr, k, in)
					}
				}
			}
			for i, addr := range blocked {
				d := policy.Decide(addr)
				require.Equal(t, decide.Blocklisted, d.Reason)
				require.Equal(t, fmt.Sprintf("b%d", i), d.Zone.ID)
				require.Equal(t, policy.Explain(addr).Decision, d)
			}
			for _, addr := range []string{"9.255.255.255", "10.0.0.0", "11.0.0.0", "192.0.2.255", "192.0.3.0", "::1"} {
				at := netip.MustParseAddr(addr)
				require.Equal(t, policy.Explain(at).Decision, policy.Decide(at), addr)
			}
		})
	}
}
