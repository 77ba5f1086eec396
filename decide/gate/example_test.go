package gate_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/zone"
)

// office is a policy that allows 203.0.113.0/24 alone.
func office() *decide.Live { return allowing("203.0.113.0/24") }

func allowing(network string) *decide.Live {
	config, err := zone.ParseSailPoint("network-config.json", []byte(`{"range":["`+network+`"]}`))
	if err != nil {
		panic(err)
	}
	policy, err := decide.Compile(decide.Config{SailPoint: &config})
	if err != nil {
		panic(err)
	}
	live := new(decide.Live)
	live.Swap(policy)
	return live
}

// behindProxy is a resolver for one proxy in front, which appends to X-Forwarded-For.
func behindProxy() *gate.Resolver {
	resolver, err := gate.NewResolver(gate.Config{
		Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")},
		Source:  gate.XForwardedFor,
	})
	if err != nil {
		panic(err)
	}
	return resolver
}

// fetch sends a request as the proxy 10.0.0.1 does, on behalf of client.
func fetch(h http.Handler, client string) string {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:4711"
	r.Header.Set("X-Forwarded-For", client)
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return fmt.Sprintf("%d %s", recorder.Code, recorder.Body)
}

// Guard a handler: what the policy denies never reaches it.
func ExampleWrap() {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, _ := gate.FromContext(r.Context())
		fmt.Fprintln(w, "hello,", result.Decision.Client)
	})
	guarded := gate.Wrap(app, office(), gate.Options{
		Resolver: behindProxy(),
		Skip:     func(r *http.Request) bool { return r.URL.Path == "/healthz" },
		Observe: func(_ *http.Request, result gate.Result) {
			fmt.Println("log:", result.Decision)
		},
	})
	// http.ListenAndServe(":8080", guarded)

	fmt.Print(fetch(guarded, "203.0.113.7"))
	fmt.Print(fetch(guarded, "203.0.113.7, 198.51.100.66")) // the client wrote the first address itself
	// Output:
	// log: allow 203.0.113.7 permitted
	// 200 hello, 203.0.113.7
	// log: deny 198.51.100.66 off_network
	// 403 Forbidden
}

// A reverse proxy that decides, and passes on what it knows itself in place of
// what it was told.
func ExampleDeleteForwarding() {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, r.Header["X-Forwarded-For"], r.Header["X_forwarded_for"], r.Header["Forwarded"])
	}))
	defer backend.Close()
	target, err := url.Parse(backend.URL)
	if err != nil {
		panic(err)
	}

	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		gate.DeleteForwarding(r.Out.Header)
		if result, ok := gate.FromContext(r.In.Context()); ok {
			r.Out.Header.Set("X-Forwarded-For", result.Decision.Client.String())
		}
	}}
	guarded := httptest.NewServer(gate.Wrap(proxy, office(), gate.Options{Resolver: loopbackProxy()}))
	defer guarded.Close()

	request, err := http.NewRequest(http.MethodGet, guarded.URL, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("X-Forwarded-For", "6.6.6.6, 203.0.113.7")
	request.Header.Set("X_Forwarded_For", "6.6.6.6")
	request.Header.Set("Forwarded", "for=6.6.6.6")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	fmt.Print(response.StatusCode, " ", string(body))
	// Output:
	// 200 [203.0.113.7] [] []
}

// loopbackProxy trusts a proxy on the same machine.
func loopbackProxy() *gate.Resolver {
	resolver, err := gate.NewResolver(gate.Config{
		Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")},
		Source:  gate.XForwardedFor,
	})
	if err != nil {
		panic(err)
	}
	return resolver
}

// Decide without net/http's handlers, for interceptors and other servers.
func ExampleDecide() {
	live, resolver := office(), behindProxy()
	header := http.Header{"X-Forwarded-For": {"203.0.113.7, 10.0.0.2"}}

	var buffer [gate.MaxChain]netip.Addr
	edge, policy := resolver.Pair(live)
	result := gate.Decide(buffer[:0], policy, edge, "10.0.0.1:4711", header)
	fmt.Println(result.Decision, result.Chain())

	result = gate.Decide(buffer[:0], policy, edge, "10.0.0.1:4711", nil)
	fmt.Println(result.Decision, result.Err.Code())
	// Output:
	// allow 203.0.113.7 permitted [203.0.113.7]
	// deny - client_unresolved missing
}

// The handler behind the gate asks where the request is from, to demand a
// second factor from everywhere but the office.
func ExampleFromContext() {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, _ := gate.FromContext(r.Context())
		membership := result.Membership()
		if membership.OnNetwork() != decide.Match {
			fmt.Fprintln(w, "second factor, please")
			return
		}
		fmt.Fprintln(w, "welcome")
	})
	guarded := gate.Wrap(app, office(), gate.Options{Resolver: behindProxy(), Mode: gate.Observe})
	fmt.Print(fetch(guarded, "203.0.113.7"))
	fmt.Print(fetch(guarded, "198.51.100.66"))
	// Output:
	// 200 welcome
	// 200 second factor, please
}

// hello is what a server says first, as those of SSH and mail do.
func hello(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		fmt.Fprintln(connection, "SSH-2.0-example")
	}
}

// Guard anything that speaks TCP. Nothing is said to whom the policy denies.
func ExampleListen() {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	live := allowing("127.0.0.0/8")
	listener := gate.Listen(inner, live, gate.ListenOptions{
		Resolver: &gate.Resolver{},
		Observe:  func(_ net.Conn, result gate.Result) { fmt.Println("log:", result.Decision) },
	})
	defer listener.Close()
	go hello(listener)
	for _, policy := range []*decide.Policy{live.Policy(), office().Policy()} {
		live.Swap(policy)
		connection, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			panic(err)
		}
		line, _ := bufio.NewReader(connection).ReadString('\n')
		fmt.Printf("%q\n", line)
		_ = connection.Close()
	}
	// Output:
	// log: allow 127.0.0.1 permitted
	// "SSH-2.0-example\n"
	// log: deny 127.0.0.1 off_network
	// ""
}

// Close what is open of those whom a new policy denies.
func ExampleRecheck() {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	live := allowing("127.0.0.0/8")
	recheck := &gate.Recheck{Closing: func(_ net.Conn, result gate.Result) { fmt.Println("closing:", result.Decision) }}
	listener := gate.Listen(inner, live, gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: recheck})
	defer listener.Close()
	go hello(listener)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go recheck.Run(ctx, live)

	connection, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	reader := bufio.NewReader(connection)
	line, _ := reader.ReadString('\n')
	fmt.Printf("%q\n", line)
	live.Swap(office().Policy())
	_, err = reader.ReadString('\n')
	fmt.Println(err)
	// Output:
	// "SSH-2.0-example\n"
	// closing: deny 127.0.0.1 off_network
	// EOF
}

func ExampleNewResolver() {
	_, err := gate.NewResolver(gate.Config{
		Trusted: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/1"), netip.MustParsePrefix("128.0.0.0/1")},
		Source:  "X-Real-IP",
	})
	var findings gate.Findings
	if errors.As(err, &findings) {
		for _, f := range findings {
			fmt.Println(f.Path, f.Code)
		}
	}
	// Output:
	// /trusted trust-all
	// /source bad-source
}

func ExampleResolver_Client() {
	resolver := behindProxy()
	for _, value := range []string{"6.6.6.6, 203.0.113.7", "203.0.113.7:4711, 10.0.0.2", "203.0.113.7, unknown", "10.0.0.2"} {
		client, err := resolver.Client("10.0.0.1:4711", http.Header{"X-Forwarded-For": {value}})
		if errors.Is(err, gate.ErrAllTrusted) {
			fmt.Println("nobody but our own proxies")
			continue
		}
		fmt.Println(client, err)
	}
	// Output:
	// 203.0.113.7 <nil>
	// 203.0.113.7 <nil>
	// invalid IP gate: malformed: the configured header holds something other than an address where the client or one of our proxies belongs
	// nobody but our own proxies
}

func ExampleResolver_Chain() {
	resolver := behindProxy()
	var buffer [gate.MaxChain]netip.Addr
	chain, err := resolver.Chain(buffer[:0], "10.0.0.1:4711", http.Header{"X-Forwarded-For": {"6.6.6.6, nonsense, 203.0.113.7, 10.0.0.2"}})
	fmt.Println(chain, err)
	// Output:
	// [203.0.113.7 invalid IP 6.6.6.6] <nil>
}
