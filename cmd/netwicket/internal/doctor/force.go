package doctor

import (
	"errors"
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// inForce loads the policy as serve would at a start.
func (x *examination) inForce() {
	options := x.options.Policy
	options.Now = x.options.Now
	parts := policyfile.Load(options)
	if err := parts.Err(); err != nil {
		x.broken(err)
		return
	}
	source := "files"
	if parts.SnapshotFile != "" {
		source = "the snapshot " + parts.SnapshotFile
	}
	x.parts = parts
	if parts.From != nil {
		if !x.released() {
			x.settle()
			return
		}
		source = "the release of " + parts.From.State
	}
	policy, err := x.parts.Compile() // which adds its warnings
	if err != nil {
		x.parts = nil
		x.broken(err)
		return
	}
	x.policy = policy
	x.settle()
	info := policy.Info()
	x.add(InForce, OK, "", "policy %s from %s: %s, %d of them ACTIVE, %s", info.Fingerprint, source, count(info.Zones, "zone"), info.ActiveZones, count(info.Rules, "rule"))
	if x.parts.Observe {
		x.add(InForce, Warning, `set "mode" to "enforce" when its log shows what you expect`, "mode observe: it logs what it would deny, and lets everything pass")
	} else {
		x.add(InForce, OK, "", "mode enforce: what the policy denies is denied")
	}
	x.overlay(info.OverlayUntil)
	if n := len(x.parts.Warnings()); n > 0 {
		x.add(InForce, Warning, "netwicket check lists them with what to write instead", "%s about the documents", count(n, "warning"))
	}
	for _, addr := range x.settings.Guard {
		if x.parts.Edge == nil {
			break
		}
		if why := x.parts.LockedOut(policy, addr, "which is in serve.guard"); why != "" {
			x.add(InForce, Error, "let it in, or take it off serve.guard: a reload to this policy is refused", "%s", why)
		}
	}
}

// settle puts the flags into the place of the policy file's settings.
func (x *examination) settle() {
	x.settings = x.parts.Serve
	for _, flag := range []struct{ given, setting *string }{
		{&x.options.Listen, &x.settings.Listen}, {&x.options.Metrics, &x.settings.Metrics}, {&x.options.GRPC, &x.settings.GRPC},
	} {
		if *flag.given != "" {
			*flag.setting = *flag.given
		}
	}
}

// broken says why the policy does not load: serve keeps what it has, and does not
// start with it.
func (x *examination) broken(err error) {
	const do = "mend it; until then a running service keeps what it has, and a new one does not start"
	var findings finding.List
	if !errors.As(err, &findings) {
		x.add(InForce, Error, do, "%s", err)
		return
	}
	for i, f := range findings {
		if i == finding.Shown {
			x.add(InForce, Error, "netwicket check lists all", "and %d more errors", len(findings)-i)
			return
		}
		x.add(InForce, Error, do, "%s: %s [%s]", f.Position(), f.Message(), f.Code)
	}
}

// released takes the release that the state holds; false: nothing is in force.
func (x *examination) released() bool {
	from, now := x.parts.From, x.options.Now
	kept, found, err := release.Kept(release.Options{
		State: from.State, Channel: from.Channel, Trust: from.Trust(), MinVersion: from.MinVersion,
		Clock: release.Clock{Now: func() time.Time { return now }},
	})
	switch {
	case err != nil:
		x.add(InForce, Error, "nothing is in force until a look brings a good release; docs/releases.md says what each error means", "the state %s of channel %s is not to be used: %s", from.State, from.Channel, err)
		return false
	case !found:
		x.add(InForce, Error, "see that "+from.URL+" answers: netwicket fetch --once says what comes of it", "no release of channel %s was ever taken into %s: everything is denied", from.Channel, from.State)
		return false
	}
	next, err := x.parts.WithRelease(kept)
	if err != nil {
		x.add(InForce, Error, "publish it again", "release %d of channel %s makes no policy: %s", kept.Payload.Version, from.Channel, err)
		return false
	}
	x.parts = next
	expires := kept.Payload.Expires
	text := "release %d of channel %s, made %s, expires %s"
	args := []any{kept.Payload.Version, from.Channel, kept.Payload.Created.UTC().Format(time.RFC3339), expires.UTC().Format(time.RFC3339)}
	switch {
	case now.Before(expires) && expires.Sub(now) < 24*time.Hour:
		x.add(InForce, Warning, "publish, or renew it: netwicket publish --renew", text+", within a day", args...)
	case now.Before(expires):
		x.add(InForce, OK, "", text, args...)
	case from.OnExpired == release.Deny:
		x.add(InForce, Error, "publish, or renew it: netwicket publish --renew", text+": it is over, and everything is denied (from.onExpired)", args...)
		return false
	case from.OnExpired == release.Unready:
		x.add(InForce, Error, "publish, or renew it: netwicket publish --renew", text+": it is over, and /readyz fails (from.onExpired)", args...)
	default:
		x.add(InForce, Warning, "publish, or renew it: netwicket publish --renew", text+": it is over, and stays in force (from.onExpired)", args...)
	}
	return true
}

// overlay says what emergency entries are in force.
func (x *examination) overlay(until time.Time) {
	overlay := x.parts.Config.Overlay
	if overlay == nil {
		return
	}
	inForce := func(entries []zone.OverlayEntry) (n int) {
		for i := range entries {
			if entries[i].InForce(x.options.Now) {
				n++
			}
		}
		return n
	}
	text := ""
	if !until.IsZero() {
		text = ", the next of which ends at " + until.UTC().Format(time.RFC3339)
	}
	x.add(InForce, OK, "", "overlay: %d entries deny and %d allow%s", inForce(overlay.Deny), inForce(overlay.Allow), text)
}
