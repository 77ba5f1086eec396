package tenant_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCountedRanges: the audit counts what a write decides otherwise up to 200,000 ranges,
// and says where there are more.
func TestCountedRanges(t *testing.T) {
	const first = "10.0.0.0\n"
	dir := folder(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["z.json"], "threatInsight": "t.json", "threatFeeds": ["bad.txt"]}}`,
		"z.json":         `[]`, "t.json": `{"action":"block","excludeZones":[]}`, "bad.txt": "2001:db8::1\n",
	})
	var audit bytes.Buffer
	store := open(t, dir, asFound, audited(&audit))
	feed := []byte("2001:db8::2\n2001:db8::4\n")
	for i := range 200_001 { // every other address
		feed = append(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(10<<24+2*i)))).AppendTo(feed), '\n')
	}
	_, err := replace(store, "bad.txt", "2001:db8::1\n", string(feed))
	require.NoError(t, err)
	_, err = replace(store, "bad.txt", string(feed), first) // one less than before
	require.NoError(t, err)
	all := lines(t, audit.Bytes())
	require.EqualValues(t, 200_000, all[0]["newlyDenied"])
	require.EqualValues(t, 0, all[0]["newlyAllowed"])
	require.Equal(t, true, all[0]["uncounted"])
	require.EqualValues(t, 0, all[1]["newlyDenied"])
	require.EqualValues(t, 200_000, all[1]["newlyAllowed"])
	require.Nil(t, all[1]["uncounted"])
}
