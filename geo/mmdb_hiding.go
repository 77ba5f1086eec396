package geo

import (
	"fmt"
	"strings"
)

// hiding is what a record says of what its address hides behind
// (docs/semantics.md, geo-7 and geo-12).
//
//	field                                       suppliers
//	is_anonymous, is_anonymous_vpn,             MaxMind Anonymous-IP, Anonymous-Plus
//	  is_public_proxy, is_residential_proxy,
//	  is_tor_exit_node, provider_name
//	provider_name alone                         MaxMind Residential-Proxy
//	vpn, proxy, tor, relay, service,            IPinfo, IPLocate
//	  also with is_ in front
//	service beside percent_days_seen            IPinfo Residential Proxy
//	proxy_type, provider                        IP2Proxy
type hiding struct {
	layout    layout
	tells     Sorts // of the second layout: those that there is a flag for
	anonymous bool
	vpn       bool
	corporate bool // a VPN that hides nobody
	public    bool
	homes     bool // a residential proxy
	tor       bool
	relay     bool
	operator  string
	proxyType string
	seen      bool // percent_days_seen
}

// layout is a set of the layouts that a record has fields of.
type layout uint8

const (
	anonymousIP       layout = 1 << iota // flags of MaxMind's own names
	hostingProvider                      // is_hosting_provider, which says nothing else
	anyAnonymous                         // is_anonymous, which others have too
	plainFlags                           // vpn, proxy, tor ...
	namedProxyType                       // proxy_type
	namedProvider                        // provider_name
	namedServiceField                    // service
)

func (r *recordReader) hidingField(key []byte, at int) (err error) {
	h := &r.record.hiding
	switch string(key) {
	case "is_anonymous":
		err = r.flag(at, anyAnonymous, &h.anonymous)
	case "is_anonymous_vpn":
		err = r.flag(at, anonymousIP, &h.vpn)
	case "is_public_proxy":
		err = r.flag(at, anonymousIP, &h.public)
	case "is_residential_proxy":
		err = r.flag(at, anonymousIP, &h.homes)
	case "is_tor_exit_node":
		err = r.flag(at, anonymousIP, &h.tor)
	case "is_hosting_provider":
		h.layout |= hostingProvider
	case "vpn", "is_vpn":
		err = r.plainFlag(at, VPNSort, &h.vpn)
	case "proxy", "is_proxy":
		err = r.plainFlag(at, PublicProxySort, &h.public)
	case "tor", "is_tor":
		err = r.plainFlag(at, TorSort, &h.tor)
	case "relay", "is_relay", "is_icloud_relay":
		err = r.plainFlag(at, 0, &h.relay)
	case "provider_name":
		h.operator, err = r.data.text(at)
		h.layout |= namedProvider
	case "service":
		err = r.word(at, namedServiceField, &h.operator)
	case "percent_days_seen":
		h.seen = true
	case "proxy_type":
		err = r.word(at, namedProxyType, &h.proxyType)
	case "provider":
		if h.operator == "" {
			err = r.word(at, 0, &h.operator)
		}
	}
	return err
}

func (r *recordReader) flag(offset int, of layout, flag *bool) error {
	set, err := r.data.boolean(offset)
	r.record.hiding.layout |= of
	*flag = *flag || set
	return err
}

// plainFlag reads a boolean, or text or a number that stands for one. The names
// are such that other databases may use them for something else, which says
// nothing here.
func (r *recordReader) plainFlag(offset int, tells Sorts, flag *bool) error {
	v, _, err := r.data.read(offset)
	if err != nil {
		return err
	}
	set := false
	switch v.kind {
	case boolKind:
		set = v.size == 1
	case uint16Kind, uint32Kind, uint64Kind:
		number, err := r.data.number(v)
		if err != nil {
			return err
		}
		set = number != 0
	case stringKind:
		switch text := string(r.data.bytes[v.at : v.at+v.size]); strings.ToLower(text) {
		case "", "false", "0", "no":
		case "true", "1", "yes":
			set = true
		default:
			return fmt.Errorf("%q where a flag belongs; expected true, false or nothing", text[:min(len(text), 40)])
		}
	default:
		return nil
	}
	r.record.hiding.layout |= plainFlags
	r.record.hiding.tells |= tells
	*flag = *flag || set
	return nil
}

// word reads text; what is none says nothing.
func (r *recordReader) word(offset int, of layout, into *string) error {
	v, _, err := r.data.read(offset)
	if err != nil || v.kind != stringKind {
		return err
	}
	r.record.hiding.layout |= of
	*into, err = r.data.copied(v)
	return err
}

// state adds to a statement what the record says. A flag that is false speaks as
// well; a record that is there for another reason does not.
func (h *hiding) state(s *statement, v *vocabulary) {
	h.readNames()
	s.tells, s.hides = h.told(), h.hides()
	services := h.services()
	if s.tells|s.hides != 0 {
		s.states |= AnonymizerField
	}
	if s.tells|s.hides != 0 || len(services) > 0 {
		s.states |= ServicesField
		s.services = v.set(services)
	}
}

// readNames reads what a record says by a name instead of a flag.
func (h *hiding) readNames() {
	flagged := h.layout & (anonymousIP | hostingProvider | anyAnonymous | plainFlags | namedProxyType)
	switch {
	case flagged == 0 && h.layout&namedProvider != 0, flagged == 0 && h.layout&namedServiceField != 0 && h.seen:
		h.homes = h.operator != "" && h.operator != "-"
	case h.layout&namedProxyType != 0:
		h.public = false // is_proxy says whether there is a type
		h.readProxyType()
	}
}

// readProxyType reads IP2Proxy's types. A consumer privacy network is a relay; an
// enterprise private network hides nobody; one that is new is anonymous, since
// all but two are.
func (h *hiding) readProxyType() {
	switch strings.ToUpper(h.proxyType) {
	case "", "-", "DCH", "SES":
	case "VPN":
		h.vpn = true
	case "TOR":
		h.tor = true
	case "PUB", "WEB":
		h.public = true
	case "RES":
		h.homes = true
	case "CPN":
		h.relay = true
	case "EPN":
		h.corporate = true
	default:
		h.anonymous = true
	}
}

// told are the sorts that the record's layout tells of: MaxMind's flags of all,
// since those that are false are left out; others' of those that there are; a type
// or an operator's name of what it is.
func (h *hiding) told() Sorts {
	told := h.tells
	if h.layout&anonymousIP != 0 || h.layout&anyAnonymous != 0 && h.layout&plainFlags == 0 {
		told = AllSorts
	}
	return told | h.flagged()
}

// flagged are the sorts that are surely there.
func (h *hiding) flagged() Sorts {
	var sorts Sorts
	for _, flag := range [...]struct {
		set  bool
		sort Sorts
	}{{h.tor, TorSort}, {h.vpn, VPNSort}, {h.public, PublicProxySort}, {h.homes, ResidentialProxySort}} {
		if flag.set {
			sorts |= flag.sort
		}
	}
	return sorts
}

// hides are the sorts that the address hides behind. A relay is a proxy that is
// open to whoever pays; what is anonymous and nothing else is any sort but Tor.
func (h *hiding) hides() Sorts {
	hides := h.flagged()
	if h.relay {
		hides |= PublicProxySort
	}
	if h.anonymous && hides == 0 {
		hides = AllSorts &^ TorSort
	}
	return hides
}

// services of a record: one for each sort of anonymizer that it flags.
// is_anonymous without is_anonymous_vpn is an anonymizing service of no known
// sort, which counts as a proxy, also beside Tor: all services are kept. The
// operator, where it is named, is that of the VPN if there is one; a relay's name
// is not Okta's for it, so that it stays unnamed (docs/semantics.md, geo-7 and geo-12).
func (h *hiding) services() []Service {
	var services []Service
	if h.tor {
		services = append(services, namedService(torCategory))
	}
	if h.vpn {
		services = append(services, providerService(h.operator, VPN))
	}
	if h.corporate {
		services = append(services, Service{Type: VPN})
	}
	proxy := h.public || h.homes
	switch {
	case proxy && h.vpn, h.relay:
		services = append(services, Service{Type: Proxy, Anonymous: true})
	case proxy, h.anonymous && !h.vpn:
		services = append(services, providerService(h.operator, Proxy))
	}
	return services
}
