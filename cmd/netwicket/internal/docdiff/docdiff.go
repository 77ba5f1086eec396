package docdiff

import (
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Way is how something differs.
type Way string

// The ways.
const (
	Added   Way = "added"
	Removed Way = "removed"
	Changed Way = "changed"
)

// Difference is one thing that the two policies do not have alike.
type Difference struct {
	Kind  string // zone, rule, network configuration ...
	ID    string // of a zone or rule that has one
	Name  string // empty where there is one of the kind alone
	Way   Way
	Parts []Part // what of it was added or removed, in order

	// before gives a Config the thing as it was before; nil: no address is decided
	// by it alone.
	before func(decide.Config) decide.Config
}

// Part is one fact about a thing, such as a gateway of a zone.
type Part struct {
	Way   Way // Added or Removed
	What  string
	Value string
}

// Between lists the differences: zones, rules, and what else there is, in the
// order of the new documents with what is gone in the end. A snapshot has no documents;
// what stands beside it is compared.
func Between(old, now *policyfile.Parts) []Difference {
	var list []Difference
	kinds := []func(*policyfile.Parts) []thing{zones, rules, others, settings}
	if old.SnapshotFile != "" || now.SnapshotFile != "" {
		kinds = kinds[3:]
	}
	for _, of := range kinds {
		list = append(list, between(of(old), of(now))...)
	}
	return list
}

// thing is something that documents have, as the facts about it.
type thing struct {
	kind, id, name string
	key            string // what it is known by in both policies
	facts          []fact

	// put gives a Config this thing in place of the one of the same key; take takes
	// it out.
	put, take func(decide.Config) decide.Config
}

type fact struct{ what, value string }

func between(old, now []thing) []Difference {
	before, after := byKey(old), byKey(now)
	var list []Difference
	for i := range now {
		t := &now[i]
		was, found := before[t.key]
		if !found {
			list = append(list, Difference{Kind: t.kind, ID: t.id, Name: t.name, Way: Added, Parts: parts(nil, t.facts), before: t.take})
			continue
		}
		if changed := parts(old[was].facts, t.facts); len(changed) > 0 {
			list = append(list, Difference{Kind: t.kind, ID: t.id, Name: t.name, Way: Changed, Parts: changed, before: old[was].put})
		}
	}
	for i := range old {
		t := &old[i]
		if _, found := after[t.key]; !found {
			list = append(list, Difference{Kind: t.kind, ID: t.id, Name: t.name, Way: Removed, Parts: parts(t.facts, nil), before: t.put})
		}
	}
	return list
}

// byKey is where each thing stands.
func byKey(things []thing) map[string]int {
	at := make(map[string]int, len(things))
	for i := range things {
		at[things[i].key] = i
	}
	return at
}

// parts are the facts that one side has and the other has not, each as often as it
// stands there more.
func parts(old, now []fact) []Part {
	count := map[fact]int{}
	for _, f := range now {
		count[f]++
	}
	var list []Part
	for _, f := range old {
		if count[f]--; count[f] < 0 {
			list = append(list, Part{Removed, f.what, f.value})
		}
	}
	clear(count)
	for _, f := range old {
		count[f]++
	}
	for _, f := range now {
		if count[f]--; count[f] < 0 {
			list = append(list, Part{Added, f.what, f.value})
		}
	}
	return list
}
