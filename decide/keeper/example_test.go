package keeper_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// serve guards app by the policy in a folder, and follows the files that are in it.
func serve(ctx context.Context, folder string, listener net.Listener, app http.Handler) error {
	k, err := keeper.Open(folder)
	if err != nil {
		return err
	}
	go k.Run(ctx)
	return http.Serve(listener, gate.Wrap(app, k.Live(), gate.Options{Resolver: k.Resolver()}))
}

// A server that lets in whom the policy allows: the proxy on this machine names
// the clients, and what is written to the folder is in force a moment later.
func Example() {
	folder, err := os.MkdirTemp("", "policy")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	write(folder, "netwicket.json", `{"okta": {"zones": ["zones.json"]}, "edge": {"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}}`)
	write(folder, "zones.json", keepertest.Blocklist("203.0.113.0/24"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { fmt.Println(serve(ctx, folder, listener, http.NotFoundHandler())) }()

	fmt.Println(ask(listener, "198.51.100.7"), ask(listener, "203.0.113.7"))
	write(folder, "zones.json", keepertest.Blocklist("198.51.100.0/24"))
	for ask(listener, "203.0.113.7") == "403 Forbidden" {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println(ask(listener, "198.51.100.7"), ask(listener, "203.0.113.7"))
	// Output:
	// 404 Not Found 403 Forbidden
	// 403 Forbidden 404 Not Found
}

// write puts a file in place as mv does.
func write(folder, name, content string) {
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		panic(err)
	}
}

// ask is the status for a client, whom a proxy names.
func ask(listener net.Listener, client string) string {
	request, err := http.NewRequest(http.MethodGet, "http://"+listener.Addr().String(), nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("X-Forwarded-For", client)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	return response.Status
}
