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

// Numbers take more bits as soon as the last one that fits is taken, and not before it
// is: as many classes and judgments as 8 and 16 bits can tell, one less and one more.
func TestNumbersAtTheEdgeOfTheirBits(t *testing.T) {
	at := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}) }
	for _, count := range []int{253, 254, 255, 256, 257, 258, 65534, 65535, 65536, 65537} {
		t.Run(fmt.Sprint(count, " classes"), func(t *testing.T) {
			if testing.Short() && count > 1000 {
				t.Skip("so many classes take seconds to make; run without -short")
			}
			var zones []zone.Zone
			for bit := 0; 1<<bit < count; bit++ {
				z := zone.Zone{Type: zone.IP, ID: fmt.Sprint(bit), Name: fmt.Sprint(bit), Active: true}
				for first := 1 << bit; first < count; first += 2 << bit {
					z.Gateways = append(z.Gateways, zone.Entry{Range: netipx.IPRangeFrom(at(first), at(min(first+1<<bit, count)-1))})
				}
				zones = append(zones, z)
			}
			policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{{Zones: zones}}})
			require.NoError(t, err)
			require.Equal(t, count+1, policy.Info().Classes, "and one whose addresses have IPv4 addresses in them")
			for n := range count + 2 {
				if n > 300 && n < count-300 && n%61 != 0 {
					continue
				}
				membership := policy.Match([]netip.Addr{at(n)})
				for bit := range zones {
					if in := membership.Zone(fmt.Sprint(bit)) == decide.Match; in != (n < count && n>>bit&1 == 1) {
						t.Fatalf("address %d in zone %d: %v", n, bit, in)
					}
				}
			}
		})
	}
	for _, count := range []int{253, 254, 255, 256, 257, 258} {
		var zones []zone.Zone
		for n := range count {
			zones = append(zones, zone.Zone{
				Type: zone.IP, ID: fmt.Sprint(n), Name: fmt.Sprint(n), Active: true, Blocklist: true,
				Gateways: []zone.Entry{{Range: netipx.IPRangeFrom(at(2*n), at(2*n))}},
			})
		}
		policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{{Zones: zones}}})
		require.NoError(t, err)
		require.Equal(t, count+1, policy.Info().Decisions, "and one for everybody else")
		for n := range count {
			d := policy.Decide(at(2 * n))
			require.Equal(t, decide.Blocklisted, d.Reason)
			require.Equal(t, fmt.Sprint(n), d.Zone.ID)
			require.True(t, policy.Allows(at(2*n+1)), "%d of %d", n, count)
			require.False(t, policy.Allows(at(2*n)), "%d of %d", n, count)
		}
	}
}
