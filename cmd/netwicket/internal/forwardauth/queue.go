package forwardauth

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// queueLines is how many log lines wait for a slow output before they are dropped.
const queueLines = 1024

// queue passes lines on to an output that may be slow, full or gone, and never
// makes the writer of a line wait: a pipe that nobody reads and a device without
// space must cost log lines, not answers.
type queue struct {
	lines chan []byte
	quit  chan struct{}
	done  chan struct{}
	lost  atomic.Uint64
}

func newQueue(out io.Writer) *queue {
	q := &queue{lines: make(chan []byte, queueLines), quit: make(chan struct{}), done: make(chan struct{})}
	go q.run(out)
	return q
}

// Write takes a line or drops it. It never fails.
func (q *queue) Write(line []byte) (int, error) {
	select {
	case q.lines <- bytes.Clone(line):
	default:
		q.lost.Add(1)
	}
	return len(line), nil
}

// run writes until quit, and then what is left.
func (q *queue) run(out io.Writer) {
	defer close(q.done)
	var told uint64
	for {
		select {
		case line := <-q.lines:
			told = q.pass(out, line, told)
		case <-q.quit:
			for {
				select {
				case line := <-q.lines:
					told = q.pass(out, line, told)
				default:
					return
				}
			}
		}
	}
}

// pass writes a line, and before it how many were lost since that was last told.
func (q *queue) pass(out io.Writer, line []byte, told uint64) uint64 {
	if lost := q.lost.Load(); lost != told {
		note := fmt.Appendf(nil, `{"time":%q,"level":"WARN","msg":"log lines lost","count":%d}`+"\n",
			time.Now().Format(time.RFC3339Nano), lost-told)
		if _, err := out.Write(note); err != nil {
			q.lost.Add(1) // line too: the output is still full
			return told
		}
		told = lost
	}
	if _, err := out.Write(line); err != nil {
		q.lost.Add(1)
	}
	return told
}

// close writes what waits, for no longer than patience. Lines that come later
// are dropped.
func (q *queue) close(patience time.Duration) {
	close(q.quit)
	select {
	case <-q.done:
	case <-time.After(patience):
	}
}
