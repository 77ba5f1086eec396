// Command chi guards a chi router. chi's own middleware.RealIP and its
// successors are not used: the decision is made from the connection and the one
// configured header.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/examples/frameworks/edge"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	handler, err := router()
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *listen, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// router guards every route: middleware of the root router runs before routing.
func router() (http.Handler, error) {
	guard, err := edge.Middleware()
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(guard)
	r.Get("/healthz", func(http.ResponseWriter, *http.Request) {})
	r.Get("/", func(w http.ResponseWriter, r *http.Request) {
		result, _ := gate.FromContext(r.Context())
		fmt.Fprintf(w, "hello, %s\n", result.Decision.Client)
	})
	return r, nil
}
