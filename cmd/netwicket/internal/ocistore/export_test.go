package ocistore

import (
	"context"
	"net"
	"net/http"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// DialTo has a registry's client connect to an address, whatever the host's name is.
func DialTo(r *Registry, address string) {
	transport := r.repository.Client.(*auth.Client).Client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}
