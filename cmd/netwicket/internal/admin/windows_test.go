package admin_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// TestWindowsAreForgotten: whoever asks from ever other addresses is remembered for as
// long as the windows last, and those whose windows have not ended are not forgotten.
func TestWindowsAreForgotten(t *testing.T) {
	d := front(t)
	flood := func(network int) {
		for i := range 50 {
			from := fmt.Sprintf("198.18.%d.%d:1", network, i)
			d.ask(question{target: "/.well-known/okta-organization", peer: from})
			d.ask(question{verb: "POST", target: "/oauth/token?grant_type=client_credentials&client_id=w&client_secret=other", peer: from})
		}
	}
	flood(1)
	require.Equal(t, [4]int{50, 50, 50, 1}, d.Windows())
	d.pass(30 * time.Second)
	flood(2)
	require.Equal(t, [4]int{100, 50, 100, 1}, d.Windows(), "SailPoint's are of ten seconds")
	for range 9 {
		d.ask(question{target: "/api/v1/zones", token: "other", peer: "198.18.2.7:1"})
	}
	require.Equal(t, wire.TooManyRequests, d.failure(question{target: "/api/v1/zones", token: "writer", peer: "198.18.2.7:1"}))
	d.pass(31 * time.Second)
	flood(3)
	require.Equal(t, [4]int{100, 50, 100, 1}, d.Windows(), "those of the first flood have ended")
	require.Equal(t, wire.TooManyRequests, d.failure(question{target: "/api/v1/zones", token: "writer", peer: "198.18.2.7:1"}), "it asked within the minute")
	d.pass(2 * time.Minute)
	d.ask(question{target: "/api/v1/zones", token: "other", peer: "198.18.2.7:1"})
	require.Equal(t, 1, d.Windows()[2], "the others have ended")
	require.Zero(t, d.failure(question{target: "/api/v1/zones", token: "writer", peer: "198.18.2.7:1"}))
	require.Equal(t, 1, d.Windows()[0])
}
