package console

import (
	"context"
	"io"
	"net/http"
	"runtime"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/internal/shown"
)

// logEffect is what a draft does to the requests of a log, through the proxies that
// they passed.
type logEffect struct {
	Name                      string
	Decided, Unreadable       string
	ToDeny, ToAllow           string
	Clients                   string // that any of them came from
	NewlyDenied, NewlyAllowed []changedClient
	Failed                    []string // why the log could not be read, or not to its end
	Nothing                   bool     // no request is decided differently
}

// changedClient is a client and how many of its requests change.
type changedClient struct{ Client, Country, Requests, Of string }

// shownClients is how many clients are shown.
const shownClients = 10

// weigh decides the requests of a visitor's log by both policies; nil: there is no such
// log. The error is the context's.
func (c *Console) weigh(ctx context.Context, r *http.Request, before, after *subject, id string) (*logEffect, error) {
	_, input, found := c.uploads.Open(visitorOf(r).account(), id)
	if !found {
		return nil, nil
	}
	parse, err := accesslog.New(accesslog.Options{})
	if err != nil {
		return nil, err
	}
	input = readThrough(input, func(log io.ReadCloser) io.ReadCloser { return &untilDone{log, ctx} })
	report := replay.Run(replay.Config{
		Parse: parse, Workers: runtime.GOMAXPROCS(0),
		Subject: replay.Subject{Control: before.Control, Geo: before.Parts.Config.Geo},
		Against: &replay.Subject{Control: after.Control, Geo: after.Parts.Config.Geo},
	}, []replay.Input{input})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	effect := &logEffect{
		Name: input.Name, Decided: grouped(report.Decided), Unreadable: grouped(report.Unreadable),
		ToDeny: grouped(report.Changes.ToDeny), ToAllow: grouped(report.Changes.ToAllow), Clients: grouped(uint64(report.Changes.Clients)),
		Nothing: report.Changes.ToDeny+report.Changes.ToAllow == 0,
	}
	effect.NewlyDenied = changedClients(report, func(one *replay.Client) uint64 { return one.ToDeny })
	effect.NewlyAllowed = changedClients(report, func(one *replay.Client) uint64 { return one.ToAllow })
	for _, err := range report.Failed {
		effect.Failed = append(effect.Failed, shown.Text(err.Error()))
	}
	return effect, nil
}

// changedClients are the clients of whose requests the most change.
func changedClients(report *replay.Report, count func(*replay.Client) uint64) []changedClient {
	var rows []changedClient
	for _, one := range report.Top(shownClients, count) {
		rows = append(rows, changedClient{Client: clientName(one.Network), Country: one.Country, Requests: grouped(count(&one)), Of: grouped(one.Requests)})
	}
	return rows
}

// untilDone reads a log until a context ends.
type untilDone struct {
	io.ReadCloser
	ctx context.Context
}

func (u *untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.ReadCloser.Read(p)
}

// withLogs gives the page the visitor's logs.
func (c *Console) withLogs(r *http.Request, view changeView) changeView {
	for _, log := range c.uploads.List(visitorOf(r).account()) {
		view.Logs = append(view.Logs, logChoice{log.ID, log.Name})
	}
	return view
}
