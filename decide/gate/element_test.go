package gate_test

import (
	"net/netip"
	"strconv"
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
	{"240.0.0.1", "240.0.0.1"}, // next to multicast and to the broadcast address
	{"223.255.255.255", "223.255.255.255"},
	{"239.255.255.255", ""},
	{"255.255.255.254", "255.255.255.254"},
	{"0.0.0.1", "0.0.0.1"},
	{"feff::", "feff::"},
	{"ff00::", ""},
	{"ffff::1", ""},
	{"ff:ff00::", "ff:ff00::"},
	{"::fffe:203.0.113.7", "::fffe:cb00:7107"}, // next to mapped addresses
	{"::1:ffff:203.0.113.7", "::1:ffff:cb00:7107"},
	{"1::ffff:203.0.113.7", "1::ffff:cb00:7107"},
	{"0:0:0:1::ffff:cb00:7107", "::1:0:ffff:cb00:7107"},
	{"::ffff:0.0.0.0", ""},
	{"4294967499.0.113.7", ""}, // 203 in 32 bits
	{"203.0.113.4294967303", ""},
	{"203.0.113.7:4294967376", ""},
	{"203.0.113.256", ""},
	{"203.0.256.7", ""},
	{"256.0.113.7", ""},
	{"203.0.113.255", "203.0.113.255"},
	{"203.0.113.99", "203.0.113.99"},
	{"203.0.113.100", "203.0.113.100"},
	{"203.0.113.07", ""},
	{"203.0.113.007", ""},
	{"03.0.113.7", ""},
	{"003.0.113.7", ""},
	{"203.0.113.0", "203.0.113.0"},
	{"203.0.113./", ""},
	{"203.0.113.:", ""},
	{"203.0.113.", ""},
	{"1.2.3.4", "1.2.3.4"},
	{"203.0.113.7:", ""},
	{"203.0.113.7:1", "203.0.113.7"},
	{"203.0.113.7:/", ""},
	{"203.0.113.7::", ""},
	{"203.0.113.7:99999", ""},
	{"203.0.113.7.", ""},
	{"203.0.113.7.80", ""},
	{"1:2:3:4:5:6:7::8", ""}, // "::" stands for one group at least
	{"1:2:3:4:5:6::8", "1:2:3:4:5:6:0:8"},
	{"1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
	{"1:2::", "1:2::"},
	{"1:2:3::", "1:2:3::"},
	{"1:2:3:4::", "1:2:3:4::"},
	{"1:2:3:4:5::", "1:2:3:4:5::"},
	{"1:2:3:4::8", "1:2:3:4::8"},
	{"1:2:3:4:5::8", "1:2:3:4:5::8"},
	{"1:2:3::6:7:8", "1:2:3::6:7:8"},
	{"1:2:3:4:5:6:7:8:", ""},
	{"1:2:3:4:5:6:7::8:9", ""},
	{"1:2:3:4::5:6:7:8:9", ""},
	{"1:2:3:4:5:6:7:8:9::", ""},
	{"1:2:3:4:5::203.0.113.7", "1:2:3:4:5:0:cb00:7107"},
	{"1:2:3:4:5:6::203.0.113.7", ""},
	{"::3:4:5:6:203.0.113.7", "::3:4:5:6:cb00:7107"},
	{"::2:3:4:5:6:203.0.113.7", "0:2:3:4:5:6:cb00:7107"},
	{"::1:2:3:4:5:6:203.0.113.7", ""},
	{"1:2:3:4:5:203.0.113.7", ""},
	{"::203.0.113", ""},
	{"::203.0.113.7.1", ""},
	{"::203.0.113.7:", ""},
	{":", ""},
	{"1:", ""},
	{":12", ""},
	{":12:3:4:5:6:7:8", ""},
	{"1::2:", ""},
	{"1::203.0.113.7:", ""},
	{"::1.", ""},
	{"[::1.2.3]", ""},
	{"1", ""},
	{"::%", ""},
	{"fe80::1%", ""},
	{"fe80::1%a%b", "fe80::1"},
	{"fe80::1%!", "fe80::1"},
	{"fe80::1%~", "fe80::1"},
	{"fe80::1%\x7f", ""},
	{"fe80::1%a\x1fb", ""},
	{"fe80::1eth0", ""},
	{"[fe80::1%e]th0]", ""},
	{"[2001:db8::7", ""},
	{"[2001:db8::7:80", ""},
	{"[2001:db8::7x", ""},
	{"[2001:db8::7)", ""},
	{"[2001:db8::7/64]", ""},
	{"2001:db8::7]", ""},
	{"abcd:ef01:2345:6789:ABCD:EF:0:1", "abcd:ef01:2345:6789:abcd:ef:0:1"},
	{"`::", ""}, // next to the hexadecimal digits
	{"@::", ""},
	{"G::", ""},
	{"/::", ""},
	{"ffff1::", ""},
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

// TestQuads: a dotted quad is read at either end of a text, whatever stands on its
// other side, and is what netip reads.
func TestQuads(t *testing.T) {
	var fields []string
	for n := range 1002 {
		fields = append(fields, strconv.Itoa(n), "0"+strconv.Itoa(n))
	}
	fields = append(fields, "", "4294967299", "/", ":", "-1", "1a", "a1")
	for _, field := range fields {
		for at := range 4 {
			quad := []string{"1", "20", "255", "0"}
			quad[at] = field
			text := strings.Join(quad, ".")
			want, err := netip.ParseAddr(text)
			for _, other := range []string{"", ",", "x", "]", "\xff"} {
				got, n := gate.Quad(text + other)
				backward, first := gate.QuadBackward(other + text)
				if err == nil {
					require.Equal(t, want, got, text)
					require.Equal(t, len(text), n, text)
					require.Equal(t, want, backward, text)
					require.Equal(t, len(other), first, text)
					continue
				}
				require.Less(t, n, len(text), text) // without what stands behind a shorter one
				require.NotEqual(t, len(other), first, text)
			}
		}
	}
	for _, text := range []string{"", "1", "1.2", "1.2.3", ".1.2.3", "1.2.3.", "...", "2.3.4,1"} {
		_, n := gate.Quad(text)
		_, first := gate.QuadBackward(text)
		require.Equal(t, []int{0, -1}, []int{n, first}, text)
	}
}

// TestIPv6AtTheStart: what is read of an IPv6 address, whatever stands behind it, netip
// reads as the same address.
func TestIPv6AtTheStart(t *testing.T) {
	whole := 0
	for _, base := range neighbourhoods {
		neighbours(base, func(text string) {
			want, err := netip.ParseAddr(text)
			isAddress := err == nil && want.Is6() && want.Zone() == ""
			for _, other := range []string{"", "%eth0", "]", "\xff"} {
				got, n := gate.IPv6(text + other)
				if isAddress {
					require.Equal(t, len(text), n, text+other)
					whole++
				}
				if n > 0 {
					want, err := netip.ParseAddr((text + other)[:n])
					require.NoError(t, err, text+other)
					require.Equal(t, want.Unmap(), got, text+other)
				}
			}
		})
	}
	require.Greater(t, whole, 1000)
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

// TestElementLengthWithPort: so it is where the port belongs to the form.
func TestElementLengthWithPort(t *testing.T) {
	for length, want := range map[int]string{gate.MaxElementBytes: "fe80::1", gate.MaxElementBytes + 1: "malformed"} {
		text := "fe80::1%" + strings.Repeat("z", length-len("fe80::1%:80")) + ":80"
		client, err := sourced(t, viewerAddress).Client(trustedPeer, header(viewerAddress, text))
		require.Equal(t, want, outcome(client, err), "%d bytes", len(text))
	}
}

// TestWhiteSpace: 1,024 bytes of white space are passed over in one walk, wherever
// they stand, and not one more (docs/semantics.md, edge-9).
func TestWhiteSpace(t *testing.T) {
	most := strings.Repeat(" \t", 512)
	half := most[:512]
	for _, form := range []struct {
		source               gate.ClientSource
		client, want         string
		nearest, nearestIPv6 string
	}{
		{gate.XForwardedFor, "203.0.113.7", "203.0.113.7", "10.0.0.2", "[2001:db8:ffff::1]"},
		{gate.XForwardedFor, "203.0.113.7:80", "203.0.113.7", "10.0.0.2", "[2001:db8:ffff::1]"},
		{gate.XForwardedFor, "[2001:db8::7]:80", "2001:db8::7", "10.0.0.2", "[2001:db8:ffff::1]"},
		{gate.XForwardedFor, "2001:db8::7", "2001:db8::7", "10.0.0.2", "[2001:db8:ffff::1]"},
		{gate.Forwarded, "for=203.0.113.7;proto=http", "203.0.113.7", "for=10.0.0.2", `for="[2001:db8:ffff::1]"`},
	} {
		r := sourced(t, form.source)
		for name, line := range map[string]string{
			"left":            most + form.client,
			"right":           form.client + most,
			"left of a comma": "," + most + form.client,
			"around":          half + form.client + half,
			"around proxies":  half[:256] + form.client + half[256:] + "," + half[:100] + form.nearest + half[100:],
			"around IPv6":     half[256:] + form.client + half[:256] + "," + half[:100] + form.nearestIPv6 + half[100:],
		} {
			for _, lines := range [][]string{{line}, {"", line}} {
				got, err := r.Client(trustedPeer, header(form.source, lines...))
				require.Equal(t, form.want, outcome(got, err), "%s, %s", name, form.client)
			}
			for _, more := range []string{line + " ", strings.Replace(" "+line, " ,", ", ", 1)} {
				got, err := r.Client(trustedPeer, header(form.source, more))
				require.Equal(t, "malformed", outcome(got, err), "%s, %s, one more", name, form.client)
			}
		}
	}
	r := sourced(t, gate.XForwardedFor)
	for line, want := range map[string]string{
		most:                    "missing",
		most + " ":              "malformed",
		half + "," + half:       "missing",
		half + "," + half + " ": "malformed",
		" " + half + "," + half: "malformed",
	} {
		got, err := r.Client(trustedPeer, xff(line))
		require.Equal(t, want, outcome(got, err), "%d bytes", len(line))
	}
	for line, want := range map[string]string{
		"9.9.9.9," + most + "8.8.8.8,203.0.113.7":                                 "203.0.113.7 8.8.8.8 9.9.9.9",
		"9.9.9.9," + most[1:] + "8.8.8.8, 203.0.113.7":                            "203.0.113.7 8.8.8.8 9.9.9.9", // read flat, and on
		"9.9.9.9," + most + "8.8.8.8, 203.0.113.7":                                "203.0.113.7 -",
		"9.9.9.9, " + most + "8.8.8.8,203.0.113.7":                                "203.0.113.7 -",
		"9.9.9.9,x" + most + "8.8.8.8,203.0.113.7":                                "203.0.113.7 -",
		"9.9.9.9," + strings.Repeat("x"+most[:90]+"8.8.8.8,", 11) + "203.0.113.7": "203.0.113.7" + strings.Repeat(" -", 11) + " 9.9.9.9",
		"9.9.9.9," + strings.Repeat("x"+most[:90]+"8.8.8.8,", 12) + "203.0.113.7": "203.0.113.7" + strings.Repeat(" -", 12),
		"9.9.9.9,x" + most[:90] + "8.8.8.8,203.0.113.7":                           "203.0.113.7 - 9.9.9.9",
		"9.9.9.9,x" + most[:90] + "y," + "203.0.113.7":                            "203.0.113.7 - 9.9.9.9",
		"9.9.9.9," + half + "x " + half[1:] + ",203.0.113.7":                      "203.0.113.7 - 9.9.9.9",
	} {
		chain, err := r.Chain(nil, trustedPeer, xff(line))
		require.Equal(t, want, chainText(chain, err))
	}
}

// TestElementBytes: which bytes may stand where, one by one.
func TestElementBytes(t *testing.T) {
	r := sourced(t, gate.Forwarded)
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for c := range 256 {
		b := string([]byte{byte(c)})
		in := func(set string) bool { return strings.Contains(set, b) }
		visible := c > ' ' && c < 0x7f
		for _, row := range []struct {
			name, text string
			readable   bool
		}{
			{"digit of an address", "1" + b + ".0.113.7", in("0123456789")},
			{"last digit of an address", "203.0.113.1" + b, in("0123456789")},
			{"digit of a port", "203.0.113.7:1" + b + "1", in("0123456789")},
			{"digit of a group", "2001:1" + b + "1::7", in("0123456789abcdefABCDEF:")},
			{"zone", "fe80::1%e" + b + "0", visible && !in(`",;[]\`)},
		} {
			if strings.Trim(row.text, " \t") != row.text {
				continue // white space around it
			}
			require.Equal(t, row.readable, gate.ParseElement(row.text).IsValid(), "%s: %q", row.name, row.text)
		}
		for _, row := range []struct {
			name, element, want string
			readable            bool
		}{
			{"name", "x" + b + "y=1;for=203.0.113.7", "203.0.113.7", in(tokenBytes)},
			{"equals sign", "for" + b + "203.0.113.7", "203.0.113.7", b == "="},
			{"value", "x=a" + b + "y;for=203.0.113.7", "203.0.113.7", in(tokenBytes)},
			{"quoted value", `x="a` + b + `y";for=203.0.113.7`, "203.0.113.7", c != '"' && c != 0x7f && (c >= ' ' || c == '\t')},
			{"escaped", `x="a\` + b + `y";for=203.0.113.7`, "203.0.113.7", c != 0x7f && (c >= ' ' || c == '\t')},
			{"hidden", `for="_` + b + `"`, "obfuscated", in(letters + "0123456789._-")},
			{"hidden port", `for="_a:_` + b + `"`, "obfuscated", in(letters + "0123456789._-")},
		} {
			want := row.want
			if !row.readable {
				want = "malformed"
			}
			if b == "," && !strings.Contains(row.element, `"`) {
				continue // two elements
			}
			client, err := r.Client(trustedPeer, forwarded(row.element))
			require.Equal(t, want, outcome(client, err), "%s: %q", row.name, row.element)
		}
	}
}
