package keeper

import "context"

// Refresh has [Keeper.Run] look at the files at once, load them if they have changed, and waits
// for what comes of it: for a program that is told to take its own settings anew, and wants
// to know whether those of the policy can be had. Files that look as before cost no
// more than the look. The error says why the files, as they are now, are not in force,
// and the policy in force stays; that of the context says that it ended before this was known, and
// [Keeper.Err] has the one for a Keeper that is not run any more. Before Run is called
// it waits for that. What a channel of releases says is not asked for.
func (k *Keeper) Refresh(ctx context.Context) error {
	if k == nil || k.refreshes == nil {
		return errNotOpened
	}
	told := make(chan struct{})
	select {
	case k.refreshes <- told:
	case <-k.over:
		return errNotRunning
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-told:
	case <-k.over:
		return errNotRunning
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if s := k.Status(); s.Err != nil {
		return s.failure()
	}
	return nil
}

// refresh looks, and tells when it is known whether what is there is in force. Of files that do not answer it is
// known already.
func (k *Keeper) refresh(told chan struct{}) {
	k.refreshed = append(k.refreshed, told)
	k.want(request{cause: Changed})
	if k.loading.GivenUp() {
		k.tellRefreshed()
	}
}

// tellRefreshed tells all who wait. Files that changed while they were read are read again first.
func (k *Keeper) tellRefreshed() {
	for _, told := range k.refreshed {
		close(told)
	}
	k.refreshed = nil
}
