package okta

import (
	"encoding/json"
	"math"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// last is a place behind all others.
const last = math.MaxInt

// filledConditions are the conditions of a rule with what the service fills in
// (P10): clients read these members without asking whether they are there. What is
// filled in restricts nobody.
func filledConditions(conditions jsondoc.Node, kind string) json.RawMessage {
	o := objectOf(conditions)
	people := objectOf(conditions.Get("people"))
	users := objectOf(conditions.Get("people").Get("users"))
	users.fill(last, "exclude", json.RawMessage(`[]`))
	people.put(last, "users", users.json())
	o.put(0, "people", people.json())
	o.put(1, "network", filledNetwork(conditions.Get("network")))
	if kind == records.Access {
		o.fill(last, "riskScore", json.RawMessage(`{"level":"ANY"}`))
		types := objectOf(conditions.Get("userType"))
		types.fill(last, "include", json.RawMessage(`[]`))
		types.fill(last, "exclude", json.RawMessage(`[]`))
		o.put(last, "userType", types.json())
	}
	return o.json()
}

// filledGroups are the conditions of a policy of the tenant, with the groups that
// clients read without asking whether there are any.
func filledGroups(conditions jsondoc.Node) json.RawMessage {
	o := objectOf(conditions)
	people := objectOf(conditions.Get("people"))
	groups := objectOf(conditions.Get("people").Get("groups"))
	groups.fill(last, "include", json.RawMessage(`[]`))
	people.put(last, "groups", groups.json())
	o.put(0, "people", people.json())
	return o.json()
}

// filledNetwork is the network condition as it is answered: as it was sent, less
// empty lists (P10); ANYWHERE if there was none.
func filledNetwork(network jsondoc.Node) json.RawMessage {
	if network.Kind() != jsondoc.Object {
		return json.RawMessage(`{"connection":"ANYWHERE"}`)
	}
	o := objectOf(network)
	o.drop(func(m member) bool {
		return (m.name == "include" || m.name == "exclude") && (string(m.value) == "[]" || string(m.value) == "null")
	})
	return o.json()
}

// filledActions are the actions of a rule with what the service fills in (P10).
func filledActions(actions jsondoc.Node, kind string) json.RawMessage {
	o := objectOf(actions)
	form, name, value := "signon", "primaryFactor", `"PASSWORD_IDP_ANY_FACTOR"`
	if kind == records.Access {
		form, name, value = "appSignOn", "keepMeSignedIn", `{"postAuth":"NOT_ALLOWED"}`
	}
	action := objectOf(actions.Get(form))
	action.fill(last, name, json.RawMessage(value))
	o.put(last, form, action.json())
	return o.json()
}
