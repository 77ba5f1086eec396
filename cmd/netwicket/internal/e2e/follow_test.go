//go:build unix

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// follower is a policy folder that is written to while serve decides by it, and a
// model of what it blocks.
type follower struct {
	t      *testing.T
	folder string
	store  *tenant.Store
	rand   *rand.Rand
	blocks map[string]int // by the id of a zone: the network that it blocks
}

const followed = 40 // networks that zones may block

func networkOf(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(4 * n)}), 30)
}

// TestServeFollowsWrites writes at random, half of it wrong, while serve decides by
// the same folder: what is refused changes no file and no decision, what is stored
// decides at once for whoever loads the folder, and soon for serve.
func TestServeFollowsWrites(t *testing.T) {
	writes := 200
	if proving() {
		writes = 2000
	}
	f := &follower{t: t, folder: t.TempDir(), rand: rand.New(rand.NewPCG(11, 2)), blocks: make(map[string]int)}
	writeFile(t, filepath.Join(f.folder, "netwicket.json"), `{`+edge+`, "serve": {"guard": ["192.0.2.1"]}}`)
	var err error
	f.store, err = tenant.Open(tenant.Options{Folder: f.folder, Holder: "test"})
	require.NoError(t, err)
	defer f.store.Close()
	s := serve(t, f.folder, "-c", f.folder)
	refused := 0
	for i := range writes {
		before := f.store.Fingerprint()
		if !f.writeOne() {
			refused++
			require.Equal(t, before, f.store.Fingerprint())
		}
		f.holds()
		if i%(writes/20) == 0 {
			for n := range followed {
				s.becomes("/decide", networkOf(n).Addr().Next().String(), f.status(n))
			}
		}
	}
	require.Greater(t, refused, writes/4)
	require.Less(t, refused, 3*writes/4)
}

// writeOne makes one change, right or wrong, and says whether it was stored.
func (f *follower) writeOne() bool {
	ids := make([]string, 0, len(f.blocks))
	for id := range f.blocks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	n := f.rand.IntN(followed)
	z := &records.Zone{
		Type: records.IP, ID: records.NewID(records.ZoneID), Name: fmt.Sprint(f.rand.Uint64()), Status: records.Active, Usage: records.Blocklist,
		Gateways: []records.Network{{Type: "CIDR", Value: networkOf(n).String()}},
	}
	store := func(change func(*records.Documents)) bool {
		answer := f.store.Write(&wire.Request{Verb: "POST", Path: "/", Time: time.Now()}, func(d *records.Documents) wire.Answer {
			change(d)
			return wire.Answer{Status: http.StatusOK}
		}, func(err error) wire.Answer {
			return wire.Answer{Status: http.StatusBadRequest, Body: []byte(err.Error())}
		})
		return answer.Status == http.StatusOK
	}
	add := func(d *records.Documents) { d.Zones = append(d.Zones, z) }
	right := f.rand.IntN(2) == 0
	switch kind := f.rand.IntN(3); {
	case right && (kind == 0 || len(ids) == 0):
		f.blocks[z.ID] = n
		require.True(f.t, store(add))
	case right && kind == 1: // another network for a zone
		z.ID = ids[f.rand.IntN(len(ids))]
		f.blocks[z.ID] = n
		require.True(f.t, store(func(d *records.Documents) {
			_, i := d.Zone(z.ID)
			d.Zones[i] = z
		}))
	case right:
		id := ids[f.rand.IntN(len(ids))]
		delete(f.blocks, id)
		require.True(f.t, store(func(d *records.Documents) {
			d.Zones = slices.DeleteFunc(d.Zones, func(z *records.Zone) bool { return z.ID == id })
		}))
	case kind == 0: // no network
		z.Gateways[0].Value = "203.0.113.0/33"
		require.False(f.t, store(add))
	case kind == 1: // whom the guard protects
		z.Gateways = append(z.Gateways, records.Network{Type: "RANGE", Value: "192.0.2.0-192.0.2.9"})
		require.False(f.t, store(add))
	default: // an id twice, and another zone gone
		require.False(f.t, store(func(d *records.Documents) {
			z.ID = d.Zones[0].ID
			d.Zones = append(d.Zones[:1:1], z)
		}))
	}
	return right
}

func (f *follower) status(n int) int {
	for _, blocked := range f.blocks {
		if blocked == n {
			return http.StatusForbidden
		}
	}
	return http.StatusNoContent
}

// holds compares the folder as every command loads it with the model.
func (f *follower) holds() {
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{f.folder}})
	require.NoError(f.t, err)
	for n := range followed {
		require.Equal(f.t, f.status(n) == http.StatusNoContent, policy.Decide(networkOf(n).Addr()).Allowed())
	}
	require.True(f.t, policy.Decide(netip.MustParseAddr("192.0.2.1")).Allowed())
}
