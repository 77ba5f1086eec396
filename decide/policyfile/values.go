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

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// values reads typed values out of a policy file and notes all that is wrong.
// null is no way to leave a key out: for edge, absent and present differ.
type values struct {
	jsondoc.Reader
	folder string      // that paths are relative to
	paths  []reference // all that are named
}

// object reads an object by its keys.
func (v *values) object(node jsondoc.Node, keys []key) {
	if !v.Present(node, jsondoc.Object, "an object") {
		return
	}
	known := make([]jsondoc.Key, len(keys))
	for i, k := range keys {
		known[i] = jsondoc.Key{Name: k.name, Read: func(value jsondoc.Node) {
			if k.shape == anObject {
				v.object(value, k.keys)
			}
			if k.read != nil {
				k.read(value)
			}
		}}
	}
	v.Object(node, known...)
}

// isText notes a value that is no string.
func (v *values) isText(node jsondoc.Node) bool { return v.Present(node, jsondoc.String, "a string") }

// ignoredText reads a string that says nothing to us.
func (v *values) ignoredText(node jsondoc.Node) { v.isText(node) }

func (v *values) flag(into *bool) func(jsondoc.Node) {
	return func(node jsondoc.Node) { *into = v.StrictFlag(node) }
}

// choice reads one of several words.
func (v *values) choice(into *string, words ...string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.isText(node) {
			return
		}
		if !slices.Contains(words, node.String()) {
			v.Fail(node, "bad-value", "%s", jsondoc.Expected(node.String(), words...))
			return
		}
		*into = node.String()
	}
}

// each reads the elements of an array.
func (v *values) each(read func(jsondoc.Node)) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if v.Present(node, jsondoc.Array, "an array") {
			for _, element := range node.Elements() {
				read(element)
			}
		}
	}
}

// reference is a file that a policy file names, or that a flag does.
type reference struct {
	path  string       // as the reader would open it
	node  jsondoc.Node // where it is named; the zero Node for a flag
	named bool         // by the Options: it may be a pipe
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
	if !v.isText(node) {
		return reference{}, false
	}
	path := node.String()
	if path == "" {
		v.Fail(node, "empty-path", "expected the path of a file")
		return reference{}, false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(v.folder, path)
	}
	ref := reference{path: path, node: node}
	v.paths = append(v.paths, ref)
	return ref, true
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
		if !v.isText(node) {
			return
		}
		addr, err := netset.ParseAddr(node.String())
		if err != nil {
			v.Fail(node, "bad-value", "%w", err)
			return
		}
		*into = append(*into, addr)
	}
}

// listen reads host:port or unix:PATH; with optional, "" is none.
func (v *values) listen(into *string, optional bool) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.isText(node) {
			return
		}
		text := node.String()
		if text == "" && optional {
			return
		}
		if path, found := strings.CutPrefix(text, UnixListen); found && path != "" {
			if !filepath.IsAbs(path) {
				path = filepath.Join(v.folder, path)
			}
			*into = UnixListen + path
			return
		}
		if err := checkListen(text); err != nil {
			v.Fail(node, "bad-value", "%w", err)
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
		return errors.New("expected an address to listen on, such as 127.0.0.1:9180, [::1]:9180, :9180 or unix:/run/netwicket/ask.sock")
	}
	return nil
}

// age reads a duration; "" is none.
func (v *values) age(into *time.Duration) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.isText(node) || node.String() == "" {
			return
		}
		duration, err := parseAge(node.String())
		if err != nil {
			v.Fail(node, "bad-value", "%w", err)
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

// wait reads a duration that may be zero.
func (v *values) wait(into *time.Duration) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.isText(node) {
			return
		}
		duration, err := ParseWait(node.String())
		if err != nil {
			v.Fail(node, "bad-value", "%w", err)
			return
		}
		*into = duration
	}
}

// ParseWait reads how long something may go on, as serve.drain is written.
func ParseWait(text string) (time.Duration, error) {
	const most = time.Hour
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 0 || duration > most {
		return 0, errors.New("expected a duration from 0s to 1h, such as 5s")
	}
	return duration, nil
}

// serviceName is how Okta writes its IP service categories, whose letters have no
// case here (docs/semantics.md, dynamic-15). A name in another form would match none.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$`)

// CheckServiceName says whether a netset can be given this IP service.
func CheckServiceName(name string) error {
	if !serviceName.MatchString(name) {
		return errors.New("expected an IP service category such as NORD_VPN: letters, digits and single underscores")
	}
	return nil
}
