// Package mistaken tells what a JSON document is that is none of those which are
// read: what an API answers when something goes wrong, what stands beside the
// document that was meant, or what a tool wraps it in. A reader of vendors'
// documents asks first, so that nobody is told about a thousand missing keys.
package mistaken

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// What says what a document is, for the middle of a sentence; empty if it may be
// one that is read.
func What(root jsondoc.Node) string {
	if root.Kind() == jsondoc.Array {
		for _, element := range root.Elements() {
			if element.Kind() == jsondoc.Array {
				return "an array of arrays, such as pages put together by jq -s; jq add makes one array of them"
			}
			if what := object(element); what != "" {
				return what
			}
		}
		return ""
	}
	if what := object(root); what != "" {
		return what
	}
	return wrapper(root)
}

// object says what an object is, alone or among others.
func object(node jsondoc.Node) string {
	has := func(keys ...string) bool {
		return !slices.ContainsFunc(keys, func(key string) bool { return !node.Get(key).Exists() })
	}
	quoted := func(keys ...string) string {
		var texts []string
		for _, key := range keys {
			if text := node.Get(key); text.Kind() == jsondoc.String {
				texts = append(texts, finding.Inline(text.String()))
			}
		}
		if len(texts) == 0 {
			return ""
		}
		return " (" + strings.Join(texts, ": ") + ")"
	}
	switch {
	case has("actions"), has("gateways"), has("locations"): // rules and zones, of which there may be many
		return ""
	case has("errorCode") && (has("errorSummary") || has("errorId") || has("errorCauses")):
		return "an error answer of Okta's API" + quoted("errorCode", "errorSummary")
	case has("detailCode") && (has("messages") || has("trackingId") || has("causes")):
		return "an error answer of SailPoint's API" + quoted("detailCode")
	case onlyText(node, "error", "message"):
		return "an error answer of an API" + quoted("error", "message")
	case has("format_version", "terraform_version"), has("format_version", "values"), has("terraform_version", "lineage"), has("format_version", "planned_values"):
		return "Terraform's state or plan, which is not the document that the vendor's API answers"
	case isPolicy(node):
		return "an Okta policy" + quoted("name") + ", which does not hold its rules"
	case has("deny") && has("allow"):
		return `an overlay of netwicket's own; name it in a policy file, {"overlay": "overlay.json"}`
	default:
		return ""
	}
}

// onlyText says that an object has one of the keys, a text, and beside it nothing
// but what else APIs say of an error.
func onlyText(node jsondoc.Node, keys ...string) bool {
	texts := false
	for member := range node.Members() {
		switch {
		case slices.Contains(keys, member.Name) && member.Value.Kind() == jsondoc.String:
			texts = true
		case slices.Contains(keys, member.Name), slices.Contains([]string{"error_description", "status", "statusCode", "code", "timestamp", "path", "requestId"}, member.Name):
		default:
			return false
		}
	}
	return texts
}

// isPolicy says that an object without actions, which rules alone have, is a policy.
// The types are those of Okta's Policy API.
func isPolicy(node jsondoc.Node) bool {
	if node.Get("_links").Get("rules").Exists() {
		return true
	}
	types := []string{
		"OKTA_SIGN_ON", "PASSWORD", "MFA_ENROLL", "OAUTH_AUTHORIZATION_POLICY", "IDP_DISCOVERY", "ACCESS_POLICY", "PROFILE_ENROLLMENT",
		"POST_AUTH_SESSION", "ENTITY_RISK", "DEVICE_SIGNAL_COLLECTION",
	}
	return slices.Contains(types, node.Get("type").String())
}

// wrapper tells an object around what was meant, such as {"value": [...], "Count": 3}
// of PowerShell's ConvertTo-Json: one key that holds objects, and nothing beside it
// that a document has.
func wrapper(root jsondoc.Node) string {
	inner := ""
	for member := range root.Members() {
		holds := member.Value.Kind()
		switch {
		case slices.Contains([]string{"value", "values", "items", "data", "result", "results", "resources", "content", "response", "body", "zones", "rules"}, member.Name) &&
			(element(member.Value) == jsondoc.Object || holds == jsondoc.Object && member.Value.Len() > 0):
			if inner != "" {
				return ""
			}
			inner = member.Name
		case slices.Contains([]string{"type", "name", "id", "status"}, member.Name):
			return ""
		case holds == jsondoc.Array || holds == jsondoc.Object:
			if !slices.Contains([]string{"_links", "links", "meta", "page", "headers"}, member.Name) {
				return ""
			}
		}
	}
	if inner == "" {
		return ""
	}
	return fmt.Sprintf("a wrapper around the document, which is what its key %q holds; jq .%s takes it out", inner, inner)
}

// element is the kind of an array's first element; anything else has none.
func element(array jsondoc.Node) jsondoc.Kind {
	for _, first := range array.Elements() {
		return first.Kind()
	}
	return jsondoc.Missing
}
