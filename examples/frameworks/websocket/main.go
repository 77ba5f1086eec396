// Command websocket guards WebSockets: who may open one, and who may keep it when the
// policy changes.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/examples/frameworks/edge"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	live, err := edge.Policy()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(serve(context.Background(), listener, live, closing))
}

// closing is a line of the log for each connection that a new policy closes.
func closing(connection net.Conn, result gate.Result) {
	peer := ""
	if connection != nil {
		peer = connection.RemoteAddr().String()
	}
	slog.Info("closing", "access", result, "peer", peer)
}

// serve lets the proxy of the edge in, and whoever the policy allows, and closes their
// WebSockets when it does not any more.
func serve(ctx context.Context, listener net.Listener, live *decide.Live, closing func(net.Conn, gate.Result)) error {
	resolver, err := edge.Resolver()
	if err != nil {
		return err
	}
	recheck := &gate.Recheck{Closing: closing}
	go recheck.Run(ctx, live)
	server := &http.Server{
		Handler:           gate.Wrap(http.HandlerFunc(echo), live, gate.Options{Resolver: resolver, Recheck: recheck}),
		ConnContext:       recheck.ConnContext,
		ConnState:         recheck.ConnState,
		ReadHeaderTimeout: 5 * time.Second,
	}
	return server.Serve(gate.Listen(listener, live, gate.ListenOptions{Resolver: resolver, Proxies: true, Recheck: recheck}))
}

// echo sends back what it hears.
func echo(w http.ResponseWriter, r *http.Request) {
	connection, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = connection.CloseNow() }()
	for {
		kind, text, err := connection.Read(r.Context())
		if err != nil {
			return
		}
		if err := connection.Write(r.Context(), kind, text); err != nil {
			return
		}
	}
}
