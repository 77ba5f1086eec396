package callers_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
)

// bySecret is a token that the client sp1 of this secret gets, quickly.
func (d *desk) bySecret(peer netip.Addr) (token string, issued callers.Issued) {
	r := &http.Request{
		Method: http.MethodPost, Body: http.NoBody, Header: http.Header{},
		URL: &url.URL{Path: "/oauth/token", RawQuery: "grant_type=client_credentials&client_id=sp1&client_secret=s"},
	}
	issued = d.SailPointToken(r, peer)
	if issued.Answer.Status != http.StatusOK {
		return "", issued
	}
	_, said, _ := told(issued)
	return "Bearer " + said["access_token"].(string), issued
}

// TestTokensThatEndedAreForgotten once another one is issued, and no other token with them.
func TestTokensThatEndedAreForgotten(t *testing.T) {
	key := newKey(t)
	d := live(t, `{"clients":[{"id":"sp1","secretSha256":"`+hexOf("s")+`","scopes":["okta.policies.read"]},`+client(t, "", key)[len(`{"clients":[`):])
	long := "Bearer " + d.token(t, d.assertion(t, key, nil))
	for range 5 {
		d.bySecret(somewhere)
	}
	tokens, _ := d.Remembered()
	require.Equal(t, 6, tokens)
	d.now = d.now.Add(748 * time.Second)
	d.bySecret(somewhere)
	tokens, _ = d.Remembered()
	require.Equal(t, 7, tokens, "all of them are good")
	d.now = d.now.Add(2 * time.Minute)
	last, _ := d.bySecret(somewhere)
	tokens, _ = d.Remembered()
	require.Equal(t, 3, tokens, "five have ended")
	require.NoError(t, d.come(resource, long))
	require.NoError(t, d.come(resource, last))
	d.now = d.now.Add(2 * time.Hour)
	d.bySecret(somewhere)
	tokens, _ = d.Remembered()
	require.Equal(t, 1, tokens)
}

// TestManyTokens: 100,000 are remembered. One more takes the place of those that ended,
// or of the one that came first.
func TestManyTokens(t *testing.T) {
	const most = 100_000
	key := newKey(t)
	d := live(t, `{"clients":[{"id":"sp1","secretSha256":"`+hexOf("s")+`","scopes":["okta.policies.read"]},`+client(t, "", key)[len(`{"clients":[`):])
	start := d.now
	long := "Bearer " + d.token(t, d.assertion(t, key, nil))
	d.now = start.Add(time.Second)
	for range most - 2 {
		d.bySecret(somewhere)
	}
	d.now = start.Add(745 * time.Second)
	d.bySecret(somewhere)
	tokens, _ := d.Remembered()
	require.Equal(t, most, tokens)
	require.NoError(t, d.come(resource, long))
	// All but two have ended since: the oldest one is good yet and keeps its place.
	d.now = start.Add(751 * time.Second)
	second, _ := d.bySecret(somewhere)
	tokens, _ = d.Remembered()
	require.Equal(t, 3, tokens)
	require.NoError(t, d.come(resource, long))

	d.now = d.now.Add(time.Second)
	for range most - 3 {
		d.bySecret(somewhere)
	}
	require.NoError(t, d.come(resource, long))
	third, _ := d.bySecret(somewhere)
	require.ErrorIs(t, d.come(resource, long), callers.ErrBad, "the first one makes room")
	require.NoError(t, d.come(resource, second))
	require.NoError(t, d.come(resource, third))
	tokens, _ = d.Remembered()
	require.Equal(t, most, tokens)
}

// TestIdsThatEndedAreForgotten, and may come again.
func TestIdsThatEndedAreForgotten(t *testing.T) {
	key := newKey(t)
	d := live(t, client(t, "", key))
	with := func(id string) string {
		return d.assertion(t, key, map[string]any{"jti": id, "exp": d.now.Add(time.Minute).Unix()})
	}
	d.token(t, with("one")) // which is remembered for six minutes
	d.token(t, with("two"))
	_, ids := d.Remembered()
	require.Equal(t, 2, ids)
	d.now = d.now.Add(6*time.Minute - 10*time.Second)
	d.token(t, with("three"))
	_, ids = d.Remembered()
	require.Equal(t, 3, ids)
	d.now = d.now.Add(11 * time.Second)
	d.token(t, with("one")) // another assertion by now
	d.now = d.now.Add(time.Minute)
	d.token(t, with("four"))
	_, ids = d.Remembered()
	require.Equal(t, 3, ids, "one, three and four")
	d.now = d.now.Add(time.Hour)
	d.token(t, with("five"))
	_, ids = d.Remembered()
	require.Equal(t, 1, ids)
}

// TestSailPointNetworks: a client gets no token from elsewhere (A3, A8).
func TestSailPointNetworks(t *testing.T) {
	d := live(t, `{"clients":[{"id":"sp1","secretSha256":"`+hexOf("s")+`","scopes":["sp:auth-org:manage"],"networks":["192.0.2.0/24"]}]}`)
	token, issued := d.bySecret(netip.MustParseAddr("192.0.2.200"))
	require.Equal(t, http.StatusOK, issued.Answer.Status)
	require.Equal(t, "sp1", issued.Caller)
	require.NoError(t, d.come(resource, token))
	for _, peer := range []netip.Addr{netip.MustParseAddr("192.0.3.1"), netip.MustParseAddr("2001:db8::1"), {}} {
		token, issued = d.bySecret(peer)
		require.Empty(t, token)
		require.Equal(t, http.StatusUnauthorized, issued.Answer.Status)
		require.True(t, issued.Failed)
	}
}
