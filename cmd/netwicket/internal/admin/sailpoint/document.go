package sailpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/shown"
	"github.com/netwicket/netwicket/zone"
)

const (
	maxBody       = 1 << 20 // bytes
	maxOperations = 1_000
)

// document is one of the documents: where it stands, what of it may change, and
// what it may become.
type document struct {
	name  string // in the path
	in    func(*records.Documents) *json.RawMessage
	usual json.RawMessage // before anybody has set it; nil: there is none then
	post  bool            // it can be replaced as a whole

	// members are those that a patch may touch, by name: whether it may take them
	// away, and whether they are lists whose elements it may touch.
	members map[string]member
	// mayTouch says whether a patch may touch a place below a member; nil: only
	// elements of lists.
	mayTouch func(operation, jsondoc.Node) bool
	// valid says what is wrong with the document; nil: nothing.
	valid func(before, after jsondoc.Node) *wire.Answer
}

// member is what a patch may do with a member.
type member struct{ removable, list bool }

// documents are those of the organization.
func documents() []*document {
	return []*document{networkConfig(), lockoutConfig(), sessionConfig(), providerConfig()}
}

// networkConfig is the network configuration. Without whitelisted it would be a
// block list, so that no patch may take it away.
func networkConfig() *document {
	return &document{
		name: "network-config", post: true,
		in: func(d *records.Documents) *json.RawMessage { return &d.NetworkConfig },
		members: map[string]member{
			"range": {removable: true, list: true}, "geolocation": {removable: true, list: true}, "whitelisted": {},
		},
		valid: func(_, after jsondoc.Node) *wire.Answer {
			_, err := zone.ParseSailPoint("document", after.Raw())
			return illegal(err)
		},
	}
}

// complete is a network configuration with all its members in their order: lists
// that are left out are null, and whitelisted is false (S2). Members that there
// are none of are kept, to be refused.
func (doc *document) complete(body jsondoc.Node) json.RawMessage {
	text := []byte{'{'}
	add := func(name string, value []byte) {
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(appendJSON(text, name), ':'), records.Compact(value)...)
	}
	for _, m := range []struct{ name, unset string }{{"range", "null"}, {"geolocation", "null"}, {"whitelisted", "false"}} {
		if value := body.Get(m.name); value.Exists() {
			add(m.name, value.Raw())
		} else {
			add(m.name, []byte(m.unset))
		}
	}
	for m := range body.Members() {
		if _, known := doc.members[m.Name]; !known {
			add(m.Name, m.Value.Raw())
		}
	}
	return append(text, '}')
}

// lockoutConfig has SailPoint's defaults and limits (S6).
func lockoutConfig() *document {
	return &document{
		name:    "lockout-config",
		in:      func(d *records.Documents) *json.RawMessage { return &d.LockoutConfig },
		usual:   json.RawMessage(`{"maximumAttempts":5,"lockoutDuration":15,"lockoutWindow":5}`),
		members: map[string]member{"maximumAttempts": {}, "lockoutDuration": {}, "lockoutWindow": {}},
		valid: func(_, after jsondoc.Node) *wire.Answer {
			return first(
				wholeNumber(after, "maximumAttempts", 1, 15),
				wholeNumber(after, "lockoutDuration", 5, 60),
				wholeNumber(after, "lockoutWindow", 5, 60),
			)
		},
	}
}

// sessionConfig has SailPoint's defaults and limits (S6).
func sessionConfig() *document {
	return &document{
		name:    "session-config",
		in:      func(d *records.Documents) *json.RawMessage { return &d.SessionConfig },
		usual:   json.RawMessage(`{"maxIdleTime":15,"rememberMe":false,"maxSessionTime":720}`),
		members: map[string]member{"maxIdleTime": {}, "rememberMe": {}, "maxSessionTime": {}},
		valid: func(_, after jsondoc.Node) *wire.Answer {
			wrong := first(
				wholeNumber(after, "maxIdleTime", 1, 1440),
				wholeNumber(after, "maxSessionTime", 1, 10080),
				kindOf(after, "rememberMe", jsondoc.Bool),
			)
			if wrong != nil {
				return wrong
			}
			idle, _ := strconv.Atoi(after.Get("maxIdleTime").String())
			if whole, _ := strconv.Atoi(after.Get("maxSessionTime").String()); whole <= idle {
				return badValue(fmt.Sprintf("maxSessionTime: %d: expected more than maxIdleTime, which is %d", whole, idle))
			}
			return nil
		},
	}
}

// authProfile is the authentication profile: of what a sign-in is checked (S12).
func authProfile() *document {
	return &document{
		name:    "auth-profile",
		in:      func(d *records.Documents) *json.RawMessage { return &d.AuthProfile },
		members: map[string]member{"offNetwork": {}, "untrustedGeography": {}, "applicationId": {}, "applicationName": {}, "type": {}},
		valid: func(_, after jsondoc.Node) *wire.Answer {
			if kind := after.Get("type"); kind.Exists() && !slices.Contains([]string{"BLOCK", "MFA", "NON_PTA", "PTA"}, kind.String()) {
				return badValue(shown.Text("type: " + kind.String() + ": expected BLOCK, MFA, NON_PTA or PTA"))
			}
			for _, name := range []string{"applicationId", "applicationName"} {
				if value := after.Get(name); value.Kind() > jsondoc.Null && value.Kind() != jsondoc.String {
					return badValue(name + ": expected a string or null")
				}
			}
			_, err := zone.ParseAuthProfile("document", after.Raw())
			return illegal(err)
		},
	}
}

// profileID is the id of a profile, one of our own if its file has none.
func profileID(text []byte) string {
	root, err := jsondoc.Parse("", text)
	if err != nil || root.Get("id").Kind() != jsondoc.String {
		return records.HashID("", "profile")
	}
	return root.Get("id").String()
}

func profileTenant(text []byte) string {
	root, err := jsondoc.Parse("", text)
	if err != nil || root.Get("tenant").Kind() != jsondoc.String {
		return "netwicket"
	}
	return root.Get("tenant").String()
}

// check says what is wrong with a document that is to replace another.
func (doc *document) check(before, after json.RawMessage) *wire.Answer {
	was, _ := jsondoc.Parse("document", before) // nil text: there was none
	root, err := jsondoc.Parse("document", after)
	if err != nil {
		return illegal(err)
	}
	return doc.valid(was, root)
}

// illegal is the answer to a document with errors: the first of them, with what
// it says.
func illegal(err error) *wire.Answer {
	if err == nil {
		return nil
	}
	var list finding.List
	if !errors.As(err, &list) || len(list) == 0 {
		return badValue(shown.Lines(err.Error()))
	}
	code := codeValue
	if list[0].Code == "too-many-entries" || list[0].Code == "too-large" {
		code = codeLimit
	}
	text := shown.Text(list[0].Message())
	if list[0].Path != "" {
		text = shown.Text(list[0].Path) + ": " + text
	}
	bad := problem(http.StatusBadRequest, code, text)
	for _, more := range list[1:] {
		bad.Causes = append(bad.Causes, shown.Text(more.Error()))
	}
	return &bad
}

func badValue(text string) *wire.Answer {
	bad := problem(http.StatusBadRequest, codeValue, text)
	return &bad
}

// wholeNumber says what is wrong with a member that must be an integer.
func wholeNumber(node jsondoc.Node, name string, least, most int) *wire.Answer {
	value := node.Get(name)
	n, err := strconv.Atoi(value.String())
	if value.Kind() != jsondoc.Number || err != nil || n < least || n > most || bytes.ContainsAny(value.Raw(), ".eE+") {
		return badValue(shown.Text(fmt.Sprintf("%s: %s: expected an integer from %d to %d", name, value.Raw(), least, most)))
	}
	return nil
}

func kindOf(node jsondoc.Node, name string, kind jsondoc.Kind) *wire.Answer {
	if node.Get(name).Kind() != kind {
		return badValue(shown.Text(fmt.Sprintf("%s: %s: expected %s", name, node.Get(name).Raw(), kind)))
	}
	return nil
}

func first(answers ...*wire.Answer) *wire.Answer {
	for _, one := range answers {
		if one != nil {
			return one
		}
	}
	return nil
}
