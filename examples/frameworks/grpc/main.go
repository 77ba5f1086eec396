// Command grpc guards a gRPC server by interceptors. No library for the client's
// address is used: those that are common read the first value of a header, or
// believe it from anybody.
//
//	grpc                      # serves
//	grpc -call 203.0.113.7    # calls it as a proxy would on behalf of 203.0.113.7
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/netwicket/netwicket/examples/frameworks/edge"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on, or to call")
	client := flag.String("call", "", "call the server on behalf of this client")
	flag.Parse()
	if *client != "" {
		if err := call(*listen, *client); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	server, err := guarded()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}

// guarded is the server: both kinds of call pass the guard.
func guarded() (*grpc.Server, error) {
	live, err := edge.Policy()
	if err != nil {
		return nil, err
	}
	resolver, err := edge.Resolver()
	if err != nil {
		return nil, err
	}
	g := guard{live: live, resolver: resolver}
	server := grpc.NewServer(grpc.ChainUnaryInterceptor(g.unary), grpc.ChainStreamInterceptor(g.stream))
	server.RegisterService(&greeterService, greeter{})
	healthpb.RegisterHealthServer(server, health.NewServer())
	return server, nil
}

func call(address, client string) error {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, forwardedKey, client)
	answer := new(wrapperspb.StringValue)
	if err := connection.Invoke(ctx, greetMethod, wrapperspb.String("world"), answer); err != nil {
		return err
	}
	fmt.Println(answer.GetValue())
	return nil
}
