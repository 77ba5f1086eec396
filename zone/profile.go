package zone

import "github.com/netwicket/netwicket/internal/jsondoc"

// AuthProfile is the part of SailPoint's authentication profile that decides
// which checks are enforced. The zero value enforces none.
type AuthProfile struct {
	Position           Position
	OffNetwork         bool // block access from off the network
	UntrustedGeography bool // block access from untrusted countries
	Warnings           Findings
}

// ParseAuthProfile reads an authentication profile: the object that
// GET /auth-profiles/{id} answers. file only labels positions. Members are
// strict: a typo in offNetwork would silently switch the check off
// (docs/semantics.md, spdoc-1).
//
// The error, if any, is a [Findings] with every error of the document in
// document order. Beside an error only Warnings of the value may be used.
func ParseAuthProfile(file string, data []byte) (AuthProfile, error) {
	var profile AuthProfile
	root, found := openSmall(file, data)
	if root.Exists() && !found.mistaken(root, "a SailPoint authentication profile, as GET /auth-profiles/{id} answers") && found.Is(root, jsondoc.Object, "an authentication profile object") {
		profile.Position = positionOf(root)
		found.Strict(root, "name", "offNetwork", "untrustedGeography", "applicationId", "applicationName",
			"type", "strongAuthLogin", "id", "tenant")
		profile.OffNetwork = found.StrictFlag(root.Get("offNetwork"))
		profile.UntrustedGeography = found.StrictFlag(root.Get("untrustedGeography"))
		found.StrictFlag(root.Get("strongAuthLogin"))
	}
	failures, warnings := found.Found.Divide()
	profile.Warnings = warnings
	return profile, failures.Err()
}
