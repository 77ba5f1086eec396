package records

import "encoding/json"

// The types of policies. Rules of SignOn policies are of type SIGN_ON, those of
// Access policies of the policy's own.
const (
	SignOn     = "OKTA_SIGN_ON"
	Access     = "ACCESS_POLICY"
	SignOnRule = "SIGN_ON"
)

// Policy is one policy with its rules.
type Policy struct {
	ID, Status, Name, Type string
	Description            *string // nil: absent
	Priority               int
	System                 bool
	Conditions             json.RawMessage // verbatim; nil is null
	Created, LastUpdated   string

	Other json.RawMessage // members beside these, as an object; nil: none

	Rules []*Rule // in no order that means anything: see Rule.Priority

	Text json.RawMessage // as it stands in the file, without rules; nil: a request made it
}

// Rule is one rule of a policy. Its conditions and actions are kept verbatim
// but for what P10 fills in.
type Rule struct {
	ID, Status, Name, Type string
	Priority               int
	System                 bool
	Created, LastUpdated   string
	Conditions, Actions    json.RawMessage // nil is null
	Other                  json.RawMessage // members beside these, as an object; nil: none

	Text json.RawMessage // as it stands in the file; nil: a request made it
}
