package release

import (
	"errors"
	"fmt"
	"time"
)

// Result is how a look ended. Its text is stable. The zero Result is none.
type Result string

// The results of a look.
const (
	Installed       Result = "installed"        // the release is in force
	Unchanged       Result = "unchanged"        // it was in force before
	Unreachable     Result = "unreachable"      // no answer, or none that is the file
	TooLarge        Result = "too_large"        // more bytes than are read
	BadSignature    Result = "bad_signature"    // no release that enough trusted keys signed
	WrongChannel    Result = "wrong_channel"    // a release of another channel
	OldVersion      Result = "old_version"      // below the highest ever accepted, or the least
	Fork            Result = "fork"             // the version that was accepted, but another release: an alarm
	Expired         Result = "expired"          // its time is over
	NoFormat        Result = "no_format"        // for programs that read other formats
	BadDigest       Result = "digest"           // a blob is not what the release says
	SnapshotInvalid Result = "snapshot_invalid" // the snapshot or its overlay is no policy
	Refused         Result = "refused"          // a policy that the program does not let follow the one in force
	StateError      Result = "state_error"      // the state cannot be read or written
)

// Results are all results, for whoever counts them.
func Results() []Result {
	return []Result{
		Installed, Unchanged, Unreachable, TooLarge, BadSignature, WrongChannel, OldVersion, Fork, Expired, BadDigest, NoFormat, SnapshotInvalid, Refused,
		StateError,
	}
}

// Failed says that it changed nothing though something was amiss.
func (r Result) Failed() bool { return r != Installed && r != Unchanged }

// ErrTooLarge says that there is more than is read. A [Store] wraps it.
var ErrTooLarge = errors.New("larger than is read")

// Refusal is an error of Options.Prepare: the policy is sound, but must not follow the one in
// force.
type Refusal struct{ Err error }

// Error is the cause's.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap is the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// failure is an error with the result that it makes.
type failure struct {
	result Result
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failed(result Result, err error) *failure { return &failure{result, err} }

func failedf(result Result, format string, args ...any) *failure {
	return failed(result, fmt.Errorf(format, args...))
}

// Cause is why something was done.
type Cause string

// The causes.
const (
	Started Cause = "start" // from the state, before anybody was asked
	Looked  Cause = "look"  // at the store
	Timed   Cause = "time"  // an entry of the overlay ended, the release expired, or the clock was set
)

// Outcome is what was done and what came of it.
type Outcome struct {
	Cause   Cause
	Result  Result // of Started without a state: none
	Err     error  // why, if it failed
	Payload Payload
	Time    time.Time

	// Expired says that the release is in force though its time is over, which is so of one from the
	// state alone.
	Expired bool
}

// Source is where the release in force came from.
type Source string

// The sources.
const (
	FromState   Source = "state"
	FromNetwork Source = "network"
)

// Status is what is in force and how the last look went. The zero Status has nothing in force.
type Status struct {
	InForce bool
	Payload Payload  // of the release in force
	Chosen  Snapshot // of its snapshots
	Source  Source
	Since   time.Time // it is in force

	Expired  bool      // the release in force has expired
	Withheld bool      // nothing is in force because it has, or because its overlay cannot be brought up to date
	Checked  time.Time // when a look last found the channel's newest release in force, or put it in force
	Last     Outcome   // of the last look; before the first, of the start
}
