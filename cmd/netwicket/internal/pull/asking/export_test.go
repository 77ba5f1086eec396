package asking

import (
	"context"
	"time"
)

// Limit sets how large an answer and a list may be, in bytes.
func (c *Client) Limit(body, list int) { c.bodyLimit, c.listLimit = body, list }

// WithSleep is the client with another sleep.
func (c *Client) WithSleep(sleep func(context.Context, time.Duration) error) *Client {
	c.clock.Sleep = sleep
	return c
}
