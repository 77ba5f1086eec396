package netset_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/netset"
)

func TestParseAddr(t *testing.T) {
	for text, want := range map[string]string{
		"1.3.7.2":          "1.3.7.2",
		"0.0.0.0":          "0.0.0.0",
		"2001:DB8::1":      "2001:db8::1",
		"::":               "::",
		"::ffff:1.2.3.4":   "1.2.3.4",
		"::ffff:0102:304":  "1.2.3.4",
		"64:ff9b::1.2.3.4": "64:ff9b::102:304",
	} {
		addr, err := netset.ParseAddr(text)
		require.NoError(t, err, text)
		require.Equal(t, want, addr.String())
	}
	for _, text := range []string{
		"", " 1.2.3.4", "1.2.3.4 ", "1.2.3", "127.1", "1.2.3.4.5", "256.1.1.1", "010.0.0.1", "0x7f.0.0.1", "1.2.3.4:80",
		"[::1]", "fe80::1%eth0", "::ffff:1.2.3.4%eth0", "1.2.3.4/24", "１.2.3.4", "localhost", "*", "1..2.3", "2130706433", ":::",
	} {
		addr, err := netset.ParseAddr(text)
		require.Error(t, err, text)
		require.False(t, addr.IsValid(), text)
		require.NotContains(t, err.Error(), "ParseAddr", "the library's function is no news to the reader")
	}
}

func TestParsePrefix(t *testing.T) {
	for _, row := range []struct {
		text, want string
		hostBits   bool
	}{
		{"10.0.0.0/8", "10.0.0.0-10.255.255.255", false},
		{"1.2.3.4/24", "1.2.3.0-1.2.3.255", true},
		{"1.2.3.4/32", "1.2.3.4-1.2.3.4", false},
		{"0.0.0.0/0", "0.0.0.0-255.255.255.255", false},
		{"1.2.3.4/0", "0.0.0.0-255.255.255.255", true},
		{"255.255.255.252/30", "255.255.255.252-255.255.255.255", false},
		{"2001:db8::/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false},
		{"2001:db8::1/127", "2001:db8::-2001:db8::1", true},
		{"::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
		{"::ffff:1.2.3.0/120", "1.2.3.0-1.2.3.255", false},
		{"::ffff:1.2.3.4/120", "1.2.3.0-1.2.3.255", true},
		{"::ffff:0:0/96", "0.0.0.0-255.255.255.255", false},
	} {
		got, hostBits, err := netset.ParsePrefix(row.text)
		require.NoError(t, err, row.text)
		require.Equal(t, row.want, got.String(), row.text)
		require.Equal(t, row.hostBits, hostBits, row.text)
	}
	for _, text := range []string{
		"", "/", "10.0.0.1/", "10.0.0.1", "10.0.0.1/08", "10.0.0.1/+8", "10.0.0.1/-1", "10.0.0.1/33", "::/129", "10.0.0.1/8 ",
		"10.0.0.0/255.0.0.0", "1.2.3.4/24'", "fe80::/10%eth0", "fe80::%eth0/10", "::ffff:1.2.3.0/95", "10.0.0.*/8", "010.0.0.0/8",
	} {
		_, _, err := netset.ParsePrefix(text)
		require.Error(t, err, text)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"1.2.3.4":                             "1.2.3.4-1.2.3.4",
		"1.2.3.4/31":                          "1.2.3.4-1.2.3.5",
		"1.2.3.4-1.2.3.9":                     "1.2.3.4-1.2.3.9",
		" 1.2.3.4\t - 1.2.3.9 ":               "1.2.3.4-1.2.3.9",
		"::1-::2":                             "::1-::2",
		"::ffff:1.2.3.4-1.2.3.9":              "1.2.3.4-1.2.3.9",
		"0.0.0.0-255.255.255.255":             "0.0.0.0-255.255.255.255",
		"2001:db8::-2001:db8::ffff:ffff:ffff": "2001:db8::-2001:db8::ffff:ffff:ffff",
	} {
		got, _, err := netset.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String(), text)
	}
	for text, want := range map[string]string{
		"1.2.3.9-1.2.3.1":         "ends before it starts",
		"1.2.3.4-::1":             "mixes IPv4 and IPv6",
		"::-::ffff:1.2.3.4":       "mixes IPv4 and IPv6",
		"1.2.3.4-1.2.3.9-1.2.3.9": "last address of the range",
		"-1.2.3.4":                "first address of the range",
		"1.2.3.4-":                "last address of the range",
		"-":                       "first address of the range",
		"15.5.6.7/24-15.5.6.9":    "first address of the range",
		"fe80::1%a-b":             "first address of the range",
		"\u00a01.2.3.4-1.2.3.5":   "first address of the range",
		"1.2.3.4\u3000-1.2.3.5":   "first address of the range",
		"1.2.3.4-\u20091.2.3.5":   "last address of the range",
		"1.2.3.4-1.2.3.5\u00a0":   "last address of the range",
		"1.2.3.4 -\u200b 1.2.3.5": "last address of the range",
		"1.2.3.4\v-\f1.2.3.5":     "first address of the range",
		"1.2.3.4/40":              "not a prefix",
		"":                        "not an IP address",
	} {
		got, _, err := netset.Parse(text)
		require.ErrorContains(t, err, want, text)
		require.False(t, got.IsValid(), "%q must not give a range beside the error", text)
	}
	_, err := netset.ParseRange("1.2.3.4")
	require.EqualError(t, err, "not a range such as 192.0.2.1-192.0.2.9")
}

// TestReason: the message says what is wrong, not where in the library, and is
// short and on one line whatever the text.
func TestReason(t *testing.T) {
	long := strings.Repeat("x", 1_000_000)
	for text, want := range map[string]string{
		"1.2.3.4x":            `not an IP address (unexpected character (at "x"))`,
		"1.2.3.4x): y":        `not an IP address (unexpected character (at "x): y"))`,
		"1.2.3.4" + long:      `not an IP address (unexpected character)`,
		"1.2.3.4" + long[:52]: `not an IP address (unexpected character (at "` + long[:52] + `"))`,
		"1.2.3.4" + long[:53]: `not an IP address (unexpected character)`,
		"1.2.3":               `not an IP address (IPv4 address too short)`,
		"x\n)":                `not an IP address (unable to parse IP)`,
		long:                  `not an IP address (unable to parse IP)`,
		"1.2.3.4/24'":         `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (bad bits after slash: "24'")`,
		"1.2.3.4/): y":        `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (bad bits after slash: "): y")`,
		"1.2.3.4/" + long:     `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (bad bits)`,
		"x/8":                 `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (unable to parse IP)`,
		"1.2.3.x/8":           `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (unexpected character (at "x"))`,
		"1.2.3.4/\n":          `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (bad bits after slash: "\n")`,
		"::1%a/8":             `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (IPv6 zones cannot be present in a prefix)`,
		"1.2.3.4/40":          `not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (prefix length out of range)`,
	} {
		_, _, err := netset.Parse(text)
		require.EqualError(t, err, want)
	}
}

// FuzzParse: what is accepted is one ordered range of one family, unmapped and
// without a zone, and is read again to the same from its canonical text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.2.3.4", "1.2.3.4/24", "1.2.3.4-1.2.3.9", "::ffff:1.2.3.0/120", "fe80::1%eth0", "::-::1", "1.2.3.4/024"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := netset.Parse(text)
		if err != nil {
			if got.IsValid() || strings.Contains(err.Error(), "\n") && !strings.Contains(text, "\n") {
				t.Fatalf("%q: range %v beside the error %q", text, got, err)
			}
			return
		}
		for _, end := range []netip.Addr{got.From(), got.To()} {
			if !end.IsValid() || end.Is4In6() || end.Zone() != "" {
				t.Fatalf("%q: %v is not in the form that is compared", text, end)
			}
		}
		if !got.IsValid() || got.From().Is4() != got.To().Is4() {
			t.Fatalf("%q: %v is no range", text, got)
		}
		if again, _, err := netset.Parse(got.String()); err != nil || again != got {
			t.Fatalf("%q: %v is read again as %v, %v", text, got, again, err)
		}
		if addr, err := netip.ParseAddr(text); err == nil && addr.Unmap() != got.From() {
			t.Fatalf("%q: %v", text, got)
		}
	})
}
