package annotate

import (
	_ "embed"
	"strings"
)

// codes is what docs/lints.md and docs/snapshot.md say of every code, a line each:
// the code, the place on its page, and its first paragraph or its row there.
// TestCodesAreThoseOfThePages holds it to them and writes it with -update: a module
// cannot embed files of another.
//
//go:embed codes.txt
var codes string

// docs is where people read on.
const docs = "https://github.com/netwicket/netwicket/blob/main/docs/"

// rule says what the code of a finding means.
func rule(code string) reportingDescriptor {
	for line := range strings.Lines(codes) {
		place, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		of, page, _ := strings.Cut(place, " ")
		if of != code {
			continue
		}
		short, _, _ := strings.Cut(text, ". ")
		return reportingDescriptor{
			ID: code, Short: &message{strings.TrimSuffix(short, ".") + "."}, Full: &message{text},
			Help: &message{text + " See " + docs + page}, HelpURI: docs + page,
		}
	}
	return reportingDescriptor{ID: code}
}
