package policyfile

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// FileName is the file that a policy's folder holds.
const FileName = "netwicket.json"

// Kind is what a JSON document is.
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
)

// String is the kind with its vendor, as messages use it.
func (k Kind) String() string {
	return [...]string{
		"unknown document", "policy file", "Okta policy rules", "SailPoint auth profile",
		"Okta ThreatInsight configuration", "Okta zones", "SailPoint network configuration",
	}[k]
}

var (
	errEmptyArray = errors.New(`an empty array may be Okta zones or Okta policy rules, which differ: no zones, or rules that deny; ` +
		`name the document in a policy file, such as {"okta":{"zones":["zones.json"]}}`)
	errUnknownDocument = errors.New("not a document that netwicket knows: a policy file has one of the keys okta, sailpoint, geo, services, " +
		"edge, serve, mode; Okta policy rules have actions or conditions; a SailPoint auth profile has offNetwork, untrustedGeography or " +
		"strongAuthLogin; an Okta ThreatInsight configuration has action or excludeZones; Okta zones have gateways, proxies, proxyType, asns, " +
		"locations, ipServiceCategories or system; a SailPoint network configuration has range, geolocation or whitelisted")
)

// Recognise tells what a document is from its content; the first kind that fits is
// the answer, and of an array the first object decides. Only a policy file is known
// by its name as well. The error says why the kind is Unknown: the text cannot be
// read, or is nothing that netwicket knows.
func Recognise(file string, data []byte) (Kind, error) {
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
	if filepath.Base(file) == FileName {
		return PolicyFile, nil
	}
	object := root
	if root.Kind() == jsondoc.Array {
		if root.Len() == 0 {
			return Unknown, errEmptyArray
		}
		object = firstObject(root)
	}
	if object.Kind() != jsondoc.Object {
		return Unknown, errUnknownDocument
	}
	exact, anyCase := names(object)
	switch {
	case hasAny(exact, "okta", "sailpoint", "geo", "services", "edge", "serve", "mode"):
		return PolicyFile, nil
	case hasAny(exact, "actions", "conditions"):
		return Rules, nil
	case hasAny(exact, "offNetwork", "untrustedGeography", "strongAuthLogin"):
		return AuthProfile, nil
	case hasAny(exact, "action", "excludeZones"):
		return ThreatInsight, nil
	case hasAny(exact, "gateways", "proxies", "proxyType", "asns", "locations", "ipServiceCategories", "system"):
		return Zones, nil
	case hasAny(anyCase, "range", "geolocation", "whitelisted"):
		return NetworkConfig, nil // a miscast key is for its parser to refuse
	case len(exact) == 0 && root.Kind() == jsondoc.Object:
		return NetworkConfig, nil // what a fresh SailPoint tenant exports
	default:
		return Unknown, errUnknownDocument
	}
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
