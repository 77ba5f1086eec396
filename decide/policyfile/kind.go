package policyfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/mistaken"
	"github.com/netwicket/netwicket/internal/netset"
)

// FileName is the file that a policy's folder holds.
const FileName = "netwicket.json"

// Kind is what a document is.
type Kind uint8

// The kinds of document; Unknown is none of them.
const (
	Unknown Kind = iota
	PolicyFile
	Rules
	AuthProfile
	ThreatInsight
	Zones
	NetworkConfig
	Snapshot
)

// String is the kind with its vendor, as messages use it.
func (k Kind) String() string {
	return [...]string{
		"unknown document", "policy file", "Okta policy rules", "SailPoint auth profile",
		"Okta ThreatInsight configuration", "Okta zones", "SailPoint network configuration", "snapshot of a policy",
	}[k]
}

var (
	errEmptyArray = errors.New(`an empty array may be Okta zones or Okta policy rules, which differ: no zones, or rules that deny; ` +
		`name the document in a policy file, such as {"okta":{"zones":["zones.json"]}}`)
	errUnknownDocument = errors.New("not a document that netwicket knows: a policy file has one of the keys okta, sailpoint, geo, services, " +
		"edge, serve, mode, snapshot, from, overlay, assumeNone, pull; Okta policy rules have actions or conditions; a SailPoint auth profile has offNetwork, untrustedGeography or " +
		"strongAuthLogin; an Okta ThreatInsight configuration has action or excludeZones; Okta zones have gateways, proxies, proxyType, asns, " +
		"locations, ipServiceCategories or system; a SailPoint network configuration has range, geolocation or whitelisted")
)

// keys are what a kind of document is known by. Those of a network configuration
// count in any letter case, since a miscast key is for its parser to refuse.
func (k Kind) keys() []string {
	switch k {
	case PolicyFile:
		return []string{"okta", "sailpoint", "geo", "services", "edge", "serve", "mode", "snapshot", "from"}
	case Rules:
		return []string{"actions", "conditions"}
	case AuthProfile:
		return []string{"offNetwork", "untrustedGeography", "strongAuthLogin"}
	case ThreatInsight:
		return []string{"action", "excludeZones"}
	case Zones:
		return []string{"gateways", "proxies", "proxyType", "asns", "locations", "ipServiceCategories", "system"}
	case NetworkConfig:
		return []string{"range", "geolocation", "whitelisted"}
	case Unknown, Snapshot:
	}
	return nil
}

// fetched is what answers a vendor's document.
func (k Kind) fetched() string {
	switch k {
	case Rules:
		return "GET /api/v1/policies/{id}/rules"
	case AuthProfile:
		return "GET /auth-profiles/{id}"
	case ThreatInsight:
		return "GET /api/v1/threats/configuration"
	case Zones:
		return "GET /api/v1/zones"
	case NetworkConfig:
		return "GET /auth-org/network-config"
	case Unknown, PolicyFile, Snapshot:
	}
	return ""
}

// Recognise tells what a document is from its content; the first kind that fits is
// the answer, and of an array the first object decides. A snapshot is known by its first
// eight bytes, before everything else; only a policy file is known by its name as well. The error says why the kind is Unknown: the text cannot be
// read, or is nothing that netwicket knows.
func Recognise(file string, data []byte) (Kind, error) {
	if isSnapshot(data) {
		return Snapshot, nil
	}
	root, err := parseAny(file, data)
	if !root.Exists() {
		return Unknown, err
	}
	return recognise(file, root)
}

// parseAny reads a document of any kind. Comments and a comma behind the last
// element are for policy files alone, which people write by hand; a vendor's
// document that has them is none.
func parseAny(path string, data []byte) (jsondoc.Node, error) {
	if filepath.Base(path) == FileName {
		return jsondoc.ParseCommented(path, data)
	}
	root, err := jsondoc.Parse(path, data)
	if root.Exists() {
		return root, err
	}
	commented, commentedErr := jsondoc.ParseCommented(path, data)
	if kind, _ := recognise(path, commented); kind == PolicyFile {
		return commented, commentedErr
	}
	return root, err
}

// recognise is Recognise for a document that was parsed.
func recognise(file string, root jsondoc.Node) (Kind, error) {
	object := root
	if root.Kind() == jsondoc.Array {
		object = firstObject(root)
	}
	exact, anyCase := names(object)
	if hasAny(exact, PolicyFile.keys()...) {
		return PolicyFile, nil
	}
	if what := mistaken.What(root); what != "" {
		return Unknown, fmt.Errorf("this is %s; expected a policy file, or a document as %s, %s, %s, %s or %s answers it", what,
			Zones.fetched(), Rules.fetched(), ThreatInsight.fetched(), NetworkConfig.fetched(), AuthProfile.fetched())
	}
	switch {
	case filepath.Base(file) == FileName:
		return PolicyFile, nil
	case root.Kind() == jsondoc.Array && root.Len() == 0:
		return Unknown, errEmptyArray
	}
	for _, kind := range []Kind{Rules, AuthProfile, ThreatInsight, Zones} {
		if hasAny(exact, kind.keys()...) {
			return kind, nil
		}
	}
	switch {
	case hasAny(anyCase, NetworkConfig.keys()...):
		return NetworkConfig, nil
	case hasAny(exact, "overlay", "assumeNone", "pull"): // words that a vendor's document may come to have as well
		return PolicyFile, nil
	case len(exact) == 0 && root.Kind() == jsondoc.Object:
		return NetworkConfig, nil // what a fresh SailPoint tenant exports
	default:
		return Unknown, errUnknownDocument
	}
}

var errList = errors.New("this is a list of networks, which does not say what they are; name it as a threat feed (threatFeeds, --threat), " +
	"as the networks of a service (services, --service) or as proxies of the edge, or list the networks in a zone")

// isList says that a text is a list of networks in one of the shapes that are read.
func isList(file string, data []byte) bool {
	networks := 0
	failures, _ := netset.ReadList(file, string(data), netset.Limits{}, func(netset.Entry) { networks++ })
	return networks > 0 && len(failures) == 0
}

// otherKind is an error about a document that is named as one kind and holds what
// another is known by, and nothing that its own is.
func otherKind(want Kind, path string, data []byte) error {
	root, _ := jsondoc.Parse(path, data)
	kind, _ := recognise("", root)
	object := root
	if root.Kind() == jsondoc.Array {
		object = firstObject(root)
	}
	exact, anyCase := names(object)
	if kind == Unknown || kind == want || len(exact) == 0 || hasAny(exact, want.keys()...) || want == NetworkConfig && hasAny(anyCase, want.keys()...) {
		return nil
	}
	return root.Finding("wrong-document", fmt.Errorf("this looks like %s; expected %s, as %s answers", kind, want, want.fetched()))
}

func firstObject(array jsondoc.Node) jsondoc.Node {
	for _, element := range array.Elements() {
		if element.Kind() == jsondoc.Object {
			return element
		}
	}
	return jsondoc.Node{}
}

// names are an object's keys, as written and in lower case.
func names(object jsondoc.Node) (exact, anyCase map[string]bool) {
	exact, anyCase = make(map[string]bool), make(map[string]bool)
	for member := range object.Members() {
		exact[member.Name] = true
		anyCase[strings.ToLower(member.Name)] = true
	}
	return exact, anyCase
}

func hasAny(keys map[string]bool, wanted ...string) bool {
	for _, key := range wanted {
		if keys[key] {
			return true
		}
	}
	return false
}
