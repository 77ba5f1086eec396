package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/okta"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/sailpoint"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/shown"
)

// adminFlags say how admin serves.
type adminFlags struct {
	listen, metrics     string
	callers             string
	tlsCert, tlsKey     string
	externalURL         string
	rate, sailPointRate int
	strict, guardCaller bool
	catchAll            string
	audit               string
}

func (c *commandLine) adminCommand() *cobra.Command {
	var flags adminFlags
	command := &cobra.Command{
		Use:   "admin",
		Short: "Serve the vendors' management APIs over a policy folder",
		Long: `Serves Okta's API for network zones, ThreatInsight, policies and rules, and
SailPoint's for its network configuration, over the policy folder of -c, so that
the vendors' own SDKs and Terraform manage what the gateways enforce. serve on
the same folder follows by itself.

A change is compiled as the whole policy, with the folder's geo data, before it
is written; what does not load, or would lock out an address of serve.guard, is
refused with the loader's position, and leaves everything as it was.

At /console/ is the page of netwicket console, for callers who may read all
documents.

Callers stand in a file that only its owner may read; netwicket admin token
makes the first. Plain HTTP is for loopback addresses alone. The log and the
audit are JSON on standard error.`,
		Example: `  netwicket admin token terraform --callers callers.json
  netwicket admin -c policy/ --listen 127.0.0.1:9190 --callers callers.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return untilTold(func(ctx context.Context, hangup <-chan os.Signal) error { return c.admin(ctx, flags, hangup) })
		},
	}
	command.Flags().StringVar(&flags.listen, "listen", "127.0.0.1:9190", "`ADDRESS` to answer on")
	command.Flags().StringVar(&flags.metrics, "metrics", "", "`ADDRESS` for /healthz, /readyz and /metrics (default that of --listen)")
	command.Flags().StringVar(&flags.callers, "callers", "", "`FILE` of who may ask, of mode 0600")
	command.Flags().StringVar(&flags.tlsCert, "tls-cert", "", "certificate chain in a PEM `FILE`, read again when it changes")
	command.Flags().StringVar(&flags.tlsKey, "tls-key", "", "its key in a PEM `FILE`")
	command.Flags().StringVar(&flags.externalURL, "external-url", "", "`URL` that links in answers begin with (default as the client calls the server)")
	command.Flags().IntVar(&flags.rate, "rate", 600, "`N` requests a minute for each caller and part of Okta's API")
	command.Flags().IntVar(&flags.sailPointRate, "sailpoint-rate", 100, "`N` requests in ten seconds for each caller and version of SailPoint's API")
	command.Flags().BoolVar(&flags.strict, "strict", false, "refuse changes that bring warnings that were not there before")
	command.Flags().BoolVar(&flags.guardCaller, "guard-caller", false, "refuse changes that would deny the address they come from")
	command.Flags().StringVar(&flags.catchAll, "catch-all", "allow", "`ACCESS` of the catch-all rule of new app sign-on policies: allow or deny")
	command.Flags().StringVar(&flags.audit, "audit", "", "append a line for every change to `FILE` (default standard error)")
	offerValues(command, "catch-all", "allow", "deny")
	command.AddCommand(c.adminTokenCommand(), c.adminLogCommand(), c.adminShowCommand(), c.adminRevertCommand())
	return command
}

// check says what is wrong with the flags themselves.
func (f adminFlags) check() error {
	switch {
	case f.callers == "":
		return errors.New("--callers FILE is needed: it says who may ask; netwicket admin token NAME --callers FILE makes one with a first token")
	case f.rate < 1:
		return fmt.Errorf("--rate %d: expected at least 1", f.rate)
	case f.sailPointRate < 1:
		return fmt.Errorf("--sailpoint-rate %d: expected at least 1", f.sailPointRate)
	case f.catchAll != "allow" && f.catchAll != "deny":
		return fmt.Errorf("--catch-all %q: expected allow or deny", f.catchAll)
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return errors.New("--tls-cert and --tls-key belong together; one of them is missing")
	case f.externalURL != "":
		return admin.CheckExternalURL(f.externalURL)
	default:
		return nil
	}
}

// policyFolder is the one folder that -c names.
func (c *commandLine) policyFolder() (string, error) {
	switch {
	case len(c.paths) == 0:
		return ".", nil
	case len(c.paths) > 1:
		return "", errors.New("-c: expected one policy folder, whose documents are managed")
	case filepath.Base(c.paths[0]) == policyfile.FileName:
		return filepath.Dir(c.paths[0]), nil
	default:
		return c.paths[0], nil
	}
}

// admin answers until the context ends.
func (c *commandLine) admin(ctx context.Context, flags adminFlags, hangup <-chan os.Signal) error {
	if err := flags.check(); err != nil {
		return err
	}
	folder, err := c.policyFolder()
	if err != nil {
		return err
	}
	who, err := callers.Read(flags.callers)
	if err != nil {
		return err
	}
	out := &lockedWriter{to: c.err}
	logger := slog.New(slog.NewJSONHandler(shown.JSONWriter{Out: out}, nil))
	trail, closeAudit, err := c.auditTrail(flags.audit, out)
	if err != nil {
		return err
	}
	defer closeAudit()
	store, err := tenant.Open(tenant.Options{
		Folder: folder, Within: c.within, Strict: flags.strict, GuardCaller: flags.guardCaller,
		Audit: trail, Log: logger, Holder: fmt.Sprintf("netwicket admin (process %d)", os.Getpid()),
	})
	if err != nil {
		return err
	}
	defer store.Close()

	live := callers.New(who, nil)
	ready := func() error {
		_, err := store.Documents()
		return err
	}
	certificates, watched, err := flags.certificates(c.within, logger)
	if err != nil {
		return err
	}
	options, err := c.policyOptions()
	if err != nil {
		return err
	}
	pages, err := console.New(console.Options{Policy: options, Log: logger, Folder: folder, Confined: true, Store: func(policyfile.Opened) (*tenant.Store, func(), error) {
		return store, func() {}, nil // it is open already
	}})
	if err != nil {
		return err
	}
	defer pages.Close()
	front := admin.New(
		okta.New(store, okta.Options{CatchAll: map[string]string{"allow": "ALLOW", "deny": "DENY"}[flags.catchAll]}),
		sailpoint.New(store),
		admin.Options{
			ExternalURL: flags.externalURL, Rate: flags.rate, SailPointRate: flags.sailPointRate,
			Callers: live, Audit: trail, Log: logger, Console: pages, Certificates: certificates,
			Counters: admin.NewCounters(versionText(), runtime.Version(), admin.Documents{
				Generation: store.Generation, Load: func() bool { return ready() == nil },
				Written: func() time.Time {
					newest, _ := store.History().Generation(store.Generation()) // none: never
					return newest.Time
				},
			}),
		},
	)
	watched = append(watched, callersFile(flags.callers, live, logger))
	server := admin.NewServer(front, ready)
	if err := server.Listen(flags.listen, flags.metrics, certificates); err != nil {
		return err
	}
	logger.Info("serving the vendors' APIs", "address", server.Addr().String(), "tls", certificates != nil, "folder", shown.Text(folder), "generation", store.Generation())
	return c.serveAdmin(ctx, server, watched, hangup)
}

// serveAdmin answers, and keeps what is read from files up to date.
func (c *commandLine) serveAdmin(ctx context.Context, server *admin.Server, watched []*watch.Files, hangup <-chan os.Signal) error {
	background, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	var asked []chan struct{}
	for _, w := range watched {
		again := make(chan struct{}, 1)
		w.Asked = again
		asked = append(asked, again)
		running.Go(func() { w.Keep(background) })
	}
	running.Go(func() {
		for {
			select {
			case <-background.Done():
				return
			case <-hangup:
				for _, one := range asked {
					select {
					case one <- struct{}{}:
					default: // it has been asked and did not get to it yet
					}
				}
			}
		}
	})
	return server.Serve(ctx)
}

// certificates are nil for plain HTTP.
func (f adminFlags) certificates(within string, logger *slog.Logger) (*tls.Config, []*watch.Files, error) {
	if f.tlsCert == "" {
		return nil, nil, nil
	}
	certificate := doorway.NewCertificate(
		files.File{Path: f.tlsCert, Named: true, Within: within}, files.File{Path: f.tlsKey, Named: true, Within: within})
	w := &watch.Files{
		Paths: []string{f.tlsCert, f.tlsKey}, Limit: policyfile.DefaultServe().LoadTimeout, Load: certificate.Read,
		Loaded:    reloaded(logger, "certificate"),
		Unwatched: unwatched(logger, "certificate"),
	}
	if err := w.Once(); err != nil {
		return nil, nil, err
	}
	return certificate.Config(), []*watch.Files{w}, nil
}

// callersFile keeps the callers up to date: whoever is taken out of the file is
// out at once, and a file that does not load leaves the one in force.
func callersFile(path string, live *callers.Live, logger *slog.Logger) *watch.Files {
	return &watch.Files{
		Paths: []string{path}, Limit: policyfile.DefaultServe().LoadTimeout,
		Load: func() (func(), error) {
			file, err := callers.Read(path)
			if err != nil {
				return nil, err
			}
			return func() { live.Replace(file) }, nil
		},
		Loaded:    reloaded(logger, "callers"),
		Unwatched: unwatched(logger, "callers"),
	}
}

func reloaded(logger *slog.Logger, what string) func(error) {
	return func(err error) {
		if err != nil {
			logger.Error("the "+what+" file was not reloaded; the one in force stays", "error", shown.Lines(err.Error()))
			return
		}
		logger.Info(what + " reloaded")
	}
}

func unwatched(logger *slog.Logger, what string) func(error) {
	return func(err error) {
		logger.Warn("the "+what+" file is looked at from time to time only", "error", err.Error())
	}
}

// auditTrail is where changes are noted: a file, or the log's stream.
func (c *commandLine) auditTrail(path string, out io.Writer) (*tenant.Audit, func(), error) {
	if path == "" {
		return tenant.NewAudit(out), func() {}, nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("--audit %s: %w", path, files.Cause(err))
	}
	return tenant.NewAudit(file), func() { file.Close() }, nil
}

// lockedWriter lets log and audit write whole lines to one stream.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lockedWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(text)
}
