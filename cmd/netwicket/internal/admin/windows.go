package admin

import (
	"sync"
	"time"
)

// windows counts requests in fixed windows of time, each of which begins with the
// first request of its key (R1, R4, R5). It is safe for concurrent use.
type windows struct {
	length time.Duration
	most   int

	mu     sync.Mutex
	open   map[string]*window
	pruned time.Time
}

type window struct {
	end   time.Time
	count int
}

// usage is how far a window is used.
type usage struct {
	limit, remaining int
	end              time.Time
	over             bool // the request is one too many
}

func newWindows(most int, length time.Duration) *windows {
	return &windows{length: length, most: most, open: make(map[string]*window)}
}

// count counts a request.
func (w *windows) count(key string, now time.Time) usage {
	w.mu.Lock()
	defer w.mu.Unlock()
	one := w.at(key, now)
	one.count++
	return usage{limit: w.most, remaining: max(w.most-one.count, 0), end: one.end, over: one.count > w.most}
}

// look says how far a window is used without counting.
func (w *windows) look(key string, now time.Time) usage {
	w.mu.Lock()
	defer w.mu.Unlock()
	one, there := w.open[key]
	if !there || !one.end.After(now) {
		return usage{limit: w.most, remaining: w.most, end: now.Add(w.length)}
	}
	return usage{limit: w.most, remaining: max(w.most-one.count, 0), end: one.end, over: one.count >= w.most}
}

// at is the window of a key that is open. Windows that have ended go now and then,
// so that memory is bounded by the requests of one window.
func (w *windows) at(key string, now time.Time) *window {
	if now.Sub(w.pruned) >= w.length {
		for old, one := range w.open {
			if !one.end.After(now) {
				delete(w.open, old)
			}
		}
		w.pruned = now
	}
	one, there := w.open[key]
	if !there || !one.end.After(now) {
		one = &window{end: now.Add(w.length)}
		w.open[key] = one
	}
	return one
}
