package zone

import (
	"bytes"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// AuthProfile is the part of SailPoint's authentication profile that decides
// which checks are enforced. The zero value enforces none.
type AuthProfile struct {
	Position           Position
	OffNetwork         bool // block access from off the network
	UntrustedGeography bool // block access from untrusted countries
	Warnings           Findings
	Text               []byte
}

// ParseAuthProfile reads an authentication profile: the object that
// GET /auth-profiles/{id} answers. file only labels positions. Members are
// strict: a typo in offNetwork would silently switch the check off.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error only Warnings of the value may be used.
func ParseAuthProfile(file string, data []byte) (AuthProfile, error) {
	profile := AuthProfile{Text: bytes.Clone(data)}
	root, found := openSmall(file, profile.Text)
	if root.Exists() && found.is(root, jsondoc.Object, "an authentication profile object") {
		profile.Position = positionOf(root)
		found.strict(root, "name", "offNetwork", "untrustedGeography", "applicationId", "applicationName",
			"type", "strongAuthLogin", "id", "tenant")
		profile.OffNetwork = found.strictFlag(root.Get("offNetwork"))
		profile.UntrustedGeography = found.strictFlag(root.Get("untrustedGeography"))
		found.strictFlag(root.Get("strongAuthLogin"))
	}
	failures, warnings := found.divide()
	profile.Warnings = warnings
	return profile, failures.Err()
}

// strictFlag is a boolean that may be absent but not null.
func (n *notes) strictFlag(node jsondoc.Node) bool {
	return node.Exists() && n.is(node, jsondoc.Bool, "true or false") && node.Bool()
}
