package zone

import "github.com/netwicket/netwicket/internal/jsondoc"

// The sizes that a policy may have, over all of its documents, INACTIVE zones and
// rules included (docs/semantics.md, policy-9). Okta allows far less; a document
// beyond them is a mistake or an attack, and what it takes must not end a service
// that decides by its last good policy.
const (
	MaxZones      = 10_000
	MaxRules      = 100_000
	MaxReferences = 100_000 // to zones: in include and exclude of rules, and in excludeZones
)

// fitsOrFail says whether an element is within a limit. The first one that is not is an
// error, and the reader should stop there.
func (r *reader) fitsOrFail(at jsondoc.Node, count, limit int, code, what string) bool {
	if count < limit {
		return true
	}
	r.Fail(at, code, "more than %d %s; what follows was not looked at", limit, what)
	return false
}

// reference counts a reference to a zone and says whether it is to be read. Of
// all those beyond the limit the first is reported.
func (r *reader) reference(at jsondoc.Node) bool {
	r.references++
	if r.references > MaxReferences+1 {
		return false
	}
	return r.fitsOrFail(at, r.references-1, MaxReferences, "too-many-references", "references to zones")
}
