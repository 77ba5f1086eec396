package gate_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// TestRecheckObserve: what is let in whatever the policy says is not closed either.
func TestRecheckObserve(t *testing.T) {
	live, recheck := decidetest.Live(nil), &gate.Recheck{Closing: func(net.Conn, gate.Result) { t.Error("closed in the mode observe") }}
	ours, _ := called(t, tcpAddr("203.0.113.7:1"))
	connection := accept(t, gate.Listen(newQueue(ours), live, gate.ListenOptions{Resolver: &gate.Resolver{}, Mode: gate.Observe, Recheck: recheck}))
	_, err := connection.Write(nil)
	require.NoError(t, err)
	guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		recheck.Look()
		require.NoError(t, r.Context().Err())
	}), live, gate.Options{Resolver: &gate.Resolver{}, Mode: gate.Observe, Recheck: recheck})
	status, _ := serve(guarded, request("203.0.113.7"))
	require.Equal(t, 200, status)
	require.False(t, ours.closed.Load())
	without := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		recheck.Look()
		require.NoError(t, r.Context().Err())
	}), live, gate.Options{Mode: gate.Observe, Recheck: recheck})
	status, _ = serve(without, request("203.0.113.7"))
	require.Equal(t, 200, status, "nor is there an edge")
}

// TestSwappedWhileAConnectionComes: what is being decided by the policy of before is seen
// by the look of after.
func TestSwappedWhileAConnectionComes(t *testing.T) {
	live := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.7"))
	var told []string
	recheck := &gate.Recheck{Closing: func(_ net.Conn, result gate.Result) { told = append(told, result.Decision.String()) }}
	ours, _ := called(t, tcpAddr("203.0.113.7:1"))
	connection := accept(t, gate.Listen(newQueue(ours), live, gate.ListenOptions{
		Resolver: &gate.Resolver{}, Recheck: recheck,
		Observe: func(_ net.Conn, result gate.Result) {
			require.True(t, result.Allowed())
			live.Swap(nil)
			recheck.Look()
		},
	}))
	_, err := connection.Write(nil)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.Equal(t, []string{"deny - no_policy"}, told)
}

// counted is a peer that counts how often it is asked about.
type counted struct{ asked *atomic.Int64 }

func (counted) Network() string { return "test" }
func (c counted) String() string {
	c.asked.Add(1)
	return "203.0.113.7:22"
}

// TestSwapsAreOneLook: swaps that come while a look is under way are one more look, and
// none of them is missed.
func TestSwapsAreOneLook(t *testing.T) {
	live := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24"))
	looking, goOn := make(chan string), make(chan bool)
	recheck := &gate.Recheck{Closing: func(_ net.Conn, result gate.Result) {
		looking <- result.Decision.String()
		<-goOn
	}}
	var asked atomic.Int64
	kept, _ := called(t, counted{&asked})
	first, _ := called(t, tcpAddr("203.0.113.8:22"))
	second, _ := called(t, tcpAddr("203.0.113.9:22"))
	door := gate.Listen(newQueue(kept, first, second), live, gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: recheck})
	for range 3 {
		_, err := accept(t, door).Write(nil)
		require.NoError(t, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan bool)
	go func() {
		recheck.Run(ctx, live)
		close(ended)
	}()
	live.Swap(decidetest.AllowOnly(t, "203.0.113.7", "203.0.113.9"))
	require.Equal(t, "deny 203.0.113.8 off_network", <-looking)
	before := asked.Load()
	for range 99 {
		live.Swap(nil)
	}
	live.Swap(decidetest.AllowOnly(t, "203.0.113.7"))
	goOn <- true
	select {
	case text := <-looking:
		require.Equal(t, "deny 203.0.113.9 off_network", text)
	case <-time.After(20 * time.Second): // patience alone: it has been asked to look
		t.Fatal("the swaps were missed")
	}
	goOn <- true
	stop()
	<-ended
	// The look under way may have come to the third connection, or have left it to the next.
	require.LessOrEqual(t, asked.Load()-before, int64(2))
	require.True(t, first.closed.Load() && second.closed.Load() && !kept.closed.Load())
}

// TestRecheckUnderSwap: while connections come and go and policies are swapped, none
// stays that the last policy denies, and no place is lost.
func TestRecheckUnderSwap(t *testing.T) {
	policies := []*decide.Policy{decidetest.AllowOnly(t, "203.0.113.7"), decidetest.AllowOnly(t, "203.0.113.8"), decidetest.AllowOnly(t, "203.0.113.0/24")}
	live, recheck := decidetest.Live(policies[2]), new(gate.Recheck)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var running, callers sync.WaitGroup
	running.Go(func() { recheck.Run(ctx, live) })
	type one struct {
		remote string
		ours   *caller
		given  net.Conn
	}
	var open [4][]one
	for i := range open {
		callers.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for range 3000 {
				remote := fmt.Sprintf("203.0.113.%d:1", 7+random.IntN(2))
				ours, _ := net.Pipe()
				c := &caller{Conn: ours, remote: tcpAddr(remote)}
				given, err := gate.Listen(newQueue(c), live, gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: recheck}).Accept()
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := given.Write(nil); err == nil {
					open[i] = append(open[i], one{remote, c, given})
				}
				if len(open[i]) > 100 {
					_ = open[i][0].given.Close()
					open[i] = open[i][1:]
				}
			}
		})
	}
	done := make(chan bool)
	go func() { callers.Wait(); close(done) }()
	for i := 0; ; i++ {
		live.Swap(policies[i%3])
		select {
		case <-done:
		default:
			continue
		}
		break
	}
	live.Swap(policies[0])
	stop()
	running.Wait()
	recheck.Look()
	var alive int
	for _, each := range open {
		for _, o := range each {
			if !o.ours.closed.Load() {
				require.Equal(t, "203.0.113.7:1", o.remote)
				alive++
			}
		}
	}
	held, _ := recheck.Open()
	require.Equal(t, alive, held)
	for _, each := range open {
		for _, o := range each {
			_ = o.given.Close()
		}
	}
	held, _ = recheck.Open()
	require.Zero(t, held)
}

// TestPlacesAreUsedAgain: whoever comes takes the place of somebody who has gone. As many
// as one look takes at a time are no crowd, and their places stay.
func TestPlacesAreUsedAgain(t *testing.T) {
	live, recheck := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24")), new(gate.Recheck)
	inner := newQueue()
	door := gate.Listen(inner, live, gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: recheck})
	come := func() net.Conn {
		one, _ := called(t, tcpAddr("203.0.113.7:1"))
		inner.coming <- one
		given := accept(t, door)
		_, err := given.Write(nil)
		require.NoError(t, err)
		return given
	}
	stays := come()
	for range 3 {
		first, second := come(), come()
		require.NoError(t, first.Close())
		third := come()
		held, room := recheck.Open()
		require.Equal(t, []int{3, 3}, []int{held, room})
		require.NoError(t, second.Close())
		require.NoError(t, third.Close())
	}
	all := []net.Conn{stays}
	for len(all) < gate.Slice {
		all = append(all, come())
	}
	for _, one := range all {
		require.NoError(t, one.Close())
	}
	held, room := recheck.Open()
	require.Equal(t, []int{0, gate.Slice}, []int{held, room})
}

// TestLookGoesInSlices: of more than one look takes at a time, all are asked about, also
// where there are gaps, and whoever closes meanwhile does not wait for the look. A crowd
// that has gone leaves no room behind.
func TestLookGoesInSlices(t *testing.T) {
	const many = 3*gate.Slice + 7
	live, recheck := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24")), new(gate.Recheck)
	inner := newQueue()
	door := gate.Listen(inner, live, gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: recheck})
	var all [many]*caller
	var given [many]net.Conn
	for i := range all {
		all[i], _ = called(t, tcpAddr(fmt.Sprintf("203.0.113.%d:1", i%200)))
		inner.coming <- all[i]
		given[i] = accept(t, door)
		_, err := given[i].Write(nil)
		require.Equal(t, nil, err)
	}
	for i := 0; i < many; i += 5 {
		require.NoError(t, given[i].Close())
	}
	recheck.Closing = func(net.Conn, gate.Result) {
		require.NoError(t, given[many-1].Close()) // the last one is closed while the first is looked at
	}
	live.Swap(decidetest.AllowOnly(t, "203.0.113.0/27")) // which denies also the first of every slice
	recheck.Look()
	kept := 0
	for i, c := range all {
		want := i%5 == 0 || i%200 >= 32 || i == many-1
		require.Equal(t, want, c.closed.Load(), i)
		if !want {
			kept++
		}
	}
	held, room := recheck.Open()
	require.Equal(t, kept, held)
	require.Equal(t, many, room)
	for _, connection := range given {
		_ = connection.Close()
	}
	_, room = recheck.Open()
	require.Zero(t, room)
}
