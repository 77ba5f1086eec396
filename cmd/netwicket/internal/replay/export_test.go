package replay

import "github.com/netwicket/netwicket/decide"

// Counter counts decisions as a worker does.
type Counter struct{ counted decisions }

// NewCounter has counted nothing.
func NewCounter() *Counter { return &Counter{newDecisions()} }

// Count counts one.
func (c *Counter) Count(judgment *decide.Judgment) {
	c.counted.counts[c.counted.number(judgment)].requests++
}
