// Command echo guards an echo server. echo's Context.RealIP is not used: the
// decision is made from the connection and the one configured header.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/examples/frameworks/edge"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	handler, err := server()
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *listen, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// server guards every request, also those that no route fits: Pre runs before
// routing.
func server() (http.Handler, error) {
	guard, err := edge.Middleware()
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.Pre(echo.WrapMiddleware(guard))
	e.GET("/healthz", func(c *echo.Context) error { return c.NoContent(http.StatusOK) })
	e.GET("/", func(c *echo.Context) error {
		result, _ := gate.FromContext(c.Request().Context())
		return c.String(http.StatusOK, fmt.Sprintf("hello, %s\n", result.Decision.Client))
	})
	return e, nil
}
