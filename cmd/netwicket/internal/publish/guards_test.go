package publish_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide/release"
)

// failing is a folder where one step fails.
type failing struct {
	publish.Folder
	step  string
	steps []string
}

var errStep = errors.New("connection reset by peer")

func (f *failing) at(step string) error {
	f.steps = append(f.steps, step)
	if step == f.step {
		return errStep
	}
	return nil
}

func (f *failing) Lock(context.Context) (func(), error) {
	if err := f.at("lock"); err != nil {
		return nil, err
	}
	return f.LockWithin(time.Millisecond)
}

func (f *failing) Present(ctx context.Context) ([]byte, error) {
	if err := f.at("present"); err != nil {
		return nil, err
	}
	return f.Folder.Present(ctx)
}

func (f *failing) Has(ctx context.Context, blob release.Blob) (bool, error) {
	if err := f.at("has"); err != nil {
		return true, err
	}
	return f.Folder.Has(ctx, blob)
}

func (f *failing) Put(ctx context.Context, blob release.Blob, content []byte) error {
	if err := f.at("put"); err != nil {
		return err
	}
	return f.Folder.Put(ctx, blob, content)
}

func (f *failing) Switch(ctx context.Context, before, pointer []byte, blobs []release.Blob) error {
	if err := f.at("switch"); err != nil {
		return err
	}
	return f.Folder.Switch(ctx, before, pointer, blobs)
}

// Where a step fails nothing is done after it, and it is said.
func TestStepsThatFail(t *testing.T) {
	for _, step := range []string{"lock", "present", "has", "put", "switch"} {
		target := &failing{Folder: newFolder(t).Folder, step: step}
		_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
		require.ErrorIs(t, err, errStep, step)
		require.Equal(t, step, target.steps[len(target.steps)-1])
		if step == "switch" {
			continue
		}
		target.steps = nil
		_, err = releaseOf(t, "203.0.113.0/24").Prepare(t.Context(), target)
		require.ErrorIs(t, err, errStep, step)
		require.Equal(t, step, target.steps[len(target.steps)-1])
	}
}

// Versions rise, whoever states them.
func TestVersions(t *testing.T) {
	target := newFolder(t)
	version := func(stated uint64, renew bool) (uint64, error) {
		r := releaseOf(t, "203.0.113.0/24")
		if r.Version, r.Renew = stated, renew; renew {
			r.Snapshots, r.Overlay = nil, nil
		}
		done, err := r.Publish(t.Context(), target)
		if err != nil {
			return 0, err
		}
		pointer, err := target.Present(t.Context())
		require.NoError(t, err)
		verified, err := release.Verify(pointer, release.Trust{Keys: []ed25519.PublicKey{public(1)}})
		require.NoError(t, err)
		require.Equal(t, done.Payload, verified.Payload)
		return verified.Payload.Version, nil
	}
	_, err := version(0, true)
	require.ErrorContains(t, err, "nothing is published that could be renewed")
	for _, c := range []struct {
		stated uint64
		renew  bool
		want   uint64
	}{{0, false, 1}, {0, false, 2}, {0, true, 3}, {7, false, 7}, {9, true, 9}, {0, false, 10}} {
		got, err := version(c.stated, c.renew)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, stated := range []uint64{1, 9, 10} {
		_, err := version(stated, false)
		require.ErrorContains(t, err, "version 10 is published; nobody who has it would take a lower one")
	}

	stranger := &publish.Release{Channel: "prod", Expires: time.Hour, Renew: true, Version: 11, Now: noon, Keys: []ed25519.PrivateKey{key(2)}}
	_, err = stranger.Publish(t.Context(), target)
	require.ErrorContains(t, err, "cannot be followed", "nobody renews what nobody vouches for")
}

// What a release may not hold gets no pointer.
func TestContentsThatAreRefused(t *testing.T) {
	for want, change := range map[string]func(r *publish.Release){
		"two snapshots of format":                             func(r *publish.Release) { r.Snapshots = append(r.Snapshots, r.Snapshots[0]) },
		"it was not transferred whole":                        func(r *publish.Release) { r.Snapshots[0] = r.Snapshots[0][:40] },
		"an overlay of 16777217 bytes; 16777216 are the most": func(r *publish.Release) { r.Overlay = make([]byte, release.OverlayLimit+1) },
		"nobody signs it":                                     func(r *publish.Release) { r.Keys = nil },
		"the pointer would have":                              func(r *publish.Release) { r.Signatures = make([]release.Signature, 4000) },
		"expected a channel such as prod":                     func(r *publish.Release) { r.Channel = "../prod" },
	} {
		target := newFolder(t)
		r := releaseOf(t, "203.0.113.0/24")
		change(r)
		_, err := r.Publish(t.Context(), target)
		require.ErrorContains(t, err, want, want)
		require.NotContains(t, target.did, "pointer")
	}
	target := newFolder(t)
	largest := releaseOf(t, "203.0.113.0/24")
	largest.Overlay = make([]byte, release.OverlayLimit)
	_, err := largest.Prepare(t.Context(), target)
	require.NoError(t, err)
	without := releaseOf(t, "203.0.113.0/24")
	without.Overlay = nil
	done, err := without.Publish(t.Context(), target)
	require.NoError(t, err)
	require.Nil(t, done.Payload.Overlay)
}

// A blob that is there does not keep those behind it away.
func TestOnlyWhatIsMissingIsBrought(t *testing.T) {
	target := newFolder(t)
	_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
	require.NoError(t, err)
	r := releaseOf(t, "203.0.113.0/24")
	r.Overlay = []byte(`{ }`)
	target.did = nil
	_, err = r.Publish(t.Context(), target)
	require.NoError(t, err)
	require.Equal(t, []string{"blob", "pointer"}, target.did)
	there, err := target.Has(t.Context(), release.BlobOf(r.Overlay))
	require.NoError(t, err)
	require.True(t, there)
}

// What was signed elsewhere is published as it was asked for here, or not at all.
func TestSignedElsewhere(t *testing.T) {
	target := newFolder(t)
	prepared := releaseOf(t, "203.0.113.0/24")
	prepared.Version = 5
	done, err := prepared.Prepare(t.Context(), target)
	require.NoError(t, err)
	payload, _ := release.PayloadOf(done.Message)
	sign := func(message []byte, keys ...byte) *publish.Release {
		payload, _ := release.PayloadOf(message)
		r := &publish.Release{Channel: "prod", Now: noon, Message: message, Trust: []ed25519.PublicKey{public(1), public(2)}}
		for _, number := range keys {
			r.Signatures = append(r.Signatures, release.Sign(payload, key(number)))
		}
		return r
	}
	for want, change := range map[string]func(r *publish.Release){
		"it is of channel prod, not of test": func(r *publish.Release) { r.Channel = "test" },
		"it is version 5, not 4":             func(r *publish.Release) { r.Version = 4 },
		"it expired at 2026-11-26T13:00:00Z": func(r *publish.Release) { r.Now = noon.Add(time.Hour) },
		`"more": unknown key`: func(r *publish.Release) {
			r.Message = release.Message(bytes.Replace(payload, []byte("{"), []byte(`{"more":1,`), 1))
		},
		"it has snapshots of formats that this program does not know": func(r *publish.Release) {
			text := bytes.Replace(payload, []byte(`"snapshots":[`), []byte(`"snapshots":[{"format":2},`), 1)
			r.Message, r.Signatures = release.Message(text), []release.Signature{release.Sign(text, key(1))}
		},
		"the signature of " + release.KeyID(public(2)): func(r *publish.Release) {
			// Nobody knows the first; that is no reason to overlook the second.
			bad := release.Sign([]byte("{}"), key(2))
			r.Signatures = []release.Signature{release.Sign(payload, key(3)), bad}
		},
	} {
		r := sign(done.Message, 1)
		change(r)
		_, err := r.Publish(t.Context(), target)
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, target.did, "pointer")

	last := sign(done.Message, 3, 1)
	last.Now, last.Version = noon.Add(time.Hour-time.Second), 5
	published, err := last.Publish(t.Context(), target)
	require.NoError(t, err)
	require.Equal(t, []string{release.KeyID(public(3)), release.KeyID(public(1))}, published.Signers)
	require.Equal(t, []string{"nobody checked the signature of " + release.KeyID(public(3)) + ": its public key was not named"}, published.Warnings)

	// It states its version, and so replaces what nobody here can check.
	stranger := sign(bytes.Replace(done.Message, []byte(`"version":5`), []byte(`"version":6`), 1), 2)
	stranger.Trust = []ed25519.PublicKey{public(2)}
	published, err = stranger.Publish(t.Context(), target)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(published.Warnings, func(w string) bool {
		return strings.HasPrefix(w, "what is published there was not checked and is replaced")
	}))
}
