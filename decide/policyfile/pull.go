package policyfile

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Pull is what netwicket pull asks. The zero value asks nobody.
type Pull struct {
	Okta struct {
		URL      string   // empty: is not asked
		Policies []string // ids or names of those that are enforced; none: every ACTIVE one that has rules
	}
	SailPoint struct {
		URL     string // empty: is not asked
		Profile string // id of the authentication profile; empty: none is asked for
	}
}

// LoadPull is what the policy file at the paths says of netwicket pull. It reads
// nothing that a policy file names. The error is [Findings] with what is wrong with
// the policy file itself.
func LoadPull(options Options) (Pull, error) {
	l := newLoader(options)
	l.edgeOnly = true
	l.loadPaths(options.Paths)
	return l.parts.Pull, l.parts.Err()
}

// ParseTenant reads the address of a vendor's tenant: https, or http on this machine,
// without which a token could be read on the way.
func ParseTenant(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("expected an address such as https://acme.okta.com")
	case address.User != nil:
		return nil, errors.New("expected an address without a name and a password: secrets come from the environment")
	case address.Scheme != "https" && address.Scheme != "http":
		return nil, errors.New("expected an address that begins with https://")
	case address.Hostname() == "" || strings.Trim(address.Path, "/") != "" || address.RawQuery != "" || address.Fragment != "":
		return nil, errors.New("expected an address such as https://acme.okta.com, without a path")
	case address.Scheme == "http" && !isLoopback(address.Hostname()):
		return nil, errors.New("expected an address that begins with https://: anybody on the way could read the token; http is for this machine's own addresses alone")
	}
	address.Path = ""
	return address, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// tenant reads a tenant's address; "" is none.
func (v *values) tenant(into *string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.isText(node) || node.String() == "" {
			return
		}
		if _, err := ParseTenant(node.String()); err != nil {
			v.Fail(node, "bad-value", "%w", err)
			return
		}
		*into = node.String()
	}
}

func (v *values) optionalText(into *string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if v.isText(node) {
			*into = node.String()
		}
	}
}

func (v *values) texts(into *[]string) func(jsondoc.Node) {
	return v.each(func(node jsondoc.Node) {
		switch {
		case !v.isText(node):
		case node.String() == "":
			v.Fail(node, "bad-value", "expected an id or a name")
		default:
			*into = append(*into, node.String())
		}
	})
}
