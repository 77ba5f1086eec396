package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
)

// The keys of the page are those of the outputs, no more and no fewer.
func TestCommandLinePageKeys(t *testing.T) {
	sections, order, _ := cliSections(t)
	withJSON := 0
	for _, title := range order {
		s := sections[title]
		documented, only := documentedKeys(s)
		if len(documented) == 0 && !slices.ContainsFunc(s.blocks, func(b cliBlock) bool { return strings.HasPrefix(b.name, "netwicket ") }) {
			continue // a section without JSON
		}
		if inherited := regexp.MustCompile("All keys of \\[`(\\w+)`\\]").FindStringSubmatch(s.text); inherited != nil {
			more, _ := documentedKeys(sections[inherited[1]])
			documented = append(documented, more...)
		}
		printed := map[string]bool{}
		t.Run(title, func(t *testing.T) {
			shipped(t, sections)
			for _, b := range s.blocks {
				if strings.HasPrefix(b.name, "netwicket ") {
					withJSON++
					keysOf(t, title, shell(t, b.name).out, documented, only, printed)
				}
			}
			if title == "replay" { // of more clients than a test should make
				text, err := json.Marshal(newReplayJSON(&replay.Report{Grain: replay.Grain{Bits4: 24, Bits6: 64}}, true))
				require.NoError(t, err)
				keysOf(t, title, string(text), documented, only, printed)
			}
			snapshotKeys(t, s, title, documented, only, printed)
			slices.Sort(documented)
			require.Equal(t, documented, slices.Sorted(maps.Keys(printed)))
		})
	}
	require.GreaterOrEqual(t, withJSON, 9)
}

// snapshotKeys adds the keys of what is printed about a snapshot, which is no text that
// the page could hold.
func snapshotKeys(t *testing.T, s *cliSection, title string, documented []string, only, printed map[string]bool) {
	t.Helper()
	if title == "compile" {
		compiled(t)
		writeFile(t, "other.json", `{"range": ["192.0.2.0/24"]}`)
		different := regexp.MustCompile(`"changes":{.*}}`).ReplaceAllString(shell(t, "netwicket compile --json -c other.json --verify policy.nws").out, `"changes":null}}`)
		keysOf(t, title, different, documented, only, printed)
	}
	if !slices.Contains(documented, "policy.snapshot") {
		return
	}
	compiled(t)
	for _, b := range s.blocks {
		if strings.HasPrefix(b.name, "netwicket ") {
			keysOf(t, title, shell(t, strings.Replace(b.name, " -c .", "", 1)+" -c policy.nws").out, documented, only, printed)
		}
	}
}

// documentedKeys are the keys of a section's table, and which are not always there.
func documentedKeys(s *cliSection) (keys []string, only map[string]bool) {
	only = map[string]bool{}
	for _, row := range s.tables["key"] {
		for _, key := range spans(row[0]) {
			keys = append(keys, key)
			only[key] = strings.HasPrefix(row[1], "*only*")
		}
	}
	return keys, only
}

// placeholders are what the page calls keys that are whatever is there.
func placeholders() map[string]string {
	return map[string]string{"explain zones.": "ZONE", "explain provenance.zones.": "ZONE", "explain provenance.entries.": "ZONE", "explain provenance.rules.": "RULE", "explain provenance.layers.": "LAYER", "replay reasons.": "REASON", "test coverage.": "PART"}
}

// keysOf adds the keys of an output. Those that are always there have to be in
// every object, but for one of its own that has none of them.
func keysOf(t *testing.T, title, out string, documented []string, only, printed map[string]bool) {
	t.Helper()
	for line := range strings.Lines(out) {
		top := map[string]bool{}
		walkJSON(t, line, func(path, _ string) {
			for parent, name := range placeholders() {
				command, prefix, _ := strings.Cut(parent, " ")
				if rest, found := strings.CutPrefix(path, prefix); found && command == title {
					_, behind, more := strings.Cut(rest, ".")
					if path = prefix + name; more {
						path += "." + behind
					}
				}
			}
			path = strings.TrimSuffix(path, "[]")
			printed[path] = true
			first, _, _ := strings.Cut(path, ".")
			first = strings.TrimSuffix(first, "[]")
			top[first] = true
		})
		alone := true
		for key := range top {
			alone = alone && only[key]
		}
		for _, key := range documented {
			if !alone && !only[key] && !strings.Contains(key, ".") {
				require.True(t, top[key], "%s is not in %s", key, line)
			}
		}
	}
}

// walkJSON calls visit for every value of a stream of JSON, in order, with the
// path to it: a.b of an object, a[].b of the elements of a list.
func walkJSON(t *testing.T, text string, visit func(path, value string)) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value func(path string, token json.Token)
	next := func() json.Token {
		token, err := decoder.Token()
		require.NoError(t, err)
		return token
	}
	value = func(path string, token json.Token) {
		if path != "" {
			visit(path, fmt.Sprint(token))
		}
		switch token {
		case json.Delim('{'):
			for decoder.More() {
				key := next().(string)
				value(strings.TrimPrefix(path+"."+key, "."), next())
			}
			next()
		case json.Delim('['):
			for decoder.More() {
				value(path+"[]", next())
			}
			next()
		}
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		value("", token)
	}
}

// volatile are values that differ from one run, machine or build to another.
var volatile = regexp.MustCompile(`fingerprint$|^ns|Milliseconds$|^tableBytes|^version$|^go$|^system$|^processors$|^steps\[\]$`)

// leaves are all values with their paths, in order; volatile ones count once.
func leaves(t *testing.T, text string) []string {
	t.Helper()
	var list []string
	walkJSON(t, text, func(path, value string) {
		if volatile.MatchString(path) {
			value = "?"
		}
		if leaf := path + " = " + value; value != "?" || !slices.Contains(list, leaf) {
			list = append(list, leaf)
		}
	})
	return list
}

// readable is a value in lines that can be read: what is long, a member a line.
func readable(value json.RawMessage, indent string) string {
	const wide = 118
	if len(value)+len(indent) <= wide || value[0] != '{' && value[0] != '[' {
		return string(value)
	}
	decoder := json.NewDecoder(strings.NewReader(string(value)))
	_, _ = decoder.Token() // the bracket
	text, before := string(value[0])+"\n", ""
	for decoder.More() {
		text += before + indent + "  "
		before = ",\n"
		if value[0] == '{' {
			key, _ := decoder.Token()
			text += fmt.Sprintf("%q: ", key)
		}
		var member json.RawMessage
		if decoder.Decode(&member) != nil {
			return string(value)
		}
		text += readable(member, indent+"  ")
	}
	return text + "\n" + indent + string(value[len(value)-1])
}
