package replay

import "github.com/netwicket/netwicket/decide"

// Counter counts decisions as a worker does.
type Counter struct{ counted decisions }

// NewCounter has counted nothing.
func NewCounter() *Counter { return &Counter{newDecisions()} }

// Count counts one and gives its number.
func (c *Counter) Count(judgment *decide.Judgment) int {
	number := c.counted.number(judgment)
	c.counted.counts[number].requests++
	return number
}

// Clock counts requests over time as a worker does.
type Clock struct{ counted over }

// Count counts one.
func (c *Clock) Count(seconds int64) { c.counted.at(seconds)[decide.Allow][decide.Permitted]++ }

// Join adds what another has counted.
func (c *Clock) Join(other *Clock) { c.counted.merge(&other.counted) }

// Report is what it has counted.
func (c *Clock) Report() Over { return c.counted.report() }
