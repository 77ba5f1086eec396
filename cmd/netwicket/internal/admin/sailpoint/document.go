package sailpoint

import (
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
	name string // in the path
	in   func(*records.Documents) *json.RawMessage
	post bool // it can be replaced as a whole
	// usual says that there is one before anybody has set it: of what its members
	// are when they are not set.
	usual   bool
	members []member // in the order in which they are written

	// spell changes the segments of a path to the names that the document has, where
	// a member has two names; nil: none has.
	spell func(path []string, before jsondoc.Node)
	// mayTouch says whether a patch may touch a place below a member; nil: only
	// elements of lists.
	mayTouch func(operation, jsondoc.Node) bool
	// valid says what is wrong with the document; nil: nothing.
	valid func(before, after jsondoc.Node) *wire.Answer
}

// member is a member of a document and what a patch may do with it.
type member struct {
	name      string
	unset     string // what it is when nobody has set it, as JSON; empty: it is not there
	fixed     bool   // nothing at all
	removable bool   // take it away, so that it is unset
	list      bool   // touch its elements
}

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
		members: []member{
			{name: "range", unset: "null", removable: true, list: true},
			{name: "geolocation", unset: "null", removable: true, list: true},
			{name: "whitelisted", unset: "false"},
		},
		valid: func(_, after jsondoc.Node) *wire.Answer {
			_, err := zone.ParseSailPoint("document", after.Raw())
			return illegal(err)
		},
	}
}

// lockoutConfig has SailPoint's defaults and limits (S6).
func lockoutConfig() *document {
	return &document{
		name: "lockout-config", usual: true,
		in: func(d *records.Documents) *json.RawMessage { return &d.LockoutConfig },
		members: []member{
			{name: "maximumAttempts", unset: "5"}, {name: "lockoutDuration", unset: "15"}, {name: "lockoutWindow", unset: "5"},
		},
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
		name: "session-config", usual: true,
		in: func(d *records.Documents) *json.RawMessage { return &d.SessionConfig },
		members: []member{
			{name: "maxIdleTime", unset: "15"}, {name: "rememberMe", unset: "false"}, {name: "maxSessionTime", unset: "720"},
		},
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
		name: "auth-profile",
		in:   func(d *records.Documents) *json.RawMessage { return &d.AuthProfile },
		members: []member{
			{name: "id", fixed: true}, {name: "tenant", fixed: true}, {name: "name", fixed: true},
			{name: "offNetwork", unset: "false"},
			{name: "untrustedGeography", unset: "false"},
			{name: "applicationId", unset: "null", removable: true},
			{name: "applicationName", unset: "null", removable: true},
			{name: "type"},
			{name: "strongAuthLogin", fixed: true},
		},
		valid: func(_, after jsondoc.Node) *wire.Answer {
			if kind := after.Get("type"); kind.Exists() && (kind.Kind() != jsondoc.String || !slices.Contains([]string{"BLOCK", "MFA", "NON_PTA", "PTA"}, kind.String())) {
				return badValue(shown.Text(fmt.Sprintf("type: %s: expected BLOCK, MFA, NON_PTA or PTA", kind.Raw())))
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

// member is the member with a name.
func (doc *document) member(name string) (member, bool) {
	i := slices.IndexFunc(doc.members, func(m member) bool { return m.name == name })
	if i < 0 {
		return member{}, false
	}
	return doc.members[i], true
}

// complete is a document with all its members in their order, those that are left
// out as they are when nobody has set them (S2). Members that it should not have
// are kept behind them, to be refused.
func (doc *document) complete(root jsondoc.Node) json.RawMessage {
	text := []byte{'{'}
	add := func(name string, value []byte) {
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(appendJSON(text, name), ':'), records.Compact(value)...)
	}
	for _, m := range doc.members {
		if value := root.Get(m.name); value.Exists() {
			add(m.name, value.Raw())
		} else if m.unset != "" {
			add(m.name, []byte(m.unset))
		}
	}
	for m := range root.Members() {
		if _, known := doc.member(m.Name); !known {
			add(m.Name, m.Value.Raw())
		}
	}
	return append(text, '}')
}

// current is the document as it stands, complete; nil: there is none.
func (doc *document) current(d *records.Documents) json.RawMessage {
	text := *doc.in(d)
	if text == nil && !doc.usual {
		return nil
	}
	root, _ := jsondoc.Parse("document", text) // no text: it has no members
	return doc.complete(root)
}

// profileID is the id of a profile, one of our own if its file has none.
func profileID(text []byte) string {
	root, _ := jsondoc.Parse("", text) // it was read before
	if root.Get("id").Kind() != jsondoc.String {
		return records.HashID("", "profile")
	}
	return root.Get("id").String()
}

func profileTenant(text []byte) string {
	root, _ := jsondoc.Parse("", text) // it was read before
	if root.Get("tenant").Kind() != jsondoc.String {
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
	if !errors.As(err, &list) {
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
	if value.Kind() != jsondoc.Number || err != nil || n < least || n > most {
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
