// Package parallel does a few independent pieces of work side by side, and comes back when all are done.
//
// It is for compiling: databases are decoded beside one another, IPv4 beside IPv6. No goroutine outlives the call that
// began it, and what the pieces make must not depend on which of them is done first.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Do does all tasks. They run in goroutines of their own, or one after the other in the caller's where Go may use one
// processor only. A panic of a task comes out of Do when the others are done, so that whoever guards a service
// against defects of what it calls need not know about goroutines; of several, that of the first task.
func Do(tasks ...func()) { Each(len(tasks), len(tasks), func(i int) { tasks[i]() }) }

// Each does task for the numbers from 0 up to n, at most so many at a time, lower numbers first. Else it is as Do.
func Each(n, atMost int, task func(i int)) {
	workers := min(n, atMost, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			task(i)
		}
		return
	}
	faults := make([]error, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				faults[i] = guarded(task, i)
			}
		})
	}
	all.Wait()
	for _, fault := range faults {
		if fault != nil {
			panic(fault)
		}
	}
}

// guarded is what a task panicked with, and where: the stack is that of another goroutine than the one that sees it.
func guarded(task func(i int), i int) (fault error) {
	done := false
	defer func() {
		if cause := recover(); !done {
			fault = fmt.Errorf("%v\n%s", cause, debug.Stack())
		}
	}()
	task(i)
	done = true
	return nil
}
