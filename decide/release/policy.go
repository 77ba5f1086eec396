package release

import (
	"bytes"
	"fmt"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// BlobOf is the name of content.
func BlobOf(content []byte) Blob { return Blob{SHA256: digest(content), Size: int64(len(content))} }

// Holds says whether content is what the blob's name says.
func (b Blob) Holds(content []byte) error { return holds(b, content) }

// SnapshotOf is the entry of a payload for a snapshot that this program reads, whole and sound.
func SnapshotOf(content []byte) (Snapshot, error) {
	if len(content) > SnapshotLimit {
		return Snapshot{}, fmt.Errorf("a snapshot of %d bytes; %d are the most", len(content), SnapshotLimit)
	}
	policy, err := decide.ReadSnapshot(bytes.NewReader(content))
	if err != nil {
		return Snapshot{}, err
	}
	return Snapshot{Format: FormatOne, Blob: BlobOf(content), Fingerprint: policy.Info().Fingerprint}, nil
}

// Read is the policy of the snapshot, which has to be the one that the release names, and the
// overlay that is to be laid over it; nil: there is none.
func (c Candidate) Read() (*decide.Policy, *zone.Overlay, error) {
	policy, err := decide.ReadSnapshot(bytes.NewReader(c.Snapshot))
	if err != nil {
		return nil, nil, err
	}
	if got := policy.Info().Fingerprint; got != c.Chosen.Fingerprint {
		return nil, nil, fmt.Errorf("the snapshot's policy is %s, not %s, as the release says", got, c.Chosen.Fingerprint)
	}
	if c.Overlay == nil {
		return policy, nil, nil
	}
	overlay, err := zone.ParseOverlay("overlay", c.Overlay)
	if err != nil {
		return nil, nil, err
	}
	return policy, &overlay, nil
}

// PreparePolicy is an Options.Prepare for whoever puts the policy in force with install. A
// policy is held against check before it is put in force first, and its error is a [Refusal]; nil: every one may follow.
// It is not called when an entry of the overlay ends, which nothing refuses.
func PreparePolicy(c Candidate, check func(*decide.Policy) error, install func(*decide.Policy)) (Prepared, error) {
	base, overlay, err := c.Read()
	if err != nil {
		return Prepared{}, err
	}
	policy, err := base.WithOverlay(overlay, c.Now)
	if err != nil {
		return Prepared{}, err
	}
	if check != nil {
		if err := check(policy); err != nil {
			return Prepared{}, &Refusal{err}
		}
	}
	return preparedPolicy(base, overlay, policy, install), nil
}

// preparedPolicy is a policy whose overlay's entries end one after the other.
func preparedPolicy(base *decide.Policy, overlay *zone.Overlay, policy *decide.Policy, install func(*decide.Policy)) Prepared {
	p := Prepared{Install: func() { install(policy) }, Until: policy.Info().OverlayUntil}
	if overlay != nil {
		p.Again = func(now time.Time) (Prepared, error) {
			next, err := base.WithOverlay(overlay, now)
			if err != nil {
				return Prepared{}, err
			}
			return preparedPolicy(base, overlay, next, install), nil
		}
	}
	return p
}
