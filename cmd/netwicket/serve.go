package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// serveFlags override the policy file.
type serveFlags struct {
	listen, metrics, grpc, drain string
	force, pprof                 bool
}

func (c *commandLine) serveCommand() *cobra.Command {
	var flags serveFlags
	command := &cobra.Command{
		Use:   "serve",
		Short: "Answer reverse proxies that ask whether a request may pass",
		Long: `Answers the forward-auth question of nginx, Caddy, HAProxy, Traefik and Envoy on
/decide: 204 lets the request pass, 403 denies it, 400 says that the proxy named
no client. Any method will do. /decide?allow=200 allows with 200, which is what
Envoy wants over HTTP; --grpc answers its ext_authz over gRPC as well.

The policy file has to say which proxies may ask (edge.trusted) and where they
name the client (edge.source). Anybody else gets 403.

-c NAME=PATH serves a further policy on /decide/NAME; one without an edge shares
that of /decide. How to listen and to log is taken from the policy of /decide,
or from the first one if all have names.

Files are watched and reloaded, also on SIGHUP; what does not load leaves the
policy in force. When the service is told to end, /readyz fails at once; with
--drain it goes on deciding for that long. /healthz, /readyz and /metrics are on
the same address unless serve.metrics or --metrics names another.
The log is on standard error, as text on a terminal and else as JSON.`,
		Example: `  netwicket serve -c policy/
  netwicket serve -c policy/ -c admin=admin/netwicket.json --listen 127.0.0.1:9180 --metrics 127.0.0.1:9181`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return untilTold(func(ctx context.Context, hangup <-chan os.Signal) error { return c.serve(ctx, flags, hangup) })
		},
	}
	command.Flags().StringVar(&flags.listen, "listen", "", "`ADDRESS` to answer proxies on (default serve.listen of the policy file, or 127.0.0.1:9180)")
	command.Flags().StringVar(&flags.metrics, "metrics", "", "`ADDRESS` for /healthz, /readyz and /metrics (default serve.metrics, or that of --listen)")
	command.Flags().StringVar(&flags.grpc, "grpc", "", "`ADDRESS` to answer Envoy's ext_authz on over gRPC (default serve.grpc, or nowhere)")
	command.Flags().StringVar(&flags.drain, "drain", "", "`DURATION` to go on deciding for when told to end, while /readyz fails (default serve.drain, or 0s)")
	command.Flags().BoolVar(&flags.pprof, "pprof", false, "also serve profiles of the process on /debug/pprof/ of the address of --metrics, which must not be public")
	command.Flags().BoolVar(&flags.force, "force", false, "accept reloads that bring older, much smaller or fewer databases and lists")
	return command
}

// service is one run of serve.
type service struct {
	*forwardauth.Service
	journal  *forwardauth.Journal
	flags    serveFlags
	keepers  []*keptPolicy
	opened   policyfile.Serve // what the policy file said when the listeners were opened
	settings policyfile.Serve // the same with the flags in their place
	within   string           // that no file may leave
	saving   thrift
}

// serve answers until the context ends.
func (c *commandLine) serve(ctx context.Context, flags serveFlags, hangup <-chan os.Signal) error {
	if err := flags.check(); err != nil {
		return err
	}
	policies, err := c.servedPolicies()
	if err != nil {
		return err
	}
	journal := c.journal()
	defer journal.Close()
	names := make([]string, len(policies))
	for i, p := range policies {
		names[i] = p.name
	}
	doors, err := forwardauth.New(journal, forwardauth.Build{Version: versionText(), Go: runtime.Version()}, names...)
	if err != nil {
		return err
	}
	s := &service{Service: doors, journal: journal, flags: flags, within: c.within}
	if err := s.openAll(ctx, policies); err != nil || ctx.Err() != nil {
		return err
	}
	s.opened = s.keepers[0].Status().Parts.Serve
	s.settings = flags.over(s.opened)
	if err := s.checkSocket(); err != nil {
		return err
	}
	if flags.pprof && s.settings.Metrics == "" {
		return errors.New("--pprof needs an address of its own, away from where proxies ask: --metrics, or serve.metrics")
	}
	return s.run(ctx, hangup)
}

// openAll opens the policies, unless the context ends before: files may take long.
func (s *service) openAll(ctx context.Context, policies []servedPolicy) error {
	opened := make(chan error, 1)
	go func() {
		for _, p := range policies {
			if err := s.open(p); err != nil {
				opened <- err
				return
			}
		}
		opened <- nil
	}()
	select {
	case err := <-opened:
		return err
	case <-ctx.Done():
		return nil
	}
}

// check says what is wrong with the flags themselves.
func (f serveFlags) check() error {
	if f.drain == "" {
		return nil
	}
	if _, err := policyfile.ParseWait(f.drain); err != nil {
		return fmt.Errorf("--drain %q: %w", f.drain, err)
	}
	return nil
}

// checkSocket refuses a listener on which nobody could ask.
func (s *service) checkSocket() error {
	if err := s.checkCallers(s.settings.Listen); err != nil || s.settings.GRPC == "" {
		return err
	}
	return s.checkCallers(s.settings.GRPC)
}

func (s *service) checkCallers(address string) error {
	local := strings.HasPrefix(address, policyfile.UnixListen)
	for _, k := range s.keepers {
		if edge := k.Status().Parts.Edge; edge != nil && (local && edge.TrustUnix || !local && len(edge.Trusted) > 0) {
			return nil
		}
	}
	if !local {
		return fmt.Errorf("cannot answer on %s: serve needs edge.trusted, the addresses of the proxies that may ask, since edge.trustUnix is for a Unix socket", address)
	}
	return fmt.Errorf("cannot answer on %s: its callers have no address, so that none is in edge.trusted; set edge.trustUnix if only proxies can reach it", address)
}

// over is the policy file's settings with the flags in their place.
func (f serveFlags) over(settings policyfile.Serve) policyfile.Serve {
	if f.listen != "" {
		settings.Listen = f.listen
	}
	if f.metrics != "" {
		settings.Metrics = f.metrics
	}
	if f.grpc != "" {
		settings.GRPC = f.grpc
	}
	if f.drain != "" {
		settings.Drain, _ = policyfile.ParseWait(f.drain) // it was checked
	}
	return settings
}

// run opens the listeners, answers, and closes in an order that loses no question.
func (s *service) run(ctx context.Context, hangup <-chan os.Signal) error {
	certificate, watched := s.certificate()
	if certificate != nil {
		if err := watched.Once(); err != nil {
			return err
		}
	}
	servers, err := s.listen(certificate)
	if err != nil {
		return err
	}
	background, stopBackground := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer stopBackground()
	s.keep(background, &running, hangup, watched)
	return s.answer(ctx, servers)
}

// answer has the servers answer until the context ends or one of them cannot go on.
func (s *service) answer(ctx context.Context, servers []server) error {
	var running sync.WaitGroup
	defer running.Wait()
	failed := make(chan error, len(servers))
	for _, server := range servers {
		running.Go(func() {
			if err := server.Serve(); err != nil {
				failed <- fmt.Errorf("listener on %s: %w", server.Text(), err)
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
		err = s.drain(failed)
	case err = <-failed:
	}
	s.Close()
	for _, server := range servers { // the status is to be had until the end
		if cut := server.Shutdown(); cut != nil {
			s.journal.Logger().Warn("connections were cut off", "address", server.Text(), "error", cut.Error())
		}
	}
	return err
}

// drain says that the service is not ready any more and goes on answering, until
// whoever asks has noticed. The policy in force says how long that takes.
func (s *service) drain(failed <-chan error) error {
	s.Close()
	wait := s.flags.over(s.keepers[0].Status().Parts.Serve).Drain
	s.journal.Logger().Info("shutting down", "drain", wait.String())
	select {
	case <-time.After(wait):
		return nil
	case err := <-failed:
		return err
	}
}

// certificate is nil for plain HTTP. The files are its own, which are read whenever
// they change.
func (s *service) certificate() (*doorway.Certificate, *watch.Files) {
	if s.settings.TLSCert == "" {
		return nil, nil
	}
	logger, subject := s.journal.Logger(), "certificate "+s.settings.TLSCert
	certificate := doorway.NewCertificate(
		files.File{Path: s.settings.TLSCert, Within: s.within},
		files.File{Path: s.settings.TLSKey, Within: s.within},
	)
	return certificate, &watch.Files{
		Paths: []string{s.settings.TLSCert, s.settings.TLSKey},
		Limit: cmp.Or(s.settings.LoadTimeout, policyfile.DefaultServe().LoadTimeout),
		Load:  certificate.Read,
		Loaded: func(err error) {
			s.Trouble(subject, "")
			if err == nil {
				logger.Info("certificate reloaded")
				return
			}
			if errors.Is(err, watch.ErrHanging) {
				s.Trouble(subject, err.Error())
			}
			logger.Error("the certificate was not reloaded; the one in force stays", "error", err.Error())
		},
		Unwatched: func(err error) {
			logger.Warn("certificate files are looked at from time to time only", "error", err.Error())
		},
	}
}

// keep starts everything that goes on beside the answers.
func (s *service) keep(ctx context.Context, running *sync.WaitGroup, hangup <-chan os.Signal, certificate *watch.Files) {
	var asked []chan struct{}
	for _, k := range s.keepers {
		asked = append(asked, k.asked)
		running.Go(func() {
			_ = k.Run(ctx)       // nil: it ends with the context
			go k.watcher.Close() // which waits for a look under way, and that for a mount
		})
	}
	if certificate != nil {
		again := make(chan struct{}, 1)
		asked = append(asked, again)
		certificate.Asked = again
		running.Go(func() { certificate.Keep(ctx) })
	}
	running.Go(func() {
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-second.C:
				s.journal.Flush()
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
}
