package explained_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// A source that tells of some services alone says that the others are unknown, not that
// there are none.
func TestUnknownServices(t *testing.T) {
	network := netipx.RangeOfPrefix(netip.MustParsePrefix("192.0.2.0/24"))
	e := &decide.Explanation{}
	p := explained.NewProvenance(e, []geo.Said{
		{File: "a.mmdb", States: geo.ServicesField, Range: network}, {File: "b.mmdb", States: geo.ServicesField, Range: network},
	})
	require.Equal(t, "b.mmdb 192.0.2.0/24; a.mmdb 192.0.2.0/24 says unknown", explained.Facts(e, &p)[4].Source())
	require.Nil(t, p.Services.Value)
	require.Nil(t, p.Services.Others[0].Value)
}
