package main

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed equivalent.txt
var equivalentText string

// equivalent is a mutant that changes nothing which could be observed.
type equivalent struct{ folder, key, reason string }

func (e equivalent) String() string { return e.folder + " " + e.key }

// equivalents reads equivalent.txt:
//
//	== zone (*reader).next: a < b -> <=
//	the reason, in one line or more; several in a row share the reason behind the last
func equivalents(text string) ([]equivalent, error) {
	var all []equivalent
	for i, line := range strings.Split(text, "\n") {
		header, is := strings.CutPrefix(line, "== ")
		switch {
		case line == "" || line[0] == '#':
		case is:
			folder, key, found := strings.Cut(header, " ")
			if !found {
				return nil, fmt.Errorf("equivalent.txt:%d: expected == PACKAGE FUNCTION: WHAT", i+1)
			}
			all = append(all, equivalent{folder: folder, key: key})
		case len(all) == 0:
			return nil, fmt.Errorf("equivalent.txt:%d: a reason before the first mutant", i+1)
		default:
			all[len(all)-1].reason += line + "\n"
		}
	}
	for i := len(all) - 2; i >= 0; i-- {
		if all[i].reason == "" {
			all[i].reason = all[i+1].reason
		}
	}
	if len(all) > 0 && all[len(all)-1].reason == "" {
		return nil, fmt.Errorf("equivalent.txt: %s has no reason", all[len(all)-1])
	}
	return all, nil
}
