package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// shownPrefixes is how many networks a line of the log names.
const shownPrefixes = 5

// settingChanges says what a reload changed beside the documents: whether denials
// take effect, and who is believed about the client. Nothing in them is a client's
// address.
func settingChanges(before, after *policyfile.Parts) []string {
	var changes []string
	note := func(key string, before, after any) {
		if before != after {
			changes = append(changes, fmt.Sprintf("%s: %v -> %v", key, before, after))
		}
	}
	note("mode", modeOf(before), modeOf(after))
	was, is := edgeOf(before), edgeOf(after)
	note("edge.source", was.Source, is.Source)
	note("edge.onMissing", was.OnMissing, is.OnMissing)
	note("edge.allTrusted", was.AllTrusted, is.AllTrusted)
	note("edge.trustUnix", was.TrustUnix, is.TrustUnix)
	note("edge.allowTrustAll", was.AllowTrustAll, is.AllowTrustAll)
	if added := prefixesBeyond(is.Trusted, was.Trusted); added != "" {
		changes = append(changes, "edge.trusted gains "+added)
	}
	if removed := prefixesBeyond(was.Trusted, is.Trusted); removed != "" {
		changes = append(changes, "edge.trusted loses "+removed)
	}
	return changes
}

func modeOf(parts *policyfile.Parts) gate.Mode {
	if parts.Observe {
		return gate.Observe
	}
	return gate.Enforce
}

// edgeOf is the edge that the policy describes; one that it takes from another
// policy is that one's to tell of.
func edgeOf(parts *policyfile.Parts) gate.Config {
	if parts.Edge == nil {
		return gate.Config{}
	}
	return *parts.Edge
}

// prefixesBeyond lists the networks that are not among the others.
func prefixesBeyond(all, others []netip.Prefix) string {
	known := make(map[netip.Prefix]bool, len(others))
	for _, prefix := range others {
		known[prefix] = true
	}
	var texts []string
	for _, prefix := range all {
		if !known[prefix] {
			texts = append(texts, prefix.String())
		}
	}
	slices.Sort(texts)
	if len(texts) > shownPrefixes {
		texts = append(texts[:shownPrefixes], fmt.Sprintf("%d more", len(texts)-shownPrefixes))
	}
	return strings.Join(texts, ", ")
}
