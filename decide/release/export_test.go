package release

import (
	"context"
	"net"
	"net/http"
)

// WithStep has a follower ask before each thing that its disk does.
func WithStep(o Options, step func(what string) error) Options {
	o.step = step
	return o
}

// ClientOf is how a store of a server asks it, with another way to connect.
func ClientOf(store Store, dial func(context.Context, string, string) (net.Conn, error)) *http.Transport {
	transport := store.(*server).client.Transport.(*http.Transport)
	transport.DialContext = dial
	return transport
}
