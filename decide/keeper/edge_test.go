package keeper_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// edged is a policy file with an edge, or without one.
func edged(edge string) string {
	return `{"okta": {"zones": ["zones.json"]}` + edge + `}`
}

const trusting = `, "edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}`

// statusFor is what a guarded handler answers a proxy on behalf of a client.
func statusFor(guarded http.Handler, client string) int {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:4711"
	r.Header.Set("X-Forwarded-For", client)
	w := httptest.NewRecorder()
	guarded.ServeHTTP(w, r)
	return w.Code
}

func guard(k *keeper.Keeper) http.Handler {
	app := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	return gate.Wrap(app, k.Live(), gate.Options{Resolver: k.Resolver()})
}

// TestEdgeFollows: proxies that are not trusted any more name no clients, from
// the reload on, for handlers that were made before.
func TestEdgeFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, map[string]string{"netwicket.json": edged(trusting), "zones.json": keepertest.Blocklist("10.0.0.0/8")})
		guarded := guard(k.Keeper)
		require.Equal(t, 200, statusFor(guarded, "198.51.100.7"))
		k.Move("netwicket.json", edged(`, "edge": {"trusted": ["10.99.0.0/16"], "source": "x-forwarded-for"}`))
		k.Succeeds()
		require.Equal(t, 403, statusFor(guarded, "198.51.100.7"), "it is decided about the peer")
		k.Move("netwicket.json", edged(trusting))
		k.Succeeds()
		require.Equal(t, 200, statusFor(guarded, "198.51.100.7"))
	})
}

// TestEdgeAndPolicyFollowAsOne replaces edge and zones in one go. Under both
// versions the request is denied; the edge of one with the zones of the other
// would let it in.
func TestEdgeAndPolicyFollowAsOne(t *testing.T) {
	versions := [2]string{
		// The client is 203.0.113.7, which is blocked.
		`{"okta": {"zones": ["clients.json"]}` + trusting + `}`,
		// The client is 10.0.0.1, which is blocked.
		`{"okta": {"zones": ["proxies.json"]}, "edge": {}}`,
	}
	k := keepertest.Keep(t, map[string]string{
		"netwicket.json": versions[0], "clients.json": keepertest.Blocklist("203.0.113.0/24"), "proxies.json": keepertest.Blocklist("10.0.0.0/8"),
	})
	guarded := guard(k.Keeper)
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for !stop.Load() {
				if statusFor(guarded, "203.0.113.7, 10.0.0.2") != http.StatusForbidden {
					t.Error("the edge of one version with the policy of the other")
					return
				}
			}
		})
	}
	for i := range 10 {
		k.Move("netwicket.json", versions[(i+1)%2])
		k.Succeeds()
	}
	stop.Store(true)
	readers.Wait()
}

// TestLostEdgeIsRefused: without it the proxies would be the clients.
func TestLostEdgeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := map[string]string{"netwicket.json": edged(trusting), "zones.json": keepertest.Blocklist("203.0.113.0/24")}
		k := keepertest.Keep(t, files)
		guarded := guard(k.Keeper)
		k.Move("netwicket.json", edged(""))
		k.Fails(`no "edge" any more`)
		require.Equal(t, 403, statusFor(guarded, "203.0.113.7"))
		k.Move("netwicket.json", edged(`, "edge": {}`))
		k.Succeeds()
		require.Equal(t, 200, statusFor(guarded, "203.0.113.7"), "somebody says that the peer is meant")
		k.Move("netwicket.json", edged(""))
		k.Fails(`no "edge" any more`)

		own := keepertest.Keep(t, files, func(o *keeper.Options) { o.OwnEdge = true })
		own.Move("netwicket.json", edged(""))
		own.Succeeds()
	})
}

// TestStatus: what a health check and a status page learn.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		require.Eventually(t, func() bool { return k.Keeper.Err() == nil }, keepertest.Patience, time.Millisecond)
		loaded := k.Keeper.Status().Loaded
		require.False(t, loaded.IsZero())

		k.Move("zones.json", "nonsense")
		k.Fails("zones.json")
		err := k.Keeper.Err()
		var findings policyfile.Findings
		require.ErrorAs(t, err, &findings)
		require.ErrorContains(t, err, "the policy of "+loaded.Format(time.RFC3339)+" stays in force")
		require.Contains(t, findings[0].File, "zones.json")
		failing := k.Keeper.Status().Failing
		k.Fails("zones.json") // the next try
		require.Equal(t, failing, k.Keeper.Status().Failing, "since the first failure")
		require.Equal(t, loaded, k.Keeper.Status().Loaded)

		k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		k.Succeeds()
		require.NoError(t, k.Keeper.Err())
		require.True(t, k.Keeper.Status().Failing.IsZero())
	})
}

// TestExpiryMendsNothing: an entry that expires says nothing of broken files.
func TestExpiryMendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(1500 * time.Millisecond)
		k := keepertest.Keep(t, map[string]string{
			"netwicket.json": edged(`, "overlay": "overlay.json"`), "zones.json": keepertest.Blocklist("203.0.113.0/24"),
			"overlay.json": `{"deny": [{"network": "198.51.100.7", "until": "` + until.Format(time.RFC3339Nano) + `"}]}`,
		}, func(o *keeper.Options) { o.Timing.Retry, o.Timing.RetryMax = time.Hour, time.Hour })
		k.Move("zones.json", "nonsense")
		k.Fails("zones.json")
		k.Becomes("198.51.100.7", true)
		require.Equal(t, keeper.Expiry, k.Succeeds().Cause)
		require.ErrorContains(t, k.Keeper.Err(), "zones.json")
	})
}

// TestMode: the file's mode is told, and opens nothing by itself.
func TestMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		guarded := guard(k.Keeper)
		require.Equal(t, gate.Enforce, k.Keeper.Mode())
		k.Move("netwicket.json", edged(trusting+`, "mode": "observe"`))
		k.Succeeds()
		require.Equal(t, gate.Observe, k.Keeper.Mode())
		require.Equal(t, 403, statusFor(guarded, "203.0.113.7"))
	})
}

// TestNoKeeperDenies: nil and zero Keepers let nobody in, and say so.
func TestNoKeeperDenies(t *testing.T) {
	var none *keeper.Keeper
	for name, k := range map[string]*keeper.Keeper{"nil": none, "zero": new(keeper.Keeper)} {
		require.Equal(t, 403, statusFor(guard(k), "198.51.100.7"), name)
		require.ErrorContains(t, k.Err(), "was not opened", name)
		require.ErrorContains(t, k.Run(t.Context()), "was not opened", name)
		require.Equal(t, gate.Enforce, k.Mode(), name)
		require.Zero(t, k.Status(), name)
	}
}

// TestRun: it is to be called once, and its absence is told.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		require.Eventually(t, func() bool { return k.Keeper.Err() == nil }, keepertest.Patience, time.Millisecond)
		require.ErrorContains(t, k.Keeper.Run(t.Context()), "once")

		opened, err := keeper.Open(k.Folder)
		require.NoError(t, err)
		require.Equal(t, 200, statusFor(guard(opened), "203.0.113.7"), "without an edge the peer is the client")
		require.ErrorContains(t, opened.Err(), "Run")
	})
}

// TestOpen gives all that is wrong as one error.
func TestOpen(t *testing.T) {
	folder := keepertest.New(t)
	folder.Write("netwicket.json", `{"okta": {"zones": ["a.json", "b.json"]}}`)
	folder.Write("a.json", `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "gateways": [{"type": "CIDR", "value": "203.0.113.999/24"}]}]`)
	k, err := keeper.Open(folder.Folder)
	require.Nil(t, k)
	var findings policyfile.Findings
	require.ErrorAs(t, err, &findings)
	require.ErrorContains(t, err, "203.0.113.999")
	require.ErrorContains(t, err, "b.json")

	t.Chdir(folder.Folder)
	require.NoError(t, os.WriteFile("netwicket.json", []byte(`{"okta": {"zones": ["a.json"]}}`), 0o600))
	require.NoError(t, os.WriteFile("a.json", []byte(keepertest.Blocklist("203.0.113.0/24")), 0o600))
	k, err = keeper.Open()
	require.NoError(t, err)
	require.False(t, k.Live().Policy() == nil)
}
