package tenant_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// TestCountedRanges: the audit counts what a write decides otherwise up to 200,000 ranges,
// and says where there are more.
func TestCountedRanges(t *testing.T) {
	blocking := func(feed string) *decide.Policy {
		dir := folder(t, map[string]string{
			"netwicket.json": `{"okta": {"zones": ["z.json"], "threatInsight": "t.json", "threatFeeds": ["bad.txt"]}}`,
			"z.json":         `[]`, "t.json": `{"action":"block","excludeZones":[]}`, "bad.txt": feed,
		})
		_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{dir}})
		require.NoError(t, err)
		return policy
	}
	feed := []byte("2001:db8::2\n2001:db8::4\n")
	for i := range 200_001 { // every other address
		feed = append(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(10<<24+2*i)))).AppendTo(feed), '\n')
	}
	all := blocking(string(feed))
	require.JSONEq(t, `{"generation":0,"before":"","after":"","newlyDenied":200000,"newlyAllowed":0,"uncounted":true}`, tenant.Measured(blocking("2001:db8::1\n"), all))
	require.JSONEq(t, `{"generation":0,"before":"","after":"","newlyDenied":0,"newlyAllowed":200000}`, tenant.Measured(all, blocking("10.0.0.0\n")), "one less")
}
