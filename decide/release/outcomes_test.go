package release_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// What an outcome says of the release that was found: all of one whose signers are known, though it is
// refused, and nothing of what anybody may have written.
func TestOutcomesNameTheRelease(t *testing.T) {
	for name, row := range map[string]struct {
		offer   func(*testing.T, *memory)
		want    release.Result
		version uint64
		says    string
	}{
		"the next version": {func(t *testing.T, m *memory) { m.publish(t, payload(8)) }, release.Installed, 8, ""},
		"the same":         {func(t *testing.T, m *memory) { m.publish(t, payload(5)) }, release.Unchanged, 5, ""},
		"nothing":          {func(_ *testing.T, m *memory) { m.pointer = nil }, release.Unreachable, 0, "nothing is published"},
		"forged":           {func(t *testing.T, m *memory) { m.pointer = seal(t, payload(8), 9) }, release.BadSignature, 0, "not signed by enough trusted keys: 0 of the 1 that are asked for"},
		"replayed":         {func(t *testing.T, m *memory) { m.publish(t, payload(4)) }, release.OldVersion, 4, "version 4; version 5 has been accepted"},
		"two of a version": {func(t *testing.T, m *memory) { m.publish(t, payload(5, withOverlay("x")), "x") }, release.Fork, 5, "somebody signed two of a version"},
		"expired":          {func(t *testing.T, m *memory) { m.publish(t, payload(8, expiring(noon))) }, release.Expired, 8, "version 8 expired at 2026-11-26T12:00:00Z"},
		"about to expire":  {func(t *testing.T, m *memory) { m.publish(t, payload(8, expiring(noon.Add(1)))) }, release.Installed, 8, ""},
		"of another": {func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) { p.Channel = "test" }))
		}, release.WrongChannel, 8, "a release of channel test, not of prod"},
		"a guard": {func(t *testing.T, m *memory) { m.publish(t, payload(8, withOverlay("guarded")), "guarded") }, release.Refused, 8, "a guarded address would be denied"},
		"as much as is read": {func(t *testing.T, m *memory) {
			m.publish(t, payload(8))
			m.pointer = append(m.pointer, bytes.Repeat([]byte(" "), release.PointerLimit-len(m.pointer))...)
		}, release.Installed, 8, ""},
		"an error beside more than is read": {func(_ *testing.T, m *memory) {
			m.pointer, m.err = make([]byte, release.PointerLimit+1), errors.New("broke off")
		}, release.Unreachable, 0, "broke off"},
		"the largest snapshot": {func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) { p.Snapshots[0].Size = release.SnapshotLimit }))
		}, release.BadDigest, 8, "has 8 bytes; the release says 67108864"},
		"a snapshot that is larger": {func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) { p.Snapshots[0].Size = release.SnapshotLimit + 1 }))
		}, release.TooLarge, 8, "a snapshot of 67108865 bytes; 67108864 are the most"},
		"the largest overlay": {func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) {
				p.Overlay = &release.Blob{SHA256: blobOf("x").SHA256, Size: release.OverlayLimit}
			}), "x")
		}, release.BadDigest, 8, "has 1 bytes; the release says 16777216"},
		"an overlay that is larger": {func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) {
				p.Overlay = &release.Blob{SHA256: blobOf("x").SHA256, Size: release.OverlayLimit + 1}
			}), "x")
		}, release.TooLarge, 8, "an overlay of 16777217 bytes; 16777216 are the most"},
	} {
		t.Run(name, func(t *testing.T) {
			store, g := newMemory(), &gateway{}
			store.publish(t, payload(5))
			o := g.options(t, store)
			f := follow(t, o, "")
			require.Equal(t, release.Status{Last: release.Outcome{Cause: release.Started, Time: noon}}, f.Status(), "there is nothing, which has not expired either")
			require.Equal(t, payload(5), look(t, f, release.Installed).Payload)
			status := f.Status()
			require.Equal(t, release.FromNetwork, status.Source)
			require.Equal(t, noon, status.Checked)
			require.Equal(t, payload(5).Snapshots[0], status.Chosen)
			row.offer(t, store)
			out := look(t, f, row.want)
			require.Equal(t, row.version, out.Payload.Version)
			require.False(t, out.Expired, "of the one in force")
			if row.says != "" {
				require.ErrorContains(t, out.Err, row.says)
			}

			restarted := &gateway{}
			o.Prepare, o.Withdraw, o.Report, o.Store = restarted.prepare, restarted.install(""), restarted.report, newMemory()
			status = follow(t, o, release.Installed).Status()
			require.Equal(t, status.Payload, status.Last.Payload)
			require.Equal(t, []release.Outcome{status.Last}, restarted.outcomes)
			require.Zero(t, status.Checked, "nobody was asked")
		})
	}
}

// A program that refuses a policy is believed, whatever else it says of it.
func TestRefusalComesFirst(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	o := g.options(t, store)
	o.Prepare = func(release.Candidate) (release.Prepared, error) {
		return release.Prepared{Until: noon.Add(time.Minute)}, &release.Refusal{Err: errors.New("not this one")}
	}
	require.EqualError(t, look(t, follow(t, o, ""), release.Refused).Err, "not this one")
}

// What is as it was is not written again; what is signed anew is, once. A disk that is full then is told of.
func TestWhatIsWritten(t *testing.T) {
	store, g := newMemory(), &gateway{}
	store.publish(t, payload(5))
	steps, full := 0, error(nil)
	f := follow(t, release.WithStep(g.options(t, store), func(string) error { steps++; return full }), "")
	look(t, f, release.Installed)
	wrote := func(want release.Result) bool {
		steps = 0
		look(t, f, want)
		return steps > 0
	}
	require.False(t, wrote(release.Unchanged))
	store.pointer = seal(t, payload(5), 1, 2)
	full = errors.New("no space left on device")
	require.True(t, wrote(release.StateError))
	full = nil
	require.True(t, wrote(release.Unchanged), "it is tried again")
	require.False(t, wrote(release.Unchanged))
}

// A state in which there is something, and that cannot be read, is none to begin from as if it were empty: what was
// accepted there is not known.
func TestStateThatCannotBeRead(t *testing.T) {
	o, g, _, sixth := twoVersions(t)
	largest := sixth["prod.json"] + strings.Repeat(" ", release.PointerLimit-len(sixth["prod.json"]))
	for name, row := range map[string]struct {
		pointer, mark string
		want          release.Result
		says          string
	}{
		"a pointer of the largest size":      {largest, sixth["prod.accepted"], release.Installed, ""},
		"a pointer that is too large":        {largest + " ", sixth["prod.accepted"], release.StateError, "larger than is read"},
		"the same without a mark":            {largest + " ", "", release.StateError, "larger than is read"},
		"a mark without a pointer":           {"", sixth["prod.accepted"], release.StateError, "the pointer is gone; nothing below version 6 is accepted"},
		"a broken mark without a pointer":    {"", "{", release.StateError, "prod.accepted"},
		"a broken mark beside a pointer":     {sixth["prod.json"], "{", release.StateError, "prod.accepted"},
		"a mark that is too large":           {sixth["prod.json"], strings.Repeat(" ", 4<<10+1), release.StateError, "larger than is read"},
		"a mark of the largest size":         {sixth["prod.json"], sixth["prod.accepted"] + strings.Repeat(" ", 4<<10-len(sixth["prod.accepted"])), release.Installed, ""},
		"a mark that says more":              {sixth["prod.json"], strings.Replace(sixth["prod.accepted"], "{", `{"more":1,`, 1), release.StateError, "more"},
		"a mark without a payload":           {sixth["prod.json"], `{"channel":"prod","version":6}`, release.StateError, `"payload" is missing`},
		"a mark without a version":           {sixth["prod.json"], `{"channel":"prod","payload":"` + blobOf("").SHA256 + `"}`, release.StateError, `"version" is missing`},
		"a mark of nobody knows which":       {sixth["prod.json"], `{"version":6,"payload":"` + blobOf("").SHA256 + `"}`, release.StateError, `"channel" is missing`},
		"a mark of a payload that is no sum": {sixth["prod.json"], `{"channel":"prod","version":6,"payload":"6"}`, release.StateError, "the SHA-256 of a payload"},
		"a mark beyond every version":        {sixth["prod.json"], `{"channel":"prod","version":9007199254740992,"payload":"` + blobOf("").SHA256 + `"}`, release.StateError, "expected a whole number from 1 to 9007199254740991"},
		"a mark of the last version":         {sixth["prod.json"], `{"channel":"prod","version":9007199254740991,"payload":"` + blobOf("").SHA256 + `"}`, release.OldVersion, "version 9007199254740991 has been accepted"},
		"neither":                            {"", "", "", ""},
	} {
		state := map[string]string{}
		for file, text := range sixth {
			state[file] = text
		}
		for file, text := range map[string]string{"prod.json": row.pointer, "prod.accepted": row.mark} {
			if state[file] = text; text == "" {
				delete(state, file)
			}
		}
		restore(t, o.State, state)
		g.install("")()
		f := follow(t, o, row.want)
		require.Equal(t, row.want == release.Installed, g.now() != "", name)
		if err := f.Status().Last.Err; row.says != "" {
			require.ErrorContains(t, err, row.says, name)
			require.NotContains(t, err.Error(), "\n", "one finding")
		}
	}
}

// An entry of the overlay that had ended when its release came is back when the clock is set back to before that.
func TestClockIsSetBackBeforeTheRelease(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *running) {
		r.publish(t, 5, 48*time.Hour, r.until(-time.Minute))
		require.Equal(t, policy(5), r.after(time.Minute))
		r.clock.set(-time.Hour)
		require.Equal(t, policy(5)+" with somebody let in", r.after(30*time.Second))
		last := r.Status().Last
		require.Equal(t, release.Looked, last.Cause, "what time does is no look")
		require.Contains(t, r.results(release.Timed), release.Installed)
		r.mutex.Lock()
		defer r.mutex.Unlock()
		for _, out := range r.outcomes {
			if out.Cause == release.Timed {
				require.Equal(t, uint64(5), out.Payload.Version)
				require.WithinRange(t, out.Time, r.clock.now().Add(-30*time.Second), r.clock.now())
			}
		}
	})
}

// While what a release needs is fetched, time goes on: an entry of its overlay that ends meanwhile is not in force, not even
// for a moment; and where nothing can be made without it, the release before stays.
func TestEntryEndsDuringALook(t *testing.T) {
	for overlay, want := range map[string]release.Result{"": release.Installed, " once": release.SnapshotInvalid} {
		store, g := newMemory(), &gateway{}
		now := noon
		o := g.options(t, store)
		o.Clock.Now = func() time.Time { return now }
		let := false
		o.Prepare = func(c release.Candidate) (release.Prepared, error) {
			p, err := g.prepare(c)
			if c.Payload.Version == 6 {
				now = noon.Add(time.Minute)
				install := p.Install
				p.Install = func() { install(); let = true }
			}
			return p, err
		}
		store.publish(t, payload(5))
		f := follow(t, o, "")
		look(t, f, release.Installed)
		text := "until " + noon.Add(time.Minute).Format(time.RFC3339) + overlay
		store.publish(t, payload(6, withOverlay(text)), text)
		out := look(t, f, want)
		require.False(t, let)
		if want == release.Installed {
			require.Equal(t, policy(6), g.now())
		} else {
			require.Equal(t, policy(5), g.now())
			require.EqualError(t, out.Err, "it was good for once")
			require.Equal(t, payload(5), f.Status().Payload)
		}
	}
}

// A follower that is given no clock has that of its process, and chance: looks are four to six seconds apart.
func TestOwnClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, g := newMemory(), &gateway{}
		o := g.options(t, store)
		o.Clock = release.Clock{}
		looked := make(chan time.Time, 100)
		store.fails(nil, func(context.Context) error { looked <- time.Now(); return nil })
		store.publish(t, payload(5, func(p *release.Payload) { p.Created = time.Now() }, expiring(time.Now().Add(time.Hour))))
		f := follow(t, o, "")
		require.True(t, time.Now().Equal(f.Status().Last.Time))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx); close(done) }()
		before, gaps := <-looked, map[time.Duration]bool{}
		for range 20 {
			now := <-looked
			gap := now.Sub(before)
			require.True(t, gap >= 4*time.Second && gap <= 6*time.Second, gap)
			before, gaps[gap] = now, true
		}
		require.Greater(t, len(gaps), 10)
		cancel()
		<-done
		require.Equal(t, policy(5), g.now())
	})
}

// What time does is told, and is no look; and a start with what has expired says why nothing is in force.
func TestTimeIsNoLook(t *testing.T) {
	var o release.Options
	inBubble(t, func(options *release.Options) {
		options.OnExpired = release.Deny
		o = *options
	}, func(t *testing.T, r *running) {
		r.publish(t, 5, time.Hour, r.until(20*time.Minute))
		require.Equal(t, policy(5)+" with somebody let in", r.after(time.Minute))
		r.store.fails(nil, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		r.after(10 * time.Minute) // the look has been given up
		last := r.Status().Last
		require.Equal(t, policy(5), r.after(9*time.Minute))
		require.Equal(t, last, r.Status().Last)
		require.Equal(t, []release.Result{release.Installed}, r.results(release.Timed))
		checked := r.Status().Checked
		require.Equal(t, policy(5), r.after(40*time.Minute-time.Second))
		require.Empty(t, r.after(time.Second))
		require.Equal(t, []release.Result{release.Installed, release.Expired}, r.results(release.Timed))
		require.Equal(t, checked, r.Status().Checked)

		g := &gateway{}
		o.Prepare, o.Withdraw, o.Report = g.prepare, g.install(""), g.report
		f := follow(t, o, release.Expired)
		out := f.Status().Last
		require.Equal(t, release.Started, out.Cause)
		require.EqualError(t, out.Err, "version 5 expired at "+r.Status().Payload.Expires.Format(time.RFC3339)+"; everything is denied")
		require.Equal(t, []release.Outcome{out}, g.outcomes)
		require.Equal(t, uint64(5), out.Payload.Version)
		require.True(t, out.Expired)
	})
}

// A clock that the program has is the one that counts.
func TestGivenClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, g := newMemory(), &gateway{reported: make(chan release.Outcome, 10)}
		waits, now := make(chan time.Duration, 10), make(chan time.Time)
		o := g.options(t, store)
		o.Every = 20 * time.Second
		o.Clock = release.Clock{Now: noonAlways, Random: func() float64 { return 0.25 }, After: func(d time.Duration) <-chan time.Time {
			if d == 30*time.Second {
				return nil // the longest sleep, which nothing ends here
			}
			waits <- d
			return now
		}}
		f := follow(t, o, "")
		require.Equal(t, release.Started, (<-g.reported).Cause)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx); close(done) }()
		for _, want := range []time.Duration{0, 36 * time.Second, 54 * time.Second, 54 * time.Second} { // a tenth less by chance; a minute is the most
			require.Equal(t, want, <-waits)
			now <- noon
			require.Equal(t, release.Unreachable, (<-g.reported).Result)
		}
		cancel()
		<-done
	})
}

// What is wrong with the options is said in words.
func TestWhatOptionsLack(t *testing.T) {
	g := &gateway{}
	for want, change := range map[string]func(*release.Options){
		"release: no store to read from":      func(o *release.Options) { o.Store = nil },
		"release: no folder for the state":    func(o *release.Options) { o.State = "" },
		"release: channel \"\": expected":     func(o *release.Options) { o.Channel = "" },
		"release: no key is trusted":          func(o *release.Options) { o.Trust = release.Trust{} },
		"release: threshold -1: expected how": func(o *release.Options) { o.Trust.Threshold = -1 },
		"release: threshold 2: only 1":        func(o *release.Options) { o.Trust.Threshold = 2 },
		"release: a trusted key is not":       func(o *release.Options) { o.Trust.Keys = append(o.Trust.Keys, ed25519.PublicKey("short")) },
		"release: Prepare and Withdraw":       func(o *release.Options) { o.Withdraw = nil },
		"release: \"allow\": expected keep":   func(o *release.Options) { o.OnExpired = "allow" },
	} {
		o := g.options(t, newMemory())
		change(&o)
		f, err := release.Open(o)
		require.ErrorContains(t, err, want)
		require.Nil(t, f)
		require.NoDirExists(t, o.State)
	}
	require.Empty(t, g.outcomes)
}
