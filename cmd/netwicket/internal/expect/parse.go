package expect

import (
	"fmt"
	"net/netip"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
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
	root, reader := jsondoc.Read(name, text)
	if len(reader.Found) > 0 {
		return nil, reader.Found
	}
	p := parser{Reader: reader, unfinished: unfinished}
	p.Is(root, jsondoc.Array, "an array of expectations")
	for i, element := range root.Elements() {
		f.Expectations = append(f.Expectations, p.expectation(i, element))
	}
	p.Found.Sort()
	return f, p.Found.Err()
}

// parser collects what is wrong.
type parser struct {
	*jsondoc.Reader
	unfinished bool
}

func (p *parser) expectation(i int, node jsondoc.Node) Expectation {
	e := Expectation{Name: fmt.Sprintf("expectation %d", i+1), node: node}
	e.Line, _ = node.Position()
	p.Object(node,
		jsondoc.Key{Name: "name", Read: func(value jsondoc.Node) {
			if p.Is(value, jsondoc.String, "a string") && !value.Blank() {
				e.Name = value.String()
			}
		}},
		jsondoc.Key{Name: "remote", Read: func(jsondoc.Node) {}}, // see request.Read
		jsondoc.Key{Name: "headers", Read: func(jsondoc.Node) {}},
		jsondoc.Key{Name: "want", Read: func(value jsondoc.Node) { p.want(value, &e.Want) }},
	)
	if node.Kind() != jsondoc.Object {
		return e
	}
	e.Request = request.Read(p.Reader, node)
	if !p.unfinished && !node.Get("want").Exists() {
		p.Fail(node, "missing-value", "the expectation has no want: it would hold whatever is decided")
	}
	return e
}

func (p *parser) want(node jsondoc.Node, want *Want) {
	p.Object(node,
		jsondoc.Key{Name: "decision", Read: func(value jsondoc.Node) {
			for _, verdict := range []decide.Verdict{decide.Allow, decide.Deny} {
				if value.String() == verdict.String() {
					want.Decision = &verdict
					return
				}
			}
			p.Fail(value, "bad-value", "%s", jsondoc.Expected(value.String(), decide.Allow.String(), decide.Deny.String()))
		}},
		jsondoc.Key{Name: "reason", Read: func(value jsondoc.Node) {
			names := []string{}
			for _, reason := range reasons() {
				if value.String() == reason.String() {
					want.Reason = &reason
					return
				}
				names = append(names, reason.String())
			}
			p.Fail(value, "bad-value", "%s", jsondoc.Expected(value.String(), names...))
		}},
		jsondoc.Key{Name: "client", Read: func(value jsondoc.Node) { p.client(value, want) }},
	)
	if node.Kind() == jsondoc.Object && node.Len() == 0 && !p.unfinished {
		p.Fail(node, "missing-value", "want is empty: the expectation would hold whatever is decided; give decision, reason or client")
	}
}

func (p *parser) client(value jsondoc.Node, want *Want) {
	if value.Kind() == jsondoc.Null {
		want.Client = &Client{}
		return
	}
	addr, err := netset.ParseAddr(value.String()) // which is empty for what is no string
	if err != nil {
		p.Fail(value, "bad-value", "expected an address, or null for a client that cannot be resolved")
		return
	}
	want.Client = &Client{addr.Unmap().WithZone("")}
}

// reasons are all reasons.
func reasons() []decide.Reason {
	var all []decide.Reason
	for r := decide.NoPolicy; r <= decide.Unrestricted; r++ {
		all = append(all, r)
	}
	return all
}
