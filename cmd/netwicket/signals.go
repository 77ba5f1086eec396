package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilEnded runs what ends by itself, or when the program is told to: the context ends with
// the first SIGINT or SIGTERM, and the program at once with the second.
func untilEnded(run func(ctx context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx)
}

// untilTold runs what goes on until the program is told to end: the context ends
// with the first SIGINT or SIGTERM, and the program at once with the second. hangup
// has each SIGHUP, which asks for files to be read again.
func untilTold(run func(ctx context.Context, hangup <-chan os.Signal) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	return run(ctx, hangup)
}
