package gate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

// elementRows are texts of one element and the address they spell, empty for none.
var elementRows = []struct{ text, want string }{
	{"203.0.113.7", "203.0.113.7"},
	{"203.0.113.7:0", "203.0.113.7"},
	{"203.0.113.7:00080", "203.0.113.7"},
	{"203.0.113.7:65535", "203.0.113.7"},
	{"203.0.113.7:65536", ""},
	{"203.0.113.7:000080", ""},
	{"203.0.113.7:+80", ""},
	{"203.0.113.7:8 0", ""},
	{"203.0.113.7/32", ""},
	{"203.0.113.7-203.0.113.9", ""},
	{"203.0.113.7(comment)", ""},
	{`"203.0.113.7"`, ""},
	{"'203.0.113.7'", ""},
	{"203.0.113", ""},
	{"203.0.113.7.1", ""},
	{"203..113.7", ""},
	{".203.0.113.7", ""},
	{"203.0.113.00", ""},
	{"0.0.0.0", ""},
	{"255.255.255.255", ""},
	{"224.0.0.1", ""},
	{"::", ""},
	{"ff02::1", ""},
	{"::1", "::1"},
	{"1::", "1::"},
	{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
	{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
	{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
	{"1:2:3:4:5:6:7:8::", ""},
	{"1::2:3:4:5:6:7:8", ""},
	{"1:2:3:4:5:6:7:8:9", ""},
	{"1:2:3:4:5:6:7", ""},
	{"1:2:3:4:5:6:7:", ""},
	{"1::2::3", ""},
	{":::", ""},
	{"1:::2", ""},
	{":1:2:3:4:5:6:7", ""},
	{"12345::", ""},
	{"00001::", ""},
	{"g::", ""},
	{"2001:DB8::A", "2001:db8::a"},
	{"64:ff9b::203.0.113.7", "64:ff9b::cb00:7107"},
	{"1:2:3:4:5:6:203.0.113.7", "1:2:3:4:5:6:cb00:7107"},
	{"1:2:3:4:5:6:7:203.0.113.7", ""},
	{"::203.0.113.7:1", ""},
	{"::010.0.0.1", ""},
	{"::ffff:203.0.113.7:80", ""},
	{"[::ffff:cb00:7107]:80", "203.0.113.7"},
	{"[2001:db8::7]:", ""},
	{"[2001:db8::7]80", ""},
	{"[2001:db8::7]]", ""},
	{"[[2001:db8::7]]", ""},
	{"[]", ""},
	{"[", ""},
	{"]", ""},
	{"[fe80::1%eth0]", "fe80::1"},
	{"[fe80::1%eth0]:80", "fe80::1"},
	{"[fe80::1%]", ""},
	{"[fe80::1]%eth0", ""},
	{"fe80::1%eth0 10.0.0.2", ""},
	{"fe80::1%e[th0", ""},
	{"fe80::1%étė", ""},
	{"fe80::1%eth0:80", "fe80::1"},
	{"unknown", ""},
	{"_hidden", ""},
	{"unix:", ""},
	{"for=203.0.113.7", ""},
	{"\u00a0203.0.113.7", ""},
	{"203.0.113.7\u0085", ""},
	{"203.0.113.7\u3000", ""},
	{"203.0.113.7\v", ""},
	{"203.0.113.7\x00", ""},
}

func TestElement(t *testing.T) {
	for _, row := range elementRows {
		t.Run(row.text, func(t *testing.T) {
			want := row.want
			if want == "" {
				want = "malformed"
			}
			for _, source := range []gate.ClientSource{gate.XForwardedFor, gate.HeaderNamed("X-Forwarded-For"), gate.Hops(1)} {
				client, err := sourced(t, source).Client(trustedPeer, xff(" "+row.text+"\t"))
				require.Equal(t, want, outcome(client, err), "source %s", source)
			}
			if row.want == "" {
				want = "-"
			}
			chain, err := sourced(t, gate.XForwardedFor).Chain(nil, trustedPeer, xff("9.9.9.9, "+row.text+" , 203.0.113.9"))
			require.Equal(t, "203.0.113.9 "+want+" 9.9.9.9", chainText(chain, err))
		})
	}
}

// TestElementLength: 104 bytes are an element, 105 are not, and white space around it does not count.
func TestElementLength(t *testing.T) {
	element := func(length int) string {
		return "[fe80::1%" + strings.Repeat("z", length-len("[fe80::1%]:80")) + "]:80"
	}
	padding := strings.Repeat(" \t", 250)
	for _, row := range []struct{ name, line, client, chain string }{
		{"longest", element(104), "fe80::1", "fe80::1"},
		{"too long", element(105), "malformed", "malformed"},
		{"longest between others", "9.9.9.9," + element(104) + ",10.0.0.2", "fe80::1", "fe80::1 9.9.9.9"},
		{"longest, padded", "9.9.9.9," + padding + element(104) + padding, "fe80::1", "fe80::1 9.9.9.9"},
		{"too long, padded", padding + element(105) + padding, "malformed", "malformed"},
		{"too long left of the client cuts the chain", "9.9.9.9," + element(105) + ",203.0.113.7", "203.0.113.7", "203.0.113.7 -"},
		{"white space without end", strings.Repeat(" ", 1100) + "203.0.113.7", "malformed", "malformed"},
		{"white space without end, alone", strings.Repeat(" ", 1100), "malformed", "malformed"},
		{"white space without end left of the client", "9.9.9.9," + strings.Repeat(" ", 1100) + ",203.0.113.7", "203.0.113.7", "203.0.113.7 -"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := sourced(t, gate.XForwardedFor)
			client, err := r.Client(trustedPeer, xff(row.line))
			require.Equal(t, row.client, outcome(client, err))
			chain, err := r.Chain(nil, trustedPeer, xff(row.line))
			require.Equal(t, row.chain, chainText(chain, err))
		})
	}
}
