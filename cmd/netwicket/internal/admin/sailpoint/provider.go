package sailpoint

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/shown"
)

// identityProvider is the role of the element of federationProtocolDetails that may
// change: it is found by it and not by its place.
const identityProvider = "SAML_IDP"

// The members that hold others.
const (
	details     = "federationProtocolDetails"
	jit         = "jitConfiguration"
	jitMappings = "sourceAttributeMappings"
)

// providerConfig is the service provider's configuration (S7).
func providerConfig() *document {
	return &document{
		name: "service-provider-config", usual: true,
		in: func(d *records.Documents) *json.RawMessage { return &d.ServiceProviderConfig },
		members: []member{
			{name: "enabled", unset: "false"}, {name: "bypassIdp", unset: "false"},
			{name: "samlConfigurationValid", unset: "false"}, {name: details, unset: "[]", list: true},
		},
		spell:    spellProvider,
		mayTouch: mayTouchProvider,
		valid:    validProvider,
	}
}

// providerMembers are what the identity provider's element may have, and of which
// kind, beside its role. The newer and the older spelling of a name stand side by
// side; null is as good as nothing for all.
func providerMembers() map[string]jsondoc.Kind {
	return map[string]jsondoc.Kind{
		"entityId": jsondoc.String, "mappingAttribute": jsondoc.String, "binding": jsondoc.String, "logoutUrl": jsondoc.String,
		"nameId": jsondoc.String, "cert": jsondoc.String, "loginUrlPost": jsondoc.String, "loginUrlRedirect": jsondoc.String,
		"certificateExpirationDate": jsondoc.String, "certificateName": jsondoc.String, "jitConfiguration": jsondoc.Object,
		"authnContext": jsondoc.String, "authContext": jsondoc.String,
		"includeAuthnContext": jsondoc.Bool, "includeAuthContext": jsondoc.Bool,
	}
}

func jitMembers() map[string]jsondoc.Kind {
	return map[string]jsondoc.Kind{"enabled": jsondoc.Bool, "sourceId": jsondoc.String, jitMappings: jsondoc.Object}
}

// spellings are the names that SailPoint has changed, newer and older.
func spellings() [][2]string {
	return [][2]string{{"authnContext", "authContext"}, {"includeAuthnContext", "includeAuthContext"}}
}

// spellProvider takes either name of a member for the one that is stored.
func spellProvider(path []string, before jsondoc.Node) {
	if len(path) < 3 { // and nothing but the details has members so far down
		return
	}
	element := find(before, path[:2])
	for _, names := range spellings() {
		for i, name := range names {
			if other := names[1-i]; path[2] == name && !element.Get(name).Exists() && element.Get(other).Exists() {
				path[2] = other
			}
		}
	}
}

// mayTouchProvider says whether a patch may touch a place in the details: no
// element comes or goes, and that of the service provider stays as it is.
func mayTouchProvider(o operation, before jsondoc.Node) bool {
	if o.op == "test" {
		return true
	}
	for _, path := range [][]string{o.path, o.from} {
		if len(path) < 2 {
			continue
		}
		if find(before, path[:2]).Get("role").String() != identityProvider || !isProviderPlace(path[2:]) || len(path) == 2 && o.op != "replace" {
			return false
		}
	}
	return true
}

// isProviderPlace says that the identity provider's element may have a place; the
// element itself is one.
func isProviderPlace(path []string) bool {
	switch len(path) {
	case 0:
		return true
	case 1:
		return providerMembers()[path[0]] != jsondoc.Missing
	case 2:
		return path[0] == jit && jitMembers()[path[1]] != jsondoc.Missing
	default:
		return len(path) == 3 && path[0] == jit && path[1] == jitMappings && path[2] != ""
	}
}

// validProvider holds a configuration against SailPoint's rules, and against the
// one before.
func validProvider(before, after jsondoc.Node) *wire.Answer {
	wrong := first(kindOf(after, "enabled", jsondoc.Bool), kindOf(after, "bypassIdp", jsondoc.Bool),
		kindOf(after, "samlConfigurationValid", jsondoc.Bool), kindOf(after, details, jsondoc.Array))
	if wrong != nil {
		return wrong
	}
	if !sameElements(before.Get(details), after.Get(details)) {
		bad := problem(http.StatusBadRequest, codeUpdate, "The elements of federationProtocolDetails cannot be added or removed, and that of the service provider cannot be changed.")
		return &bad
	}
	ready := false
	for _, element := range after.Get(details).Elements() {
		if element.Get("role").String() != identityProvider {
			continue
		}
		if wrong := validIdentityProvider(element); wrong != nil {
			return wrong
		}
		ready = ready || !isEmpty(element.Get("entityId"))
	}
	if after.Get("enabled").Bool() && !ready {
		return missing("Enabling needs the details of an identity provider with an entityId.")
	}
	return nil
}

// validIdentityProvider holds the identity provider's element against the schema.
func validIdentityProvider(provider jsondoc.Node) *wire.Answer {
	if wrong := kinds(provider, details, providerMembers(), "role"); wrong != nil {
		return wrong
	}
	for _, names := range spellings() {
		if provider.Get(names[0]).Exists() && provider.Get(names[1]).Exists() {
			return badValue(names[0] + " and " + names[1] + " are two names of one member.")
		}
	}
	if isEmpty(provider.Get("mappingAttribute")) {
		return missing("The identity provider needs a mappingAttribute.")
	}
	jitConfig := provider.Get(jit)
	if wrong := kinds(jitConfig, jit, jitMembers()); wrong != nil {
		return wrong
	}
	mappings := jitConfig.Get(jitMappings)
	for m := range mappings.Members() {
		if wrong := kindOf(mappings, m.Name, jsondoc.String); wrong != nil {
			return wrong
		}
	}
	if !jitConfig.Get("enabled").Bool() {
		return nil
	}
	if isEmpty(jitConfig.Get("sourceId")) {
		return missing("jitConfiguration needs a sourceId.")
	}
	for _, name := range []string{"firstName", "lastName", "email"} {
		if isEmpty(mappings.Get(name)) {
			return missing("jitConfiguration needs a mapping for " + name + ".")
		}
	}
	return nil
}

// kinds says which member of an object is not one of those that it may have, or of
// another kind.
func kinds(node jsondoc.Node, of string, known map[string]jsondoc.Kind, more ...string) *wire.Answer {
	for m := range node.Members() {
		kind := known[m.Name]
		switch {
		case slices.Contains(more, m.Name):
		case kind == jsondoc.Missing:
			bad := problem(http.StatusBadRequest, codeUpdate, shown.Text(of+" has no member "+m.Name+"."))
			return &bad
		case m.Value.Kind() != kind && m.Value.Kind() != jsondoc.Null:
			return kindOf(node, m.Name, kind)
		}
	}
	return nil
}

// isEmpty says that a string is not there, null, or without characters.
func isEmpty(node jsondoc.Node) bool { return node.Kind() != jsondoc.String || node.String() == "" }

func missing(text string) *wire.Answer {
	bad := problem(http.StatusBadRequest, codeContent, text)
	return &bad
}

// sameElements says that two lists have elements of the same roles in the same
// order, and that none but the identity provider's differs.
func sameElements(before, after jsondoc.Node) bool {
	if before.Len() != after.Len() {
		return false
	}
	var was []jsondoc.Node
	for _, element := range before.Elements() {
		was = append(was, element)
	}
	for i, element := range after.Elements() {
		isProvider := was[i].Get("role").String() == identityProvider && element.Get("role").String() == identityProvider
		if !isProvider && !equal(was[i], element) {
			return false
		}
	}
	return true
}
