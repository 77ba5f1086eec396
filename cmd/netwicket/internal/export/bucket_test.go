package export

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// The bucket of an address ends with the last one of its first 16 bits.
func TestBucketEnd(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var b [16]byte
		for i := range b {
			b[i] = byte(random.Uint32()) | []byte{0, 0xff}[random.IntN(2)]
		}
		for _, addr := range []netip.Addr{netip.AddrFrom16(b), netip.AddrFrom4([4]byte(b[:4]))} {
			family := addrnum.FamilyOf(addr)
			got := family.Addr(bucketEnd(family, addrnum.From(addr)))
			require.Equal(t, netipx.PrefixLastIP(netip.PrefixFrom(addr, 16).Masked()), got)
		}
	}
}
