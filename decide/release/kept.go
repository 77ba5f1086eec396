package release

import "errors"

// Kept is the release that a state holds, verified as [Open] verifies it and not yet
// made a policy of; false: there is none. Of the Options, State, Channel, Trust,
// MinVersion, Formats and Clock.Now count. Nobody is asked and nothing is written, so
// that it may be called beside a Follower of the same state.
func Kept(o Options) (Candidate, bool, error) {
	o.Clock = o.Clock.complete()
	if len(o.Formats) == 0 {
		o.Formats = []int{FormatOne}
	}
	o.Prepare = func(Candidate) (Prepared, error) { return Prepared{}, nil }
	f := &Follower{options: o, state: state{folder: o.State, channel: o.Channel}}
	h, err := f.fromState(o.Clock.Now())
	switch {
	case errors.Is(err, errNoState):
		return Candidate{}, false, nil
	case err != nil:
		return Candidate{}, false, err
	}
	return h.Candidate, true, nil
}
