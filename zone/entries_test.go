package zone_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEntries are the spellings of gateways and proxies.
func TestEntries(t *testing.T) {
	for _, row := range []struct{ form, value, want string }{
		{"CIDR", "1.2.3.4/24", "1.2.3.0-1.2.3.255"}, // host bits, as in Okta's own examples
		{"CIDR", "1.2.3.4/32", "1.2.3.4-1.2.3.4"},
		{"CIDR", "0.0.0.0/0", "0.0.0.0-255.255.255.255"},
		{"CIDR", "2001:db8::/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"CIDR", "::ffff:1.2.3.4/120", "1.2.3.0-1.2.3.255"},
		{"RANGE", "1.2.3.4-1.2.3.9", "1.2.3.4-1.2.3.9"},
		{"RANGE", " 1.2.3.4 -\t1.2.3.9 ", "1.2.3.4-1.2.3.9"},
		{"RANGE", "1.2.3.4", "1.2.3.4-1.2.3.4"}, // Okta stores it as 1.2.3.4-1.2.3.4
		{"RANGE", " 1.2.3.4 ", "1.2.3.4-1.2.3.4"},
		{"RANGE", "::1-::1", "::1-::1"},
		{"RANGE", "2001:db8::1", "2001:db8::1-2001:db8::1"},
		{"RANGE", "::ffff:1.2.3.4-1.2.3.9", "1.2.3.4-1.2.3.9"},
	} {
		t.Run(row.form+" "+row.value, func(t *testing.T) {
			z := active(t, gateway(fmt.Sprintf(`{"type":%q,"value":%q}`, row.form, row.value)))
			require.Equal(t, []string{row.value + "=" + row.want}, ranges(z.Gateways), "the text is kept")
		})
	}
}

func TestBadEntries(t *testing.T) {
	for _, row := range []struct{ form, value, code string }{
		{"CIDR", "1.2.3.4", "bad-cidr"},
		{"CIDR", "1.2.3.4/24'", "bad-cidr"}, // from Okta's OpenAPI examples
		{"CIDR", "1.2.3.4/33", "bad-cidr"},
		{"CIDR", "1.2.3.4/", "bad-cidr"},
		{"CIDR", "1.2.3.4/08", "bad-cidr"},
		{"CIDR", " 1.2.3.4/8", "bad-cidr"},
		{"CIDR", "1.2.3.4-1.2.3.5", "bad-cidr"},
		{"CIDR", "1.2.3.0/255.255.255.0", "bad-cidr"},
		{"CIDR", "::ffff:1.2.3.4/90", "bad-cidr"},
		{"CIDR", "fe80::%eth0/64", "bad-cidr"},
		{"CIDR", "", "bad-cidr"},
		{"RANGE", "", "bad-range"},
		{"RANGE", "-", "bad-range"},
		{"RANGE", "1.2.3.4.5-1.2.3.6", "bad-range"},
		{"RANGE", "15.5.6.7/24-15.5.6.9", "bad-range"}, // from Okta's OpenAPI examples
		{"RANGE", "1.2.3.0/24", "bad-range"},
		{"RANGE", "1.2.3.9-1.2.3.1", "bad-range"},
		{"RANGE", "1.2.3.4-::1", "bad-range"},
		{"RANGE", "1.2.3.4-1.2.3.5-1.2.3.6", "bad-range"},
		{"RANGE", "010.0.0.1", "bad-range"},
		{"RANGE", "1.2.3.4:80", "bad-range"},
		{"RANGE", "[::1]-[::2]", "bad-range"},
		{"RANGE", "fe80::1%eth0", "bad-range"},
		{"RANGE", "1.2.3.4–1.2.3.9", "bad-range"},       // an en dash
		{"RANGE", "\u00a01.2.3.4-1.2.3.9", "bad-range"}, // spaces of Unicode are none around an end
		{"RANGE", "1.2.3.4\u3000-1.2.3.9", "bad-range"},
		{"RANGE", "1.2.3.4-\u20091.2.3.9", "bad-range"},
		{"RANGE", "1.2.3.4-1.2.3.9\u200b", "bad-range"},
		{"RANGE", "1.2.3.4\u00a0", "bad-range"},
		{"RANGE", "10.0.0.*", "bad-range"},
		{"RANGE", "example.com", "bad-range"},
	} {
		t.Run(row.form+" "+row.value, func(t *testing.T) {
			entry := fmt.Sprintf(`{"type":%q,"value":`, row.form)
			bothStatuses(t, gateway(entry+fmt.Sprintf("%q}", row.value)),
				fmt.Sprintf("3:%d %s /gateways/0/value", len(entry)+1, row.code))
		})
	}
}

// TestOktaText: where Okta's own words are known, the finding has them.
func TestOktaText(t *testing.T) {
	for _, property := range []string{"gateways", "proxies"} {
		for value, end := range map[string]string{
			"1.2.3.4.5-1.2.3.6": "1.2.3.4.5",
			"1.2.3.4-1.2.3.456": "1.2.3.456",
			"1.2.3":             "1.2.3",
		} {
			for _, status := range []string{"ACTIVE", "INACTIVE"} {
				zones, err := okta(status, `"type":"IP","name":"a",`+fmt.Sprintf(`%q:[{"type":"RANGE","value":%q}]`, property, value))
				require.Contains(t, message(t, "bad-range", zones.Warnings, err), property+
					": The IP: "+end+" in the RANGE: "+value+" is invalid. Make sure it is a valid IPV4.")
			}
		}
	}
	zones, err := okta("ACTIVE", `"type":"DYNAMIC","name":"a","locations":[`+strings.Join(countries(76), ",")+`]`)
	require.NoError(t, err)
	text := message(t, "over-limit", zones.Warnings, err)
	require.Contains(t, text, "locations: No more than 75 locations may be included in a Location Zone.")
	require.Contains(t, text, "76")
}

// TestHostileText: a value cannot break the line of its finding, steer the
// terminal or flood it.
func TestHostileText(t *testing.T) {
	zones, err := okta("ACTIVE", gateway(`{"type":"RANGE","value":"1.2.3.4\n\u001b[2J-1"}`))
	require.Len(t, strings.Split(err.Error(), "\n"), 1)
	require.NotContains(t, err.Error(), "\x1b")
	require.Contains(t, message(t, "bad-range", zones.Warnings, err), `\x1b`)

	_, err = okta("ACTIVE", gateway(`{"type":"RANGE","value":"`+strings.Repeat("9", 1_000_000)+`"}`))
	require.Less(t, len(err.Error()), 1_000)
}

// countries are n locations in different countries.
func countries(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"country":"%c%c"}`, 'A'+i/26, 'A'+i%26))
	}
	return out
}
