package okta

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

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
