package compare

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/labstack/echo/v5"
	"github.com/realclientip/realclientip-go"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide/gate"
)

// resolver finds a request's client, in the form in which each peer gives it.
type resolver struct {
	name string
	// build gives a function that resolves one request after another.
	build func(testing.TB) func(*http.Request) (netip.Addr, string)
}

// Each resolver trusts the same prefix and reads X-Forwarded-For. Those that give
// text leave the address to be parsed by whoever wants one.
var resolvers = []resolver{
	{"netwicket", newNetwicketResolver},
	{"chi", newChiResolver},
	{"gin", newGinResolver},
	{"echo", newEchoResolver},
	{"realclientip", newRealClientIPResolver},
}

func newNetwicketResolver(tb testing.TB) func(*http.Request) (netip.Addr, string) {
	r := workload.Resolver(tb, gate.XForwardedFor)
	return func(request *http.Request) (netip.Addr, string) {
		client, _ := r.Client(request.RemoteAddr, request.Header) // an error's client is no address
		return client, ""
	}
}

// newChiResolver runs the middleware around a handler that asks for the client.
func newChiResolver(testing.TB) func(*http.Request) (netip.Addr, string) {
	var client netip.Addr
	handler := middleware.ClientIPFromXFF(workload.TrustedProxies)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		client = middleware.GetClientIPAddr(r.Context())
	}))
	return func(request *http.Request) (netip.Addr, string) {
		handler.ServeHTTP(nil, request)
		return client, ""
	}
}

func newGinResolver(tb testing.TB) func(*http.Request) (netip.Addr, string) {
	tb.Helper()
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	if err := engine.SetTrustedProxies([]string{workload.TrustedProxies}); err != nil {
		tb.Fatal(err)
	}
	engine.RemoteIPHeaders = []string{"X-Forwarded-For"}
	request := gin.CreateTestContextOnly(httptest.NewRecorder(), engine)
	return func(r *http.Request) (netip.Addr, string) {
		request.Request = r
		return netip.Addr{}, request.ClientIP()
	}
}

func newEchoResolver(tb testing.TB) func(*http.Request) (netip.Addr, string) {
	extract := echo.ExtractIPFromXFFHeader(echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false),
		echo.TrustIPRange(trustedNetwork(tb)))
	return func(r *http.Request) (netip.Addr, string) { return netip.Addr{}, extract(r) }
}

func newRealClientIPResolver(tb testing.TB) func(*http.Request) (netip.Addr, string) {
	tb.Helper()
	strategy, err := realclientip.NewRightmostTrustedRangeStrategy("X-Forwarded-For", []net.IPNet{*trustedNetwork(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	return func(r *http.Request) (netip.Addr, string) {
		return netip.Addr{}, strategy.ClientIP(r.Header, r.RemoteAddr)
	}
}

func trustedNetwork(tb testing.TB) *net.IPNet {
	tb.Helper()
	_, network, err := net.ParseCIDR(workload.TrustedProxies)
	if err != nil {
		tb.Fatal(err)
	}
	return network
}
