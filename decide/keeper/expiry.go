package keeper

import "time"

// longestSleep bounds a wait for a moment of the wall clock, which may be set
// while a timer runs.
const longestSleep = 30 * time.Second

// awaitExpiry sets the timer for the next entry that expires. With an overlay
// whose entries have all expired it goes on looking: a clock that ran ahead and
// is set back brings them back, and one that denies must not stay away.
func (k *Keeper) awaitExpiry() {
	k.expiry.Stop()
	if k.parts.Config.Overlay == nil {
		return
	}
	sleep := longestSleep
	if k.options.sleep > 0 {
		sleep = k.options.sleep
	}
	if until := k.info.OverlayUntil; !until.IsZero() {
		sleep = min(max(0, until.Sub(k.options.now())), sleep)
	}
	k.expiry.Reset(sleep)
}

// expire compiles the documents in force anew for the present time, if an entry
// has expired since, or if the clock was set back (docs/semantics.md, overlay-4).
func (k *Keeper) expire() {
	begun, now := time.Now(), k.options.now()
	expired := !k.info.OverlayUntil.IsZero() && !now.Before(k.info.OverlayUntil)
	if !expired && !now.Before(k.asOf) {
		k.awaitExpiry()
		return
	}
	next := loaded{parts: k.parts, policy: k.live.Policy()}
	err := withoutPanic(func() error {
		err := next.compileAt(now)
		if err == nil {
			err = k.put(next)
		}
		return err
	})
	if err != nil {
		// The same documents compiled before, so this is no more than a
		// precaution; the timer comes back.
		k.expiry.Reset(longestSleep)
		k.report(Expiry, err, k.parts, time.Since(begun))
		return
	}
	k.took(next)
	k.awaitExpiry()
	k.report(Expiry, nil, k.parts, time.Since(begun))
}
