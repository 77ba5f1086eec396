package spacemap

import (
	"image/color"

	"github.com/netwicket/netwicket/decide"
)

// category is one colour of the picture.
type category struct {
	name  string
	paint color.RGBA
	rank  int // order in the legend

	ground ground // what is not counted has no side

	// stands says on which side the category stands of the line that must stay
	// visible: allow against deny, or changed against unchanged.
	stands bool
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// paintOf is the colour of a decision. What is allowed is blue, what is denied is
// of the warm colours between yellow and a reddish black: a pair that people with
// any of the common colour deficiencies tell apart. Among the warm ones lightness
// tells which is which.
func paintOf(d decide.Decision) color.RGBA {
	if d.Allowed() {
		return paintOfAllowed(d.Reason)
	}
	switch d.Reason {
	case decide.Overlay:
		return rgb(0x2b0a0a)
	case decide.Threat:
		return rgb(0x7a1f1f)
	case decide.Blocklisted:
		return rgb(0xb8492f)
	case decide.RuleMatched:
		return rgb(0xe07f3f)
	case decide.UntrustedGeography:
		return rgb(0xefa35c)
	case decide.OffNetwork:
		return rgb(0xf7c583)
	case decide.NoRule:
		return rgb(0xfbdba6)
	case decide.GeoUnknown:
		return rgb(0xfcf0cd)
	case decide.NetworkUndefined, decide.EmptyAllowList, decide.GeoUnavailable:
		return rgb(0xc9a24d)
	case decide.NoPolicy, decide.ClientUnresolved, decide.Permitted, decide.NotEnforced, decide.Unrestricted:
		// No address of a policy is denied so.
	}
	return rgb(0x9a8055)
}

func paintOfAllowed(reason decide.Reason) color.RGBA {
	if reason == decide.Overlay {
		return rgb(0x0b3c78)
	}
	if reason == decide.NotEnforced || reason == decide.Unrestricted {
		return rgb(0x93c1e4)
	}
	return rgb(0x2f7cc0)
}

// categoryOf is the category of an outcome.
func categoryOf(o outcome, compare bool) category {
	after := o.after
	switch {
	case o.ground == reserved:
		return category{name: "reserved: not counted", paint: rgb(0x9b9b9b), rank: 90, ground: reserved}
	case o.ground != counted:
		return category{name: "not named anywhere", paint: paper, rank: 100, ground: unnamed}
	case !compare:
		rank := 10 + int(after.Reason)
		if after.Allowed() {
			rank = int(after.Reason) - 20
		}
		return category{name: after.Verdict.String() + ": " + after.Reason.String(), paint: paintOf(after), rank: rank, stands: after.Allowed()}
	case after.Allowed() && !o.before.Allowed():
		return category{name: "newly allowed", paint: rgb(0x2171b5), rank: 1, stands: true}
	case !after.Allowed() && o.before.Allowed():
		return category{name: "newly denied", paint: rgb(0xcc3d0a), rank: 2, stands: true}
	case after.Reason != o.before.Reason:
		return category{name: after.Verdict.String() + " for another reason", paint: rgb(0xe8c04a), rank: 3, stands: true}
	case after.Allowed():
		return category{name: "unchanged: allow", paint: rgb(0xeef1f4), rank: 4}
	default:
		return category{name: "unchanged: deny", paint: rgb(0xdcdcda), rank: 5}
	}
}
