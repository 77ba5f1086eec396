package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSessionsMakeRoom: there are a thousand. One too many ends one that is over, else
// the one that was used the longest ago.
func TestSessionsMakeRoom(t *testing.T) {
	v := consoleFront(t)
	var cookies []*http.Cookie
	signIn := func() {
		t.Helper()
		v.cookie = nil
		status, _ := v.signIn("look", "")
		require.Equal(t, http.StatusSeeOther, status)
		cookies = append(cookies, v.cookie)
	}
	open := func(i int) bool {
		t.Helper()
		v.cookie = cookies[i]
		return v.get("/console/nothing") == http.StatusNotFound
	}
	for range 1000 {
		signIn()
		v.desk.pass(time.Millisecond)
	}
	require.True(t, open(0), "which is the last one used now")
	signIn()
	require.False(t, open(1))
	for _, i := range []int{0, 2, 999, 1000} {
		require.True(t, open(i), i)
	}
	v.desk.pass(29*time.Minute + 59*time.Second)
	for i := 500; i < 1000; i++ {
		require.True(t, open(i), i)
	}
	v.desk.pass(time.Second)
	for range 500 { // of those that nobody used for half an hour: none that is open ends
		signIn()
	}
	for i := 500; i < 1000; i++ {
		require.True(t, open(i), i)
	}
	require.False(t, open(0))
	require.False(t, open(499))
}

// TestSessionsThatAreOverMakeRoom, also where they were used a moment ago.
func TestSessionsThatAreOverMakeRoom(t *testing.T) {
	v := consoleFront(t)
	v.signIn("look", "")
	for range 3*12 - 1 {
		v.desk.pass(20 * time.Minute)
		require.Equal(t, http.StatusOK, v.get("/console/ask"))
	}
	old := v.cookie
	v.cookie = nil
	v.signIn("look", "")
	next := v.cookie
	v.desk.pass(time.Millisecond)
	for range 998 {
		v.cookie = nil
		v.signIn("look", "")
	}
	v.cookie = old
	v.desk.pass(20*time.Minute - time.Millisecond - 1)
	require.Equal(t, http.StatusOK, v.get("/console/ask"))
	v.desk.pass(1)
	v.cookie = nil
	v.signIn("look", "")
	v.cookie = next
	require.Equal(t, http.StatusOK, v.get("/console/ask"))
	v.cookie = old
	require.Equal(t, http.StatusForbidden, v.get("/console/ask"))
}

// TestSessionsEndByTheClock: half an hour after the last request, and half a day after
// the first; not a moment sooner.
func TestSessionsEndByTheClock(t *testing.T) {
	v := consoleFront(t)
	v.signIn("look", "")
	v.desk.pass(30*time.Minute - 1)
	require.Equal(t, http.StatusOK, v.get("/console/ask"))
	for range 23 {
		v.desk.pass(30*time.Minute - 1)
		require.Equal(t, http.StatusOK, v.get("/console/ask"))
	}
	v.desk.pass(23)
	require.Equal(t, http.StatusOK, v.get("/console/ask"))
	v.desk.pass(1)
	require.Equal(t, http.StatusForbidden, v.get("/console/ask"))
}

// TestOneSessionOfABrowser: who signs in again, and who signs out, leaves no session
// behind.
func TestOneSessionOfABrowser(t *testing.T) {
	v := consoleFront(t)
	v.signIn("look", "")
	first := v.cookie
	w := v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {"all"}})
	require.Len(t, w.Header().Values("Set-Cookie"), 1)
	second := v.cookie
	require.NotEqual(t, first.Value, second.Value)
	require.Len(t, second.Value, 43, "32 bytes that nobody can guess")
	v.cookie = first
	require.Equal(t, http.StatusForbidden, v.get("/console/ask"))
	v.cookie = second
	require.Equal(t, http.StatusOK, v.get("/console/ask"))
	w = v.ask(http.MethodPost, "/console/sign-out", nil)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/console/", w.Header().Get("Location"))
	require.Equal(t, "netwicket-console-9190=; Path=/console/; Max-Age=0; HttpOnly; SameSite=Strict", w.Header().Get("Set-Cookie"))

	// A browser may send several cookies of the name: one that is open is enough, and one
	// whose caller is out ends.
	v.signIn("look", "")
	two := func(r *http.Request) {
		r.Header.Set("Cookie", first.Name+"=nothing; "+v.cookie.Name+"="+v.cookie.Value)
	}
	require.Equal(t, http.StatusOK, v.ask(http.MethodGet, "/console/ask", nil, two).Code)
	good := fmt.Sprintf(lookers, hash("all"), hash("look"), hash("zones"), hash("away"))
	v.callers(fmt.Sprintf(lookers, hash("all"), hash("other"), hash("zones"), hash("away")))
	require.Equal(t, http.StatusForbidden, v.get("/console/ask"))
	v.callers(good)
	require.Equal(t, http.StatusForbidden, v.get("/console/ask"), "who was out signs in again")
	// Of another network it is the caller who moved, and may come back.
	v.signIn("look", "")
	v.callers(fmt.Sprintf(`{"tokens":[{"name":"look","sha256":%q,"scopes":["okta.networkZones.read"],"networks":["198.51.100.0/24"]}],"clients":[]}`, hash("look")))
	require.Equal(t, http.StatusForbidden, v.get("/console/ask"))
	v.callers(good)
	require.Equal(t, http.StatusOK, v.get("/console/ask"))
}
