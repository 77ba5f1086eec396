package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/credentials"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// pullFlags say whom to ask, and how.
type pullFlags struct {
	okta, sailpoint, profile string
	policies                 []string
	watch, maxWait           time.Duration
	acceptShrink, dryRun     bool
	caFile, metrics          string
}

// surroundings are what a pull takes from outside of the command line. What is nil
// is the process's own.
type surroundings struct {
	getenv func(string) string
	clock  asking.Clock
}

func (s surroundings) complete() surroundings {
	s.clock = s.clock.Complete()
	if s.getenv == nil {
		s.getenv = os.Getenv
	}
	return s
}

func (c *commandLine) pullCommand() *cobra.Command {
	var flags pullFlags
	command := &cobra.Command{
		Use:   "pull",
		Short: "Fetch a live tenant's documents into a policy folder",
		Long: `Asks a tenant of Okta's for its zones, policies, rules and ThreatInsight
configuration, and one of SailPoint's for its network configuration and
authentication profile, and puts them in force in the policy folder that -c
names. It only reads from the tenant.

What was pulled is loaded and compiled as by check, and held against serve.guard
and against what is in force: a tenant that suddenly answers much less than
before is not believed (--accept-shrink does). Then all changes at once, or
nothing does. The last five generations stay in pulled/.

Credentials come from the environment: OKTA_CLIENT_TOKEN, with a token that may
read (okta.networkZones.read, okta.policies.read, okta.threatInsights.read), or
OKTA_CLIENT_AUTHORIZATIONMODE=PrivateKey with OKTA_CLIENT_CLIENTID and
OKTA_CLIENT_PRIVATEKEY; SAIL_CLIENT_ID and SAIL_CLIENT_SECRET (sp:auth-org:read,
sp:auth-profile:read).

Ends with 3 if a guard refuses what was pulled.`,
		Example: `  netwicket pull -c policy/ --okta https://acme.okta.com
  netwicket pull -c policy/ --okta https://acme.okta.com --dry-run
  netwicket pull -c policy/ --watch 60s --metrics 127.0.0.1:9182`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if command.Flags().Changed("watch") && flags.watch < pull.LeastWatch {
				return fmt.Errorf("--watch %s: expected %s or longer", flags.watch, pull.LeastWatch)
			}
			return untilEnded(func(ctx context.Context) error { return c.pull(ctx, flags) })
		},
	}
	f := command.Flags()
	f.StringVar(&flags.okta, "okta", "", "address of the Okta tenant, `URL` (default pull.okta.url of the policy file)")
	f.StringArrayVar(&flags.policies, "policy", nil, "enforce this policy of Okta's, by `ID|NAME`, and no other that is not named (repeatable; default pull.okta.policies, or every ACTIVE policy that has rules)")
	f.StringVar(&flags.sailpoint, "sailpoint", "", "address of the SailPoint tenant, `URL` (default pull.sailpoint.url)")
	f.StringVar(&flags.profile, "profile", "", "`ID` of SailPoint's authentication profile (default pull.sailpoint.profile)")
	f.DurationVar(&flags.watch, "watch", 0, "pull again and again, this `DURATION` apart (at least 10s)")
	f.DurationVar(&flags.maxWait, "max-wait", 5*time.Minute, "wait no longer than this `DURATION` where a tenant asks for it")
	f.BoolVar(&flags.acceptShrink, "accept-shrink", false, "put in force what the shrink guard refuses")
	f.BoolVar(&flags.dryRun, "dry-run", false, "change nothing, and print who would get in, as diff does")
	f.StringVar(&flags.caFile, "ca-file", "", "trust the authorities of this `FILE` (PEM) besides the system's")
	f.StringVar(&flags.metrics, "metrics", "", "with --watch, `ADDRESS` for /metrics and /healthz")
	return command
}

// pull pulls once, or again and again.
func (c *commandLine) pull(ctx context.Context, flags pullFlags) error {
	from := c.outside.complete()
	if err := flags.check(); err != nil {
		return err
	}
	folder, err := c.pulledFolder()
	if err != nil {
		return err
	}
	progress := c.pullProgress(flags)
	puller, err := c.puller(folder, flags, from, progress.show)
	if err != nil {
		return err
	}
	if !flags.dryRun {
		lock, err := folderlock.Take(folder, fmt.Sprintf("netwicket pull, process %d,", os.Getpid()))
		if err != nil {
			return err
		}
		defer lock.Release()
		puller.Folder.Clean()
	}
	if flags.watch > 0 {
		return c.watchTenants(ctx, puller, flags, from.clock)
	}
	take := puller.Pull
	if flags.dryRun {
		take = puller.Look
	}
	look, err := take(ctx)
	progress.finish()
	return c.pulled(look, err, flags)
}

func (f pullFlags) check() error {
	switch {
	case f.watch > 0 && f.dryRun:
		return errors.New("--watch and --dry-run do not go together: a dry run is one look")
	case f.metrics != "" && f.watch == 0:
		return errors.New("--metrics: there is something to measure with --watch alone")
	case f.maxWait < 0:
		return fmt.Errorf("--max-wait %s: expected a duration such as 5m", f.maxWait)
	}
	return nil
}

// pulledFolder is the one policy folder that -c names, or the working directory.
func (c *commandLine) pulledFolder() (string, error) {
	switch len(c.paths) {
	case 0:
		return ".", nil
	case 1:
		if filepath.Base(c.paths[0]) == policyfile.FileName {
			return filepath.Dir(c.paths[0]), nil
		}
		return c.paths[0], nil
	default:
		return "", fmt.Errorf("-c names %d policies; pull writes to one folder", len(c.paths))
	}
}

// tenants are whom to ask: those that the flags name, else those of the policy file.
func (c *commandLine) tenants(folder string, flags pullFlags) (policyfile.Pull, error) {
	settings, err := c.pullSettings(folder)
	if err != nil {
		return settings, err
	}
	if flags.okta != "" || flags.sailpoint != "" {
		settings.Okta.URL, settings.SailPoint.URL = flags.okta, flags.sailpoint
	}
	if len(flags.policies) > 0 {
		settings.Okta.Policies = flags.policies
	}
	settings.SailPoint.Profile = cmp.Or(flags.profile, settings.SailPoint.Profile)
	switch {
	case settings.Okta.URL == "" && settings.SailPoint.URL == "":
		return settings, errors.New("nobody to ask: name a tenant with --okta URL or --sailpoint URL, or under pull in the policy file")
	case settings.Okta.URL == "" && len(flags.policies) > 0:
		return settings, errors.New("--policy: Okta is not asked; name its tenant with --okta URL")
	case settings.SailPoint.URL == "" && flags.profile != "":
		return settings, errors.New("--profile: SailPoint is not asked; name its tenant with --sailpoint URL")
	}
	return settings, nil
}

// pullSettings are what the policy file says, if there is one.
func (c *commandLine) pullSettings(folder string) (policyfile.Pull, error) {
	path := filepath.Join(folder, policyfile.FileName)
	if _, err := (files.File{Path: path, Within: c.within}).Stat(); errors.Is(err, fs.ErrNotExist) {
		return policyfile.Pull{}, nil
	}
	return policyfile.LoadPull(policyfile.Options{Paths: []string{path}, Within: c.within})
}

// puller is made of everything that can be wrong before anybody is asked.
func (c *commandLine) puller(folder string, flags pullFlags, from surroundings, progress func(string)) (*pull.Puller, error) {
	tenants, err := c.tenants(folder, flags)
	if err != nil {
		return nil, err
	}
	p := &pull.Puller{Folder: generation.Folder{Path: folder, Within: c.within}, AcceptShrink: flags.acceptShrink, Now: from.clock.Now}
	if p.Policy, err = c.policyOptions(); err != nil {
		return nil, err
	}
	roots, err := c.roots(flags.caFile)
	if err != nil {
		return nil, err
	}
	environment := credentials.Environment{
		Get:  from.getenv,
		Read: func(path string) ([]byte, error) { return c.file(path).Read(files.DocumentLimit) },
	}
	client := func(vendor, flag, text string) (*asking.Client, error) {
		address, err := policyfile.ParseTenant(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", flag, text, err)
		}
		return asking.New(asking.Options{
			Vendor: vendor, Address: address, Roots: roots, UserAgent: "netwicket/" + versionText(), MaxWait: flags.maxWait, Clock: from.clock, Progress: progress,
		}), nil
	}
	if tenants.Okta.URL != "" {
		okta, err := client("okta", "--okta", tenants.Okta.URL)
		if err != nil {
			return nil, err
		}
		access, err := environment.Okta()
		if err != nil {
			return nil, err
		}
		okta.SetAccess(access.Access(okta))
		p.Okta = &pull.Okta{Client: okta, Policies: tenants.Okta.Policies}
	}
	if tenants.SailPoint.URL != "" {
		sailpoint, err := client("sailpoint", "--sailpoint", tenants.SailPoint.URL)
		if err != nil {
			return nil, err
		}
		access, err := environment.SailPoint()
		if err != nil {
			return nil, err
		}
		sailpoint.SetAccess(access.Access(sailpoint))
		p.SailPoint = &pull.SailPoint{Client: sailpoint, Profile: tenants.SailPoint.Profile}
	}
	return p, nil
}

// roots are the system's authorities and those of a file; nil: the system's alone.
func (c *commandLine) roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := c.file(file).Read(files.DocumentLimit)
	if err != nil {
		return nil, fmt.Errorf("--ca-file %q: %w", file, files.Cause(err))
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--ca-file %q: expected certificates as PEM", file)
	}
	return roots, nil
}

// dryRunCommand is the command that shows what would change, with every flag that says whom it
// asks and what the policy is made of.
func (c *commandLine) dryRunCommand(flags pullFlags) string {
	words := []string{"netwicket pull"}
	add := func(flag string, values ...string) { // but for what is not said
		for _, value := range slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" }) {
			if strings.ContainsAny(value, " '\"\\$`&|;<>()*?[]{}#~!^\t\n") {
				value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
			}
			words = append(words, flag+" "+value)
		}
	}
	add("-c", c.paths...)
	add("-g", c.geo...)
	add("--service", c.services...)
	add("--threat", c.threats...)
	add("--unknown-country", c.unknownCountry)
	add("--assume-none", c.assumeNone...)
	add("--within", c.within)
	add("--okta", flags.okta)
	add("--policy", flags.policies...)
	add("--sailpoint", flags.sailpoint)
	add("--profile", flags.profile)
	add("--ca-file", flags.caFile)
	return strings.Join(append(words, "--dry-run"), " ")
}
