// Command gin guards a gin engine. gin's Context.ClientIP is not used: the
// decision is made from the connection and the one configured header.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/examples/frameworks/edge"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	gin.SetMode(gin.ReleaseMode)
	handler, err := engine()
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *listen, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// engine guards every route that is added after Use.
func engine() (http.Handler, error) {
	guard, err := edge.Middleware()
	if err != nil {
		return nil, err
	}
	e := gin.New()
	// Nothing here asks gin for the client; what is added later must not
	// believe headers either. gin's default is to trust everybody.
	if err := e.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	e.Use(adapt(guard))
	e.GET("/healthz", func(c *gin.Context) { c.Status(http.StatusOK) })
	e.GET("/", func(c *gin.Context) {
		result, _ := gate.FromContext(c.Request.Context())
		c.String(http.StatusOK, "hello, %s\n", result.Decision.Client)
	})
	return e, nil
}

// adapt makes a gin handler of net/http middleware. Handlers after it run only
// where the middleware calls the handler that it wraps.
func adapt(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r // its context holds the decision
			c.Next()
		})
		middleware(next).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}
