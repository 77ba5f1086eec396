package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/ocistore"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/release"
)

// fetchFlags say what is followed.
type fetchFlags struct {
	from, channel, state string
	trust                []string
	threshold            int
	minVersion           uint64
	every                time.Duration
	once                 bool
	server               release.StoreOptions
}

// fetchedJSON is how a look ended, and what is in force in the state then; null: nothing.
type fetchedJSON struct {
	Result      release.Result `json:"result"`
	Channel     string         `json:"channel"`
	Version     *uint64        `json:"version"`
	Fingerprint *string        `json:"fingerprint"`
	Expires     *string        `json:"expires"`
	Snapshot    *string        `json:"snapshot"`
	Error       *string        `json:"error"`
}

func (c *commandLine) fetchCommand() *cobra.Command {
	var flags fetchFlags
	command := &cobra.Command{
		Use:   "fetch",
		Short: "Follow a channel of releases and keep the newest in a folder",
		Long: `Follows a channel that publish publishes to, and keeps its newest release in the
state as it was received: CHANNEL.json and sha256/HEX. serve and gateways read
the state as a folder, and so do other programs, by the snapshot's path.

Whatever is broken, forged, older, frozen or of another channel changes nothing:
only a release that enough trusted keys have signed, above every version that
was ever taken and not expired, whose snapshot reads well, is kept.

--from is the URL of the pointer, https://HOST/PATH/CHANNEL.json, a registry or
a folder. The results: installed, unchanged, unreachable, too_large,
bad_signature, wrong_channel, old_version, fork, expired, digest, no_format,
snapshot_invalid, refused, state_error; docs/releases.md says what each means.

With --once it ends with 0 if the newest release is in the state, and with 1
otherwise. Without, it looks until SIGINT or SIGTERM and logs what happens, on
a terminal as text and else as JSON.`,
		Example: `  netwicket fetch --from https://policies.example/prod.json --trust release.pub
      --state /var/lib/netwicket
  netwicket fetch --from oci://registry.example/policies:prod --trust a.pub
      --trust b.pub --threshold 2 --state state --once --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return untilEnded(func(ctx context.Context) error { return c.fetch(ctx, flags) })
		},
	}
	f := command.Flags()
	f.StringVar(&flags.from, "from", "", "where the releases are: the `URL` of the pointer, oci://HOST/REPO, or a folder")
	f.StringVar(&flags.channel, "channel", "", "`NAME` of the channel (default that of the pointer which --from names)")
	f.StringArrayVar(&flags.trust, "trust", nil, "public key in `FILE` to trust (repeatable)")
	f.IntVar(&flags.threshold, "threshold", 1, "`NUMBER` of distinct trusted keys that have to have signed")
	f.StringVar(&flags.state, "state", "", "folder `DIR` to keep the release in")
	f.BoolVar(&flags.once, "once", false, "look once, and say on standard output what came of it")
	f.DurationVar(&flags.every, "every", 5*time.Second, "look this `DURATION` apart, a fifth more or less")
	f.Uint64Var(&flags.minVersion, "min-version", 0, "refuse versions below `N`, also where no state says better")
	c.registryFlags(command, &flags.server)
	return command
}

func (c *commandLine) fetch(ctx context.Context, flags fetchFlags) error {
	options, err := c.fetchOptions(&flags)
	if err != nil {
		return err
	}
	if flags.once {
		f, err := release.Open(options)
		if err != nil {
			return err
		}
		return c.fetched(flags, f.Look(ctx), f.Status())
	}
	journal := c.journal()
	defer journal.Close()
	logger := journal.Logger()
	options.Report = func(out release.Outcome) { logOutcome(logger, out) }
	f, err := release.Open(options)
	if err != nil {
		return err
	}
	logger.Info("following", "from", flags.from, "channel", flags.channel, "state", flags.state)
	f.Run(ctx)
	logger.Info("shutting down")
	return nil
}

// fetchOptions are the flags as a follower takes them. Nothing is in force in this program: what reads the
// state holds the overlay against the time by itself.
func (c *commandLine) fetchOptions(flags *fetchFlags) (release.Options, error) {
	switch {
	case flags.from == "":
		return release.Options{}, errors.New("--from is missing: the URL of the pointer, oci://HOST/REPO, or a folder")
	case flags.state == "":
		return release.Options{}, errors.New("--state is missing: the folder to keep the release in")
	case len(flags.trust) == 0:
		return release.Options{}, errors.New("--trust is missing: the publisher's public key, NAME.pub")
	case flags.threshold < 1:
		return release.Options{}, fmt.Errorf("--threshold %d: expected how many keys have to sign", flags.threshold)
	case flags.every < time.Second:
		return release.Options{}, fmt.Errorf("--every %s: expected 1s or longer", flags.every)
	}
	if err := c.nameChannel(flags); err != nil {
		return release.Options{}, err
	}
	keys, err := c.trustedKeys(flags.trust)
	if err != nil {
		return release.Options{}, err
	}
	flags.server.UserAgent, flags.server.Within = "netwicket/"+versionText(), c.within
	store, err := openStore(flags.from, flags.channel, flags.server)
	if err != nil {
		return release.Options{}, fmt.Errorf("--from: %w", err)
	}
	clock := c.outside.complete().clock
	return release.Options{
		Store: store, Channel: flags.channel, Trust: release.Trust{Keys: keys, Threshold: flags.threshold}, State: flags.state,
		MinVersion: flags.minVersion, Every: flags.every, Clock: release.Clock{Now: func() time.Time { return clock.Now().Round(0) }, Random: clock.Float},
		Prepare: func(candidate release.Candidate) (release.Prepared, error) {
			_, err := release.PreparePolicy(candidate, nil, func(*decide.Policy) {})
			return release.Prepared{Install: func() {}}, err
		},
		Withdraw: func() {},
	}, nil
}

// openStore is where releases are read.
func openStore(from, channel string, o release.StoreOptions) (release.Store, error) {
	if strings.HasPrefix(from, ocistore.Scheme) {
		return ocistore.Open(from, channel, o)
	}
	return release.OpenStore(from, channel, o)
}

// nameChannel finds the channel that --from names, where --channel does not. A folder may be
// named by its pointer, and has to be if it holds several.
func (c *commandLine) nameChannel(flags *fetchFlags) error {
	scheme, rest, isURL := strings.Cut(flags.from, "://")
	last := path.Base(rest)
	switch {
	case isURL && scheme == "oci":
		repository, tag, found := strings.Cut(last, ":")
		if found && strings.Contains(rest, "/") {
			flags.from = scheme + "://" + path.Join(path.Dir(rest), repository)
			if flags.channel != "" && flags.channel != tag {
				return fmt.Errorf("--channel %s: --from names %s", flags.channel, tag)
			}
			flags.channel = tag
		}
	case isURL:
		if name, found := strings.CutSuffix(last, ".json"); found && flags.channel == "" {
			flags.channel = name
		}
	case strings.HasSuffix(flags.from, ".json"):
		name := strings.TrimSuffix(filepath.Base(flags.from), ".json")
		if flags.channel != "" && flags.channel != name {
			return fmt.Errorf("--channel %s: --from names %s", flags.channel, name)
		}
		flags.from, flags.channel = filepath.Dir(flags.from), name
	case flags.channel == "":
		flags.channel = c.onlyChannel(flags.from)
	}
	if flags.channel == "" {
		return errors.New("--channel is missing, and --from names none")
	}
	return release.CheckChannel(flags.channel)
}

// onlyChannel is the channel of a folder that holds one; empty: there is no such.
func (c *commandLine) onlyChannel(folder string) string {
	entries, err := c.file(folder).ReadDir()
	if err != nil {
		return ""
	}
	only := ""
	for _, entry := range entries {
		if name, found := strings.CutSuffix(entry.Name(), ".json"); found {
			if only != "" {
				return ""
			}
			only = name
		}
	}
	return only
}

// fetched tells how a look ended, and ends the program accordingly.
func (c *commandLine) fetched(flags fetchFlags, out release.Outcome, status release.Status) error {
	told := fetchedJSON{Result: out.Result, Channel: flags.channel}
	text := fmt.Sprintf("%s %s", out.Result, flags.channel)
	if status.InForce {
		expires, snapshot := status.Payload.Expires.Format(time.RFC3339), filepath.Join(flags.state, "sha256", status.Chosen.SHA256)
		told.Version, told.Fingerprint, told.Expires, told.Snapshot = &status.Payload.Version, &status.Chosen.Fingerprint, &expires, &snapshot
		text += fmt.Sprintf(" %d, %s, expires %s: %s", status.Payload.Version, status.Chosen.Fingerprint, expires, oneLine(snapshot))
	}
	if out.Err != nil {
		told.Error = explained.TextOrNull(oneLine(out.Err.Error()))
	}
	var err error
	if c.json {
		err = writeJSON(c.out, told)
	} else {
		_, err = fmt.Fprintln(c.out, text)
	}
	if out.Result.Failed() {
		return errors.Join(err, fmt.Errorf("%s: %w", out.Result, out.Err))
	}
	return err
}

// logOutcome logs what happened. Two releases of one version are somebody's crime or mistake.
func logOutcome(logger *slog.Logger, out release.Outcome) {
	attrs := []any{"cause", string(out.Cause), "result", string(out.Result)}
	if out.Payload.Version > 0 {
		attrs = append(attrs, "version", out.Payload.Version, "expires", out.Payload.Expires.Format(time.RFC3339))
	}
	if out.Err != nil {
		attrs = append(attrs, "error", out.Err.Error())
	}
	switch {
	case out.Result == "":
		logger.Info("there is no state yet", attrs...)
	case out.Result == release.Unchanged: // which is no news
	case out.Result == release.Installed:
		logger.Info("a release is in the state", attrs...)
	case out.Result == release.Fork:
		logger.Error("ALARM: two releases of one version are signed; what is in force stays", attrs...)
	default:
		logger.Warn("nothing was taken; what is in force stays", attrs...)
	}
	if out.Expired {
		logger.Warn("what is in force has expired", attrs...)
	}
}
