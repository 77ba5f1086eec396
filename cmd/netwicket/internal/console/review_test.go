package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Of documents that make no policy all is said that can be, as netwicket check does, so that
// nobody mends one thing to find the next.
func TestFindingsOfWhatMakesNoPolicy(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["one.json","two.json"],"rules":["rules.json"]}}`, "one.json": ownZones, "two.json": ownZones, "rules.json": "[",
	}))
	page := r.page("documents")
	require.Contains(t, page, "Findings 2 errors error two.json:1:2")
	require.Contains(t, page, "duplicate-id")
}

// A zone without an id is named by nobody: if the policy needs it, that is all there is to say.
func TestRemovalOfAZoneWithoutAnID(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": `[{"type":"IP","name":"Block","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`}))
	page := r.page("documents?zone=Block&without=1")
	require.Contains(t, page, "The policy does not compile without it: error 1:1 the policy is empty")
	require.NotContains(t, page, "Nor does it compile")
	require.NotContains(t, page, "A rule is about this zone alone")
	require.NotContains(t, page, "With the zone taken out")
}
