package admin_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// What an SDK says when it asks again is in the log, and changes nothing else
// (H11).
func TestRetriesAreLogged(t *testing.T) {
	d := front(t)
	plain, _ := d.ask(question{target: "/api/v1/zones", token: "writer"})
	again, _ := d.ask(question{target: "/api/v1/zones", token: "writer", retry: "abc\x1b[31m"})
	require.Equal(t, http.StatusOK, again.StatusCode)
	require.Equal(t, plain.StatusCode, again.StatusCode)
	require.Contains(t, d.log.String(), `"retry_count":"1"`)
	require.Contains(t, d.log.String(), `"retry_for":"abc`)
	require.NotContains(t, d.log.String(), "\x1b")
}
