package asking

import (
	"errors"
	"strings"
)

// nextLink is the target of the link with the relation next in the values of Link
// headers (RFC 8288): each value holds any number of links. Empty: there is none.
// What is no link, and two links that lead to different pages, are an error: a list
// that ends too early would let in who should be out.
func nextLink(values []string) (string, error) {
	next := ""
	for _, value := range values {
		for rest := strings.TrimLeft(value, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t,") {
			target, parameters, tail, ok := cutLink(rest)
			switch {
			case !ok:
				return "", errors.New("a Link header that cannot be read, so that nobody knows whether there is a next page")
			case !isNext(parameters):
			case next != "" && next != target:
				return "", errors.New("links to two different next pages")
			case target == "":
				return "", errors.New("a link to the next page that leads nowhere")
			default:
				next = target
			}
			rest = tail
		}
	}
	return next, nil
}

// parameter is one of a link, its name in lower case.
type parameter struct{ name, value string }

// cutLink takes the first link off a value.
func cutLink(value string) (target string, parameters []parameter, rest string, ok bool) {
	if !strings.HasPrefix(value, "<") {
		return "", nil, "", false
	}
	target, rest, ok = strings.Cut(value[1:], ">")
	if !ok {
		return "", nil, "", false
	}
	for {
		rest = strings.TrimLeft(rest, " \t")
		switch {
		case rest == "":
			return strings.TrimSpace(target), parameters, "", true
		case rest[0] == ',':
			return strings.TrimSpace(target), parameters, rest[1:], true
		case rest[0] != ';':
			return "", nil, "", false
		}
		var one parameter
		if one, rest, ok = cutParameter(strings.TrimLeft(rest[1:], " \t")); !ok {
			return "", nil, "", false
		}
		parameters = append(parameters, one)
	}
}

// cutParameter takes a parameter off; a parameter without a name is an empty one.
func cutParameter(text string) (one parameter, rest string, ok bool) {
	end := strings.IndexAny(text, "=;, \t")
	if end < 0 {
		return parameter{name: strings.ToLower(text)}, "", true
	}
	one.name = strings.ToLower(text[:end])
	rest = strings.TrimLeft(text[end:], " \t")
	if !strings.HasPrefix(rest, "=") {
		return one, rest, true
	}
	rest = strings.TrimLeft(rest[1:], " \t")
	if strings.HasPrefix(rest, `"`) {
		one.value, rest, ok = cutQuoted(rest[1:])
		return one, rest, ok
	}
	if end = strings.IndexAny(rest, ";, \t"); end < 0 {
		end = len(rest)
	}
	one.value = rest[:end]
	return one, rest[end:], true
}

// cutQuoted reads a quoted string behind its first quote.
func cutQuoted(text string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			if i++; i == len(text) {
				return "", "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

// isNext says that a link's relations, the first rel that it has, hold next. A link
// about something else (anchor) says nothing of the list.
func isNext(parameters []parameter) bool {
	relations, found := "", false
	for _, one := range parameters {
		switch {
		case one.name == "anchor":
			return false
		case one.name == "rel" && !found:
			relations, found = one.value, true
		}
	}
	for relation := range strings.FieldsSeq(relations) {
		if strings.EqualFold(relation, "next") {
			return true
		}
	}
	return false
}
