package asking

// Limit sets how large an answer and a list may be, in bytes.
func (c *Client) Limit(body, list int) { c.bodyLimit, c.listLimit = body, list }

// Clock is the client's, to be set.
func (c *Client) Clock() *Clock { return &c.clock }
