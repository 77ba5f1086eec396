package policyfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

var update = flag.Bool("update", false, "write the schema of the policy file and the tables of its page") //nolint:gochecknoglobals // flags are registered before tests run

const (
	schemaFile = "../../docs/policy-file.schema.json"
	keysPage   = "../../docs/policy-file.md"
)

// table is the keys of the policy file, for whoever does not read one.
func table() []key { return new(values).keys(&file{}) }

// everyKey calls use for all keys, those of objects behind the object, with the
// names of the objects that they are in, as edge or pull.okta.
func everyKey(use func(within string, k key)) {
	var visit func(within string, keys []key)
	visit = func(within string, keys []key) {
		for _, k := range keys {
			use(within, k)
			visit(joined(within, k.name), k.keys)
		}
	}
	visit("", table())
}

func joined(within, name string) string {
	if within == "" {
		return name
	}
	return within + "." + name
}

// Each key's example is read without a finding, and so is its default, which
// changes nothing.
func TestKeysReadTheirExamplesAndDefaults(t *testing.T) {
	with := func(within, name, value string) (*file, []string) {
		text := `{"` + name + `": ` + value + `}`
		if within != "" {
			for _, object := range slices.Backward(strings.Split(within, ".")) {
				text = `{"` + object + `": ` + text + `}`
			}
		}
		root, err := jsondoc.Parse(FileName, []byte(text))
		require.NoError(t, err, text)
		f, findings := readFile(FileName, root)
		var errs []string
		for _, found := range findings {
			if !found.Warning && !strings.Contains(found.Error(), "go together") {
				errs = append(errs, found.Error())
			}
		}
		f.edgeAt, f.serveAt, f.pullAt, f.fromAt, f.assumeNoneAt = jsondoc.Node{}, jsondoc.Node{}, jsondoc.Node{}, jsondoc.Node{}, jsondoc.Node{}
		f.mode.node, f.unknownCountry.node, f.parts = jsondoc.Node{}, jsondoc.Node{}, nil
		return f, errs
	}
	count := 0
	everyKey(func(within string, k key) {
		if k.shape == anObject {
			require.NotEmpty(t, k.keys, k.name)
			return
		}
		count++
		name := within + "." + k.name
		require.NotEmpty(t, k.about, name)
		changed, errs := with(within, k.name, k.example)
		require.Empty(t, errs, "%s: the example", name)
		if initialOf(k) == "" {
			return
		}
		same, errs := with(within, k.name, initialOf(k))
		require.Empty(t, errs, "%s: the default", name)
		require.NotEqual(t, same, changed, "%s: the example is the default", name)
		require.NotEqual(t, k.example, initialOf(k), name)
		absent := &file{}
		if object, _, _ := strings.Cut(within, "."); slices.Contains([]string{"edge", "serve", "pull", "from"}, object) {
			absent, _ = with("", object, `{}`)
		}
		same.mode.value, same.unknownCountry.value = "", "" // that it is said counts where two files say it
		require.Equal(t, absent, same, "%s: the default", name)
	})
	require.Greater(t, count, 25)
}

// A document is a policy file by any of its keys, but for that which every JSON document may
// have.
func TestKeysMakeAPolicyFile(t *testing.T) {
	for _, k := range table() {
		kind, _ := Recognise("ours.json", []byte(`{"`+k.name+`": 1}`))
		shared := k.name == "$schema"
		require.Equal(t, !shared, kind == PolicyFile, k.name)
		require.Equal(t, !shared, strings.Contains(errUnknownDocument.Error(), k.name), k.name)
	}
}

// initialOf is the default as JSON, empty if there is none.
func initialOf(k key) string {
	if k.shape == aWord {
		return `"` + k.words[0] + `"`
	}
	return k.initial
}

// docs/policy-file.schema.json is what the table makes it.
func TestSchemaIsOfTheKeys(t *testing.T) {
	var want bytes.Buffer
	require.NoError(t, json.Indent(&want, schemaOf(table()), "", "  "))
	want.WriteByte('\n')
	if *update {
		require.NoError(t, os.WriteFile(schemaFile, want.Bytes(), 0o644))
	}
	got, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	require.Equal(t, want.String(), string(got), "go test ./decide/policyfile -update writes it anew")
}

// The tables of docs/policy-file.md are those of the code: every key with its
// default, and no other key. What it shows as a policy file is one.
func TestPageIsOfTheKeys(t *testing.T) {
	text, err := os.ReadFile(keysPage)
	require.NoError(t, err)
	page := string(text)
	tables := map[string][]key{"All keys": table()}
	objects := map[string]string{"All keys": ""}
	everyKey(func(within string, k key) {
		if k.shape == anObject {
			title := "`" + joined(within, k.name) + "`"
			tables[title], objects[title] = k.keys, joined(within, k.name)
		}
	})
	section := regexp.MustCompile(`(?m)^## (.*)\n(?:\n|[^|#\n].*\n)*((?:\|.*\n)+)`)
	var found []string
	page = section.ReplaceAllStringFunc(page, func(whole string) string {
		match := section.FindStringSubmatch(whole)
		keys, known := tables[match[1]]
		if !known {
			return whole
		}
		found = append(found, match[1])
		return strings.TrimSuffix(whole, match[2]) + keyTable(objects[match[1]], keys)
	})
	require.Len(t, found, len(tables), "sections with a table: %v", found)
	if *update {
		require.NoError(t, os.WriteFile(keysPage, []byte(page), 0o644))
	} else {
		require.Equal(t, page, string(text), "go test ./decide/policyfile -update writes the tables anew")
	}

	examples := regexp.MustCompile("(?s)```jsonc?\n(.*?)```").FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, examples)
	for _, example := range examples {
		root, err := jsondoc.ParseCommented(FileName, []byte(example[1]))
		require.NoError(t, err)
		_, findings := readFile(FileName, root)
		require.Empty(t, findings)
	}
	var names []string
	everyKey(func(_ string, k key) { names = append(names, k.name) })
	for _, match := range regexp.MustCompile("`(?:okta|sailpoint|edge|serve)\\.(\\w+)`").FindAllStringSubmatch(page, -1) {
		require.True(t, slices.Contains(names, match[1]), match[0])
	}
}

func keyTable(within string, keys []key) string {
	var b strings.Builder
	b.WriteString("| key | value | default | meaning | example |\n|---|---|---|---|---|\n")
	for _, k := range keys {
		initial, example := initialOf(k), k.example
		if k.shape == anObject {
			b.WriteString("| `" + k.name + "` | object, see [below](#" + strings.ReplaceAll(joined(within, k.name), ".", "") + ") | | " + k.about + " | |\n")
			continue
		}
		if initial = "`" + initial + "`"; initial == "``" {
			initial = "none"
		}
		b.WriteString("| `" + k.name + "` | " + valueText(k) + " | " + initial + " | " + k.about + " | `" + example + "` |\n")
	}
	return b.String()
}

func valueText(k key) string {
	words := "`" + strings.Join(k.words, "`, `") + "`"
	return [...]string{
		aWord: words, wordList: "list of " + words,
		anObject: "object", aText: "text", aPath: "path", aPathOrNone: "path, or empty", pathList: "list of paths", aFlag: "true or false",
		anAddress: "host:port or unix:PATH", anAddressOrNone: "host:port or unix:PATH, or empty", addressList: "list of addresses",
		prefixList: "list of networks, addresses and files of them", aSource: "source", headerList: "list of header names", aTenant: "https://host, or empty", aCount: "whole number", aTextOrNone: "text, or empty", textList: "list of texts", anAge: "duration, or empty", aWait: "duration", serviceLists: "lists of paths, by category",
	}[k.shape]
}
