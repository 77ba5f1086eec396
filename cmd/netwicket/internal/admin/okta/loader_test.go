package okta

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/finding"
)

// What the loader says of a rule as a whole is said of its name, since every cause has a field.
func TestFaultsOfAWholeRule(t *testing.T) {
	for path, want := range map[string]string{"": "name: v: too odd", "/conditions/network/include/0": "conditions.network: v: too odd", "/a~1b/c": "a/b.c: v: too odd"} {
		var b body
		b.loaderFault(&finding.Finding{Path: path, Value: "v", Err: errors.New("too odd")})
		require.Equal(t, []string{want}, b.causes)
	}
	var b body
	b.loaderFault(&finding.Finding{Path: "/actions", Err: errors.New("not an access rule"), Code: "not-access-rule"}) // as access has said
	require.Empty(t, b.causes)
}

// What the loader says of a zone is said once, of the member that it is about: of the zone as
// a whole only where nothing else is, and of a name or a type unless this package did; of an
// entry that is not to be found as the loader words it.
func TestFaultsOfAZone(t *testing.T) {
	z := &records.Zone{Gateways: []records.Network{{Type: "CIDR", Value: "x/8"}}, Proxies: []records.Network{{Type: "RANGE", Value: "192.0.2.1-y"}}}
	const cidr, ends = "The IP: x in the CIDR: x/8 is invalid. Make sure it is a valid IPV4.", "The IP: y in the RANGE: 192.0.2.1-y is invalid. Make sure it is a valid IPV4."
	for _, row := range []struct{ said, code, path, want string }{
		{"", "", "/0", "type: v: too odd"}, {"", "", "", "type: v: too odd"}, {"status", "", "/0", ""}, {"status", "", "", ""},
		{"", "", "/0/name", "name: v: too odd"}, {"", "", "/0/type", "type: v: too odd"}, {"name", "", "/0/name", ""}, {"type", "", "/0/type", ""}, {"name", "", "/0/type", "type: v: too odd"},
		{"gateways", "", "/0/gateways/0", "gateways: v: too odd"}, {"proxies", "bad-range", "/0/proxies/0/value", "proxies: " + ends},
		{"", "bad-cidr", "/0/gateways/0/value", "gateways: " + cidr}, {"", "bad-cidr", "/0/gateways/1/value", "gateways: v: too odd"}, {"", "bad-cidr", "/0/gateways/9/value", "gateways: v: too odd"},
		{"", "bad-cidr", "/0/gateways/x/value", "gateways: v: too odd"}, {"", "", "/0/a~1b~0", "a/b~: v: too odd"},
	} {
		b := body{loaded: finding.List{{Path: row.path, Code: row.code, Value: "v", Err: errors.New("too odd")}}}
		if row.said != "" {
			b.invalid(row.said)
		}
		said := len(b.causes)
		b.refused(z)
		require.Equal(t, row.want, strings.Join(b.causes[said:], "|"), row)
	}
}
