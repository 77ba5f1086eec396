package sailpoint_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
)

// naive applies a patch to a value step by step as RFC 6902 words it, with copies of
// everything. It shares no code with what it is compared to.
func naive(doc any, patch []map[string]any) (result any, ok bool) {
	for _, step := range patch {
		op, _ := step["op"].(string)
		path, ok := pointerOf(step["path"])
		if !ok {
			return nil, false
		}
		value, given := step["value"]
		switch op {
		case "add":
			doc, ok = add(doc, path, value)
			ok = ok && given
		case "remove":
			doc, ok = cut(doc, path)
		case "replace":
			_, there := get(doc, path)
			ok = there && given
			if ok && len(path) > 0 {
				doc = set(doc, path, value)
			} else {
				doc = value
			}
		case "move", "copy":
			from, fine := pointerOf(step["from"])
			if !fine {
				return nil, false
			}
			moved, there := get(doc, from)
			if !there || op == "move" && len(from) < len(path) && slices.Equal(from, path[:len(from)]) {
				return nil, false
			}
			if op == "move" {
				if doc, ok = cut(doc, from); !ok {
					return nil, false
				}
			}
			doc, ok = add(doc, path, moved)
		case "test":
			at, there := get(doc, path)
			ok = there && given && reflect.DeepEqual(plain(at), plain(value))
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return doc, true
}

// plain is a value in which numbers are what they are worth.
func plain(value any) any {
	switch at := value.(type) {
	case json.Number:
		if f, err := at.Float64(); err == nil && math.Abs(f) > 1e-300 && math.Abs(f) < 1e300 {
			worth, _ := new(big.Rat).SetString(string(at))
			return worth.String()
		}
		return at
	case []any:
		copied := make([]any, len(at))
		for i := range at {
			copied[i] = plain(at[i])
		}
		return copied
	case map[string]any:
		copied := make(map[string]any)
		for name := range at {
			copied[name] = plain(at[name])
		}
		return copied
	}
	return value
}

func pointerOf(value any) ([]string, bool) {
	text, isString := value.(string)
	if !isString || text != "" && text[0] != '/' {
		return nil, false
	}
	if text == "" {
		return nil, true
	}
	path := strings.Split(text[1:], "/")
	for i := range path {
		path[i] = strings.ReplaceAll(strings.ReplaceAll(path[i], "~1", "/"), "~0", "~")
	}
	return path, true
}

// index is an element's place; the one behind the last only for what is added.
func index(segment string, length int, adding bool) (int, bool) {
	if adding && segment == "-" {
		return length, true
	}
	for i := range length {
		if strconv.Itoa(i) == segment {
			return i, true
		}
	}
	return length, adding && strconv.Itoa(length) == segment
}

func get(doc any, path []string) (any, bool) {
	for _, segment := range path {
		switch at := doc.(type) {
		case map[string]any:
			next, there := at[segment]
			if !there {
				return nil, false
			}
			doc = next
		case []any:
			i, there := index(segment, len(at), false)
			if !there {
				return nil, false
			}
			doc = at[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// change is a copy of a document in which what holds the last segment is another.
func change(doc any, path []string, with func(holder any, name string) (any, bool)) (any, bool) {
	if len(path) == 1 {
		return with(doc, path[0])
	}
	below, there := get(doc, path[:1])
	if !there {
		return nil, false
	}
	if below, there = change(below, path[1:], with); !there {
		return nil, false
	}
	return set(doc, path[:1], below), true
}

func set(doc any, path []string, value any) any {
	doc, _ = change(doc, path, func(holder any, name string) (any, bool) {
		switch at := holder.(type) {
		case map[string]any:
			copied := make(map[string]any)
			for key, other := range at {
				copied[key] = other
			}
			copied[name] = value
			return copied, true
		case []any:
			i, _ := index(name, len(at), false)
			copied := slices.Clone(at)
			copied[i] = value
			return copied, true
		}
		return nil, false
	})
	return doc
}

func add(doc any, path []string, value any) (any, bool) {
	if len(path) == 0 {
		return value, true
	}
	return change(doc, path, func(holder any, name string) (any, bool) {
		switch at := holder.(type) {
		case map[string]any:
			return set(at, []string{name}, value), true
		case []any:
			i, fits := index(name, len(at), true)
			if !fits {
				return nil, false
			}
			return slices.Insert(slices.Clone(at), i, value), true
		}
		return nil, false
	})
}

func cut(doc any, path []string) (rest any, ok bool) {
	if _, there := get(doc, path); !there || len(path) == 0 {
		return nil, false
	}
	return change(doc, path, func(holder any, name string) (any, bool) {
		switch at := holder.(type) {
		case map[string]any:
			copied := make(map[string]any)
			for key, other := range at {
				if key != name {
					copied[key] = other
				}
			}
			return copied, true
		case []any:
			i, fits := index(name, len(at), false)
			return slices.Delete(slices.Clone(at), i, min(i+1, len(at))), fits
		}
		return nil, false
	})
}

// The texts that drawn patches use, and which of them are legal.
var (
	networksDrawn  = map[string]bool{"10.0.0.1": true, "192.0.2.0/24": true, "10.1.2.3/8": true, "2001:db8::1": true, "10.0.0.256": false, "fe80::1%eth0": false, "CA": false, "": false}
	countriesDrawn = map[string]bool{"CA": true, "US": true, "ZZ": true, "ca": false, "CAN": false, "10.0.0.1": false, "": false}
)

// legal says what a whole document may be, with the tables above.
func legal(doc map[string]any) bool {
	for name, texts := range map[string]map[string]bool{"range": networksDrawn, "geolocation": countriesDrawn} {
		list, isList := doc[name].([]any)
		if doc[name] != nil && !isList {
			return false
		}
		for _, element := range list {
			text, isText := element.(string)
			if !isText || !texts[text] {
				return false
			}
		}
	}
	_, isBool := doc["whitelisted"].(bool)
	return isBool && len(doc) == 3
}

// permitted says whether SailPoint lets a patch do a step (sailpoint.md 5.3).
func permitted(step map[string]any) bool {
	op, _ := step["op"].(string)
	paths := []any{step["path"]}
	if op == "move" || op == "copy" {
		paths = append(paths, step["from"])
	}
	for _, text := range paths {
		path, ok := pointerOf(text)
		switch {
		case !ok:
			return false
		case len(path) == 0:
			return op == "test"
		case !slices.Contains([]string{"range", "geolocation", "whitelisted"}, path[0]):
			return false
		case len(path) > 2, len(path) == 2 && path[0] == "whitelisted":
			return false
		}
	}
	return !(op == "remove" && step["path"] == "/whitelisted" || op == "move" && step["from"] == "/whitelisted")
}

// drawn is a source of values, paths and steps.
type drawn struct{ *rand.Rand }

func pick[T any](d drawn, list ...T) T { return list[d.IntN(len(list))] }

func (d drawn) value() any {
	texts := slices.Sorted(func(yield func(string) bool) {
		for _, all := range []map[string]bool{networksDrawn, countriesDrawn} {
			for text := range all {
				if !yield(text) {
					return
				}
			}
		}
	})
	switch d.IntN(10) {
	case 0:
		return nil
	case 1:
		return d.IntN(2) == 0
	case 2:
		return pick[any](d, map[string]any{}, []any{[]any{nil}}, 7.0, map[string]any{"range": nil})
	case 3, 4, 5:
		list := []any{}
		for range d.IntN(4) {
			list = append(list, pick(d, texts...))
		}
		return list
	default:
		return pick(d, texts...)
	}
}

// fitting is a value that a place may have.
func (d drawn) fitting(path string) any {
	texts := []string{"CA", "US", "ZZ"}
	if strings.HasPrefix(path, "/range") {
		texts = []string{"10.0.0.1", "192.0.2.0/24", "10.1.2.3/8"}
	}
	switch {
	case strings.HasPrefix(path, "/whitelisted"):
		return d.IntN(2) == 0
	case strings.Count(path, "/") == 2:
		return pick(d, texts...)
	default:
		return pick[any](d, nil, []any{}, []any{pick(d, texts...)}, []any{pick(d, texts...), pick(d, texts...)})
	}
}

func (d drawn) path() string {
	member := pick(d, "/range", "/range", "/geolocation", "/geolocation", "/whitelisted", "", "/description", "/", "range")
	if d.IntN(2) == 0 {
		return member
	}
	return member + "/" + pick(d, "0", "0", "1", "2", "3", "-", "-1", "01", "+1", "", "x", "0/0", "99999999999")
}

func (d drawn) step() map[string]any {
	step := map[string]any{"op": pick(d, "add", "add", "remove", "replace", "move", "copy", "test", "put"), "path": d.path()}
	switch path := step["path"].(string); {
	case d.IntN(16) == 0:
	case d.IntN(3) == 0:
		step["value"] = d.value()
	default:
		step["value"] = d.fitting(path)
	}
	if d.IntN(8) > 0 {
		step["from"] = d.path()
	}
	if d.IntN(40) == 0 {
		delete(step, "path")
	}
	return step
}

func (d drawn) document() map[string]any {
	doc := map[string]any{"range": nil, "geolocation": nil, "whitelisted": d.IntN(2) == 0}
	for name, texts := range map[string][]string{"range": {"10.0.0.1", "192.0.2.0/24", "10.1.2.3/8"}, "geolocation": {"CA", "US", "ZZ"}} {
		if d.IntN(4) > 0 {
			doc[name] = []any{}
			for range d.IntN(4) {
				doc[name] = append(doc[name].([]any), pick(d, texts...))
			}
		}
	}
	return doc
}

// A patch makes what RFC 6902 says, or is refused as a whole.
func TestPatchesAgreeWithANaiveOne(t *testing.T) {
	var done, refusals int
	for seed := range uint64(12_000) {
		d := drawn{rand.New(rand.NewPCG(seed, 6902))}
		before, steps := d.document(), []map[string]any{}
		for range d.IntN(5) + 1 {
			step := d.step()
			for n := 0; n < 5 && d.IntN(4) > 0 && !permitted(step); n++ { // most are refused for what they touch
				step = d.step()
			}
			if step["op"] == "test" && d.IntN(2) == 0 { // few are true by chance
				if path, ok := pointerOf(step["path"]); ok {
					step["value"], _ = get(before, path)
				}
			}
			steps = append(steps, step)
		}
		text, patch := encoded(t, before), encoded(t, steps)

		want, ok := naive(before, steps)
		for _, step := range steps {
			ok = ok && permitted(step)
		}
		after, _ := want.(map[string]any)
		for _, list := range []string{"range", "geolocation"} {
			if _, there := after[list]; ok && !there {
				after = set(after, []string{list}, nil).(map[string]any)
			}
		}
		got, failed := sailpoint.Patched(network, text, patch)
		require.Equal(t, ok && legal(after), failed == nil, "%s\n%s\n%v\n%s", text, patch, failed, got)
		if failed != nil {
			refusals++
			require.Equal(t, 400, failed.Status)
			continue
		}
		done++
		require.JSONEq(t, string(encoded(t, after)), string(got), "%s\n%s", text, patch)
	}
	require.Greater(t, done, 600)
	require.Greater(t, refusals, 2_000)
}

func encoded(t testing.TB, value any) []byte {
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

// FuzzPatches holds whatever can be sent against the naive one.
func FuzzPatches(f *testing.F) {
	for _, patch := range []string{
		`[]`, `[{"op":"copy","from":"/range","path":"/range/-"}]`, `[{"op":"test","path":"/range","value":[null,1e9,{"":0}]}]`,
		`[{"op":"replace","path":"/range","value":[null]},{"op":"test","path":"/range","value":[null]},{"op":"remove","path":"/range"}]`,
		`[{"op":"move","from":"/geolocation/0","path":"/geolocation/-"},{"op":"add","path":"/range/00","value":""}]`,
		`[{"op":"replace","path":"/whitelisted","value":false}]`, `{"op":"x"}`, `[7,null]`, "[{\"op\":\"add\",\"path\":\"/range\",\"value\":\r[]}]",
	} {
		f.Add(patch)
	}
	f.Fuzz(func(t *testing.T, patch string) {
		o, parsed := parsable(patch)
		if !parsed {
			return
		}
		after, failed := sailpoint.Patched(network, []byte(base), []byte(patch))
		var before any
		require.NoError(t, json.Unmarshal([]byte(base), &before))
		if failed != nil {
			require.GreaterOrEqual(t, failed.Status, 400)
			require.Less(t, failed.Status, 500)
			errorOf(t, failed.Body)
			return
		}
		want, ok := naive(before, o)
		require.True(t, ok, "%s gave %s", patch, after)
		for _, list := range []string{"range", "geolocation"} {
			if _, there := want.(map[string]any)[list]; !there {
				want = set(want, []string{list}, nil)
			}
		}
		require.JSONEq(t, string(encoded(t, want)), string(after), patch)
		again, failed := sailpoint.Patched(network, after, []byte(`[]`))
		require.Nil(t, failed, "%s", after)
		require.Equal(t, string(after), string(again))
	})
}

// FuzzProviderPatches: no patch, whatever it says, changes the service provider's
// element or leaves a document that would be refused.
func FuzzProviderPatches(f *testing.F) {
	for _, patch := range []string{
		`[{"op":"replace","path":"/enabled","value":true}]`, `[{"op":"replace","path":"/federationProtocolDetails/1/authnContext","value":"y"}]`,
		`[{"op":"copy","from":"/federationProtocolDetails/1/jitConfiguration","path":"/federationProtocolDetails/1/jitConfiguration/sourceAttributeMappings/x"}]`,
		`[{"op":"replace","path":"/federationProtocolDetails","value":[{},{"role":"SAML_IDP","mappingAttribute":""}]}]`,
		`[{"op":"add","path":"/federationProtocolDetails/1/jitConfiguration","value":[[null]]},{"op":"test","path":"/federationProtocolDetails/1","value":{"":[null]}}]`,
	} {
		f.Add(patch)
	}
	f.Fuzz(func(t *testing.T, patch string) {
		if _, parsed := parsable(patch); !parsed {
			return
		}
		const name = "service-provider-config"
		after, failed := sailpoint.Patched(name, []byte(provider), []byte(patch))
		if failed != nil {
			require.GreaterOrEqual(t, failed.Status, 400)
			require.Less(t, failed.Status, 500)
			errorOf(t, failed.Body)
			return
		}
		var was, is struct {
			Details []map[string]any `json:"federationProtocolDetails"`
		}
		require.NoError(t, json.Unmarshal([]byte(provider), &was))
		require.NoError(t, json.Unmarshal(after, &is))
		require.Len(t, is.Details, 2)
		require.Equal(t, was.Details[0], is.Details[0])
		require.Equal(t, was.Details[1]["role"], is.Details[1]["role"])
		_, failed = sailpoint.Patched(name, after, []byte(`[]`))
		require.Nil(t, failed, "%s", after)
	})
}

// parsable is a patch as the front lets it through.
func parsable(patch string) ([]map[string]any, bool) {
	if !sailpoint.Parses([]byte(patch)) {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(patch))
	decoder.UseNumber()
	var list []map[string]any
	if err := decoder.Decode(&list); err != nil {
		return nil, true // it is refused whatever it is
	}
	return list, true
}

// What a patch makes is what is stored, and a refused one changes nothing: the
// answers, the files and a second reader of them agree.
func TestPatchesAreStoredWholeOrNotAtAll(t *testing.T) {
	const path = "/v2026/auth-org/network-config"
	o := openOrg(t, nil)
	d := drawn{rand.New(rand.NewPCG(1, 6902))}
	var done, refusals int
	for range 20 {
		text := o.must("POST", path, string(encoded(t, d.document())))
		files := o.files()
		for range 10 {
			var steps []map[string]any
			for count := 1 + d.IntN(2); len(steps) < count; {
				step := d.step()
				if d.IntN(4) == 0 || permitted(step) {
					steps = append(steps, step)
				}
			}
			want, failed := sailpoint.Patched(network, []byte(text), encoded(t, steps))
			r := o.call("PATCH", path, string(encoded(t, steps)))
			if failed != nil {
				refusals++
				require.Equal(t, failed.Status, r.status)
				require.Equal(t, errorOf(t, failed.Body).Code, r.refused().Code)
				require.Equal(t, text, o.must("GET", path, ""))
				require.Equal(t, files, o.files())
				continue
			}
			done++
			require.Equal(t, http.StatusOK, r.status, r.body)
			text, files = string(want), o.files()
			require.Equal(t, text, r.body)
			require.Equal(t, text, o.must("GET", path, ""))
		}
		stored, err := os.ReadFile(filepath.Join(o.dir, "sailpoint", "network-config.json"))
		require.NoError(t, err)
		require.JSONEq(t, text, string(stored))
	}
	require.Greater(t, done, 10)
	require.Greater(t, refusals, 50)
}
