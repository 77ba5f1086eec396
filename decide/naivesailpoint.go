package decide

import (
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

func (s *naive) readSailPoint(document *zone.NetworkConfig, profile *zone.AuthProfile) {
	if document != nil {
		s.sailPoint = &zone.NetworkConfig{
			Range: slices.Clone(document.Range), Geolocation: slices.Clone(document.Geolocation), Allowlist: document.Allowlist,
		}
	} else if profile != nil {
		s.sailPoint = &zone.NetworkConfig{}
	}
	if profile != nil {
		s.authProfile = &zone.AuthProfile{OffNetwork: profile.OffNetwork, UntrustedGeography: profile.UntrustedGeography}
	}
	if s.sailPoint != nil {
		s.networks = newNaiveList(s.sailPoint.Range)
	}
}

// sailPointChecks says which checks are enforced: what the profile says, or
// without one every list that is not empty.
func (s *naive) sailPointChecks() (network, geography bool) {
	document := s.sailPoint
	if s.authProfile != nil {
		return s.authProfile.OffNetwork, s.authProfile.UntrustedGeography
	}
	network = len(document.Range) > 0
	geography = len(document.Geolocation) > 0
	if !network && !geography {
		geography = document.Allowlist
	}
	return network, geography
}

func (n *naiveRequest) sailPointLayer() LayerTrace {
	s := n.source
	if s.sailPoint == nil {
		return LayerTrace{Layer: sailPointLayer, Why: "the policy has no SailPoint document"}
	}
	network, geography := s.sailPointChecks()
	switch {
	case !network && !geography && s.authProfile != nil:
		return LayerTrace{Layer: sailPointLayer, Why: "the profile enforces nothing"}
	case !network && !geography:
		return LayerTrace{Layer: sailPointLayer, Why: "the configuration restricts nothing"}
	case n.client < 0:
		return unknownClient(sailPointLayer)
	}
	trace := passed(sailPointLayer, "")
	var whys []string
	fail := func(reason Reason, why string) {
		trace.Denied = true
		trace.Reasons |= 1 << reason
		whys = append(whys, why)
	}
	if network {
		n.checkNetwork(fail, &whys)
	}
	if geography {
		n.checkGeography(fail, &whys)
	}
	trace.Why = strings.Join(whys, "; ")
	return trace
}

func (n *naiveRequest) checkNetwork(fail func(Reason, string), whys *[]string) {
	client := n.chain[n.client]
	document := n.source.sailPoint
	if len(document.Range) == 0 {
		fail(NetworkUndefined, "the network check is enforced and no network is defined")
	} else if entry := n.source.networks.find(client); entry == nil {
		fail(OffNetwork, n.text("%s is in no range", client))
	} else {
		*whys = append(*whys, n.text("%s is in range %s", client, entry.Text))
	}
}

func (n *naiveRequest) checkGeography(fail func(Reason, string), whys *[]string) {
	s := n.source
	codes, allowlist := s.sailPoint.Geolocation, s.sailPoint.Allowlist
	country := n.explanation.Location.Country
	switch {
	case len(codes) == 0 && allowlist:
		fail(EmptyAllowList, "the allow list holds no country")
	case len(codes) == 0:
		*whys = append(*whys, "the block list holds no country")
	case s.geo.Provides()&geo.Country == 0:
		fail(GeoUnavailable, "no geo source provides countries")
	case country == "" && (allowlist || !s.trustUnknown):
		fail(GeoUnknown, "the client's country is unknown")
	case country == "":
		*whys = append(*whys, "the client's country is unknown, which is trusted on request")
	case slices.Contains(codes, country) != allowlist:
		fail(UntrustedGeography, n.text("country %s is not trusted", country))
	default:
		*whys = append(*whys, n.text("country %s is trusted", country))
	}
}
