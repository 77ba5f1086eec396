package console_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
)

// stubborn is a listener that cannot be closed as it should be.
type stubborn struct{ *pipes }

func (s stubborn) Close() error {
	_ = s.pipes.Close() // which never fails
	return errBroken
}

// A listener that cannot be closed is said at the end.
func TestServeSaysHowItEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- console.Serve(ctx, stubborn{newPipes()}, http.HandlerFunc(quick)) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-ended, errBroken)
	})
}

// A log of which something is left is not decided whole.
func TestPercentOfNearlyAll(t *testing.T) {
	for _, row := range [][3]int64{{999, 1000, 99}, {1999, 2000, 99}, {2000, 2000, 100}} {
		require.Equal(t, row[2], console.Percent(row[0], row[1]), "%v", row)
	}
}

// A name of a patch has no characters that end a header or cannot be seen.
func TestNameOfAPatchWithoutControls(t *testing.T) {
	const name = "a\tb\x01.json"
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": fmt.Sprintf(`{"okta":{"zones":[%s]}}`, quoted(name)), name: ownZones}))
	patch := r.draft(name, ownZones, "[]")
	patch.Set("do", "patch")
	require.Equal(t, `attachment; filename="a-b-.patch"`, r.send("change", "", patch).Header().Get("Content-Disposition"))
}
