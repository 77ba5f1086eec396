package netset

import (
	"errors"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/packed"
)

// ipset is the one set of what ipset save writes:
//
//	create blocked hash:net family inet hashsize 1024 maxelem 65536
//	add blocked 192.0.2.0/24 timeout 300 comment "seen twice"
//
// See https://ipset.netfilter.org/ipset.man.html.
type ipset struct{ name string }

// ipsetLine reads one command. What changes the meaning of elements is refused.
func (r *listReader) ipsetLine(text string, at int) bool {
	r.cells = fieldsOf(r.cells[:0], text, at)
	fields := r.cells
	switch command := fields[0].text; {
	case r.set.name == "": // the first line, which is a create
		return r.createSet(text, fields)
	case command == "create":
		return r.refuse(text, at, r.rewrite("what ipset save writes of several sets", `awk '$1=="add" && $2=="`+packed.ShellName(r.set.name)+`"{print $3}'`,
			", which takes the first of them"))
	case command != "add" || len(fields) < 3:
		return r.refuse(text, at, errors.New("not a line that ipset save writes; expected add NAME NETWORK"))
	case fields[1].text != r.set.name:
		return r.refuse(text, at, errors.New("of another set than "+r.set.name+"; expected one set"))
	}
	if option, known := unknownOption(fields[3:], []string{"timeout", "packets", "bytes", "skbmark", "skbprio", "skbqueue"}, []string{"-exist"}); !known {
		return r.refuse(text, at, errors.New("an element with "+option+", which is not read; expected a network, perhaps with timeout, comment or counters"))
	}
	return r.network(fields[2].text, fields[2].at)
}

func (r *listReader) createSet(text string, fields []cell) bool {
	at := fields[0].at
	if len(fields) < 3 || !slices.Contains([]string{"hash:ip", "hash:net", "bitmap:ip"}, fields[2].text) {
		return r.refuse(text, at, errors.New("a set of another type than hash:ip, hash:net and bitmap:ip; expected a set of networks alone"))
	}
	r.set.name = fields[1].text
	option, known := unknownOption(fields[3:],
		[]string{"family", "hashsize", "maxelem", "timeout", "bucketsize", "initval", "range"}, []string{"counters", "comment", "skbinfo", "forceadd", "-exist"})
	if !known {
		return r.refuse(text, at, errors.New("a set with "+option+", which is not read: it may change what the elements mean"))
	}
	return true
}

// unknownOption is the first option that is neither one with a value nor one without.
// A comment of an element ends the line with its quoted text.
func unknownOption(fields []cell, valued, alone []string) (string, bool) {
	for i := 0; i < len(fields); i++ {
		option := fields[i].text
		switch {
		case slices.Contains(alone, option):
		case slices.Contains(valued, option) && i+1 < len(fields):
			i++
		case option == "comment" && isQuoted(fields[i+1:]):
			return "", true
		default:
			return option, false
		}
	}
	return "", true
}

// isQuoted says that the fields are one text in quotation marks. ipset has none
// within it.
func isQuoted(fields []cell) bool {
	var text strings.Builder
	for _, f := range fields {
		text.WriteString(f.text)
	}
	quoted := text.String()
	return strings.Count(quoted, `"`) == 2 && strings.HasPrefix(quoted, `"`) && strings.HasSuffix(quoted, `"`)
}
