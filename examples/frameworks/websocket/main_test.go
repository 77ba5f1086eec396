package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/examples/frameworks/edge"
)

// open is a WebSocket through the proxy, which the test is.
func open(t *testing.T, address, client string) (*websocket.Conn, int) {
	t.Helper()
	connection, response, err := websocket.Dial(context.Background(), "ws://"+address, &websocket.DialOptions{
		HTTPHeader: http.Header{"X-Forwarded-For": {client}},
	})
	if err != nil {
		if response == nil {
			t.Fatal(err)
		}
		return nil, response.StatusCode
	}
	t.Cleanup(func() { _ = connection.CloseNow() })
	return connection, response.StatusCode
}

func says(t *testing.T, connection *websocket.Conn, text string) {
	t.Helper()
	ctx := context.Background()
	if err := connection.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, answer, err := connection.Read(ctx); err != nil || string(answer) != text {
		t.Fatalf("%q, %v; want %q", answer, err, text)
	}
}

// A WebSocket is opened for whom the policy allows, and closed when it does not any more,
// through one proxy with others that stay.
func TestWebSockets(t *testing.T) {
	live, err := edge.Policy()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed, served := make(chan string, 2), make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		served <- serve(ctx, listener, live, func(_ net.Conn, result gate.Result) { closed <- fmt.Sprint(result.Decision) })
	}()
	address := listener.Addr().String()
	if _, status := open(t, address, "198.51.100.66"); status != http.StatusForbidden {
		t.Fatalf("status %d, want a 403", status)
	}
	stays, _ := open(t, address, "203.0.113.7")
	leaves, _ := open(t, address, "203.0.113.8")
	says(t, stays, "hello")
	says(t, leaves, "hello")

	live.Swap(decidetest.AllowOnly(t, "203.0.113.7"))
	if got, want := <-closed, "deny 203.0.113.8 off_network"; got != want {
		t.Fatalf("closed %q, want %q", got, want)
	}
	if _, _, err := leaves.Read(context.Background()); err == nil {
		t.Fatal("it is still open")
	}
	says(t, stays, "still there")
	if len(closed) > 0 {
		t.Fatalf("closed %q as well", <-closed)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
}
