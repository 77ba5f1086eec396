package expect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// edit replaces text[from:to].
type edit struct {
	from, to int
	text     string
}

// Update is the document with those expectations rewritten whose results failed
// or that wanted nothing. Only values that are wrong change; what is missing is
// added in the style of what stands around it.
func (f *File) Update(results []Result) []byte {
	var edits []edit
	for _, r := range results {
		switch {
		case r.Want.Empty():
			edits = append(edits, fill(r.node, r.Got))
		default:
			want := r.node.Get("want")
			for _, key := range r.Failures {
				value := want.Get(key)
				edits = append(edits, edit{value.Offset(), value.Offset() + len(value.Raw()), valueText(key, r.Got)})
			}
		}
	}
	var out bytes.Buffer
	at := 0
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) }) // members of one want may stand in any order
	for _, e := range edits {
		out.Write(f.text[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.Write(f.text[at:])
	return out.Bytes()
}

func valueText(key string, got decide.Decision) string {
	switch key {
	case "decision":
		return `"` + got.Verdict.String() + `"`
	case "reason":
		return `"` + got.Reason.String() + `"`
	default:
		text, _ := json.Marshal(Client{got.Client}) // an address or null
		return string(text)
	}
}

// fill writes a whole want, in place of an empty one or behind the last member.
func fill(node jsondoc.Node, got decide.Decision) edit {
	raw := string(node.Raw())
	space := ""
	if strings.Contains(raw, `": `) {
		space = " "
	}
	text := "{"
	for i, key := range []string{"decision", "reason", "client"} {
		if i > 0 {
			text += "," + space
		}
		text += `"` + key + `":` + space + valueText(key, got)
	}
	text += "}"
	if want := node.Get("want"); want.Exists() {
		return edit{want.Offset(), want.Offset() + len(want.Raw()), text}
	}
	end := node.Offset()
	between := space // in front of each key but the first
	for member := range node.Members() {
		if end != node.Offset() {
			between = keySpace(raw[end-node.Offset() : member.Key.Offset()-node.Offset()])
		}
		end = member.Value.Offset() + len(member.Value.Raw())
	}
	return edit{end, end, "," + between + `"want":` + space + text}
}

// keySpace is the space in front of a key, without the comma.
func keySpace(text string) string {
	_, space, _ := strings.Cut(text, ",")
	return space
}
