package expect

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// File is the expectations of one document.
type File struct {
	Name         string
	Expectations []Expectation
	text         []byte
}

// Expectation is what one request must come to.
type Expectation struct {
	Name    string // "expectation 3" if it has none
	Line    int
	Request request.Request
	Want    Want
	node    jsondoc.Node
}

// Want is what is expected; what is nil is not.
type Want struct {
	Decision *decide.Verdict `json:"decision,omitempty"`
	Reason   *decide.Reason  `json:"reason,omitempty"`
	Client   *Client         `json:"client,omitempty"`
}

// Client is an expected client; the zero Addr is one that cannot be resolved.
type Client struct{ Addr netip.Addr }

// MarshalJSON is the address, or null.
func (c Client) MarshalJSON() ([]byte, error) {
	if !c.Addr.IsValid() {
		return []byte("null"), nil
	}
	return []byte(`"` + c.Addr.String() + `"`), nil
}

// Empty says that nothing is expected.
func (w Want) Empty() bool { return w.Decision == nil && w.Reason == nil && w.Client == nil }

// Parse reads a document. With unfinished, expectations may lack what they want,
// for [File.Update] to fill in. The error is a [finding.List].
func Parse(name string, text []byte, unfinished bool) (*File, error) {
	f := &File{Name: name, text: text}
	root, err := jsondoc.Parse(name, text)
	if err != nil {
		return nil, err
	}
	p := parser{unfinished: unfinished}
	if root.Kind() != jsondoc.Array {
		p.fail(root, "wrong-type", "expected an array of expectations, found %v", root.Kind())
	}
	for i, element := range root.Elements() {
		f.Expectations = append(f.Expectations, p.expectation(i, element))
	}
	return f, p.findings.Err()
}

// parser collects what is wrong.
type parser struct {
	unfinished bool
	findings   finding.List
}

func (p *parser) fail(node jsondoc.Node, code, format string, args ...any) {
	p.findings.Add(node.Finding(code, fmt.Errorf(format, args...)))
}

// object reads an object strictly: a slip in a key would expect nothing.
func (p *parser) object(node jsondoc.Node, read map[string]func(jsondoc.Node)) {
	if node.Kind() != jsondoc.Object {
		p.fail(node, "wrong-type", "expected an object, found %v", node.Kind())
		return
	}
	for member := range node.Members() {
		if value, known := read[member.Name]; known {
			value(member.Value)
			continue
		}
		names := make([]string, 0, len(read))
		for name := range read {
			names = append(names, name)
		}
		slices.Sort(names)
		p.findings.Add(member.Key.Finding("unknown-key", errors.New("unknown key; expected one of "+strings.Join(names, ", "))))
	}
}

func (p *parser) text(node jsondoc.Node) (string, bool) {
	if node.Kind() != jsondoc.String {
		p.fail(node, "wrong-type", "expected a string, found %v", node.Kind())
		return "", false
	}
	return node.String(), true
}

func (p *parser) expectation(i int, node jsondoc.Node) Expectation {
	e := Expectation{Name: fmt.Sprintf("expectation %d", i+1), node: node}
	e.Line, _ = node.Position()
	p.object(node, map[string]func(jsondoc.Node){
		"name": func(value jsondoc.Node) {
			if text, ok := p.text(value); ok && text != "" {
				e.Name = text
			}
		},
		"remote":  func(value jsondoc.Node) { _, _ = p.text(value) },
		"headers": func(jsondoc.Node) {},
		"want":    func(value jsondoc.Node) { p.want(value, &e.Want) },
	})
	if node.Kind() != jsondoc.Object {
		return e
	}
	p.request(node, &e)
	if e.Want.Empty() && !p.unfinished && !node.Get("want").Exists() {
		p.fail(node, "missing-value", "the expectation has no want: it would hold whatever is decided")
	}
	return e
}

// request reads remote and headers as a request line has them.
func (p *parser) request(node jsondoc.Node, e *Expectation) {
	remote, headers := node.Get("remote"), node.Get("headers")
	if !remote.Exists() {
		p.fail(node, "missing-value", `the expectation has no remote; it must be a string such as "203.0.113.9", empty for an unknown peer`)
		return
	}
	if remote.Kind() != jsondoc.String {
		return // has been said
	}
	line := append([]byte(`{"remote":`), remote.Raw()...)
	if headers.Exists() {
		line = append(append(line, `,"headers":`...), headers.Raw()...)
	}
	var err error
	if e.Request, err = request.Parse(append(line, '}')); err != nil {
		at := headers
		if !at.Exists() {
			at = remote
		}
		p.fail(at, "bad-request", "%w", err)
	}
}

func (p *parser) want(node jsondoc.Node, want *Want) {
	p.object(node, map[string]func(jsondoc.Node){
		"decision": func(value jsondoc.Node) {
			for _, verdict := range []decide.Verdict{decide.Allow, decide.Deny} {
				if value.Kind() == jsondoc.String && value.String() == verdict.String() {
					want.Decision = &verdict
					return
				}
			}
			p.fail(value, "bad-value", "expected allow or deny")
		},
		"reason": func(value jsondoc.Node) {
			names := []string{}
			for _, reason := range reasons() {
				if value.Kind() == jsondoc.String && value.String() == reason.String() {
					want.Reason = &reason
					return
				}
				names = append(names, reason.String())
			}
			p.fail(value, "bad-value", "expected one of %s", strings.Join(names, ", "))
		},
		"client": func(value jsondoc.Node) {
			if value.Kind() == jsondoc.Null {
				want.Client = &Client{}
				return
			}
			addr, err := netset.ParseAddr(value.String())
			if value.Kind() != jsondoc.String || err != nil {
				p.fail(value, "bad-value", "expected an address, or null for a client that cannot be resolved")
				return
			}
			want.Client = &Client{addr.Unmap().WithZone("")}
		},
	})
	if node.Kind() == jsondoc.Object && node.Len() == 0 && !p.unfinished {
		p.fail(node, "missing-value", "want is empty: the expectation would hold whatever is decided; give decision, reason or client")
	}
}

// reasons are all reasons.
func reasons() []decide.Reason {
	var all []decide.Reason
	for r := decide.NoPolicy; r <= decide.Unrestricted; r++ {
		all = append(all, r)
	}
	return all
}
