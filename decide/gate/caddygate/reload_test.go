package caddygate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate/caddygate"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// json has Caddy run by a configuration of one route.
func (s *site) json(route string) error {
	s.T.Helper()
	s.T.Cleanup(func() { require.NoError(s.T, caddy.Stop()) })
	return caddy.Load([]byte(strings.ReplaceAll(fmt.Sprintf(`{"admin": {"disabled": true, "config": {"persist": false}},
		"storage": {"module": "file_system", "root": "POLICY/storage"},
		"apps": {"http": {"servers": {"s": {"listen": ["127.0.0.1:%d"], "automatic_https": {"disable": true}, "routes": [%s]}}}}}`,
		s.port, route), "POLICY", s.Folder)), true)
}

// guarded is a guard in front of an application.
const guarded = `
	netwicket {
		policy POLICY
	}
	respond application`

// breakZones writes zones that do not load, and says what is told of them.
func (s *site) breakZones() string {
	s.Move("zones.json", "[]]")
	return s.Path("zones.json") + ":1:3: "
}

// TestFilesChange: what is written takes effect without anybody telling Caddy, and what does not load leaves
// the policy in force.
func TestFilesChange(t *testing.T) {
	s := newSite(t)
	s.start(guarded)
	require.Equal(t, []int{200, 403}, s.statuses(office, blocked))
	s.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
	s.becomes(403, office)
	require.Equal(t, 200, s.get("/", blocked).status)

	s.breakZones()
	require.Eventually(t, func() bool {
		return s.metrics("netwicket_reload_total{")["netwicket_reload_total{policy=POLICY,result=failure}"] > 0
	}, keepertest.Patience, 20*time.Millisecond)
	require.Equal(t, []int{403, 200}, s.statuses(office, blocked))
}

// TestReload: Caddy's reload brings what is in the files, and what is wrong with them refuses it. Then the old
// configuration stays, with the old policy.
func TestReload(t *testing.T) {
	s := newSite(t)
	s.start(guarded)
	s.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
	s.start(guarded)
	require.Equal(t, []int{403, 200}, s.statuses(office, blocked), "at once")

	finding := s.breakZones()
	require.ErrorContains(t, s.load(s.caddyfile(guarded+"\n\theader X-New yes")), finding)
	require.Equal(t, []int{403, 200}, s.statuses(office, blocked))
	require.Empty(t, s.get("/", blocked).header.Get("X-New"))
	require.Equal(t, 1, caddygate.Held(s.Folder))

	s.Move("zones.json", zones)
	s.start(guarded + "\n\theader X-New yes")
	require.Equal(t, []int{200, 403}, s.statuses(office, blocked))
	require.Equal(t, "yes", s.get("/", office).header.Get("X-New"))
}

// TestShared: modules of one path share a policy, which is loaded once for all of them and over reloads of Caddy,
// and let go of when Caddy stops.
func TestShared(t *testing.T) {
	s := newSite(t)
	other := newSite(t)
	site := strings.ReplaceAll(`
	@office netwicket {
		policy POLICY
		zone Office
	}
	handle /other {
		netwicket {
			policy OTHER
		}
	}
	handle {
		netwicket {
			policy POLICY/../`+strings.TrimPrefix(s.Folder[strings.LastIndex(s.Folder, "/"):], "/")+`
		}
		respond @office office
		respond application
	}`, "OTHER", other.Folder)
	for range 3 {
		s.start(site)
		require.Equal(t, "office", s.get("/", office).body)
		require.Equal(t, "application", s.get("/", home).body)
	}
	require.Equal(t, 2, caddygate.Held(s.Folder))
	require.Equal(t, 1, caddygate.Held(other.Folder))
	require.EqualValues(t, 1, s.metrics("netwicket_reload_total{")["netwicket_reload_total{policy=POLICY,result=success}"])
	require.EqualValues(t, 6, s.metrics("netwicket_decisions_total{")["netwicket_decisions_total{decision=allow,mode=enforce,policy=POLICY,reason=permitted}"], "they go on counting")

	s.start(`respond application`)
	require.Zero(t, caddygate.Held(s.Folder))
	require.Zero(t, caddygate.Held(other.Folder))
	require.Empty(t, s.metrics("netwicket_"))
}

// TestRelease: a policy that comes from a channel denies until a release has come.
func TestRelease(t *testing.T) {
	s := newSite(t)
	channel := keepertest.NewChannel(t)
	for name, text := range channel.Files(`}, "edge": {"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}}`) {
		s.Write(name, text)
	}
	s.start(`
	@office not netwicket {
		policy POLICY
		zone b
	}
	handle /matched {
		respond @office 404
	}
	handle {` + guarded + `
	}`)
	require.Equal(t, 403, s.get("/", office).status)
	require.Equal(t, 500, s.get("/matched", office).status, "no zone is known")

	policy := keepertest.New(t)
	for name, text := range keepertest.PlainPolicy() {
		policy.Write(name, text)
	}
	channel.Publish(keepertest.Snapshot(t, policy.Folder), "")
	s.becomes(200, office)
	require.Equal(t, 403, s.get("/", blocked).status)
	require.Equal(t, 404, s.get("/matched", office).status)
}
