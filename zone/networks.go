package zone

import (
	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
)

// cautions warns about a network that covers more than its author may have
// meant (docs/semantics.md, address-7).
func (r *reader) cautions(node jsondoc.Node, network netipx.IPRange, hostBits bool) {
	for _, caution := range netset.Cautions(network, hostBits) {
		r.Warn(node, caution.Code, "%w", caution.Err)
	}
}
