package decide

import (
	"github.com/netwicket/netwicket/zone"
)

// sailPoint is SailPoint's network configuration with the checks that its
// profile, or without one its own lists, enforce.
// See docs/semantics.md, sailpoint-1.
type sailPoint struct {
	present bool
	profile bool // a profile says what is enforced
	network bool // the network definition holds an entry

	countries bool // the geolocation list holds an entry
	allowlist bool // it names the trusted countries, not the others

	enforceNetwork   bool
	enforceGeography bool
	geoProvided      bool // some source states countries
	trustUnknown     bool
}

// newSailPoint settles which checks are enforced.
// See docs/semantics.md, sailpoint-7, sailpoint-8 and policy-3.
func newSailPoint(config Config, geoProvided bool) sailPoint {
	s := sailPoint{geoProvided: geoProvided, trustUnknown: config.UnknownCountry == TrustUnknownCountry}
	if config.SailPoint == nil && config.AuthProfile == nil {
		return s
	}
	s.present = true
	if document := config.SailPoint; document != nil {
		s.network = len(document.Range) > 0
		s.countries, s.allowlist = len(document.Geolocation) > 0, document.Allowlist
	}
	s.profile = config.AuthProfile != nil
	s.enforceNetwork, s.enforceGeography = config.SailPoint.Enforced(config.AuthProfile)
	return s
}

// trusts says whether the document that this was made of trusts a country; "" is an
// unknown one.
// See docs/semantics.md, sailpoint-3, sailpoint-4 and sailpoint-10.
func (s *sailPoint) trusts(document *zone.NetworkConfig, country string) truth {
	switch {
	case !s.countries:
		return truthOf(s.present && !s.allowlist)
	case country == "": // as it is of every address where no source has countries
		return isUnknown
	default:
		return truthOf(document.Trusts(country))
	}
}

// failures are the enforced checks that a client fails.
// See docs/semantics.md, sailpoint-5, sailpoint-6, sailpoint-7 and
// sailpoint-10.
func (s *sailPoint) failures(onNetwork bool, trusted truth) Reasons {
	var failed Reasons
	if s.enforceNetwork {
		switch {
		case !s.network:
			failed |= reasonsOf(NetworkUndefined)
		case !onNetwork:
			failed |= reasonsOf(OffNetwork)
		}
	}
	if !s.enforceGeography {
		return failed
	}
	switch {
	case !s.countries:
		if s.allowlist {
			failed |= reasonsOf(EmptyAllowList)
		}
	case !s.geoProvided:
		failed |= reasonsOf(GeoUnavailable)
	case trusted == isUnknown:
		// "only" admits no unknown country; a block list may, on request.
		if s.allowlist || !s.trustUnknown {
			failed |= reasonsOf(GeoUnknown)
		}
	case trusted == isFalse:
		failed |= reasonsOf(UntrustedGeography)
	}
	return failed
}

// turnsOnUnknown says that the country is asked for and unknown, whatever that is
// taken for.
// See docs/semantics.md, order-7.
func (s *sailPoint) turnsOnUnknown(trusted truth) bool {
	return s.enforceGeography && s.geoProvided && trusted == isUnknown
}

// enforced says that at least one check was made.
func (s *sailPoint) enforced() bool { return s.enforceNetwork || s.enforceGeography }

func (c *compiler) addSailPointWarnings() {
	document, profile, s := c.config.SailPoint, c.config.AuthProfile, &c.p.sailPoint
	if document != nil {
		c.warnings = append(c.warnings, document.Warnings...)
	}
	if profile == nil {
		return
	}
	c.warnings = append(c.warnings, profile.Warnings...)
	at := profile.Position
	if profile.OffNetwork && !s.network {
		c.warn(at, "", "network-undefined", "the profile blocks access from off network and no network is defined: everybody is denied network_undefined")
	}
	if profile.UntrustedGeography && !s.countries && s.allowlist {
		c.warn(at, "", "empty-allow-list", "the profile blocks untrusted geographies and the allow list holds no country: everybody is denied empty_allow_list")
	}
}
