package oracle

import (
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// readSailPoint takes a profile alone for one of an empty configuration.
// See docs/semantics.md, sailpoint-1 and policy-3.
func (o *Oracle) readSailPoint(document *zone.NetworkConfig, profile *zone.AuthProfile) {
	switch {
	case document != nil:
		o.sailPoint = &zone.NetworkConfig{Range: document.Range, Geolocation: slices.Clone(document.Geolocation), Allowlist: document.Allowlist}
		o.networks = newList(document.Range)
	case profile != nil:
		o.sailPoint = &zone.NetworkConfig{}
	}
	if profile != nil {
		o.authProfile = &zone.AuthProfile{OffNetwork: profile.OffNetwork, UntrustedGeography: profile.UntrustedGeography}
	}
}

// sailPointChecks says which checks are enforced: what the profile says, or
// without one every list that is not empty.
// See docs/semantics.md, sailpoint-7 and sailpoint-8.
func (o *Oracle) sailPointChecks() (network, geography bool) {
	document := o.sailPoint
	if o.authProfile != nil {
		return o.authProfile.OffNetwork, o.authProfile.UntrustedGeography
	}
	network = len(document.Range) > 0
	geography = len(document.Geolocation) > 0
	if !network && !geography {
		geography = document.Allowlist
	}
	return network, geography
}

// sailPointLayer looks at the client alone, not at what is embedded in it.
// See docs/semantics.md, sailpoint-5, sailpoint-6 and embedded-4.
func (r *request) sailPointLayer() Layer {
	if r.sailPoint == nil {
		return Layer{Name: sailPointLayer, Why: "the policy has no SailPoint document"}
	}
	network, geography := r.sailPointChecks()
	switch {
	case !network && !geography && r.authProfile != nil:
		return Layer{Name: sailPointLayer, Why: "the profile enforces nothing"}
	case !network && !geography:
		return Layer{Name: sailPointLayer, Why: "the configuration restricts nothing"}
	case r.client < 0:
		return unknownClient(sailPointLayer)
	}
	trace := passed(sailPointLayer, "")
	var whys []string
	fail := func(reason Reason, why string) {
		trace.Denied = true
		trace.Reasons = append(trace.Reasons, reason)
		whys = append(whys, why)
	}
	if network {
		r.checkNetwork(&trace, fail, &whys)
	}
	if geography {
		r.checkGeography(&trace, fail, &whys)
	}
	trace.Why = strings.Join(whys, "; ")
	return trace
}

// checkNetwork: the range is the network, whatever else the document says.
// See docs/semantics.md, sailpoint-2, sailpoint-3 and sailpoint-7.
func (r *request) checkNetwork(trace *Layer, fail func(Reason, string), whys *[]string) {
	client := r.chain[r.client]
	document := r.sailPoint
	if len(document.Range) == 0 {
		fail(NetworkUndefined, "the network check is enforced and no network is defined")
	} else if entry := r.networks.find(client); entry == nil {
		fail(OffNetwork, r.text("%s is in no range", client))
	} else {
		*whys = append(*whys, r.text("%s is in range %s", client, entry.Text))
		trace.Entries = append(trace.Entries, entry.Position)
	}
}

// checkGeography: exactly the listed countries are trusted, or all but them.
// See docs/semantics.md, sailpoint-2, sailpoint-4, sailpoint-7 and
// sailpoint-10.
func (r *request) checkGeography(trace *Layer, fail func(Reason, string), whys *[]string) {
	codes, allowlist := r.sailPoint.Geolocation, r.sailPoint.Allowlist
	country := r.answer.Location.Country
	if at := slices.IndexFunc(codes, func(code zone.Term[string]) bool { return code.Value == country }); at >= 0 {
		trace.Entries = append(trace.Entries, codes[at].Position)
	}
	switch {
	case len(codes) == 0 && allowlist:
		fail(EmptyAllowList, "the allow list holds no country")
	case len(codes) == 0:
		*whys = append(*whys, "the block list holds no country")
	case r.geo.Provides()&geo.Country == 0:
		fail(GeoUnavailable, "no geo source provides countries")
	case country == "" && (allowlist || !r.trustUnknown):
		fail(GeoUnknown, "the client's country is unknown")
	case country == "":
		*whys = append(*whys, "the client's country is unknown, which is trusted on request")
	case listed(codes, country) != allowlist:
		fail(UntrustedGeography, r.text("country %s is not trusted", country))
	default:
		*whys = append(*whys, r.text("country %s is trusted", country))
	}
}
