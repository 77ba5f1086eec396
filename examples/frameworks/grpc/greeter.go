package main

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// greeter is a service without generated code: a string in, strings out.
type greeter struct{}

const (
	greetMethod = "/example.Greeter/Greet"
	spellMethod = "/example.Greeter/Spell"
)

func (greeter) greet(ctx context.Context, name *wrapperspb.StringValue) *wrapperspb.StringValue {
	result := resultOf(ctx)
	return wrapperspb.String("hello, " + name.GetValue() + " at " + result.Decision.Client.String())
}

func (g greeter) spell(name *wrapperspb.StringValue, stream grpc.ServerStream) error {
	for _, word := range strings.Fields(g.greet(stream.Context(), name).GetValue()) {
		if err := stream.SendMsg(wrapperspb.String(word)); err != nil {
			return err
		}
	}
	return nil
}

var greeterService = grpc.ServiceDesc{
	ServiceName: "example.Greeter",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Greet",
		Handler: func(server any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			name := new(wrapperspb.StringValue)
			if err := decode(name); err != nil {
				return nil, err
			}
			handle := func(ctx context.Context, request any) (any, error) {
				return server.(greeter).greet(ctx, request.(*wrapperspb.StringValue)), nil
			}
			if intercept == nil {
				return handle(ctx, name)
			}
			return intercept(ctx, name, &grpc.UnaryServerInfo{Server: server, FullMethod: greetMethod}, handle)
		},
	}},
	Streams: []grpc.StreamDesc{{
		StreamName:    "Spell",
		ServerStreams: true,
		Handler: func(server any, stream grpc.ServerStream) error {
			name := new(wrapperspb.StringValue)
			if err := stream.RecvMsg(name); err != nil {
				return err
			}
			return server.(greeter).spell(name, stream)
		},
	}},
}
