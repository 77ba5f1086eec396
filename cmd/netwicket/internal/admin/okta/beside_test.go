package okta_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBesideTheSubject(t *testing.T) {
	o := openOrg(t)
	me := o.must("GET", "/api/v1/users/me", "")
	require.Regexp(t, `^00u[0-9A-Za-z]{17}$`, me.id())
	require.Equal(t, "ACTIVE", me.at("status"))
	for _, name := range []string{"login", "email", "firstName", "lastName"} {
		require.NotEmpty(t, me.at("profile."+name), name)
	}
	require.Equal(t, me.body, o.must("GET", "/api/v1/users/me", "").body)

	organization := o.must("GET", "/.well-known/okta-organization", "")
	require.Regexp(t, `^\{"id":"00o[0-9A-Za-z]{17}","pipeline":"idx","_links":\{"organization":\{"href":"`+base+`"\}\}\}$`, organization.body)
	public := 0
	for _, route := range o.vendor.Routes {
		if route.Public {
			public++
			require.Equal(t, "/.well-known/okta-organization", route.Path)
		}
	}
	require.Equal(t, 1, public, "nothing else answers without a token")

	require.Equal(t, "[]", o.must("GET", "/api/v1/apps?limit=200", "").body)
	groups := o.must("GET", "/api/v1/groups?q=Everyone", "").list()
	require.Len(t, groups, 1)
	require.Regexp(t, `^00g[0-9A-Za-z]{17}$`, groups[0]["id"])
	require.Equal(t, "Everyone", groups[0]["profile"].(map[string]any)["name"])
	require.Equal(t, groups, o.must("GET", "/api/v1/groups", "").list())
	require.Equal(t, "[]", o.must("GET", "/api/v1/groups?q=Staff", "").body)
	require.NotEqual(t, organization.body, openOrg(t).must("GET", "/.well-known/okta-organization", "").body)
}
