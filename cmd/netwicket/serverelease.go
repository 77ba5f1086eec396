package main

import (
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/shown"
)

// released counts a look for a release, and logs one that failed: the first time loudly.
// What was put in force is the report's to tell.
func (k *keptPolicy) released(o release.Outcome) {
	s, logger := k.service, k.service.journal.Logger()
	s.Fetched(k.name, o)
	text := string(o.Result)
	if o.Err != nil {
		text += " " + o.Err.Error()
	}
	repeated := text == k.lastLook
	k.lastLook = text
	attrs := k.attrs("result", string(o.Result), "version", o.Payload.Version)
	if o.Err != nil {
		attrs = append(attrs, "error", shown.Text(o.Err.Error()))
	}
	switch {
	case o.Result == release.Fork:
		logger.Error("two releases have one version: somebody has signed another one; the policy in force stays", attrs...)
	case o.Result.Failed() && !repeated && o.Result != "":
		logger.Warn("no release was taken; the policy in force stays", attrs...)
	case o.Result.Failed():
		logger.Debug("no release was taken; the policy in force stays", attrs...)
	}
	if o.Expired && !k.expired {
		logger.Warn("the release in force has expired", k.attrs("version", o.Payload.Version, "expires", o.Payload.Expires.UTC().Format(time.RFC3339))...)
	}
	k.expired = o.Expired
}

// fares is how the policy got where it is.
func (k *keptPolicy) fares() forwardauth.Fare {
	status := k.Status()
	f := forwardauth.Fare{Since: status.Loaded, LastResult: forwardauth.Success, LastErr: status.Err}
	if status.Err != nil {
		f.LastResult = forwardauth.Failure
	}
	if from := status.Parts.From; from != nil {
		f.Follows, f.Release = true, status.Release
		f.Ready = f.Release.InForce && !(f.Release.Expired && from.OnExpired == release.Unready)
	}
	return f
}

// followsAnother says that a policy file names another channel than at the start, which
// takes effect after a restart.
func (k *keptPolicy) followsAnother(next *policyfile.Parts) bool {
	if k.from == nil {
		k.from = next.From
	}
	return !k.from.Equal(next.From)
}
