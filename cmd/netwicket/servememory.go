package main

import (
	"runtime/debug"
	"sync"
)

// thriftyPercent is how much garbage may lie beside what is in use while a policy is
// loaded beside the one in force, in percent of that. The usual 100 would be as much as both
// policies and all that they are made of; with 10 a reload of everything takes half of the memory
// (bench/README.md), for some tens of collections of some milliseconds of one processor.
const thriftyPercent = 10

// thrift has garbage collected more often while a load is under way. Policies are
// loaded side by side, but the percentage is that of the process.
type thrift struct {
	mutex  sync.Mutex
	loads  int
	before int // the percentage when nothing is loaded
}

// around loads, and collects meanwhile. Who has the collector off or at less is left alone.
func (t *thrift) around(load func()) {
	t.begin()
	defer t.end()
	load()
}

func (t *thrift) begin() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.loads++; t.loads > 1 {
		return
	}
	if t.before = debug.SetGCPercent(thriftyPercent); t.before < thriftyPercent {
		debug.SetGCPercent(t.before)
	}
}

func (t *thrift) end() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.loads--; t.loads == 0 {
		debug.SetGCPercent(t.before)
	}
}
