// Command stores serves stores that releases are kept in, for tests: an OCI registry and an
// S3 server with the bucket policies, each in memory on a port of this host. It prints their
// addresses, a line each, and serves until its standard input ends. It is a module of its own, so that the
// program does not require what it is tested with.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func main() {
	backend := s3mem.New()
	if err := backend.CreateBucket("policies"); err != nil {
		log.Fatal(err)
	}
	for _, handler := range []http.Handler{registry.New(), gofakes3.New(backend).Server()} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(listener.Addr())
		go func() { log.Fatal(http.Serve(listener, handler)) }()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
