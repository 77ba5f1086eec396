package main

import (
	"context"
	"net"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// askersAConnection is how many ask over one connection: Envoy has one for each worker.
const askersAConnection = 8

// overGRPC asks as Envoy does, about clients behind a balancer at 127.0.0.9.
func overGRPC() protocol {
	var questions []*authv3.CheckRequest
	for _, chain := range chains() {
		questions = append(questions, &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
			Source: &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{
				SocketAddress: &corev3.SocketAddress{Address: "127.0.0.9", PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 4711}},
			}}},
			Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{
				Id: "13359530607844510314", Method: "GET", Path: "/", Host: "example.org", Scheme: "https", Protocol: "HTTP/2",
				Headers: map[string]string{
					":authority": "example.org", ":method": "GET", ":path": "/", ":scheme": "https", "accept": "*/*", "user-agent": "curl/8.5.0",
					"x-forwarded-for": chain, "x-forwarded-proto": "https", "x-request-id": "9e2f6d2b-3a0c-4f0e-9d80-0c8f7a1b7b55",
				},
			}},
		}})
	}
	return protocol{flag: "--grpc", serveNothing: checkNothing, dial: func(address string, asksAtOnce int) ([]ask, func(), error) {
		var connections []*grpc.ClientConn
		hangUp := func() {
			for _, connection := range connections {
				_ = connection.Close() // nothing is under way
			}
		}
		var asks []ask
		for i := range asksAtOnce {
			if i%askersAConnection == 0 {
				connection, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
				if err != nil {
					hangUp()
					return nil, nil, err
				}
				connections = append(connections, connection)
			}
			client := authv3.NewAuthorizationClient(connections[len(connections)-1])
			asks = append(asks, func(i int) (bool, error) {
				answer, err := client.Check(context.Background(), questions[i])
				return answer.GetStatus().GetCode() == 0, err
			})
		}
		return asks, hangUp, nil
	}}
}

// nothing allows everything.
type nothing struct {
	authv3.UnimplementedAuthorizationServer
}

// Check says neither why nor to whom.
func (nothing) Check(context.Context, *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	return &authv3.CheckResponse{}, nil
}

// checkNothing is the empty handler.
func checkNothing(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	authv3.RegisterAuthorizationServer(server, nothing{})
	return server.Serve(listener)
}
