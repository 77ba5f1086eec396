package policyfile

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// values reads typed values out of a policy file and notes all that is wrong.
type values struct {
	folder   string // that paths are relative to
	findings finding.List
}

// fail notes an error about a value.
func (v *values) fail(node jsondoc.Node, code, format string, args ...any) {
	v.findings.Add(node.Finding(code, fmt.Errorf(format, args...)))
}

// keys is what may stand in an object: each key's reader.
type keys map[string]func(jsondoc.Node)

// object reads an object strictly: a key that is not known is an error, since a
// slip such as "edeg" would silently leave out what it was meant to switch on.
func (v *values) object(node jsondoc.Node, known keys) {
	if !v.is(node, jsondoc.Object) {
		return
	}
	for member := range node.Members() {
		if read, ok := known[member.Name]; ok {
			read(member.Value)
			continue
		}
		line, column := member.Key.Position()
		v.findings.Add(&finding.Finding{
			File: node.File(), Line: line, Column: column, Path: member.Value.Path(), Value: finding.Cut(member.Name),
			Code: "unknown-key", Err: fmt.Errorf("unknown key; expected one of %s", strings.Join(known.sorted(), ", ")),
		})
	}
}

func (k keys) sorted() []string {
	names := make([]string, 0, len(k))
	for name := range k {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// is notes a value of another kind. null is no way to leave a key out: for edge,
// absent and present differ.
func (v *values) is(node jsondoc.Node, want jsondoc.Kind) bool {
	switch node.Kind() {
	case want:
		return true
	case jsondoc.Null:
		v.fail(node, "bad-type", "expected %v, found null; leave the key out for its default", want)
	default:
		v.fail(node, "bad-type", "expected %v, found %v", want, node.Kind())
	}
	return false
}

func (v *values) flag(into *bool) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if v.is(node, jsondoc.Bool) {
			*into = node.Bool()
		}
	}
}

// choice reads one of several words; the first is the default.
func (v *values) choice(into *string, words ...string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.is(node, jsondoc.String) {
			return
		}
		if !slices.Contains(words, node.String()) {
			v.fail(node, "bad-value", "expected one of %s", strings.Join(words, ", "))
			return
		}
		*into = node.String()
	}
}

// each reads the elements of an array.
func (v *values) each(read func(jsondoc.Node)) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if v.is(node, jsondoc.Array) {
			for _, element := range node.Elements() {
				read(element)
			}
		}
	}
}

// reference is a file that a policy file names, or that a flag does.
type reference struct {
	path string       // as the reader would open it
	node jsondoc.Node // where it is named; the zero Node for a flag
}

// from says where the file is named, for messages about the file.
func (r reference) from() string {
	if !r.node.Exists() {
		return ""
	}
	line, column := r.node.Position()
	return fmt.Sprintf(" (named in %s:%d:%d)", r.node.File(), line, column)
}

func (v *values) reference(node jsondoc.Node) (reference, bool) {
	if !v.is(node, jsondoc.String) {
		return reference{}, false
	}
	path := node.String()
	if path == "" {
		v.fail(node, "empty-path", "expected the path of a file")
		return reference{}, false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(v.folder, path)
	}
	return reference{path: path, node: node}, true
}

func (v *values) one(into **reference) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if ref, ok := v.reference(node); ok {
			*into = &ref
		}
	}
}

func (v *values) references(into *[]reference) func(jsondoc.Node) {
	return v.each(func(node jsondoc.Node) {
		if ref, ok := v.reference(node); ok {
			*into = append(*into, ref)
		}
	})
}

// optionalPath reads a path that may be "" for none.
func (v *values) optionalPath(into *string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if node.Kind() == jsondoc.String && node.String() == "" {
			return
		}
		if ref, ok := v.reference(node); ok {
			*into = ref.path
		}
	}
}

func (v *values) address(into *[]netip.Addr) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.is(node, jsondoc.String) {
			return
		}
		addr, err := netset.ParseAddr(node.String())
		if err != nil {
			v.fail(node, "bad-value", "%w", err)
			return
		}
		*into = append(*into, addr)
	}
}

// listen reads host:port; with optional, "" is none.
func (v *values) listen(into *string, optional bool) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.is(node, jsondoc.String) {
			return
		}
		text := node.String()
		if text == "" && optional {
			*into = ""
			return
		}
		if err := checkListen(text); err != nil {
			v.fail(node, "bad-value", "%w", err)
			return
		}
		*into = text
	}
}

func checkListen(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("expected an address to listen on, such as 127.0.0.1:9180, [::1]:9180 or :9180")
	}
	return nil
}

// age reads a duration; "" is none.
func (v *values) age(into *time.Duration) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.is(node, jsondoc.String) || node.String() == "" {
			return
		}
		duration, err := parseAge(node.String())
		if err != nil {
			v.fail(node, "bad-value", "%w", err)
			return
		}
		*into = duration
	}
}

// maxDays keeps days inside of time.Duration.
const maxDays = 36500

// parseAge knows days besides Go's units, since databases age in days.
func parseAge(text string) (time.Duration, error) {
	duration, err := time.ParseDuration(text)
	if days, found := strings.CutSuffix(text, "d"); found {
		var count uint64
		if count, err = strconv.ParseUint(days, 10, 32); err == nil && count <= maxDays {
			duration = time.Duration(count) * 24 * time.Hour
		}
	}
	if err != nil || duration <= 0 {
		return 0, errors.New("expected a duration above zero, such as 720h or 30d")
	}
	return duration, nil
}

// serviceName is how Okta writes its IP service categories. A name in another
// form would match none of them.
var serviceName = regexp.MustCompile(`^[A-Z0-9]+(_[A-Z0-9]+)*$`)

// CheckServiceName says whether a netset can be given this IP service.
func CheckServiceName(name string) error {
	if !serviceName.MatchString(name) {
		return errors.New("expected an IP service category such as NORD_VPN: capital letters, digits and single underscores")
	}
	return nil
}
