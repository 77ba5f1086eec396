package forwardauth_test

import (
	"net/http"
	"testing"
)

// BenchmarkHandler is one answer without what net/http does for it.
func BenchmarkHandler(b *testing.B) {
	s := newServed(b, "")
	first, err := snapshot(b, blocking(""))
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Put("", first); err != nil {
		b.Fatal(err)
	}
	for name, client := range map[string]string{"allow": "198.51.100.7", "deny": "203.0.113.7", "unresolved": "nobody"} {
		b.Run(name, func(b *testing.B) {
			r, w := request("GET", "/decide", xff, client+", 10.0.0.2"), &answers{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				s.handler.ServeHTTP(w, r)
			}
		})
	}
}
