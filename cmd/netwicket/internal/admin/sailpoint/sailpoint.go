// Package sailpoint serves SailPoint's API for what decides from which networks
// people may sign in: the network configuration, the authentication profile that
// switches its checks on, and the lockout, session and service provider
// configurations that stand beside it.
//
// All versions of the API are one store. Strings and their order are kept to the
// letter: Terraform compares what it reads with what it sent.
package sailpoint

import (
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// api is the API over one tenant.
type api struct{ store *tenant.Store }

// New is SailPoint's API over a tenant.
func New(store *tenant.Store) wire.Vendor {
	a := &api{store}
	return wire.Vendor{Routes: a.routes(), Fail: fail}
}

func (a *api) routes() []wire.Route { return nil }
