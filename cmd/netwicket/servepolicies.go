package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
)

// servedPolicy is one policy and the name behind /decide/ under which it is asked.
type servedPolicy struct {
	name    string // empty: /decide
	options policyfile.Options
}

// named is -c NAME=PATH. A path with an equals sign is told from it by a slash
// or a dot before the sign: ./a=b.json.
var named = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_-]{0,63})=(.+)$`)

// servedPolicies groups the paths of -c by their names; several of one name are
// one policy. The policy of /decide is first, if there is one.
func (c *commandLine) servedPolicies() ([]servedPolicy, error) {
	options, err := c.policyOptions()
	if err != nil {
		return nil, err
	}
	paths := map[string][]string{}
	names := []string{}
	for _, text := range c.paths {
		name, path := "", text
		if match := named.FindStringSubmatch(text); match != nil {
			name, path = match[1], match[2]
		}
		if paths[name] == nil {
			names = append(names, name)
		}
		paths[name] = append(paths[name], path)
	}
	if len(c.paths) == 0 {
		names = append(names, "") // the working directory's policy
	}
	var policies []servedPolicy
	for _, name := range names {
		p := servedPolicy{name: name, options: options}
		p.options.Paths = paths[name]
		if name == "" {
			policies = append([]servedPolicy{p}, policies...)
		} else {
			policies = append(policies, p)
		}
	}
	return policies, nil
}

// keptPolicy keeps one of the policies up to date.
type keptPolicy struct {
	*keeper.Keeper
	service *service
	name    string
	watcher *watch.Watcher
	asked   chan struct{}     // to load everything anew
	told    *policyfile.Parts // what the log said was in force

	from     *policyfile.From // that is followed since the start
	lastLook string           // for a release, as the log told of it
	expired  bool             // the log has said that the release in force is
}

// open loads a policy for the first time and puts it in force.
func (s *service) open(p servedPolicy) error {
	begun := time.Now()
	k := &keptPolicy{service: s, name: p.name, asked: make(chan struct{}, 1)}
	watcher, err := watch.New()
	if err != nil {
		s.logUnwatched(err)
	}
	k.watcher = watcher
	opened, err := keeper.OpenWith(keeper.Options{
		Policy: p.options, Force: s.flags.force,
		Install: k.install, OwnEdge: true, Report: k.report,
		Changed: watcher.Changed(), Follow: watcher.Follow, Asked: k.asked,
		Around: s.saving.around, Released: k.released,
		OpenStore: func(from *policyfile.From) (release.Store, error) {
			return openStore(from.URL, from.Channel, from.StoreOptions("netwicket/"+versionText()))
		},
	})
	if err != nil {
		watcher.Close()
		return err
	}
	k.Keeper = opened
	s.keepers = append(s.keepers, k)
	s.Reloaded(k.name, forwardauth.Success, begun)
	s.Follow(k.name, k.fares)
	status := opened.Status()
	if opened.Live().Policy() == nil {
		s.journal.Logger().Error("no release is in force: everything is denied until one comes", k.attrs("channel", status.Parts.From.Channel, "from", shown.Text(status.Parts.From.URL))...)
	} else {
		k.logPolicy("policy loaded", status.Parts, opened.Live().Policy().Info(), time.Since(begun))
	}
	s.logWarnings(status.Parts, opened.Live().Policy())
	k.logLockedOut(status.LockedOut)
	return nil
}

// install puts a policy in force.
func (k *keptPolicy) install(parts *policyfile.Parts, policy *decide.Policy) error {
	s := k.service
	snapshot, err := forwardauth.NewSnapshot(parts, policy)
	if err == nil && !s.flags.force {
		if causes := s.Lost(k.name, snapshot); len(causes) > 0 {
			err = &keeper.Refusal{Causes: causes}
		}
	}
	if err == nil {
		err = s.Put(k.name, snapshot)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", parts.Name(), err)
	}
	if first := len(s.keepers) > 0 && s.keepers[0] == k; first {
		s.warnAboutRestart(parts.Serve)
	}
	if k.followsAnother(parts) {
		s.journal.Logger().Warn("settings changed that take effect after a restart", k.attrs("settings", []string{"from"})...)
	}
	return nil
}

// warnAboutRestart says which changed settings need one.
func (s *service) warnAboutRestart(next policyfile.Serve) {
	before := s.opened
	var changed []string
	for _, setting := range []struct {
		key  string
		same bool
	}{
		{"listen", next.Listen == before.Listen},
		{"metrics", next.Metrics == before.Metrics},
		{"grpc", next.GRPC == before.GRPC},
		{"tlsCert", next.TLSCert == before.TLSCert},
		{"tlsKey", next.TLSKey == before.TLSKey},
		{"proxyProtocol", next.ProxyProtocol == before.ProxyProtocol},
	} {
		if !setting.same {
			changed = append(changed, "serve."+setting.key)
		}
	}
	if changed != nil {
		s.journal.Logger().Warn("settings changed that take effect after a restart", "settings", changed)
	}
}

// report logs and counts an attempt to reload.
func (k *keptPolicy) report(r keeper.Report) {
	s, logger := k.service, k.service.journal.Logger()
	if r.Cause == keeper.Watching {
		s.logUnwatched(r.Err)
		return
	}
	if r.Cause == keeper.OverlayAlone {
		k.reportOverlay(r)
		return
	}
	if r.Cause == keeper.Withdrawn {
		logger.Error("nothing is in force", k.attrs("errors", errorTexts(r.Err))...)
		return
	}
	if r.Cause != keeper.Expiry {
		k.tellReadiness(r.Err)
	}
	var refused *keeper.Refusal
	switch {
	case r.Err == nil:
		s.Reloaded(k.name, forwardauth.Success, time.Now())
		k.logPolicy("policy reloaded: "+causeText(r.Cause), r.Parts, r.Info, r.Took)
		s.logWarnings(r.Parts, k.Live().Policy())
		k.logLockedOut(r.LockedOut)
		return
	case errors.As(r.Err, &refused):
		s.Reloaded(k.name, forwardauth.Refused, time.Now())
	default:
		s.Reloaded(k.name, forwardauth.Failure, time.Now())
	}
	write := logger.Error
	if r.Repeated {
		write = logger.Debug // the same file is tried again and again
	}
	write("policy not reloaded; the one in force stays", k.attrs("cause", causeText(r.Cause), "errors", errorTexts(r.Err), "policy", r.Info.Fingerprint)...)
}

// tellReadiness says that files which hang make the service not ready. Files that
// fail do not: to take a guard away because of half a file would be worse.
func (k *keptPolicy) tellReadiness(err error) {
	text := ""
	if errors.Is(err, keeper.ErrHanging) {
		text = err.Error()
	}
	k.service.Trouble(fmt.Sprintf("policy %q", k.name), text)
}

// reportOverlay logs and counts that the overlay alone was put in force, and what
// keeps the other files out.
func (k *keptPolicy) reportOverlay(r keeper.Report) {
	s, logger := k.service, k.service.journal.Logger()
	if r.Err == nil {
		s.Reloaded(k.name, forwardauth.Alone, time.Now())
		logger.Warn("the overlay alone is in force as it is now; the other files are not",
			k.attrs("policy", r.Info.Fingerprint, "errors", errorTexts(r.Failing), "seconds", r.Took.Seconds())...)
		return
	}
	write := logger.Error
	if r.Repeated {
		write = logger.Debug
	}
	write("the overlay was not reloaded; the one in force stays",
		k.attrs("errors", errorTexts(r.Err), "policy", r.Info.Fingerprint)...)
}

// logUnwatched says that changes are noticed late.
func (s *service) logUnwatched(err error) {
	s.journal.Logger().Warn("files are looked at from time to time only", "error", err.Error())
}

// causeText is why a policy was loaded: nothing but the signal asks for it here.
func causeText(cause keeper.Cause) string {
	if cause == keeper.Asked {
		return "SIGHUP"
	}
	return string(cause)
}

// attrs adds the policy's name, if it has one.
func (k *keptPolicy) attrs(attrs ...any) []any {
	if k.name != "" {
		attrs = append(attrs, "policy_name", k.name)
	}
	return attrs
}

// errorTexts are the findings of an error one by one, or the error.
func errorTexts(err error) []string {
	var findings finding.List
	var refused *keeper.Refusal
	switch {
	case errors.As(err, &refused):
		return refused.Causes
	case errors.As(err, &findings):
		return findingTexts(findings)
	default:
		return []string{err.Error()}
	}
}

func findingTexts(findings finding.List) []string {
	var texts []string
	for i, f := range findings {
		if i == finding.Shown {
			return append(texts, fmt.Sprintf("and %d more; netwicket check lists all", len(findings)-i))
		}
		texts = append(texts, oneLine(f.Error()))
	}
	return texts
}

// logPolicy says what is in force from now on, and what of it is no document's.
func (k *keptPolicy) logPolicy(message string, parts *policyfile.Parts, info decide.Info, took time.Duration) {
	data := make([]string, 0, len(info.Data))
	for _, d := range info.Data {
		text := d.Type
		if !d.Built.IsZero() {
			text += " " + d.Built.Format(time.DateOnly)
		}
		data = append(data, text)
	}
	attrs := k.attrs("policy", info.Fingerprint, "zones", info.ActiveZones, "rules", info.Rules,
		"data", strings.Join(data, ", "), "mode", modeOf(parts).String(), "seconds", took.Seconds())
	if k.told != nil {
		if changes := settingChanges(k.told, parts); changes != nil {
			attrs = append(attrs, "changed", changes)
		}
	}
	k.told = parts
	k.service.journal.Logger().Info(message, attrs...)
}

func (s *service) logWarnings(parts *policyfile.Parts, policy *decide.Policy) {
	subject := lint.SubjectOf(parts, parts.Config.Now)
	subject.Policy = policy
	warnings := append(parts.Warnings(), lint.Service(subject)...)
	for _, text := range findingTexts(warnings) {
		s.journal.Logger().Warn("policy warning", "warning", text)
	}
}

func (k *keptPolicy) logLockedOut(causes []string) {
	if len(causes) > 0 {
		k.service.journal.Logger().Error("the policy in force locks out addresses of serve.guard", k.attrs("errors", causes)...)
	}
}
