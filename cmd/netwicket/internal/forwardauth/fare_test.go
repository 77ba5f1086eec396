package forwardauth_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
)

// What follows a channel is not ready without a release, and with one that has expired
// where that matters; what comes from files is.
func TestReadyByARelease(t *testing.T) {
	expires := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	of := release.Payload{Channel: "prod", Version: 7, Expires: expires}
	for name, row := range map[string]struct {
		fare forwardauth.Fare
		want string
	}{
		"files":              {forwardauth.Fare{}, ""},
		"in force":           {forwardauth.Fare{Follows: true, Ready: true, Release: release.Status{InForce: true, Payload: of}}, ""},
		"expired":            {forwardauth.Fare{Follows: true, Release: release.Status{InForce: true, Expired: true, Payload: of}}, `policy "": version 7 has expired at 2026-01-02T03:04:05Z`},
		"expired and denied": {forwardauth.Fare{Follows: true, Release: release.Status{Withheld: true, Payload: of}}, `policy "": version 7 is not in force any more, and everything is denied (no_policy)`},
		"none":               {forwardauth.Fare{Follows: true}, `policy "": no release is in force, and everything is denied (no_policy)`},
	} {
		s := serve(t, blocking(""))
		s.Follow("", func() forwardauth.Fare { return row.fare })
		s.Follow("nobody", func() forwardauth.Fare { return forwardauth.Fare{} })
		w := s.ask(request("GET", "/readyz"))
		if row.want == "" {
			require.Equal(t, 200, w.Code, name)
			continue
		}
		require.Equal(t, 503, w.Code, name)
		require.Equal(t, row.want+"\n", w.Body.String(), name)
	}
}

// Before the first release everything is denied, whatever the mode; only a channel may be
// without a policy.
func TestNoReleaseDenies(t *testing.T) {
	parts := &policyfile.Parts{Edge: &gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.0/24")}, Source: gate.XForwardedFor}, Observe: true}
	_, err := forwardauth.NewSnapshot(parts, nil)
	require.ErrorContains(t, err, "there is no policy")
	parts.From = &policyfile.From{}
	none, err := forwardauth.NewSnapshot(parts, nil)
	require.NoError(t, err)
	s := newServed(t, "")
	require.NoError(t, s.Put("", none))
	require.Equal(t, 403, s.ask(request("GET", "/decide", xff, "198.51.100.7")).Code)
	require.NotContains(t, s.metrics(), "netwicket_policy_info")
	require.Contains(t, s.metrics(), `netwicket_decisions_total{decision="deny",mode="enforce",reason="no_policy"} 1`)
}

// /status says of each policy where it came from.
func TestStatusOfPolicies(t *testing.T) {
	s := newServed(t, "", "other")
	first, err := snapshot(t, blocking(""))
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("x", 3600))
	s.Follow("", func() forwardauth.Fare {
		return forwardauth.Fare{Since: since, LastResult: forwardauth.Failure, LastErr: errors.New("zones.json is gone")}
	})
	s.Follow("other", func() forwardauth.Fare {
		return forwardauth.Fare{Follows: true, Since: since, LastResult: forwardauth.Success, Release: release.Status{
			InForce: true, Source: release.FromState, Since: since, Payload: release.Payload{Channel: "prod", Version: 7, Expires: since},
			Last: release.Outcome{Result: release.Fork, Err: errors.New("two of a version")},
		}}
	})
	w := s.ask(request("GET", "/status"))
	require.Equal(t, 200, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.JSONEq(t, `{"fingerprint": "`+first.Info().Fingerprint+`", "version": null, "channel": null, "expires": null, "inForceSince": "2026-01-02T02:04:05Z", "source": "files",
"lastResult": "failure", "lastError": "zones.json is gone", "policies": [
{"name": "other", "fingerprint": null, "version": 7, "channel": "prod", "expires": "2026-01-02T02:04:05Z", "inForceSince": "2026-01-02T02:04:05Z", "source": "state", "lastResult": "fork", "lastError": "two of a version"}]}`, w.Body.String())
	require.True(t, json.Valid(w.Body.Bytes()))

	s.Fetched("other", release.Outcome{Cause: release.Looked, Result: release.Fork})
	s.Fetched("other", release.Outcome{Cause: release.Started, Result: release.Installed})
	s.Fetched("nobody", release.Outcome{Cause: release.Looked, Result: release.Fork})
	metrics := s.metrics()
	require.Contains(t, metrics, `netwicket_fetch_total{policy="other",result="fork"} 1`)
	require.Contains(t, metrics, `netwicket_fetch_total{policy="other",result="installed"} 0`, "a start is no look")
	require.Contains(t, metrics, `netwicket_release_version{policy="other"} 7`)
	require.NotContains(t, metrics, "netwicket_release_checked_timestamp_seconds")
	require.NotContains(t, metrics, `netwicket_fetch_total{result=`, "files are not fetched")
}

// What there is none of is null, and has no series.
func TestStatusOfNothing(t *testing.T) {
	s := newServed(t, "", "channel")
	fare := forwardauth.Fare{Follows: true, Release: release.Status{Source: release.FromState, Since: time.Unix(1, 0), Withheld: true}}
	s.Follow("channel", func() forwardauth.Fare { return fare })
	const nothing = `"fingerprint": null, "version": null, "channel": null, "expires": null, "inForceSince": null, "lastResult": null, "lastError": null`
	status := func() string { return s.ask(request("GET", "/status")).Body.String() }
	require.JSONEq(t, `{`+nothing+`, "source": "files", "policies": [{"name": "channel", `+nothing+`, "source": null}]}`, status())
	require.NotContains(t, s.metrics(), "netwicket_release_version{")
	require.NotContains(t, s.metrics(), "netwicket_release_expires_timestamp_seconds{")

	fare.Release.Payload = release.Payload{Channel: "prod", Version: 1, Expires: time.Unix(1_700_000_000, 0)}
	fare.Release.Checked = time.Unix(1_600_000_000, 0)
	s.Fetched("channel", release.Outcome{Cause: release.Looked, Result: release.Fork})
	s.Fetched("channel", release.Outcome{Cause: release.Looked, Result: release.Fork})
	for _, line := range []string{
		`netwicket_release_version{policy="channel"} 1`, `netwicket_release_expires_timestamp_seconds{policy="channel"} 1.7e+09`,
		`netwicket_release_checked_timestamp_seconds{policy="channel"} 1.6e+09`, `netwicket_fetch_total{policy="channel",result="fork"} 2`,
	} {
		require.Contains(t, s.metrics(), line+"\n")
	}
}

// A time that JSON cannot have is an error of ours, and no status that ends half-way.
func TestStatusThatCannotBeTold(t *testing.T) {
	s := newServed(t, "")
	s.Follow("", func() forwardauth.Fare {
		return forwardauth.Fare{Follows: true, Release: release.Status{Payload: release.Payload{Version: 1, Expires: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}}}
	})
	w := s.ask(request("GET", "/status"))
	require.Equal(t, 500, w.Code)
	require.Contains(t, w.Body.String(), "year outside of range")
	require.NotContains(t, w.Body.String(), "{")
	require.NotContains(t, w.Body.String(), "\n\n", "nothing stands behind the error")
	require.Equal(t, 503, s.ask(request("GET", "/readyz")).Code, "the service goes on")
}
