package geo

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"
	"unicode"
)

// ServiceType is the kind of an IP service. Okta's aggregate categories
// (ALL_PROXIES_VPNS and its like) are about types, not about operators.
type ServiceType uint8

// The types that decide about aggregates.
const (
	OtherService ServiceType = iota
	VPN
	Proxy
	TorService
)

// Service is one IP service at an address: a VPN, a proxy, Tor. The zero value
// is none. There are three sorts:
//
//   - of a list or of corrections: Name is the category itself ("NORD_VPN"), Operator is empty;
//   - of a database that names the operator: Operator is the operator as the
//     database spells it ("NordVPN"), Name is made from it ("NORD_VPN") and is for people;
//   - of a database that knows the type alone: Name and Operator are empty.
type Service struct {
	Name      string
	Operator  string
	Type      ServiceType
	Anonymous bool // it hides who the client is; a corporate VPN does not
}

// Unnamed reports whether the operator is unknown.
func (s Service) Unnamed() bool { return s.Name == "" }

// String is the service's name, for an unnamed one its type: "VPN", "PROXY".
func (s Service) String() string {
	switch {
	case s.Name != "":
		return s.Name
	case s.Type == VPN:
		return unnamedVPN
	case s.Type == Proxy:
		return unnamedProxy
	case s.Type == TorService:
		return torCategory
	default:
		return "OTHER"
	}
}

// Is reports whether the service is definitely of an Okta IP service category
// that names an operator, such as NORD_VPN, or is ANONYMIZER_TOR. The case of
// letters does not matter. An unnamed service is of no such category for sure; a
// caller must take it for unknown whether it is one of its type.
//
// A database's operator is compared with the category by letters and digits
// alone, with the category's ending or without: NordVPN and Nord are both
// NORD_VPN, abcproxy is ABCPROXY_PROXY (docs/semantics.md, geo-6).
func (s Service) Is(category string) bool {
	category = strings.ToUpper(category)
	if category == torCategory {
		return s.Type == TorService
	}
	if s.Operator == "" {
		return s.Name != "" && s.Name == category
	}
	operator := lettersAndDigits(s.Operator)
	stem, _ := cutEnding(category)
	return operator == lettersAndDigits(category) || operator == lettersAndDigits(stem)
}

// Services is the set of IP services that are known at an address, and what is
// known besides: that there are no others of some sorts, or of some operators. The
// zero value is unknown. Within one [Table] equal ones are ==.
type Services struct{ set *serviceSet }

type serviceSet struct {
	services []Service
	told     Sorts
	provided *Provided // for its operators; nil: of none
}

// Known says that something is known: a service, or that there is none of any
// sort. So an empty set that is known means none.
func (s Services) Known() bool {
	return s.set != nil && (len(s.set.services) > 0 || s.set.told == AllSorts)
}

// Sorts are the sorts of which all services of the address are known. It may be
// behind any number of services of other sorts (docs/semantics.md, geo-11).
func (s Services) Sorts() Sorts {
	if s.set == nil {
		return 0
	}
	return s.set.told
}

// TellsOf reports whether the address, unless it has a service of the category,
// is known not to be of the operator that the category names: see
// [Provided.TellsOf].
func (s Services) TellsOf(category string) bool {
	return s.set != nil && s.set.provided != nil && s.set.provided.TellsOf(category)
}

// All ranges over the services in ascending order of [Service.String].
func (s Services) All() iter.Seq[Service] {
	return func(yield func(Service) bool) {
		if s.set == nil {
			return
		}
		for _, service := range s.set.services {
			if !yield(service) {
				return
			}
		}
	}
}

// What corrections or a list call a service whose operator it does not know,
// and the one category that is a type.
const (
	unnamedVPN   = "VPN"
	unnamedProxy = "PROXY"
	torCategory  = "ANONYMIZER_TOR"
)

// endings of category names, and the types they tell.
var endings = [...]struct {
	text string
	kind ServiceType
}{{"_VPN", VPN}, {"_PROXY", Proxy}, {"_TOR", TorService}}

// cutEnding takes the ending off a category: NORD_VPN is NORD, a VPN.
func cutEnding(category string) (stem string, kind ServiceType) {
	for _, ending := range endings {
		if stem, found := strings.CutSuffix(category, ending.text); found {
			return stem, ending.kind
		}
	}
	return category, OtherService
}

func typeOfName(category string) ServiceType {
	_, kind := cutEnding(strings.ToUpper(category))
	return kind
}

// corporate are the VPNs by which a company reaches its own network. Okta lists
// them among its categories, but they hide nobody (docs/semantics.md, geo-6).
var corporate = [...]string{"GLOBALPROTECT_VPN", "PERIMETER81_VPN", "VIGOR_SSL_VPN"}

// namedService is the service that a list or corrections call by name, which
// is upper case. VPN and PROXY stand for services of unknown operators.
func namedService(name string) Service {
	switch name {
	case unnamedVPN:
		return Service{Type: VPN, Anonymous: true}
	case unnamedProxy:
		return Service{Type: Proxy, Anonymous: true}
	}
	return Service{Name: name, Type: typeOfName(name), Anonymous: !slices.Contains(corporate[:], name)}
}

// sorts are those that a service of a list or of corrections may be of. One that
// hides nobody is of none, and neither is one whose name tells no type.
func (s Service) sorts() Sorts {
	switch {
	case s.Type == TorService:
		return TorSort
	case s.Anonymous && s.Type == VPN:
		return VPNSort
	case s.Anonymous && s.Type == Proxy:
		return ProxySorts
	default:
		return 0
	}
}

// providerService is the anonymizing service of a type whose operator a
// database names. A name of no letter and no digit, or of the type alone
// ("VPN"), names nobody.
func providerService(operator string, kind ServiceType) Service {
	name := categoryForm(operator, kind)
	if name == "" {
		return Service{Type: kind, Anonymous: true}
	}
	return Service{Name: name, Operator: operator, Type: kind, Anonymous: true}
}

// categoryForm writes an operator as Okta would: NordVPN is NORD_VPN, a proxy
// of "Some Net" is SOME_NET_PROXY.
func categoryForm(operator string, kind ServiceType) string {
	words := strings.FieldsFunc(strings.ToUpper(operator), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	name := strings.Join(words, "_")
	ending := "_VPN"
	if kind == Proxy {
		ending = "_PROXY"
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(name, ending[1:]), "_")
	if stem == "" {
		return "" // the type again
	}
	return stem + ending
}

// lettersAndDigits is text in lower case without anything else.
func lettersAndDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// sortServices brings services into the order of a set: ascending by String,
// each once. Where two differ in nothing but Anonymous, the anonymous one stays,
// since no source denies what another one states (docs/semantics.md, join-3).
func sortServices(services []Service) []Service {
	slices.SortFunc(services, func(a, b Service) int {
		return cmp.Or(
			strings.Compare(a.String(), b.String()),
			strings.Compare(a.Operator, b.Operator),
			compareAnonymousFirst(a, b),
		)
	})
	return slices.CompactFunc(services, func(a, b Service) bool {
		return a.Name == b.Name && a.Operator == b.Operator && a.Type == b.Type
	})
}

func compareAnonymousFirst(a, b Service) int {
	switch {
	case a.Anonymous == b.Anonymous:
		return 0
	case a.Anonymous:
		return -1
	default:
		return 1
	}
}

// parseServiceName reads the name of a service in a list's tag or in a cell.
// Lower case is raised (docs/semantics.md, join-5).
func parseServiceName(text string) (string, error) {
	name := strings.ToUpper(text)
	for i := range len(name) {
		c := name[i]
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return "", errors.New("not a service: expected letters, digits and _, such as NORD_VPN")
		}
	}
	switch {
	case name == "":
		return "", errors.New("a service without a name; expected one such as NORD_VPN")
	case strings.HasPrefix(name, "ALL_"):
		return "", errors.New("this category stands for many services; name the service, or VPN or PROXY if its operator is unknown")
	}
	return name, nil
}
