package keeper_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/keeper"
)

// want has something done once nothing else is.
func (m *model) want(a attempt) {
	ranks := map[keeper.Cause]int{keeper.Changed: 1, keeper.Retried: 2, keeper.Asked: 3}
	if w := m.wanted; w != nil {
		if ranks[w.cause] > ranks[a.cause] {
			a.cause = w.cause
		}
		a.load, a.anew = a.load || w.load, a.anew || w.anew
		named := maps.Clone(w.named)
		if named == nil {
			named = map[string]bool{}
		}
		maps.Copy(named, a.named)
		a.named = named
	}
	m.wanted = &a
	if m.loading != nil {
		return
	}
	m.wanted = nil
	a.begun, a.asOf, a.before, a.base = m.now, m.clock(), m.looks(m.followed), m.inForce
	if !a.load && maps.Equal(a.before, m.known) {
		m.follow(m.followed)
		return
	}
	maps.Copy(m.owed, a.named)
	m.owesAll = m.owesAll || a.anew
	a.named, a.anew = maps.Clone(m.owed), m.owesAll
	a.due = m.now.Add(m.timing.Load)
	a.midst = m.now.Add(loadTakes(m.loads) / 2)
	m.loading = &a
}

// midst is when a load has looked at the files and not yet read them.
func (m *model) midst() {
	a, during := m.loading, m.during
	a.midst, m.during = time.Time{}, nil
	for _, do := range during {
		do()
	}
	if m.restless > 0 {
		m.restless--
		m.happened([]string{"touch", "zones.json"})
	}
	if !m.silent.all {
		a.ends = a.begun.Add(loadTakes(m.loads))
	}
	m.loads++
}

// looks is how paths look.
func (m *model) looks(paths []string) map[string]string {
	all := make(map[string]string, len(paths))
	for _, path := range paths {
		all[path] = m.disk.sight(path)
	}
	return all
}

// follow has the watcher watch all folders that are there.
func (m *model) follow(paths []string) {
	m.note("follow " + strings.ReplaceAll(strings.Join(slices.Sorted(slices.Values(paths)), " "), geoFolder+" ", "geo "))
	m.watcher = watchable(m.disk)
}

func watchable(d *disk) map[string]int {
	numbers := map[string]int{}
	for name, f := range d.folders {
		numbers[name] = f.number
	}
	return numbers
}

func (m *model) note(text string) { m.log = append(m.log, m.now.Sub(m.start).String()+" "+text) }

// loaded is a load that comes to its end.
func (m *model) loaded() {
	a := m.loading
	m.loading = nil
	late := a.due.IsZero()
	l := m.read(a)
	unsteady := m.unsteady < 10 && m.changedSince(a, l)
	if !unsteady {
		m.follow(l.followed)
	}
	if late {
		m.want(attempt{cause: keeper.Retried, load: true, anew: true})
		return
	}
	if unsteady {
		m.unsteady++
		m.retry = m.now.Add(m.timing.Quiet)
	} else {
		m.finish(a, l)
	}
	if m.wanted != nil && m.loading == nil {
		w := *m.wanted
		m.wanted = nil
		m.want(w)
	}
}

// changedSince says that files changed while they were read.
func (m *model) changedSince(a *attempt, l loaded) bool {
	return slices.ContainsFunc(l.followed, func(path string) bool {
		before, known := a.before[path]
		switch path {
		case geoFolder: // which may have been missing when it was followed
			asFile, wasMissing := a.before["geo"]
			return known && before != m.disk.sight(path) || wasMissing && !strings.HasPrefix(asFile, fmt.Sprint(m.disk.folders["geo"].number, " "))
		case "geo":
			return known && before != "" || a.before[geoFolder] != ""
		}
		return known && before != m.disk.sight(path) || m.disk.writtenAfter(path, a.begun) && !m.disk.writtenAfter(path, m.now)
	})
}

// keep remembers how the files looked when a load began.
func (m *model) keep(a *attempt, l loaded) {
	m.followed, m.known, m.names = l.followed, map[string]string{}, map[string]bool{}
	for _, path := range l.followed {
		before, known := a.before[path]
		switch {
		case known:
			m.known[path] = before
		case m.disk.writtenAfter(path, a.begun):
			m.known[path] = "" // not known
		default:
			m.known[path] = m.disk.sight(path)
		}
		m.names[strings.TrimSuffix(path, "/")] = true
		if m.disk.sight(path) != "" {
			m.names[m.disk.place(path)] = true
		}
	}
}

func (m *model) finish(a *attempt, l loaded) {
	m.unsteady = 0
	m.keep(a, l)
	m.lookSoon()
	m.retry = time.Time{}
	failure := l.mistakes()
	if failure == "" {
		l.bringUpToTime(m.clock())
		failure = l.refusals(m.inForce, m.forced)
	}
	if failure == "" {
		failure = m.put()
	}
	if failure != "" {
		m.again(failure)
		m.failing = failure
		m.report(a.cause, failure)
		if (l.namesOverlay || m.inForce.namesOverlay) && !strings.Contains(failure, "overlay.json") {
			m.readAlone(unseen)
		}
		return
	}
	m.failures, m.failing = 0, ""
	m.owed, m.owesAll = map[string]bool{}, false
	m.inForce = l
	m.awaitExpiry()
	m.report(a.cause, none)
}

// again says when a failed load is tried again: twice as long after each failure. A
// mistake in the files is given up once that would be longer than RetryMax.
func (m *model) again(failure string) {
	m.failures++
	pause := m.timing.Retry
	for range m.failures - 1 {
		pause = min(2*pause, m.timing.RetryMax)
	}
	if pause < m.timing.RetryMax || failure == refusal {
		m.retry = m.now.Add(pause)
	}
}

// put has the program install a policy.
func (m *model) put() string {
	m.note("install")
	if m.refuses {
		return refusal
	}
	return ""
}

const refusal = "the program refuses"

func (m *model) giveUp() {
	m.loading.due = time.Time{}
	m.retry = time.Time{}
	m.failing = hangingSince(m.loading.begun)
	m.report(m.loading.cause, m.failing)
	if m.inForce.namesOverlay {
		m.readAlone(unseen)
	}
}

// readAlone reads the overlay over the documents in force, if it is another than was seen.
func (m *model) readAlone(seen string) {
	if m.alone != nil {
		return
	}
	m.alone = &attempt{begun: m.now, asOf: m.clock(), due: m.now.Add(m.timing.Load), base: m.inForce, before: m.looks([]string{"overlay.json"})}
	if m.alone.before["overlay.json"] == seen {
		m.alone = nil
		return
	}
	if !m.silent.overlay {
		m.readAloneEnds()
	}
}

func (m *model) readAloneEnds() {
	a := m.alone
	m.alone = nil
	now := m.disk.sight("overlay.json")
	if a.due.IsZero() || a.base.serial != m.inForce.serial || now != a.before["overlay.json"] {
		m.overlaid = unseen
		m.lookSoon()
		return
	}
	m.overlaid = now
	l := m.inForce
	l.readOverlay(m.disk, a.asOf)
	failure := l.mistakes()
	if failure == "" && l.overlay == m.inForce.overlay {
		return
	}
	if failure == "" {
		l.serial = m.serial()
		l.bringUpToTime(m.clock())
		failure = refused(l.lockedOut())
	}
	if failure == "" {
		failure = m.put()
	}
	if failure == "" {
		m.inForce = l
		m.awaitExpiry()
	}
	m.report(keeper.OverlayAlone, cmp.Or(failure, none))
}
