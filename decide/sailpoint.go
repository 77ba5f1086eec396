package decide

import "github.com/netwicket/netwicket/zone"

// sailPoint is SailPoint's network configuration with the checks that its
// profile, or without one its own lists, enforce.
type sailPoint struct {
	present   bool
	profile   bool // a profile says what is enforced
	allowlist bool
	countries map[string]bool
	networks  []zone.Entry

	enforceNetwork   bool
	enforceGeography bool
	geoProvided      bool // some source states countries
	trustUnknown     bool
}

func newSailPoint(config Config, geoProvided bool) sailPoint {
	s := sailPoint{geoProvided: geoProvided, trustUnknown: config.UnknownCountry == TrustUnknownCountry}
	if config.SailPoint == nil && config.AuthProfile == nil {
		return s
	}
	s.present = true
	if document := config.SailPoint; document != nil {
		s.allowlist = document.Allowlist
		s.networks = append(s.networks, document.Range...)
		s.countries = make(map[string]bool, len(document.Geolocation))
		for _, code := range document.Geolocation {
			s.countries[code] = true
		}
	}
	if profile := config.AuthProfile; profile != nil {
		s.profile = true
		s.enforceNetwork, s.enforceGeography = profile.OffNetwork, profile.UntrustedGeography
		return s
	}
	// Without a profile every list that says something is enforced. An allow
	// list of nothing says something only where no network is defined either;
	// otherwise {"range":[...],"whitelisted":true} would keep everybody out.
	s.enforceNetwork = len(s.networks) > 0
	s.enforceGeography = len(s.countries) > 0 || (s.allowlist && len(s.networks) == 0)
	return s
}

// trusts says whether a country is trusted; "" is an unknown one.
func (s *sailPoint) trusts(country string) truth {
	switch {
	case len(s.countries) == 0:
		return truthOf(s.present && !s.allowlist)
	case country == "" || !s.geoProvided:
		return isUnknown
	default:
		return truthOf(s.countries[country] == s.allowlist)
	}
}

// failures are the enforced checks that a client fails.
func (s *sailPoint) failures(onNetwork bool, trusted truth) Reasons {
	var failed Reasons
	if s.enforceNetwork {
		switch {
		case len(s.networks) == 0:
			failed |= reasonsOf(NetworkUndefined)
		case !onNetwork:
			failed |= reasonsOf(OffNetwork)
		}
	}
	if !s.enforceGeography {
		return failed
	}
	switch {
	case len(s.countries) == 0:
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

// enforced says that at least one check was made.
func (s *sailPoint) enforced() bool { return s.enforceNetwork || s.enforceGeography }
