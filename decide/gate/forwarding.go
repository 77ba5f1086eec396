package gate

import (
	"net/http"
	"strings"
)

// DeleteForwarding deletes every header by which a proxy tells who the client
// is: Forwarded, X-Forwarded-* and X-Real-IP, and the spellings with "_" or "."
// that many backends take for the same (CGI turns them into one name). A reverse
// proxy calls it for the request that it sends on, and then sets what it knows
// itself (docs/semantics.md, edge-26).
func DeleteForwarding(h http.Header) {
	for name := range h {
		plain := strings.Map(func(r rune) rune {
			if r == '_' || r == '.' {
				return '-'
			}
			return r
		}, strings.ToLower(name))
		if plain == "forwarded" || plain == "x-real-ip" || strings.HasPrefix(plain, "x-forwarded-") {
			delete(h, name) // not h.Del, which would look for the canonical name
		}
	}
}
