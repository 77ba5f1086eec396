package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (w *adminWorld) fill(text string) string {
	for name, value := range w.variables {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	for name, value := range w.captured {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// pattern is fill for a regular expression.

func (w *adminWorld) pattern(text, id string) string {
	for name, value := range w.variables {
		text = strings.ReplaceAll(text, "${"+name+"}", regexp.QuoteMeta(value))
	}
	for name, value := range w.captured {
		text = strings.ReplaceAll(text, "{"+name+"}", regexp.QuoteMeta(value))
	}
	return strings.ReplaceAll(text, "{id}", regexp.QuoteMeta(id))
}

// matches holds an answer against what is expected: a subset of its members.

func (w *adminWorld) matches(want, got, whole any, at string) error {
	switch want := want.(type) {
	case map[string]any:
		if set, isSet := want["@set"]; isSet {
			return w.matchesSet(set.([]any), got, whole, at)
		}
		if length, counts := want["@length"]; counts {
			list, isList := got.([]any)
			if !isList || float64(len(list)) != length {
				return fmt.Errorf("%s: %d elements, expected %v", at, len(list), length)
			}
			return nil
		}
		object, isObject := got.(map[string]any)
		if !isObject {
			return fmt.Errorf("%s: expected an object", at)
		}
		for name, value := range want {
			if name == "@absent" {
				for _, absent := range value.([]any) {
					if _, there := object[absent.(string)]; there {
						return fmt.Errorf("%s/%s: expected to be absent", at, absent)
					}
				}
				continue
			}
			member, there := object[name]
			if !there {
				return fmt.Errorf("%s/%s: is missing", at, name)
			}
			if err := w.matches(value, member, whole, at+"/"+name); err != nil {
				return err
			}
		}
		return nil
	case []any:
		list, isList := got.([]any)
		if !isList || len(list) != len(want) {
			return fmt.Errorf("%s: %d elements, expected %d", at, len(list), len(want))
		}
		for i := range want {
			if err := w.matches(want[i], list[i], whole, fmt.Sprintf("%s/%d", at, i)); err != nil {
				return err
			}
		}
		return nil
	case string:
		text, isText := got.(string)
		if !isText {
			return fmt.Errorf("%s: %v, expected %q", at, got, want)
		}
		return w.matchesText(want, text, idOf(whole), at)
	default:
		if want != got {
			return fmt.Errorf("%s: %v, expected %v", at, got, want)
		}
		return nil
	}
}

func (w *adminWorld) matchesText(want, got, id, at string) error {
	if pattern, isPattern := strings.CutPrefix(want, "~"); isPattern {
		// Go has no lookahead: the one that the cases use says "another id".
		if other := regexp.MustCompile(`\(\?!([^$]*)\$\)`); other.MatchString(pattern) {
			not := other.FindStringSubmatch(pattern)[1]
			if regexp.MustCompile("^" + w.pattern(not, id) + "$").MatchString(got) {
				return fmt.Errorf("%s: %q, expected another", at, got)
			}
			pattern = other.ReplaceAllString(pattern, "")
		}
		if !regexp.MustCompile(w.pattern(pattern, id)).MatchString(got) {
			return fmt.Errorf("%s: %q does not match %s", at, got, pattern)
		}
		return nil
	}
	if filled := strings.ReplaceAll(w.fill(want), "{id}", id); filled != got {
		return fmt.Errorf("%s: %q, expected %q", at, got, filled)
	}
	return nil
}

func (w *adminWorld) matchesSet(want []any, got, whole any, at string) error {
	list, isList := got.([]any)
	if !isList || len(list) != len(want) {
		return fmt.Errorf("%s: %d elements, expected %d", at, len(list), len(want))
	}
	left := slices.Clone(list)
	for i, one := range want {
		at := fmt.Sprintf("%s/@set/%d", at, i)
		found := slices.IndexFunc(left, func(candidate any) bool { return w.matches(one, candidate, whole, at) == nil })
		if found < 0 {
			return fmt.Errorf("%s: no element matches", at)
		}
		left = slices.Delete(left, found, found+1)
	}
	return nil
}

func idOf(value any) string {
	object, _ := value.(map[string]any)
	id, _ := object["id"].(string)
	return id
}

func nextLink(header http.Header) string {
	for _, line := range header.Values("Link") {
		if link, found := strings.CutSuffix(line, `>; rel="next"`); found {
			return strings.TrimPrefix(link, "<")
		}
	}
	return ""
}

// capture is the value at a JSON pointer, in which *[name=X] is the element of
// that name.

func capture(text []byte, pointer string) any {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return nil
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch container := value.(type) {
		case map[string]any:
			value = container[part]
		case []any:
			value = nil
			name, found := strings.CutPrefix(strings.TrimSuffix(part, "]"), "*[name=")
			for i, element := range container {
				object, _ := element.(map[string]any)
				if found && object["name"] == name || !found && part == fmt.Sprint(i) {
					value = element
				}
			}
		default:
			return nil
		}
	}
	return value
}

// orderOf are the members of an object in the order of the text.

func orderOf(t *testing.T, text []byte) []string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	_, err := decoder.Token()
	require.NoError(t, err)
	var keys []string
	for decoder.More() {
		key, err := decoder.Token()
		require.NoError(t, err)
		keys = append(keys, key.(string))
		var skipped json.RawMessage
		require.NoError(t, decoder.Decode(&skipped))
	}
	return keys
}
