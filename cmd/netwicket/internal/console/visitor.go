package console

import (
	"cmp"
	"context"
	"net/http"
)

// Visitor is who looks at the site. The zero Visitor is nobody.
type Visitor struct {
	Name string // as generations and the audit name whoever has changed something
	// Account tells visitors apart whose names are alike: what one has dropped is not for
	// another. Empty: the name does.
	Account string
	// MayChange lets documents be saved; without it a change is a preview.
	MayChange bool
	Origin    string // of the site, where a proxy stands before it; empty: as requests have it
	SignsOut  bool   // pages have a button to sign out
}

func (v Visitor) account() string { return cmp.Or(v.Account, v.Name) }

type visitorKey struct{}

// WithVisitor says who asks.
func WithVisitor(ctx context.Context, v Visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

// visitorOf is who asks; nobody, if no door has said so.
func visitorOf(r *http.Request) Visitor {
	v, _ := r.Context().Value(visitorKey{}).(Visitor)
	return v
}

// visitorsOnly answers nobody whom no door let in.
func visitorsOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if visitorOf(r).Name == "" {
			http.Error(w, "nobody is signed in", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
