package filter

import (
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// Allowed is the bit of an answer of [RowBinary] that says that a request may come in.
const Allowed = 0x80

// Number is what an answer of [RowBinary] has besides [Allowed] for a reason. The
// numbers never change: docs/cli.md lists them, and a new reason gets the next one.
func Number(reason decide.Reason) byte {
	switch reason {
	case decide.NoPolicy:
		return 0
	case decide.ClientUnresolved:
		return 1
	case decide.Blocklisted:
		return 2
	case decide.Threat:
		return 3
	case decide.RuleMatched:
		return 4
	case decide.NoRule:
		return 5
	case decide.NetworkUndefined:
		return 6
	case decide.OffNetwork:
		return 7
	case decide.EmptyAllowList:
		return 8
	case decide.GeoUnavailable:
		return 9
	case decide.GeoUnknown:
		return 10
	case decide.UntrustedGeography:
		return 11
	case decide.Overlay:
		return 12
	case decide.Permitted:
		return 13
	case decide.NotEnforced:
		return 14
	case decide.Unrestricted:
		return 15
	default:
		return 0
	}
}

// RowBinary answers addresses of 16 bytes, as ClickHouse's RowBinary has an IPv6, of
// which an IPv4 address is one under ::ffff:0:0/96: a byte for each, and with Compare
// a second one for the other policy. An address that is cut off is an error.
func RowBinary(in io.Reader, out io.Writer, policies Policies) error {
	buffer := make([]byte, 64<<10)
	answers := make([]byte, 0, 2*len(buffer)/16)
	filled, tries := 0, 0
	for {
		n, err := in.Read(buffer[filled:])
		if tries++; n > 0 {
			tries = 0
		} else if err == nil && tries == 100 {
			return io.ErrNoProgress
		}
		filled += n
		whole := filled &^ 15
		answers = answers[:0]
		for at := 0; at < whole; at += 16 {
			addr := netip.AddrFrom16([16]byte(buffer[at : at+16])).Unmap()
			answers = append(answers, number(policies.Policy.Decide(addr)))
			if policies.Compare {
				answers = append(answers, number(policies.Against.Decide(addr)))
			}
		}
		if len(answers) > 0 {
			if _, err := out.Write(answers); err != nil {
				return err
			}
		}
		filled = copy(buffer, buffer[whole:filled])
		switch {
		case errors.Is(err, io.EOF) && filled == 0:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("the input ends within an address, behind %d of its 16 bytes", filled)
		case err != nil:
			return err
		}
	}
}

func number(d decide.Decision) byte {
	if d.Allowed() {
		return Number(d.Reason) | Allowed
	}
	return Number(d.Reason)
}
