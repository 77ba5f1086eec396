package wire

import "strings"

// Matches says that a request may change a record with an entity tag: it names
// the tag in If-Match, or * for any, or has no If-Match (H9, RFC 9110 section
// 13.1.1). Weak tags never match.
func (r *Request) Matches(etag string) bool {
	lines := r.Header.Values("If-Match")
	if len(lines) == 0 {
		return true
	}
	for tag := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == etag {
			return true
		}
	}
	return false
}
