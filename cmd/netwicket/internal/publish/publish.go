// Package publish puts releases where others fetch them: what netwicket publish does.
//
// Blobs go first and the pointer last, so that whoever reads the pointer finds what it names.
// A release is verified as it will be by those who fetch it before anybody can see it.
//
//	publish.go   one release, from the present pointer to the next
//	folder.go    a folder, which a web server, a bucket or a mount shows to others
//
// ocistore is a registry to publish to and to fetch from.
package publish

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/netwicket/netwicket/decide/release"
)

// Target is where the releases of one channel lie.
type Target interface {
	// Lock keeps others that publish here away, as far as the target can, until unlock.
	Lock(ctx context.Context) (unlock func(), err error)
	// Present is the pointer that is there; nil: there is none.
	Present(ctx context.Context) ([]byte, error)
	// Has says whether a blob is there.
	Has(ctx context.Context, blob release.Blob) (bool, error)
	// Put brings a blob there.
	Put(ctx context.Context, blob release.Blob, content []byte) error
	// Switch makes pointer the present one, whose blobs are there, if the present one is still
	// before.
	Switch(ctx context.Context, before, pointer []byte, blobs []release.Blob) error
}

// ErrMoved says that somebody else published meanwhile.
var ErrMoved = errors.New("somebody else has published meanwhile; publish again")

// Release is what to publish.
type Release struct {
	Channel   string
	Version   uint64        // 0: the next one
	Expires   time.Duration // from now
	Snapshots [][]byte
	Overlay   []byte // nil: none
	Renew     bool   // the blobs of the present release, under the next version
	Now       time.Time

	Keys  []ed25519.PrivateKey
	Trust []ed25519.PublicKey // besides those of Keys: by whom the present pointer may be signed, and who signed elsewhere

	// Message is what was signed elsewhere; nil: it is made here. Then only Signatures and Keys are needed
	// beside it.
	Message    []byte
	Signatures []release.Signature
}

// Done is what was published.
type Done struct {
	Payload release.Payload
	Message []byte   // what is signed
	Signers []string // ids of the keys that signed it
	// Warnings are what nobody could check.
	Warnings []string
}

// Prepare brings the blobs of a release to the target, and gives what has to be signed. The
// pointer stays.
func (r *Release) Prepare(ctx context.Context, target Target) (*Done, error) {
	unlock, err := target.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	done, _, err := r.prepare(ctx, target)
	return done, err
}

// Publish brings the blobs of a release to the target and switches the pointer.
func (r *Release) Publish(ctx context.Context, target Target) (*Done, error) {
	unlock, err := target.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	done, before, err := r.prepare(ctx, target)
	if err != nil {
		return nil, err
	}
	payload, _ := release.PayloadOf(done.Message) // which it is
	signatures := r.Signatures
	for _, key := range r.Keys {
		signatures = append(signatures, release.Sign(payload, key))
	}
	pointer, err := release.Seal(payload, signatures...)
	if err != nil {
		return nil, err
	}
	if err := r.verify(pointer, signatures, done); err != nil {
		return nil, err
	}
	return done, target.Switch(ctx, before, pointer, blobs(done.Payload))
}

// verify has every signature hold that can be checked.
func (r *Release) verify(pointer []byte, signatures []release.Signature, done *Done) error {
	if len(signatures) == 0 {
		return errors.New("nobody signs it")
	}
	known := r.known()
	for _, s := range signatures {
		trust := release.Trust{}
		for _, key := range known {
			if release.KeyID(key) == s.KeyID {
				trust.Keys = append(trust.Keys, key)
			}
		}
		done.Signers = append(done.Signers, s.KeyID)
		if len(trust.Keys) == 0 {
			done.Warnings = append(done.Warnings, fmt.Sprintf("nobody checked the signature of %s: its public key was not named", s.KeyID))
			continue
		}
		if _, err := release.Verify(pointer, trust); err != nil {
			return fmt.Errorf("the signature of %s: %w", s.KeyID, err)
		}
	}
	return nil
}

// known are all keys whose signatures can be checked.
func (r *Release) known() []ed25519.PublicKey {
	all := append([]ed25519.PublicKey(nil), r.Trust...)
	for _, key := range r.Keys {
		all = append(all, key.Public().(ed25519.PublicKey))
	}
	return all
}

// prepare is the payload, whose blobs are at the target, and the pointer that is there.
func (r *Release) prepare(ctx context.Context, target Target) (*Done, []byte, error) {
	done := &Done{}
	before, err := target.Present(ctx)
	if err != nil {
		return nil, nil, err
	}
	present, err := r.present(before, done)
	if err != nil {
		return nil, nil, err
	}
	if err := r.payload(present, done); err != nil {
		return nil, nil, err
	}
	if present != nil && done.Payload.Version <= present.Version {
		return nil, nil, fmt.Errorf("version %d: version %d is published; nobody who has it would take a lower one", done.Payload.Version, present.Version)
	}
	return done, before, r.bring(ctx, target, done.Payload)
}

// present is the release that is published; nil: none, or one that only a stated version may
// replace.
func (r *Release) present(pointer []byte, done *Done) (*release.Payload, error) {
	if pointer == nil {
		if r.Renew {
			return nil, errors.New("nothing is published that could be renewed")
		}
		return nil, nil
	}
	verified, err := release.Verify(pointer, release.Trust{Keys: r.known()})
	switch {
	case err == nil && verified.Payload.Channel != r.Channel:
		return nil, fmt.Errorf("what is published there is of channel %s, not of %s", verified.Payload.Channel, r.Channel)
	case err == nil:
		return &verified.Payload, nil
	case r.Renew || r.Version == 0 && r.Message == nil:
		return nil, fmt.Errorf("what is published there cannot be followed: %w; name the keys that signed it with --trust, or the version with --version", err)
	}
	done.Warnings = append(done.Warnings, fmt.Sprintf("what is published there was not checked and is replaced: %v", err))
	return nil, nil
}

// payload makes the payload, or reads what was signed elsewhere.
func (r *Release) payload(present *release.Payload, done *Done) error {
	if r.Message != nil {
		return r.signed(done)
	}
	p := release.Payload{
		Channel: r.Channel, Version: r.Version, Created: r.Now.UTC().Truncate(time.Second), Expires: r.Now.Add(r.Expires).UTC().Truncate(time.Second),
	}
	if p.Version == 0 {
		p.Version = 1
		if present != nil {
			p.Version = present.Version + 1
		}
	}
	if r.Renew {
		if present.PassedOver > 0 {
			return fmt.Errorf("version %d has snapshots of formats that this program does not know; renew it with a newer one", present.Version)
		}
		p.Snapshots, p.Overlay = present.Snapshots, present.Overlay
	} else if err := r.describe(&p); err != nil {
		return err
	}
	text, err := p.Encode()
	if err != nil {
		return err
	}
	done.Payload, done.Message = p, release.Message(text)
	return nil
}

// describe notes the blobs in a payload.
func (r *Release) describe(p *release.Payload) error {
	formats := map[int]bool{}
	for _, snapshot := range r.Snapshots {
		entry, err := release.SnapshotOf(snapshot)
		if err != nil {
			return err
		}
		if formats[entry.Format] {
			return fmt.Errorf("two snapshots of format %d; whoever fetches takes the first alone", entry.Format)
		}
		formats[entry.Format] = true
		p.Snapshots = append(p.Snapshots, entry)
	}
	if r.Overlay != nil {
		blob := release.BlobOf(r.Overlay)
		if blob.Size > release.OverlayLimit {
			return fmt.Errorf("an overlay of %d bytes; %d are the most", blob.Size, release.OverlayLimit)
		}
		p.Overlay = &blob
	}
	return nil
}

// signed is the payload that was signed elsewhere.
func (r *Release) signed(done *Done) error {
	text, found := release.PayloadOf(r.Message)
	if !found {
		return errors.New("expected what --payload-out wrote")
	}
	p, err := release.ParsePayload(text)
	switch {
	case err != nil:
		return err
	case p.Channel != r.Channel:
		return fmt.Errorf("it is of channel %s, not of %s", p.Channel, r.Channel)
	case r.Version != 0 && p.Version != r.Version:
		return fmt.Errorf("it is version %d, not %d", p.Version, r.Version)
	case !r.Now.Before(p.Expires):
		return fmt.Errorf("it expired at %s", p.Expires.Format(time.RFC3339))
	case p.PassedOver > 0: // of which nobody here could tell whether they are published
		return errors.New("it has snapshots of formats that this program does not know; publish it with a newer one")
	}
	done.Payload, done.Message = p, bytes.Clone(r.Message)
	return nil
}

// bring has all blobs of a payload at the target.
func (r *Release) bring(ctx context.Context, target Target, p release.Payload) error {
	at := map[release.Blob][]byte{}
	for _, content := range append(append([][]byte(nil), r.Snapshots...), r.Overlay) {
		at[release.BlobOf(content)] = content
	}
	for _, blob := range blobs(p) {
		there, err := target.Has(ctx, blob)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		content, found := at[blob]
		if !found {
			return fmt.Errorf("%s is neither published nor named", blob.SHA256)
		}
		if err := target.Put(ctx, blob, content); err != nil {
			return err
		}
	}
	return nil
}

func blobs(p release.Payload) []release.Blob {
	var all []release.Blob
	for _, s := range p.Snapshots {
		all = append(all, s.Blob)
	}
	if p.Overlay != nil {
		all = append(all, *p.Overlay)
	}
	return all
}
