package asking

import "net/http"

// Limit sets how large an answer and a list may be, in bytes.
func (c *Client) Limit(body, list int) { c.bodyLimit, c.listLimit = body, list }

// Clock is the client's, to be set.
func (c *Client) Clock() *Clock { return &c.clock }

// Transport is how the client reaches its tenant.
func (c *Client) Transport() *http.Transport { return c.http.Transport.(*http.Transport) }
