package forwardauth_test

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// askProfile sends a request on a connection of its own, and gives what it is answered.
func askProfile(t *testing.T, listener *doorwaytest.Listener, from, path string) (status int, body string) {
	t.Helper()
	connection, _ := listener.Dial(from)
	defer connection.Close()
	go func() { _, _ = io.WriteString(connection, "GET "+path+" HTTP/1.1\r\nHost: netwicket\r\n\r\n") }()
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.True(t, response.Close)
	return response.StatusCode, string(text)
}

// Profiles are where they were asked for, and nowhere else; what else is answered
// there stays.
func TestProfiles(t *testing.T) {
	for _, asked := range []bool{false, true} {
		bubble(t, forwardauth.Listener{Profiles: asked}, nil, func(t *testing.T, listener *doorwaytest.Listener) {
			want := map[bool]int{false: 404, true: 200}[asked]
			for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/heap", "/debug/pprof/goroutine?seconds=2"} {
				status, body := askProfile(t, listener, "127.0.0.2", path)
				require.Equal(t, want, status, path)
				require.NotEmpty(t, body)
			}
			for path, want := range map[string]int{"/healthz": 200, "/metrics": 200, "/debug/pprof": 404, "/debug/": 404, "/debug/vars": 404, "/debug/pprof/cmdline": 404, "/debug/pprof/../../decide": 404} {
				status, _ := askProfile(t, listener, "127.0.0.2", path)
				require.Equal(t, want, status, path)
			}
			status, _ := askProfile(t, listener, "127.0.0.2", "/decide")
			require.Equal(t, 403, status)
		})
	}
}

// A profile outlasts the five seconds that strangers have, and while it is taken
// nobody gets another.
func TestProfilesTakeTheirTime(t *testing.T) {
	bubble(t, forwardauth.Listener{Profiles: true}, nil, func(t *testing.T, listener *doorwaytest.Listener) {
		begun := time.Now()
		done := make(chan int)
		go func() {
			status, _ := askProfile(t, listener, "127.0.0.2", "/debug/pprof/goroutine?seconds=30")
			done <- status
		}()
		time.Sleep(10 * time.Second)
		status, body := askProfile(t, listener, "127.0.0.1", "/debug/pprof/heap")
		require.Equal(t, 503, status)
		require.Equal(t, "a profile is being taken; try again when it is done\n", body)
		status, _ = askProfile(t, listener, "127.0.0.2", "/healthz")
		require.Equal(t, 200, status)
		require.Equal(t, 200, <-done)
		require.Equal(t, 30*time.Second, time.Since(begun))
		status, _ = askProfile(t, listener, "127.0.0.1", "/debug/pprof/heap")
		require.Equal(t, 200, status)
	})
}

// A profile of the processor and a trace are what Go's tools read, and what is answered
// beside profiles is the same with and without them.
func TestProfilesAreThemselves(t *testing.T) {
	s := serve(t, loopback())
	plain, profiled := listen(t, s, forwardauth.Listener{}), listen(t, s, forwardauth.Listener{Profiles: true})
	body := func(address, path string) string {
		response, err := http.Get("http://" + address + path)
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.Status + " " + string(text)
	}
	for _, path := range []string{"/healthz", "/readyz", "/nothing"} {
		require.Equal(t, body(plain, path), body(profiled, path), path)
	}
	require.Contains(t, body(profiled, "/debug/pprof/trace?seconds=0.01"), "200 OK go 1.")
	require.Contains(t, body(profiled, "/debug/pprof/profile?seconds=1"), "200 OK \x1f\x8b", "gzip")
}
