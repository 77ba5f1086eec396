package files

import "time"

// Work does one thing after another that may take for ever, such as reading from a
// mount whose server does not answer, each in a goroutine of its own. It belongs to
// one goroutine, which waits for its two channels. What takes too long cannot be
// ended, only given up; nothing else begins before it has ended by itself, so that
// never more than one waits.
type Work[T any] struct {
	// Done delivers what came of it, also after it was given up: time for End.
	Done <-chan T
	// Overdue delivers when it takes longer than it may: time for GiveUp.
	Overdue <-chan time.Time

	done    chan T
	timer   *time.Timer
	begun   time.Time
	busy    bool
	givenUp bool
}

// NewWork has nothing to do yet.
func NewWork[T any]() *Work[T] {
	w := &Work[T]{done: make(chan T, 1), timer: time.NewTimer(time.Hour)}
	w.timer.Stop()
	w.Done, w.Overdue = w.done, w.timer.C
	return w
}

// Begin does something, while there is nothing else to do. It may find out that it
// has another time limit, which counts from its beginning too.
func (w *Work[T]) Begin(limit time.Duration, do func(within func(limit time.Duration)) T) {
	begun := time.Now()
	w.busy, w.givenUp, w.begun = true, false, begun
	w.timer.Reset(limit)
	go func() {
		w.done <- do(func(limit time.Duration) { w.timer.Reset(limit - time.Since(begun)) })
	}()
}

// End notes that it has ended, and says whether it was not given up before.
func (w *Work[T]) End() (inTime bool) {
	w.timer.Stop()
	inTime = !w.givenUp
	w.busy, w.givenUp = false, false
	return inTime
}

// GiveUp gives it up. It says whether that is news.
func (w *Work[T]) GiveUp() bool {
	news := w.busy && !w.givenUp
	w.givenUp = w.busy
	return news
}

// Busy says that it has not ended.
func (w *Work[T]) Busy() bool { return w.busy }

// GivenUp says that it has not ended, and that nobody waits for it any more.
func (w *Work[T]) GivenUp() bool { return w.givenUp }

// Begun is when it began.
func (w *Work[T]) Begun() time.Time { return w.begun }

// Stop stops waiting. What is under way ends unheard.
func (w *Work[T]) Stop() { w.timer.Stop() }
