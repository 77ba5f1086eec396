package decide_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

// A list that changes at the ends of a /16, over many of them, in the first and the last, or as a
// whole gives the policy that Compile makes, from whatever list it comes.
func TestRecompileAroundParts(t *testing.T) {
	var many []string // so that their /16 becomes a page of the table
	for i := range 40 {
		many = append(many, fmt.Sprintf("2a00:%x::/32", 3*i))
	}
	lists := []string{
		"", "0.0.0.0", "0.0.0.0/15", "0.0.255.255-0.1.0.0", "10.0.0.0/16", "10.0.0.0-10.1.0.5", "10.0.0.0-10.1.0.6 10.3.0.0/16", "255.255.0.0/16", "0.0.0.0/0 ::/0",
		"2001:db8::/32 ::1", "::/16 ffff::/16", "2001:0:ffff::-2002:0::1 255.255.255.255", strings.Join(many, " "), strings.Join(many[1:], " ") + " 2a00:1::/48 10.0.0.0/16",
		"2000::-29ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 10.2.0.0/15", "64:ff9b::/96 2002::/16 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	}
	var configs []decide.Config
	var compiled []*decide.Policy
	for i, list := range lists {
		proxies := []string{"", "10.0.0.1", "2a00::/16 10.1.0.0/16"}[i%3]
		config := documents{
			zones: "[" + ipZoneJSON("a", "POLICY", list, proxies) + "," + ipZoneJSON("b", "BLOCKLIST", "10.0.0.0/15 10.3.0.4 2a00:3::/32 2a00:6::/40 ffff::-ffff::5", "") + "]",
			rules: []string{`[{"name":"a","conditions":{"network":{"connection":"ZONE","include":["a"]}},"actions":{"signon":{"access":"ALLOW"}}},{"name":"rest","actions":{"signon":{"access":"DENY"}}}]`},
			csv:   "9.255.0.0/16,US,,,,\n10.0.128.0/17,DE,,,,\n10.1.0.0/32,US,,,,\n2a00:3::/33,DE,,,,\n255.255.255.255,DE,,,,\n",
		}.config(t)
		policy, err := decide.Compile(config)
		require.NoError(t, err)
		configs, compiled = append(configs, config), append(compiled, policy)
	}
	last, previous := 0, compiled[0]
	for i := range compiled { // each on what came of the one before
		next := (7*i + 3) % len(compiled)
		policy, err := decide.Recompile(previous, configs[next])
		require.NoError(t, err)
		require.Empty(t, decide.Same(compiled[next], policy), "from %q to %q", lists[last], lists[next])
		last, previous = next, policy
	}
}
