package zone

import (
	"errors"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// wideNetwork warns about a network that covers more than its author may have
// meant: all that shares the prefix of an address, or everything
// (docs/semantics.md, address-4 and spdoc-2).
func (r *reader) wideNetwork(node jsondoc.Node, network netipx.IPRange) {
	if _, hostBits, err := netset.ParsePrefix(node.String()); err == nil && hostBits {
		r.Warn(node, "host-bits", "the address has bits behind the prefix; the whole network %s-%s is meant", network.From(), network.To())
	}
	if everything(network) {
		r.Found.Add(everythingWarning(node.Finding("", nil)))
	}
}

// everythingWarning turns a finding into the warning that its value is everything.
func everythingWarning(f *Finding) *Finding {
	f.Code, f.Warning, f.Err = "everything", true, errEverything
	return f
}

var errEverything = errors.New("the network is the whole address space")

// everything says that a range is the whole of IPv4 or of IPv6.
func everything(r netipx.IPRange) bool {
	prefix, ok := r.Prefix()
	return ok && prefix.Bits() == 0
}
