package pull

import (
	"context"
	"net/http"
	"net/url"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
)

const (
	networkPath = "/v2025/auth-org/network-config"
	profilePath = "/v2025/auth-profiles/"

	networkScope = "sp:auth-org:read"
	profileScope = "sp:auth-profile:read"
)

// SailPointCounts is what there is.
type SailPointCounts struct {
	NetworkConfig bool `json:"networkConfig"`
	AuthProfile   bool `json:"authProfile"`
}

// readSailPoint reads the network configuration, and the profile if one is named.
// Of the configuration there may be none (U13), and of the profile, if there was
// one before: then it is gone, which the shrink guard refuses.
func readSailPoint(ctx context.Context, client *asking.Client, profile string, hadProfile bool) (*generation.SailPoint, error) {
	out := &generation.SailPoint{Profiled: profile != ""}
	node, err := client.Object(ctx, asking.Question{What: "network configuration", Path: networkPath, Family: "sailpoint", Scope: networkScope})
	switch {
	case isNone(err):
	case err != nil:
		return nil, err
	default:
		if out.Network, err = generation.Pretty(node.Raw()); err != nil {
			return nil, err
		}
	}
	if profile == "" {
		return out, nil
	}
	node, err = client.Object(ctx, asking.Question{
		What: "authentication profile", Path: profilePath + url.PathEscape(profile), Family: "sailpoint", Scope: profileScope,
		Header: http.Header{"X-Sailpoint-Experimental": {"true"}},
	})
	switch {
	case isNone(err) && hadProfile:
		return out, nil
	case err != nil:
		return nil, err
	}
	out.Profile, err = generation.Pretty(node.Raw())
	return out, err
}
