package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/shown"
)

// consoleFlags say where the console is.
type consoleFlags struct {
	listen  string
	open    bool
	against string
}

func (c *commandLine) consoleCommand() *cobra.Command {
	var flags consoleFlags
	command := &cobra.Command{
		Use:   "console",
		Short: "Show in a browser who gets in, and why",
		Long: `Serves one local page over a policy: ask about an address or a request, look at
the map of the address space, read the documents, try a change before it is
made, decide a log, run expectations.

It listens on this machine alone, asks nobody else, and prints a link that is
good once; whoever opens it is known by a cookie from then on. Files are read
again when they change. netwicket admin has the same page at /console/.`,
		Example: `  netwicket console -c policy/ --open
  netwicket console -c policy/ --against policy/@7`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return untilTold(func(ctx context.Context, _ <-chan os.Signal) error { return c.console(ctx, flags) })
		},
	}
	command.Flags().StringVar(&flags.listen, "listen", "127.0.0.1:0", "loopback `ADDRESS` to answer on; port 0 is any that is free")
	command.Flags().StringVar(&flags.against, "against", "", "let the map be compared with this `POLICY`: a policy file, folder, vendor document or snapshot")
	command.Flags().BoolVar(&flags.open, "open", false, "open the page in the browser")
	return command
}

// console answers until the context ends.
func (c *commandLine) console(ctx context.Context, flags consoleFlags) error {
	options, err := c.policyOptions()
	if err != nil {
		return err
	}
	out := &lockedWriter{to: c.err}
	logger := slog.New(slog.NewTextHandler(shown.JSONWriter{Out: out}, nil))
	settings := console.Options{Policy: options, Log: logger}
	if flags.against != "" {
		settings.Against, settings.AgainstName = options, flags.against
		settings.Against.Paths = []string{flags.against}
		if err := atGenerations(&settings.Against); err != nil {
			return err
		}
	}
	c.letChange(&settings, tenant.NewAudit(out))
	site, err := console.New(settings)
	if err != nil {
		return err
	}
	defer site.Close()
	listener, err := console.Listen(flags.listen)
	if err != nil {
		return err
	}
	visitor := console.Visitor{Name: userName(), MayChange: settings.Store != nil}
	local := console.NewLocal(site, listener.Addr().(*net.TCPAddr), visitor, c.tellLink(flags, logger))
	if err := local.Invite(); err != nil {
		return errors.Join(err, listener.Close())
	}
	return console.Serve(ctx, listener, local.Handler())
}

// letChange lets documents be saved if the policy is one folder that this process may
// write to. The folder is taken for each write alone, so that admin may go on.
func (c *commandLine) letChange(settings *console.Options, trail *tenant.Audit) {
	folder, err := c.policyFolder()
	if err == nil {
		var info os.FileInfo
		if info, err = os.Stat(folder); err == nil && !info.IsDir() {
			err = errors.New("the policy is a single file, not a folder")
		}
	}
	if err == nil {
		settings.Folder = folder
		if writable := atomicfile.Writable(); writable != nil {
			err = writable(folder)
		}
	}
	if err != nil {
		settings.ReadOnly = err.Error()
		return
	}
	settings.Store = func(loaded policyfile.Opened) (*tenant.Store, func(), error) {
		with := settings.Policy
		with.Before, with.Previous = loaded.Parts, loaded.Policy
		store, err := tenant.Open(tenant.Options{
			Folder: folder, Within: c.within, Audit: trail, Log: settings.Log, Between: true, AsFound: true, Policy: with,
			Holder: fmt.Sprintf("netwicket console (process %d)", os.Getpid()),
		})
		if err != nil {
			return nil, nil, err
		}
		return store, store.Close, nil
	}
}

// tellLink prints a link, and opens the first one where that was asked for.
func (c *commandLine) tellLink(flags consoleFlags, logger *slog.Logger) func(string) error {
	first := true
	return func(link string) error {
		if flags.open && first {
			if err := openInBrowser(link); err != nil {
				logger.Error("no browser could be opened; open the link yourself", "error", err.Error())
			}
		}
		first = false
		if c.json {
			return writeJSON(c.out, consoleJSON{link})
		}
		_, err := fmt.Fprintln(c.out, link)
		return err
	}
}

// consoleJSON is a link as console prints it.
type consoleJSON struct {
	URL string `json:"url"`
}

// openInBrowser asks the system to open a URL.
func openInBrowser(link string) error {
	var command *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		command = exec.Command("open", link)
	case "windows":
		command = exec.Command("rundll32", "url.dll,FileProtocolHandler", link)
	default:
		command = exec.Command("xdg-open", link)
	}
	if err := command.Start(); err != nil {
		return err
	}
	go func() { _ = command.Wait() }() // what became of it, the person sees
	return nil
}
