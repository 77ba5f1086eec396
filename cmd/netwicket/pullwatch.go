package main

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/decide"
)

// watchTenants pulls until the context ends. The log is on standard error, as
// that of serve.
func (c *commandLine) watchTenants(ctx context.Context, puller *pull.Puller, flags pullFlags, clock asking.Clock) error {
	journal := c.journal()
	defer journal.Close()
	logger := journal.Logger()
	metrics := pull.NewMetrics(puller.Folder.Age(), clock.Now)
	if flags.metrics != "" {
		service, err := forwardauth.New(journal, forwardauth.Build{Version: versionText(), Go: runtime.Version()})
		if err != nil {
			return err
		}
		server, err := service.Listen(forwardauth.Listener{Address: flags.metrics, Handler: metrics.Handler()})
		if err != nil {
			return err
		}
		var running sync.WaitGroup
		running.Go(func() {
			if err := server.Serve(); err != nil {
				logger.Error("nobody can scrape any more", "error", err.Error())
			}
		})
		defer running.Wait()
		defer func() { _ = server.Shutdown() }() // a scrape that is cut off is asked again
		logger.Info("serving", "metrics", server.Text())
	}
	puller.Watch(ctx, flags.watch, clock, func(look *pull.Look, err error, next time.Duration) {
		metrics.Looked(err)
		next = next.Round(time.Second)
		if err != nil {
			logFailure(logger, err, metrics.Age(), next)
			return
		}
		logLook(logger, look, next)
	})
	logger.Info("shutting down")
	return nil
}

// logFailure says that a look changed nothing, and how old what is in force is.
func logFailure(logger *slog.Logger, err error, age, next time.Duration) {
	attrs := []any{"age", age.Round(time.Second).String(), "next", next.String()}
	var refused *pull.Refused
	if !errors.As(err, &refused) {
		logger.Error("pull failed; what is in force stays", append([]any{"error", err.Error()}, attrs...)...)
		return
	}
	for _, cause := range refused.Causes {
		logger.Error("pull was refused; what is in force stays", append([]any{"cause", cause}, attrs...)...)
	}
}

// logLook says what a look changed.
func logLook(logger *slog.Logger, look *pull.Look, next time.Duration) {
	if look.Same {
		return // which is no news
	}
	for _, warning := range look.Warnings {
		logger.Warn(warning)
	}
	counter := impact.NewCounter(nil)
	for change := range decide.Diff(look.Before.Policy, look.After.Policy) {
		counter.Add(change)
	}
	allowed, denied := counter.Total[impact.NewlyAllowed], counter.Total[impact.NewlyDenied]
	logger.Info("pulled", "generation", look.Generation, "warnings", len(look.After.Parts.Warnings()),
		"newly_allowed_ipv4", allowed.IPv4, "newly_allowed_ipv6_networks", allowed.Networks6().String(),
		"newly_denied_ipv4", denied.IPv4, "newly_denied_ipv6_networks", denied.Networks6().String(), "next", next.String())
}
