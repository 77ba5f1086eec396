package netset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/mistaken"
)

// arrays are where providers' documents have their networks, and what an element is:
// a network, or an object that has one at one of the keys behind it.
//
//	AWS         https://ip-ranges.amazonaws.com/ip-ranges.json
//	Google      https://www.gstatic.com/ipranges/goog.json, cloud.json; Bing, OpenAI and others have its shape
//	Azure       ServiceTags_Public_DATE.json
//	Fastly      https://api.fastly.com/public-ip-list
//	Cloudflare  https://api.cloudflare.com/client/v4/ips
func arrays() map[string][]string {
	return map[string][]string{
		".prefixes":             {".ip_prefix", ".ipv4Prefix", ".ipv6Prefix"},
		".ipv6_prefixes":        {".ipv6_prefix"},
		".values":               {".properties.addressPrefixes[]"},
		".addresses":            {""},
		".ipv6_addresses":       {""},
		".result.ipv4_cidrs":    {""},
		".result.ipv6_cidrs":    {""},
		".result.jdcloud_cidrs": {""},
	}
}

// isJSON says that a text begins as a document or as JSON lines do, and not as an
// address in brackets.
func isJSON(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	if behind, array := strings.CutPrefix(text, "["); array {
		behind = strings.TrimLeft(behind, " \t\r\n")
		return behind == "" || strings.ContainsRune(`{["]`, rune(behind[0]))
	}
	return strings.HasPrefix(text, "{")
}

// json reads a document, or lines of which each is an object. The rest is the
// document without a byte order mark.
func (r *listReader) json(document, rest string) {
	first, behind, _ := strings.Cut(strings.TrimLeft(rest, " \t\r\n"), "\n")
	root, _ := jsondoc.Parse(r.file, []byte(first)) // who reads it says what is wrong
	if root.Kind() == jsondoc.Object && (strings.TrimSpace(behind) != "" || isRecord(root)) {
		r.eachLine(rest, r.record)
		return
	}
	root, err := jsondoc.Parse(r.file, []byte(document))
	list, _ := errors.AsType[finding.List](err) // there is none without an error
	for _, f := range list {
		r.failures.Add(f)
	}
	d := jsonDocument{listReader: r, arrays: arrays()}
	d.walk(root, "")
	switch strange := d.command(); {
	case len(d.failures) > 0:
	case !d.known && mistaken.What(root) != "":
		r.failures.Add(root.Finding(notList, errors.New("this is "+mistaken.What(root)+"; expected a list of networks")))
	case strange != "":
		r.failures.Add(d.strangeNode.Finding(notList, fmt.Errorf("a network at a place where none is read; expected the document of a provider as it publishes it. This makes a list: %s", strange)))
	case !d.known:
		r.failures.Add(root.Finding(notList, errors.New("a JSON document without networks; expected a list of networks")))
	}
}

// jsonDocument is a document while it is read.
type jsonDocument struct {
	*listReader
	arrays      map[string][]string
	known       bool     // one of the arrays is there
	strange     []string // where networks stand that are not read
	strangeNode jsondoc.Node
	full        bool
}

// walk goes through a value at a place such as .prefixes[].region.
func (d *jsonDocument) walk(node jsondoc.Node, place string) {
	if keys, known := d.arrays[place]; known {
		d.known = true
		if node.Kind() != jsondoc.Array {
			d.failures.Add(node.Finding("bad-type", errors.New("expected an array of networks")))
		}
		for _, element := range node.Elements() {
			d.element(element, place+"[]", keys)
		}
		return
	}
	switch node.Kind() {
	case jsondoc.Array:
		for _, element := range node.Elements() {
			d.walk(element, place+"[]")
		}
	case jsondoc.Object:
		for member := range node.Members() {
			d.walk(member.Value, place+jqKey(member.Name))
		}
	case jsondoc.String:
		if addressLike(node.String()) {
			d.note(node, place)
		}
	case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number:
	}
}

// element is one of an array that holds networks. One without a network would be
// one that nobody looks for.
func (d *jsonDocument) element(node jsondoc.Node, place string, keys []string) {
	found := 0
	for _, key := range keys {
		key, many := strings.CutSuffix(key, "[]")
		value := node
		for name := range strings.SplitSeq(strings.TrimPrefix(key, "."), ".") {
			if name != "" {
				value = value.Get(name)
			}
		}
		switch {
		case !value.Exists():
			continue
		case many && value.Kind() == jsondoc.Array:
			for _, network := range value.Elements() {
				d.network(network)
			}
		default:
			d.network(value)
		}
		found++
	}
	if found != 1 {
		d.failures.Add(node.Finding("bad-shape", fmt.Errorf("expected one network at %s", strings.Join(keys, " or "))))
	}
	d.beside(node, place, keys)
}

// beside looks for networks that stand elsewhere in an element.
func (d *jsonDocument) beside(node jsondoc.Node, place string, keys []string) {
	for member := range node.Members() {
		switch at := jqKey(member.Name); {
		case slices.Contains(keys, at):
		case at == ".properties" && keys[0] == ".properties.addressPrefixes[]":
			d.beside(member.Value, place+at, []string{".addressPrefixes"})
		default:
			d.walk(member.Value, place+at)
		}
	}
}

func (d *jsonDocument) network(node jsondoc.Node) {
	d.full = d.full || !d.node(node)
}

// node reads a string of a document as a network; false ends the reading.
func (r *listReader) node(node jsondoc.Node) bool {
	if node.Kind() != jsondoc.String {
		r.failures.Add(node.Finding("bad-type", errors.New("expected a network as a string")))
		return true
	}
	text := node.String()
	network, hostBits, err := Parse(text)
	if err != nil {
		r.failures.Add(node.Finding(Code(text), err))
		return true
	}
	line, column := node.Position()
	return r.entry(Entry{Line: line, Column: column, Text: text, Range: network}, hostBits)
}

// note keeps where a network stands that is not read.
func (d *jsonDocument) note(node jsondoc.Node, place string) {
	if len(d.strange) == 0 {
		d.strangeNode = node
	}
	if len(d.strange) < 9 && !slices.Contains(d.strange, place) {
		d.strange = append(d.strange, place)
	}
}

// command makes a list of the places where networks stand that are not read.
func (d *jsonDocument) command() string {
	switch {
	case len(d.strange) == 0:
		return ""
	case len(d.strange) > 8:
		return shell(`jq -r '.. | strings | select(test("^[0-9a-fA-F.:]+(/[0-9]+)?$"))'`, d.file)
	default:
		var paths []string
		for _, place := range d.strange {
			paths = append(paths, "."+strings.TrimPrefix(place, "."))
		}
		return shell("jq -r '"+strings.Join(paths, ", ")+"'", d.file)
	}
}

// jqKey is how jq names a member.
func jqKey(name string) string {
	plain := name != ""
	for i := range len(name) {
		c := name[i]
		plain = plain && (c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || i > 0 && c >= '0' && c <= '9')
	}
	if plain {
		return "." + name
	}
	return fmt.Sprintf("[%q]", finding.Cut(strings.ReplaceAll(name, "'", "")))
}

// isRecord says that an object may be the only one of JSON lines.
func isRecord(root jsondoc.Node) bool { return root.Get("cidr").Kind() == jsondoc.String }

// record reads one of JSON lines, such as Spamhaus has them: the network stands at
// the same key in each. A line that says of what type it is, metadata, holds none.
func (r *listReader) record(line string) bool {
	if strings.TrimSpace(line) == "" {
		return true
	}
	if !r.legible(line) {
		return true
	}
	root, err := jsondoc.Parse(r.file, []byte(line))
	if list, ok := errors.AsType[finding.List](err); ok {
		for _, f := range list {
			r.failures.Add(r.onLine(f))
		}
		return false
	}
	network, others := r.ofRecord(root)
	text := network.String()
	switch {
	case others != nil:
		return r.refuseRecord(root, others)
	case network.Kind() != jsondoc.String && root.Get("type").String() == "metadata":
		return true
	case network.Kind() != jsondoc.String:
		return r.refuseRecord(root, errors.New("a record without a network; expected one, such as {\"cidr\": \"192.0.2.0/24\"}"))
	}
	parsed, hostBits, err := Parse(text)
	if err != nil {
		r.failures.Add(r.onLine(network.Finding(Code(text), err)))
		return true
	}
	_, column := network.Position()
	return r.entry(Entry{Line: r.lines, Column: r.margin + column, Text: text, Range: parsed}, hostBits)
}

// ofRecord is the member that holds the network of a record, and why the record
// cannot be read.
func (r *listReader) ofRecord(root jsondoc.Node) (network jsondoc.Node, others error) {
	for member := range root.Members() {
		text := member.Value.String()
		switch kind := member.Value.Kind(); {
		case kind == jsondoc.Object, kind == jsondoc.Array:
			d := jsonDocument{listReader: r}
			if d.walk(member.Value, jqKey(member.Name)); len(d.strange) > 0 {
				return network, errors.New("a network within a member; expected one of the record alone. This makes a list: " + d.command())
			}
		case isVerdict(text):
			return network, fmt.Errorf("%q may say what to do with the network. This makes a list: %s", member.Name,
				shell(fmt.Sprintf(`jq -r 'select(%s | tostring == "%s") | .cidr'`, jqKey(member.Name), text), r.file))
		case !addressLike(text) && member.Name != r.key:
		case r.key != "" && member.Name != r.key:
			return network, errors.New("a record with two networks, or with one at another key than those before; expected one. This makes a list: " + shell("jq -r '"+jqKey(member.Name)+"'", r.file))
		default:
			r.key, network = member.Name, member.Value
		}
	}
	return network, nil
}

func (r *listReader) refuseRecord(root jsondoc.Node, cause error) bool {
	f := root.Finding(notList, cause)
	f.Value = finding.Cut(string(root.Raw()))
	r.failures.Add(r.onLine(f))
	return false
}

// onLine is a finding about the current line, which was parsed alone.
func (r *listReader) onLine(f *finding.Finding) *finding.Finding {
	f.Line, f.Column = r.lines, f.Column+r.margin
	return f
}
