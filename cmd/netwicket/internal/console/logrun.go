package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
)

const (
	keptRuns    = 16 // that are finished, of all visitors
	waitingRuns = 4  // that are not, of one visitor
	// unwatched is how long nobody need look at a run before it is given up.
	unwatched = 2 * time.Minute
	// topClients is how many of the clients are listed. The others are forgotten.
	topClients = 25
	// runClients is how many clients each worker tells apart, in about 80 MB.
	runClients = 1 << 19
)

// run is one log that is decided by one policy, in the background.
type run struct {
	visitor, log, format string
	policy               string // policyMark
	size                 int64  // bytes of the log
	read                 atomic.Int64
	seen                 atomic.Int64 // Unix nanoseconds
	cancel               context.CancelFunc
	done                 chan struct{}
	result               *logResult // once it is done; nil: it was given up
}

// logResult is what came out.
type logResult struct {
	Report   *replay.Report // without ByClient
	Denied   []replay.Client
	Examples examples
}

// runs are those that are on the way, and the last ones that are done. It is safe for
// concurrent use.
type runs struct {
	mutex sync.Mutex
	list  []*run // the oldest first
	turn  chan struct{}
}

func newRuns() *runs { return &runs{turn: make(chan struct{}, 1)} }

// policyMark is the same for policies that decide the same.
func policyMark(on *subject) string {
	edge := ""
	if on.Parts.Edge != nil {
		edge = fmt.Sprintf("%+v", *on.Parts.Edge)
	}
	sum := sha256.Sum256([]byte(on.Fingerprint() + "\n" + edge))
	return hex.EncodeToString(sum[:8])
}

// formatKey is the same for equal formats.
func formatKey(o accesslog.Options) string {
	return strings.Join(append([]string{o.Format, o.Pattern}, o.Fields...), "\x00")
}

var errManyRuns = errors.New("several logs of yours are being decided")

// find is a run over a log, of the policy or, with an empty mark, the last one of any.
func (rs *runs) find(visitor, log, format, policy string) *run {
	rs.mutex.Lock()
	defer rs.mutex.Unlock()
	return rs.look(visitor, log, format, policy)
}

func (rs *runs) look(visitor, log, format, policy string) *run {
	for _, one := range slices.Backward(rs.list) {
		if one.visitor == visitor && one.log == log && one.format == format && (policy == "" || one.policy == policy) {
			return one
		}
	}
	return nil
}

// start begins a run, unless there is one.
func (rs *runs) start(on *subject, visitor, log string, size int64, options accesslog.Options, input replay.Input) (*run, error) {
	parse, err := accesslog.New(options)
	if err != nil {
		return nil, err
	}
	rs.mutex.Lock()
	defer rs.mutex.Unlock()
	format, policy := formatKey(options), policyMark(on)
	if one := rs.look(visitor, log, format, policy); one != nil {
		return one, nil
	}
	waiting := 0
	for _, one := range rs.list {
		if one.visitor == visitor && !one.finished() {
			waiting++
		}
	}
	if waiting >= waitingRuns {
		return nil, errManyRuns
	}
	ctx, cancel := context.WithCancel(context.Background())
	one := &run{visitor: visitor, log: log, format: format, policy: policy, size: size, cancel: cancel, done: make(chan struct{})}
	one.watched()
	rs.list = append(rs.list, one)
	config := replay.Config{
		Parse: parse, Workers: runtime.GOMAXPROCS(0), MaxClients: runClients,
		Subject: replay.Subject{Control: on.Control, Geo: on.Parts.Config.Geo},
	}
	go rs.work(ctx, one, config, input)
	return one, nil
}

// work decides a log when its turn comes: one at a time, since each takes all processors.
func (rs *runs) work(ctx context.Context, one *run, config replay.Config, input replay.Input) {
	defer close(one.done)
	defer one.cancel()
	select {
	case rs.turn <- struct{}{}:
		defer func() { <-rs.turn }()
	case <-ctx.Done():
	}
	result := decideLog(config, readThrough(input, func(log io.ReadCloser) io.ReadCloser { return &runReader{log, one, ctx} }))
	rs.mutex.Lock()
	defer rs.mutex.Unlock()
	if ctx.Err() != nil || one.abandoned() {
		rs.remove(one)
		return
	}
	one.result = result
	finished := 0
	for _, other := range slices.Backward(rs.list) {
		if other != one && !other.finished() {
			continue
		}
		if finished++; finished > keptRuns {
			rs.remove(other)
		}
	}
}

// readThrough is a log that is read through a reader around it.
func readThrough(input replay.Input, around func(io.ReadCloser) io.ReadCloser) replay.Input {
	return replay.Input{Name: input.Name, Open: func() (io.ReadCloser, error) {
		log, err := input.Open()
		if err != nil {
			return nil, err
		}
		return around(log), nil
	}}
}

// decideLog replays a log, and looks for examples of what came out.
func decideLog(config replay.Config, input replay.Input) *logResult {
	report := replay.Run(config, []replay.Input{input})
	result := &logResult{Report: report, Denied: report.Top(topClients, func(c *replay.Client) uint64 { return c.Denied })}
	report.ByClient = nil
	result.Examples = findExamples(config, input, result)
	return result
}

// stop gives a run up, and forgets it.
func (rs *runs) stop(visitor, log, format string) {
	rs.mutex.Lock()
	defer rs.mutex.Unlock()
	for _, one := range slices.Clone(rs.list) {
		if one.visitor == visitor && one.log == log && (format == one.format || format == anyFormat) {
			one.cancel()
			rs.remove(one)
		}
	}
}

// anyFormat is no format's key.
const anyFormat = "*"

// close gives all runs up.
func (rs *runs) close() {
	rs.mutex.Lock()
	defer rs.mutex.Unlock()
	for _, one := range rs.list {
		one.cancel()
	}
	rs.list = nil
}

func (rs *runs) remove(one *run) {
	rs.list = slices.DeleteFunc(rs.list, func(other *run) bool { return other == one })
}

func (r *run) finished() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// watched says that somebody looks at the run now.
func (r *run) watched() { r.seen.Store(time.Now().UnixNano()) }

func (r *run) abandoned() bool { return time.Since(time.Unix(0, r.seen.Load())) > unwatched }

// runReader is a log that is decided: it says how far, and ends when the run is given up.
type runReader struct {
	io.ReadCloser
	run *run
	ctx context.Context //nolint:containedctx // a reader is for one run, and io.Reader has no place for it
}

var errGivenUp = errors.New("the run was given up")

// Read implements [io.Reader].
func (r *runReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil || r.run.abandoned() {
		return 0, errGivenUp
	}
	n, err := r.ReadCloser.Read(p)
	r.run.read.Add(int64(n))
	return n, err
}
