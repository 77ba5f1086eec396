package keeper_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/keeper"
)

// loaded is what a load finds, as far as it matters here.
type loaded struct {
	serial              int
	followed            []string
	wrong               []string // what is wrong with the files
	policy, zones, more string
	overlay             overlay
	namesOverlay        bool
	country, extra      string
	folder              bool              // geo is there
	sources             map[string]string // the geo sources, and how they looked before they were read
	sourcesRead         time.Time
	asOf                time.Time // the time that the overlay's entries were held against
}

// overlay is one that was read; the zero overlay is none.
type overlay struct {
	kind string
	made time.Time
}

// read is what a load finds now.
func (m *model) read(a *attempt) loaded {
	l := loaded{asOf: a.asOf, serial: m.serial()}
	if l.policy = l.document(m.disk, "netwicket.json"); l.policy != "" {
		l.readPolicy(m, a)
	}
	if !l.namesOverlay && a.base.namesOverlay { // which may have to be put in force by itself
		l.followed = append(l.followed, "overlay.json")
	}
	return l
}

// readPolicy reads what the policy file names.
func (l *loaded) readPolicy(m *model, a *attempt) {
	l.zones = l.document(m.disk, "zones.json")
	if l.policy == "more" {
		l.more = l.document(m.disk, "more.json")
	}
	if l.policy != "bare" {
		l.readOverlay(m.disk, a.asOf)
	}
	l.readSources(m, a)
}

func (m *model) serial() int {
	m.serials++
	return m.serials
}

// document is the kind of a document, empty if something is wrong with it.
func (l *loaded) document(d *disk, name string) string {
	l.followed = append(l.followed, name)
	f := d.files[d.place(name)]
	switch {
	case f == nil:
		l.wrong = append(l.wrong, name+" missing")
		return ""
	case f.kind == "cut":
		l.wrong = append(l.wrong, name)
		return ""
	}
	return f.kind
}

func (l *loaded) readOverlay(d *disk, asOf time.Time) {
	before := l.followed
	l.namesOverlay = true
	if kind := l.document(d, "overlay.json"); kind != "" {
		if l.overlay, l.asOf = (overlay{kind: kind}), asOf; kind == "brief" || kind == "allow" {
			l.overlay.made = d.files["overlay.json"].made
		}
	}
	if slices.Contains(before, "overlay.json") {
		l.followed = before
	}
}

// readSources reads the geo sources, if they may be others than those in force.
func (l *loaded) readSources(m *model, a *attempt) {
	l.followed = append(l.followed, "elsewhere.csv")
	found := m.disk.sources()
	l.folder = m.disk.folders["geo"] != nil
	if l.folder {
		l.followed = append(l.followed, geoFolder)
	} else {
		l.followed = append(l.followed, "geo")
		l.wrong = append(l.wrong, "geo missing")
	}
	if l.folder && len(found) == 0 {
		l.wrong = append(l.wrong, "geo")
	}
	l.followed = append(l.followed, found...)
	if m.disk.files["elsewhere.csv"] != nil {
		found = append(found, "elsewhere.csv")
	} else {
		l.wrong = append(l.wrong, "elsewhere.csv missing")
	}
	l.sources, l.sourcesRead = m.looks(found), m.now
	if !a.anew && !m.namesSource(a) && m.stillHas(a, l.sources) {
		l.country, l.extra, l.sources, l.sourcesRead = a.base.country, a.base.extra, a.base.sources, a.base.sourcesRead
		return
	}
	for _, name := range found {
		f := m.disk.files[name]
		switch {
		case f.kind == "cut":
			l.wrong = append(l.wrong, name)
		case name == "geo/country.mmdb":
			l.country = f.kind
		case name == "geo/extra.csv":
			l.extra = f.kind
		}
	}
}

// namesSource says that a watcher named one of the sources in force.
func (m *model) namesSource(a *attempt) bool {
	for name := range a.named {
		if _, source := a.base.sources[name]; source || name == "geo" && a.base.folder {
			return true
		}
	}
	return false
}

// stillHas says that the sources in force look as they did, and were not written just
// before they were read.
func (m *model) stillHas(a *attempt, looks map[string]string) bool {
	if len(looks) != len(a.base.sources) {
		return false
	}
	for name, look := range looks {
		if a.base.sources[name] != look || m.disk.writtenAfter(name, a.base.sourcesRead.Add(-2*time.Second)) && !m.disk.writtenAfter(name, m.now) {
			return false
		}
	}
	return true
}

// mistakes says what is wrong with the files.
func (l *loaded) mistakes() string {
	if len(l.wrong) == 0 {
		return ""
	}
	slices.Sort(l.wrong)
	return "mistakes: " + strings.Join(l.wrong, ", ")
}

// refusals says why it must not take the place of what is in force.
func (l *loaded) refusals(before loaded, forced bool) string {
	causes := l.lockedOut()
	if before.policy != "edgeless" && l.policy == "edgeless" {
		causes = append(causes, "no edge")
	}
	if forced {
		return refused(causes)
	}
	if before.country != "" && l.country == "" {
		causes = append(causes, "geo/country.mmdb gone")
	}
	if before.extra != "" && l.extra == "" {
		causes = append(causes, "geo/extra.csv gone")
	}
	if was, now := days[before.country], days[l.country]; l.country != "" && now.Before(was) {
		causes = append(causes, fmt.Sprintf("older %s %s", now.Format(time.RFC3339), was.Format(time.RFC3339)))
	}
	if l.country == "small" && before.country != "small" && before.country != "" {
		causes = append(causes, "small")
	}
	if l.country != "" && before.country != "" && nations(before.country) != nations(l.country) {
		causes = append(causes, "another type")
	}
	if before.country == "exits" && l.country != "exits" {
		causes = append(causes, "less anonymizer")
	}
	return refused(causes)
}

// nations says that a database tells countries.
func nations(kind string) bool { return kind != "" && kind != "exits" }

func refused(causes []string) string {
	if len(causes) == 0 {
		return ""
	}
	slices.Sort(causes)
	return "refused: " + strings.Join(causes, ", ")
}

// lockedOut says who denies the guard's address.
func (l *loaded) lockedOut() []string {
	switch {
	case l.overlay.kind == "guarded":
		return []string{"guard by overlay"}
	case l.zones == "guarded":
		return []string{"guard by zone"}
	}
	return nil
}

// bringUpToTime holds the overlay against the time if an entry has ended, or the clock
// was set back.
func (l *loaded) bringUpToTime(now time.Time) {
	if until := l.until(); !until.IsZero() && !now.Before(until) || now.Before(l.asOf) {
		l.asOf = now
	}
}

// entries are those of the overlay that are in force: by their address, until when.
func (l *loaded) entries() map[string]time.Time {
	all := map[string]time.Time{}
	switch l.overlay.kind {
	case "deny":
		return map[string]time.Time{"198.51.100.77": {}}
	case "guarded":
		return map[string]time.Time{"192.0.2.9": {}}
	case "brief":
		all["198.51.100.77"], all["198.51.100.78"] = l.overlay.made.Add(20*time.Second), l.overlay.made.Add(50*time.Second)
	case "allow":
		all["203.0.113.1"] = l.overlay.made.Add(20 * time.Second)
	}
	for addr, until := range all {
		if !l.asOf.Before(until) {
			delete(all, addr)
		}
	}
	return all
}

// until is when the next entry ends; zero: none does.
func (l *loaded) until() time.Time {
	var next time.Time
	for _, until := range l.entries() {
		if next.IsZero() || !until.IsZero() && until.Before(next) {
			next = until
		}
	}
	return next
}

// probes are addresses that tell policies apart.
var probes = []string{
	"203.0.113.1", "203.0.113.2", "203.0.113.3", "192.0.2.9", "198.51.100.1", "198.51.100.2", "198.51.100.77", "198.51.100.78",
	"198.18.10.7", "198.18.20.7", "198.18.30.7", "198.18.40.7", "198.18.50.7", "198.19.0.7", "192.0.2.200",
}

// allows says whom the policy lets in.
func (l *loaded) allows(addr string) bool {
	if _, entry := l.entries()[addr]; entry {
		return l.overlay.kind == "allow"
	}
	blocked := map[string]bool{}
	blocked[fmt.Sprintf("203.0.113.%d", digits[l.zones])] = true
	blocked["192.0.2.9"] = l.zones == "guarded"
	blocked[fmt.Sprintf("198.51.100.%d", digits[l.more])] = l.more != ""
	blocked[fmt.Sprintf("198.18.%d0.7", digits[l.country])] = nations(l.country)
	blocked["198.19.0.7"] = l.extra != ""
	return !blocked[addr]
}

// status is what Status says of times and errors.
type status struct {
	loaded, failing, overlay time.Time
	err, overlayErr          string
}

func (m *model) publish(cause keeper.Cause, failure string) {
	s, now := &m.status, m.clock()
	switch {
	case cause == keeper.OverlayAlone:
		if s.overlayErr = failure; failure == none {
			s.overlay = now
		}
	case failure != none:
		if s.err == none {
			s.failing = now
		}
		s.err = failure
	case cause == keeper.Expiry:
		s.loaded, s.err = now, cmp.Or(m.failing, none)
		if s.err == none {
			s.failing = time.Time{}
		}
	default:
		*s = status{loaded: now, err: none, overlayErr: none}
	}
}
