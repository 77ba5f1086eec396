package replay

import (
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// row is what is counted for one client.
type row struct {
	addr             netip.Addr
	requests, denied uint64
	toDeny, toAllow  uint64 // requests that the other policy decides differently
	first, last      int64  // Unix seconds; 0: no request of it had a time
	reasons          decide.Reasons
	country          uint32 // of the worker's countries
}

func (r *row) add(other *row) {
	r.requests += other.requests
	r.denied += other.denied
	r.toDeny += other.toDeny
	r.toAllow += other.toAllow
	r.first, r.last = earlier(r.first, other.first), max(r.last, other.last)
	r.reasons |= other.reasons
}

// earlier is the earlier of two times of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Grain is the width of the networks that clients are counted by.
type Grain struct{ Bits4, Bits6 int }

const grainCount = 5

// grains are the widths in use one after the other, the last of which always fits.
func grains() [grainCount]Grain { return [...]Grain{{32, 128}, {24, 64}, {16, 48}, {8, 32}, {8, 16}} }

// clients counts by client. Its size is bounded.
type clients struct {
	limit int
	level int // of grains
	index map[[16]byte]uint32
	rows  []row
	last  int // of rows: that was asked for before
}

func newClients(limit int) clients {
	return clients{limit: limit, index: make(map[[16]byte]uint32)}
}

// at is the row of a client; fresh if it was not there. It is good until the next call.
func (c *clients) at(addr netip.Addr) (r *row, fresh bool) {
	if c.level > 0 {
		addr = c.network(addr)
	}
	// Clients come with some requests at a time: in a log of a public server more
	// than half of the lines are of the client of the line before.
	if c.last < len(c.rows) && c.rows[c.last].addr == addr {
		return &c.rows[c.last], false
	}
	key := addr.As16()
	i, found := c.index[key]
	if !found {
		if len(c.rows) >= c.limit && c.level+1 < grainCount {
			c.widen()
			return c.at(addr)
		}
		i = uint32(len(c.rows))
		c.index[key] = i
		c.rows = append(c.rows, row{addr: addr})
	}
	c.last = int(i)
	return &c.rows[i], !found
}

func (c *clients) network(addr netip.Addr) netip.Addr {
	bits := grains()[c.level].Bits6
	if addr.Is4() {
		bits = grains()[c.level].Bits4
	}
	return netip.PrefixFrom(addr, bits).Masked().Addr()
}

// widen counts by the next wider networks.
func (c *clients) widen() {
	rows := c.rows
	c.level++
	c.rows, c.index = nil, make(map[[16]byte]uint32)
	for i := range rows {
		c.join(&rows[i])
	}
}

// join adds a row of another count.
func (c *clients) join(other *row) {
	r, fresh := c.at(other.addr)
	if fresh {
		r.country = other.country
	}
	r.add(other)
}

// merge adds another count.
func (c *clients) merge(other *clients) {
	for c.level < other.level {
		c.widen()
	}
	for i := range other.rows {
		c.join(&other.rows[i])
	}
}
