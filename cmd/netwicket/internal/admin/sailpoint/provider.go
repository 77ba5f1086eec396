package sailpoint

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// The roles of the elements of federationProtocolDetails, which are told apart by
// them and not by their place.
const (
	identityProvider = "SAML_IDP"
	serviceProvider  = "SAML_SP"
)

const details = "federationProtocolDetails"

// providerConfig is the service provider's configuration (S7).
func providerConfig() *document {
	return &document{
		name:     "service-provider-config",
		in:       func(d *records.Documents) *json.RawMessage { return &d.ServiceProviderConfig },
		usual:    json.RawMessage(`{"enabled":false,"bypassIdp":false,"samlConfigurationValid":false,"federationProtocolDetails":[]}`),
		members:  map[string]member{"enabled": {}, "bypassIdp": {}, "samlConfigurationValid": {}, details: {list: true}},
		mayTouch: mayTouchProvider,
		valid:    validProvider,
	}
}

// providerMembers are what the identity provider's element may have, in the older
// and the newer spelling.
func providerMembers() []string {
	return []string{
		"role", "entityId", "mappingAttribute", "binding", "authnContext", "authContext", "includeAuthnContext", "includeAuthContext",
		"logoutUrl", "nameId", "jitConfiguration", "cert", "loginUrlPost", "loginUrlRedirect", "certificateExpirationDate", "certificateName",
	}
}

// mayTouchProvider says whether a patch may touch a place in the details: no
// element comes or goes, and that of the service provider stays as it is.
func mayTouchProvider(o operation, before jsondoc.Node) bool {
	for _, path := range [][]string{o.path, o.from} {
		if len(path) < 2 {
			continue
		}
		if path[0] != details || !isIndex(path[1]) {
			return false
		}
		var element jsondoc.Node
		for i, one := range before.Get(details).Elements() {
			if strconv.Itoa(i) == path[1] {
				element = one
			}
		}
		switch {
		case o.op == "test":
		case element.Get("role").String() != identityProvider:
			return false
		case len(path) == 2 && o.op != "replace":
			return false
		case len(path) > 2 && !slices.Contains(providerMembers(), path[2]):
			return false
		case len(path) == 3 && path[2] == "role":
			return false
		}
	}
	return true
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
	provider := elementOf(after.Get(details), identityProvider)
	for m := range provider.Members() {
		if !slices.Contains(providerMembers(), m.Name) {
			bad := problem(http.StatusBadRequest, codeUpdate, "The identity provider has no member "+m.Name+".")
			return &bad
		}
	}
	if after.Get("enabled").Bool() && provider.Get("entityId").Kind() != jsondoc.String {
		return missing("Enabling needs the details of an identity provider with an entityId.")
	}
	jit := provider.Get("jitConfiguration")
	if !jit.Get("enabled").Bool() {
		return nil
	}
	if jit.Get("sourceId").Kind() != jsondoc.String {
		return missing("jitConfiguration needs a sourceId.")
	}
	for _, name := range []string{"firstName", "lastName", "email"} {
		if jit.Get("sourceAttributeMappings").Get(name).Kind() != jsondoc.String {
			return missing("jitConfiguration needs a mapping for " + name + ".")
		}
	}
	return nil
}

func missing(text string) *wire.Answer {
	bad := problem(http.StatusBadRequest, codeContent, text)
	return &bad
}

func elementOf(list jsondoc.Node, role string) jsondoc.Node {
	for _, element := range list.Elements() {
		if element.Get("role").String() == role {
			return element
		}
	}
	return jsondoc.Node{}
}

// sameElements says that two lists have elements of the same roles in the same
// order, and the same service provider.
func sameElements(before, after jsondoc.Node) bool {
	if before.Len() != after.Len() {
		return false
	}
	var was, is []jsondoc.Node
	for _, element := range before.Elements() {
		was = append(was, element)
	}
	for _, element := range after.Elements() {
		is = append(is, element)
	}
	for i := range was {
		role := was[i].Get("role").String()
		if role != is[i].Get("role").String() {
			return false
		}
		if role == serviceProvider && !bytes.Equal(records.Compact(was[i].Raw()), records.Compact(is[i].Raw())) {
			return false
		}
	}
	return true
}
