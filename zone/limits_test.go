package zone_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// repeated is an array of n elements, one a line.
func repeated(n int, element func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString([]string{"[", ",\n"}[min(i, 1)] + element(i))
	}
	return b.String() + "]"
}

// TestSizes: the first element beyond a limit is one error, however many follow.
func TestSizes(t *testing.T) {
	zones := func(n int) error {
		_, err := zone.ParseOkta("zones.json", []byte(repeated(n, func(i int) string {
			return fmt.Sprintf(`{"type":"IP","name":"%d","gateways":[{"type":"RANGE","value":"192.0.2.1"}]}`, i)
		})))
		return err
	}
	rules := func(n int) error {
		_, err := zone.ParseOktaRules("rules.json", []byte(repeated(n, func(int) string {
			return `{"actions":{"signon":{"access":"ALLOW"}}}`
		})))
		return err
	}
	ids := strings.TrimSuffix(strings.Repeat(`"a",`, 1000), ",")
	listing := func(n int) error {
		_, err := zone.ParseOktaRules("rules.json", []byte(repeated(n, func(int) string {
			return `{"conditions":{"network":{"connection":"ZONE","exclude":[` + ids + `]}},"actions":{"signon":{"access":"ALLOW"}}}`
		})))
		return err
	}
	excluding := func(n int) error {
		_, err := zone.ParseThreatInsight("threat.json", []byte(`{"action":"block","excludeZones":`+repeated(n, func(int) string { return `"a"` })+`}`))
		return err
	}
	for name, test := range map[string]struct {
		parse       func(int) error
		most        int
		code, where string
	}{
		"zones":                      {zones, zone.MaxZones, "too-many-zones", "zones.json:10001:1"},
		"rules":                      {rules, zone.MaxRules, "too-many-rules", "rules.json:100001:1"},
		"references of rules":        {listing, zone.MaxReferences / 1000, "too-many-references", "rules.json:101:"},
		"references of excludeZones": {excluding, zone.MaxReferences, "too-many-references", "threat.json:100001:1"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, test.parse(test.most))
			for _, more := range []int{1, 30} {
				var found zone.Findings
				require.ErrorAs(t, test.parse(test.most+more), &found)
				require.Len(t, found, 1)
				require.Equal(t, test.code, found[0].Code)
				require.Contains(t, found[0].Position(), test.where)
			}
		})
	}
}
