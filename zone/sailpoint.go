package zone

import (
	"bytes"
	"fmt"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// NetworkConfig is SailPoint's network configuration. The zero value is the
// document {}: a fresh tenant. It is not changed after parsing.
type NetworkConfig struct {
	Position    Position
	Range       []Entry        // the network definition; nil where the document says null or nothing
	Geolocation []Term[string] // country codes, verbatim and in order; nil like Range
	Allowlist   bool           // whitelisted: trusted are exactly the listed countries, not all others

	// Where geolocation and whitelisted stand; the zero Position if the document
	// does not have them.
	GeolocationPosition, AllowlistPosition Position

	Warnings Findings
	Text     []byte
}

// Sizes that a SailPoint document may have. SailPoint publishes none; these
// are ours (docs/semantics.md, spdoc-5).
const (
	maxConfigSize = 1 << 20
	maxConfigList = 10_000
)

// ParseSailPoint reads a network configuration: the object that
// GET /auth-org/network-config answers. file only labels positions. Members
// are strict: a typo in whitelisted would silently turn an allow list into a
// block list (docs/semantics.md, spdoc-1). Lists may be null, whitelisted may not
// (spdoc-4).
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error only Warnings of the value may be used; the
// rest is incomplete, hence more open than the document.
func ParseSailPoint(file string, data []byte) (NetworkConfig, error) {
	config := NetworkConfig{Text: bytes.Clone(data)}
	root, found := openSmall(file, config.Text)
	if root.Exists() && !found.mistaken(root, "a SailPoint network configuration, as GET /auth-org/network-config answers") && found.Is(root, jsondoc.Object, "a network configuration object") {
		reader := &configReader{found}
		reader.read(&config, root)
	}
	failures, warnings := found.Found.Divide()
	config.Warnings = warnings
	return config, failures.Err()
}

// openSmall is open for a SailPoint document.
func openSmall(file string, text []byte) (jsondoc.Node, *reader) {
	if len(text) > maxConfigSize {
		found := &reader{Reader: &jsondoc.Reader{}}
		found.Found.Add(&Finding{File: file, Line: 1, Column: 1, Code: "too-large",
			Err: fmt.Errorf("the document has %d bytes, more than the limit of %d", len(text), maxConfigSize)})
		return jsondoc.Node{}, found
	}
	return open(file, text)
}

type configReader struct{ *reader }

func (r *configReader) read(config *NetworkConfig, root jsondoc.Node) {
	config.Position = positionOf(root)
	r.Strict(root, "range", "geolocation", "whitelisted")
	if list := root.Get("range"); r.list(list) {
		config.Range = r.networks(list)
	}
	if list := root.Get("geolocation"); r.list(list) {
		config.Geolocation, config.GeolocationPosition = r.countries(list), positionOf(list)
	}
	if whitelisted := root.Get("whitelisted"); whitelisted.Exists() {
		config.Allowlist, config.AllowlistPosition = r.StrictFlag(whitelisted), positionOf(whitelisted)
	}
	noNetwork, noCountry := root.Get("range").Blank(), root.Get("geolocation").Blank()
	switch {
	case !config.Allowlist && !noNetwork && noCountry: // docs/semantics.md, sailpoint-3
		r.Warn(root.Get("range"), "range-not-blocked", "whitelisted false does not make the range a block list: range always lists the network that is allowed; whitelisted governs geolocation only")
	case config.Allowlist && noNetwork && noCountry: // docs/semantics.md, sailpoint-8
		r.Warn(root.Get("whitelisted"), "empty-allow-list", "whitelisted is true and both lists are empty: nobody is allowed in")
	}
}

// list says whether a list is given, and bounds it.
func (r *configReader) list(node jsondoc.Node) bool {
	if !r.Given(node, jsondoc.Array, "an array of strings, or null") {
		return false
	}
	if count := node.Len(); count > maxConfigList {
		r.Fail(node, "too-many-entries", "%d entries, more than the limit of %d", count, maxConfigList)
		return false
	}
	return true
}

// networks reads range. What has no documented meaning is refused, not guessed:
// no trimming, no first-last, no wildcards, no dotted masks (docs/semantics.md,
// spdoc-2).
func (r *configReader) networks(list jsondoc.Node) []Entry {
	entries := []Entry{}
	for _, node := range list.Elements() {
		if !r.Is(node, jsondoc.String, "an address or a CIDR network as a string") {
			continue
		}
		entry := Entry{Position: positionOf(node), Text: node.String()}
		var ok bool
		if strings.Contains(entry.Text, "/") {
			entry.Range, ok = r.network(node)
		} else {
			entry.Range, ok = r.address(node)
		}
		if ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

func (r *configReader) network(node jsondoc.Node) (netipx.IPRange, bool) {
	network, hostBits, err := netset.ParsePrefix(node.String())
	if err != nil {
		r.Fail(node, "bad-cidr", "%w", err)
		return network, false
	}
	r.cautions(node, network, hostBits)
	return network, true
}

func (r *configReader) address(node jsondoc.Node) (netipx.IPRange, bool) {
	text := node.String()
	addr, err := netset.ParseAddr(text)
	if err != nil {
		if strings.Contains(text, "-") {
			err = fmt.Errorf("a range of addresses is not documented for this list; write CIDR networks: %w", err)
		}
		r.Fail(node, "bad-address", "%w", err)
		return netipx.IPRange{}, false
	}
	if (&Entry{Text: text}).Mask() {
		r.Warn(node, "bare-mask", "this is a network mask; it stands for this one address. A network is written as 192.0.2.0/24")
	}
	return netipx.IPRangeFrom(addr, addr), true
}

// countries reads geolocation (docs/semantics.md, spdoc-3).
func (r *configReader) countries(list jsondoc.Node) []Term[string] {
	countries := []Term[string]{}
	for _, node := range list.Elements() {
		if !r.Is(node, jsondoc.String, "a country code as a string") {
			continue
		}
		country := node.String()
		if !IsCountryCode(country) {
			r.Fail(node, "bad-country", "expected two upper-case letters such as US")
			continue
		}
		if hint := countryHint(country); hint != "" {
			r.Warn(node, "not-iso-country", "%s", hint)
		}
		countries = append(countries, termAt(node, country))
	}
	return countries
}
