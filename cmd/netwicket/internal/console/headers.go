package console

import (
	"net/http"
	"path"
	"strings"
)

// contentPolicy is what pages may do: run and show what this server gives, and ask it
// alone. Scripts put no text into the page as markup but through the one policy of
// live.js.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types parts"

// WithHeaders gives every answer the headers that keep a browser from more.
func WithHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		// no-referrer would have the forms of this site come from the origin "null".
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// ownPagesOnly refuses what another site has caused.
func ownPagesOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !SameOrigin(r, visitorOf(r).Origin) {
			http.Error(w, "asked for by another site", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// SameOrigin says that a request was caused by a page of this site, or by a person who
// typed its address. Browsers say which (Fetch Metadata; Origin, RFC 6454). Only what
// changes nothing may say nothing, since older browsers do. site is the origin as browsers
// know it, where a proxy stands before the site; empty: as the request has it.
func SameOrigin(r *http.Request, site string) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origin, asks := r.Header.Get("Origin"), r.Method == http.MethodGet || r.Method == http.MethodHead
	if origin == "" {
		return asks
	}
	if site == "" {
		site = "http://" + r.Host
		if r.TLS != nil {
			site = "https://" + r.Host
		}
	}
	return origin == site
}

// straightPathsOnly refuses paths that are written in another way than the site writes
// them: they lead nowhere, and a redirect would lead out of the site.
func straightPathsOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		straight := path.Clean(r.URL.Path)
		if r.URL.Path != straight || r.URL.RawPath != "" || strings.ContainsAny(r.URL.Path, "\\\x00") {
			http.Error(w, "there is no such page", http.StatusNotFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}
