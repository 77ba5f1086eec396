package sailpoint

import (
	"encoding/json"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Canonical is the one spelling of a number.
func Canonical(number string) string { return canonical(number) }

// Patched is what a patch makes of the text of a document, or the answer that
// refuses it. It needs no store.
func Patched(name string, before, patch []byte) (json.RawMessage, *wire.Answer) {
	root, err := jsondoc.Parse("body", patch)
	if err != nil {
		panic(err)
	}
	for _, doc := range append(documents(), authProfile()) {
		if doc.name != name {
			continue
		}
		after, failed := doc.apply(root, before)
		if failed == nil {
			failed = doc.check(before, after)
		}
		return after, failed
	}
	panic(name)
}

// Parses says that a text is a body that the front lets through.
func Parses(text []byte) bool {
	_, err := jsondoc.Parse("body", text)
	return err == nil
}

// Refuse words the errors of the store.
func Refuse(err error) wire.Answer { return refuse(err) }
