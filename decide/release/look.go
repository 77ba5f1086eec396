package release

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// found is what a look found. Nothing has been swapped yet.
type found struct {
	outcome Outcome
	next    *held // to be put in force; nil: nothing is
	text    []byte
}

// Look takes one look at the store, and puts in force what passes every check.
func (f *Follower) Look(ctx context.Context) Outcome {
	return f.settle(f.find(ctx, f.mark, f.held))
}

// settle does what is left to be done with the policy in force.
func (f *Follower) settle(r found) Outcome {
	if r.next != nil {
		now := f.options.Clock.Now()
		f.mark = mark{r.next.Payload.Version, r.next.payload} // which is on the disk
		if err := f.put(r.next, now); err != nil {
			r.outcome.Result, r.outcome.Err = resultOf(err, SnapshotInvalid), err
		}
	} else if r.text != nil {
		f.held.text = r.text
	}
	return f.report(r.outcome)
}

// find looks, and writes the state. It changes nothing of the Follower, since it may take so
// long that nobody waits for it any more.
func (f *Follower) find(ctx context.Context, m mark, in *held) found {
	out := Outcome{Cause: Looked, Result: Installed, Time: f.options.Clock.Now()}
	next, err := f.newest(ctx, m, in)
	if next != nil {
		out.Payload = next.Payload
	}
	switch {
	case err != nil:
		out.Result, out.Err = resultOf(err, Unreachable), err
		return found{outcome: out}
	case in != nil && in.payload == next.payload:
		out.Result = Unchanged
		return found{outcome: out, text: next.text}
	}
	return found{outcome: out, next: next}
}

// newest is the newest release, prepared and kept; or the one in force as it is signed now.
func (f *Follower) newest(ctx context.Context, m mark, in *held) (*held, error) {
	text, err := f.options.Store.Pointer(ctx)
	if err == nil && len(text) > PointerLimit {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, failed(unread(err), err)
	}
	next, err := f.verified(text, m)
	if err != nil {
		return next, err
	}
	now := f.options.Clock.Now()
	if next.expired(now) {
		return next, failedf(Expired, "version %d expired at %s", next.Payload.Version, next.Payload.Expires.Format(time.RFC3339))
	}
	if in != nil && in.payload == next.payload {
		if !bytes.Equal(text, in.text) {
			if err := f.state.resign(text); err != nil {
				return next, failed(StateError, err)
			}
		}
		return next, nil
	}
	next.Source, next.Now = FromNetwork, now
	contents := map[Blob][]byte{}
	err = f.prepare(next, func(blob Blob) ([]byte, error) {
		content, err := f.fetch(ctx, blob)
		contents[blob] = content
		return content, err
	})
	if err != nil {
		return next, err
	}
	if err := f.state.keep(text, mark{next.Payload.Version, next.payload}, contents); err != nil {
		return next, failed(StateError, err)
	}
	next.Snapshot, next.Overlay = nil, nil // Prepared has what it needs of them
	return next, nil
}

// unread is the result where something could not be read.
func unread(err error) Result {
	if errors.Is(err, ErrTooLarge) {
		return TooLarge
	}
	return Unreachable
}

// verified is the release of a pointer that may be accepted, whether it has expired or not. The
// release comes along with an error where it is known who signed it.
func (f *Follower) verified(text []byte, m mark) (*held, error) {
	pointer, err := Verify(text, f.options.Trust)
	switch {
	case errors.Is(err, ErrNoFormat):
		return nil, failed(NoFormat, err)
	case err != nil:
		return nil, failed(BadSignature, err)
	}
	h := &held{text: text, payload: digest(pointer.Text)}
	h.Payload = pointer.Payload
	p := h.Payload
	switch {
	case p.Channel != f.options.Channel:
		return h, failedf(WrongChannel, "a release of channel %s, not of %s", p.Channel, f.options.Channel)
	case p.Version < m.version:
		return h, failedf(OldVersion, "version %d; version %d has been accepted", p.Version, m.version)
	case p.Version < f.options.MinVersion:
		return h, failedf(OldVersion, "version %d; expected %d or above", p.Version, f.options.MinVersion)
	case p.Version == m.version && h.payload != m.payload:
		return h, failedf(Fork, "version %d is another release than the one that was accepted: somebody signed two of a version", p.Version)
	}
	return h, nil
}

func (h *held) expired(now time.Time) bool { return !now.Before(h.Payload.Expires) }

// prepare has the policy made of its blobs.
func (f *Follower) prepare(h *held, read func(Blob) ([]byte, error)) error {
	var ok bool
	if h.Chosen, ok = h.Payload.choose(f.options.Formats); !ok {
		return failed(NoFormat, ErrNoFormat)
	}
	if h.Chosen.Size > SnapshotLimit {
		return failedf(TooLarge, "a snapshot of %d bytes; %d are the most", h.Chosen.Size, SnapshotLimit)
	}
	overlay := h.Payload.Overlay
	if overlay != nil && overlay.Size > OverlayLimit {
		return failedf(TooLarge, "an overlay of %d bytes; %d are the most", overlay.Size, OverlayLimit)
	}
	var err error
	if h.Snapshot, err = read(h.Chosen.Blob); err != nil {
		return err
	}
	if overlay != nil {
		if h.Overlay, err = read(*overlay); err != nil {
			return err
		}
	}
	err = withoutPanic(func() (err error) {
		h.prepared, err = f.options.Prepare(h.Candidate)
		if err == nil && !h.prepared.Until.IsZero() && h.prepared.Again == nil {
			err = errors.New("an entry of the overlay ends, and nothing says what comes then")
		}
		return err
	})
	h.asOf = h.Now
	if _, ok := errors.AsType[*Refusal](err); ok {
		return failed(Refused, err)
	}
	if err != nil {
		return failed(SnapshotInvalid, err)
	}
	return nil
}

// fetch is a blob that the release names: the one that is kept already, or the store's.
func (f *Follower) fetch(ctx context.Context, blob Blob) ([]byte, error) {
	if content, err := f.state.blob(blob); err == nil {
		return content, nil
	}
	content, err := f.options.Store.Blob(ctx, blob)
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, failed(BadDigest, fmt.Errorf("%s has more than the %d bytes that the release says: %w", blob.SHA256, blob.Size, err))
	case err != nil:
		return nil, failed(Unreachable, err)
	}
	return content, holds(blob, content)
}

// withoutPanic makes an error of a defect in what reads a policy, which must not end a
// service that has one.
func withoutPanic(do func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("netwicket failed on this release: %v\n%s", fault, debug.Stack())
		}
	}()
	return do()
}
