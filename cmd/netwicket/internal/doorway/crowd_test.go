package doorway_test

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
)

func TestRoomForStrangers(t *testing.T) {
	for descriptors, room := range map[uint64]int{0: 1024, 1: 2, 20: 2, 64: 12, 1024: 252, 1 << 20: 1024, 1<<64 - 1: 1024} {
		require.Equal(t, room, doorway.RoomFor(descriptors), descriptors)
	}
}

// deadlines is a connection that notes what it is asked for.
type deadlines struct {
	net.Conn
	read, write time.Time
	closed      bool
}

func (d *deadlines) SetReadDeadline(t time.Time) error  { d.read = t; return nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write = t; return nil }
func (d *deadlines) SetDeadline(t time.Time) error      { d.read, d.write = t, t; return nil }

func (d *deadlines) Close() error { d.closed = true; return nil }

// TestTheOldestMakesRoom: who has gone, and who is a proxy, has no place to lose.
func TestTheOldestMakesRoom(t *testing.T) {
	crowd := &doorway.Crowd{Room: 2}
	var all [6]deadlines
	crowd.Enter(&all[0]).Settle(time.Time{}, time.Time{})
	gone := crowd.Enter(&all[1])
	require.NoError(t, gone.Close())
	oldest := crowd.Enter(&all[2])
	crowd.Enter(&all[3])
	require.Equal(t, []bool{false, true, false, false}, []bool{all[0].closed, all[1].closed, all[2].closed, all[3].closed})
	late := crowd.Enter(&all[4])
	require.True(t, all[2].closed, "the oldest")
	require.EqualValues(t, 1, crowd.Evicted())
	require.NoError(t, oldest.Close(), "who has no place gives none back")
	require.NoError(t, late.Close())
	crowd.Enter(&all[5])
	require.EqualValues(t, 1, crowd.Evicted())
	require.Equal(t, []bool{false, false}, []bool{all[3].closed, all[5].closed})
}

// TestStrangersTime: a stranger's connection ends in time, whichever deadlines
// net/http asks for.
func TestStrangersTime(t *testing.T) {
	inner := &deadlines{}
	connection := (&doorway.Crowd{Room: 1, Stay: time.Hour}).Enter(inner)
	end := connection.End()
	require.Equal(t, []time.Time{end, end}, []time.Time{inner.read, inner.write}, "from the beginning")
	sooner, later := end.Add(-time.Second), end.Add(time.Second)
	for _, test := range []struct {
		name       string
		asked, got time.Time
	}{{"none", time.Time{}, end}, {"later", later, end}, {"sooner", sooner, sooner}} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, connection.SetReadDeadline(test.asked))
			require.NoError(t, connection.SetWriteDeadline(test.asked))
			require.Equal(t, []time.Time{test.got, test.got}, []time.Time{inner.read, inner.write})
			*inner = deadlines{}
			require.NoError(t, connection.SetDeadline(test.asked))
			require.Equal(t, []time.Time{test.got, test.got}, []time.Time{inner.read, inner.write})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, 5*time.Second, time.Until(doorway.NewCrowd().Enter(&deadlines{}).End()))
	})
	connection.Settle(time.Time{}, later)
	connection.Settle(sooner, sooner) // which is over
	require.Equal(t, []time.Time{{}, later}, []time.Time{inner.read, inner.write}, "the request under way")
	require.NoError(t, connection.SetDeadline(time.Time{}))
	require.Equal(t, []time.Time{{}, {}}, []time.Time{inner.read, inner.write}, "a proxy's is not cut")
}

// broken is a connection on which nothing can be done.
type broken struct{ net.Conn }

var errBroken = errors.New("it is broken")

func (broken) SetReadDeadline(time.Time) error  { return errBroken }
func (broken) SetWriteDeadline(time.Time) error { return errBroken }
func (broken) SetDeadline(time.Time) error      { return errBroken }
func (broken) Close() error                     { return errBroken }

// TestErrorsOfConnections are those of the connection itself.
func TestErrorsOfConnections(t *testing.T) {
	connection := doorway.NewCrowd().Enter(broken{})
	require.ErrorIs(t, connection.SetDeadline(time.Time{}), errBroken)
	require.ErrorIs(t, connection.SetReadDeadline(time.Time{}), errBroken)
	require.ErrorIs(t, connection.SetWriteDeadline(time.Time{}), errBroken)
	require.ErrorIs(t, connection.Close(), errBroken)
}

// TestListener: who is known is not held, and nobody is where nobody is asked.
func TestListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := doorwaytest.New()
		known := func(peer string) bool { return peer == "192.0.2.1:4711" }
		for _, test := range []struct {
			name  string
			knows func(string) bool
			from  string
			held  bool
		}{
			{"known", known, "192.0.2.1", false},
			{"a stranger", known, "192.0.2.2", true},
			{"nobody is asked", nil, "192.0.2.1", true},
		} {
			listener := &doorway.Listener{Listener: inner, Crowd: doorway.NewCrowd(), Knows: test.knows}
			go inner.Dial(test.from)
			connection, err := listener.Accept()
			require.NoError(t, err, test.name)
			_, held := connection.(*doorway.Held)
			require.Equal(t, test.held, held, test.name)
		}
		require.NoError(t, inner.Close())
		connection, err := (&doorway.Listener{Listener: inner, Crowd: doorway.NewCrowd(), Knows: known}).Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		require.Nil(t, connection)
	})
}
