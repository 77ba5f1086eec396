package keeper_test

import (
	"net/netip"
	"strings"
	"time"
)

// do does what words say of files.
func (d *disk) do(words []string, now time.Time) []happening {
	switch verb := words[0]; verb {
	case "write":
		return d.write(words[1], words[2], now)
	case "rename":
		return d.rename(words[1], words[2], now)
	case "alike":
		if words[1] == "write" {
			return d.alike(d.write, words[2], words[3], now)
		}
		return d.alike(d.rename, words[2], words[3], now)
	case "remove":
		if words[1] == "geo" {
			return d.removeFolder("geo", now)
		}
		return d.remove(words[1], now)
	case "link":
		return d.switchLink(words[1], now)
	case "chmod":
		return d.chmod(words[1])
	case "touch":
		return d.touch(words[1], now)
	case "replace":
		return d.replaceFolder(words[1], words[2], words[3], now)
	}
	panic("no such step: " + words[0])
}

// A storm is so many events, one after each gust. What is restless changes during so
// many loads, which is more than are thrown away.
const (
	storm    = 40
	gust     = 90*time.Millisecond + 7
	restless = 13
)

// Both the Keeper and its model do what words say.

func (m *model) do(words []string) {
	switch words[0] {
	case "during":
		m.during = append(m.during, func() { m.happened(words[1:]) })
	case "ask":
		m.ask()
	case "event":
		m.event(eventName(words[1]))
	case "storm":
		for range storm {
			m.event(eventName(words[1]))
			m.advance(m.now.Add(gust))
		}
	case "events":
		m.delivery = words[1]
	case "deliver":
		kept := m.kept
		m.kept = nil
		for _, name := range kept {
			m.event(name)
		}
	case "hang":
		m.hangs(words[1:], true)
	case "answer":
		m.hangs(words[1:], false)
	case "restless":
		m.restless = restless
	case "rest":
		m.restless, m.during = 0, nil
	case "refuse", "accept":
		m.refuses = words[0] == "refuse"
	case "clock":
		m.ahead += set(words[1])
	case "wait", "denies", "allows", "well":
	default:
		m.happened(words)
	}
}

func (s *simulation) do(words []string) {
	locked := func(do func()) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		do()
	}
	switch words[0] {
	case "during":
		locked(func() {
			s.during = append(s.during, func() { s.happened(words[1:]) })
		})
	case "ask":
		s.asked <- struct{}{}
	case "event":
		s.event(eventName(words[1]))
	case "storm":
		for range storm {
			s.event(eventName(words[1]))
			time.Sleep(gust)
		}
	case "events":
		locked(func() { s.delivery = words[1] })
	case "deliver":
		var kept []string
		locked(func() { kept, s.kept = s.kept, nil })
		for _, name := range kept {
			s.event(name)
		}
	case "hang":
		locked(func() {
			if file := overlayOrAll(words[1:]); s.hanging[file] == nil {
				s.hanging[file] = make(chan struct{})
			}
		})
	case "answer":
		s.answer(overlayOrAll(words[1:]))
	case "restless":
		locked(func() { s.restless = restless })
	case "rest":
		locked(func() { s.restless, s.during = 0, nil })
	case "refuse", "accept":
		locked(func() { s.refuses = words[0] == "refuse" })
	case "clock":
		locked(func() { s.ahead += set(words[1]) })
	case "denies", "allows":
		if s.keeper.Live().Decide(netip.MustParseAddr(words[1])).Allowed() != (words[0] == "allows") {
			s.note("not so: " + strings.Join(words, " "))
		}
	case "well":
		if err := s.keeper.Err(); err != nil {
			s.note("not well: " + err.Error())
		}
	case "wait":
	default:
		s.happened(words)
	}
}

// eventName is the name of an event; a dash is the one without.
func eventName(word string) string {
	if word == "-" {
		return ""
	}
	return word
}

func overlayOrAll(words []string) string {
	if len(words) > 0 {
		return "overlay.json"
	}
	return ""
}

// set is how far a clock is set.
func set(word string) time.Duration {
	if word == "back" {
		return -33 * time.Second
	}
	return 33 * time.Second
}

func (m *model) hangs(words []string, hangs bool) {
	if overlayOrAll(words) == "" {
		if m.silent.all = hangs; !hangs && m.loading != nil && m.loading.midst.IsZero() && m.loading.ends.IsZero() {
			m.loaded()
		}
		return
	}
	if m.silent.overlay = hangs; !hangs && m.alone != nil {
		m.readAloneEnds()
	}
}

// happened is something that happens to the files, and what the watcher sees of it.
func (m *model) happened(words []string) {
	for _, name := range route(m.disk.do(words, m.now), m.watcher, m.delivery, &m.kept) {
		m.event(name)
	}
}

func newModel(s scenario) *model {
	now := time.Now()
	return &model{disk: newDisk("", now), watched: s.watched, forced: s.forced, timing: oddTiming(s.watched), start: now, now: now, delivery: "told"}
}
