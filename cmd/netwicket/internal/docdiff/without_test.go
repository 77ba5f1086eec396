package docdiff_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/decide/decidetest"
)

// What is taken out is gone, and nothing else: the Config stays, and so do twins.
func TestWithout(t *testing.T) {
	const zones = `[{"type":"IP","name":"twin","gateways":[{"type":"CIDR","value":"10.0.0.0/8"}]},
		{"type":"IP","name":"twin","gateways":[{"type":"CIDR","value":"11.0.0.0/8"}]},
		{"type":"IP","id":"a","name":"a","gateways":[{"type":"CIDR","value":"12.0.0.0/8"}]}]`
	const rules = `[{"name":"r","priority":1,"conditions":{"network":{"connection":"ZONE","include":["a","b"]}},"actions":{"signon":{"access":"ALLOW"}}},
		{"name":"r","priority":2,"actions":{"signon":{"access":"DENY"}}}]`
	full := decidetest.Documents{Zones: zones, Rules: []string{rules}, ThreatInsight: `{"action":"audit","excludeZones":["a"]}`}
	p := parts(t, full)
	config := p.Config

	second := docdiff.WithoutZone(config, &config.Zones[0].Zones[1])
	p.Config = second
	require.Equal(t, []string{"removed zone  twin", "  removed name twin", "  removed type IP", "  removed status ACTIVE", "  removed usage POLICY", "  removed gateway 11.0.0.0/8"},
		lines(docdiff.Between(parts(t, full), p)))
	p.Config = docdiff.WithoutRule(config, &config.Rules[0].Rules[1])
	require.Equal(t, []string{"removed rule  r", "  removed name r", "  removed status ACTIVE", "  removed access DENY", "  removed priority 2", "  removed connection ANYWHERE"},
		lines(docdiff.Between(parts(t, full), p)))

	without, defined := docdiff.WithoutReferences(config, "a")
	require.True(t, defined)
	p.Config = without
	require.Equal(t, []string{"changed rule  r", "  removed included zone a", "changed ThreatInsight configuration  ", "  removed excluded zone a"}, lines(docdiff.Between(parts(t, full), p)))
	without, defined = docdiff.WithoutReferences(without, "b")
	require.False(t, defined, "the rule would be about no zone at all")
	p.Config = without
	require.Equal(t, 2, len(config.Rules[0].Rules[0].Network.Include), "what was given stays as it was")

	stranger := config.Zones[0].Zones[0]
	p.Config = docdiff.WithoutZone(config, &stranger)
	require.Empty(t, docdiff.Between(parts(t, full), p), "a copy is none of the documents")
}
