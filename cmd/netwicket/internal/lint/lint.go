package lint

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// Subject is what to look at. Its documents hold no errors.
type Subject struct {
	Config decide.Config

	// Policy is what the Config compiles to. Nil: the documents are looked at
	// alone, and what only a whole policy could tell is left out.
	Policy *decide.Policy

	Name     string       // file of findings about the policy as a whole
	Snapshot string       // that the policy was read from; empty: it was compiled
	At       time.Time    // the time that the age of geo data is told at
	Guard    []netip.Addr // addresses that a service with this policy must not deny

	Edge     *gate.Config  // in front of the policy; nil: it describes none
	SourceAt zone.Position // of Edge.Source
	Observe  bool          // the mode is observe

	ReasonHeader   bool // answers of a service say why
	ReasonHeaderAt zone.Position
}

// Check gives all findings, document by document and in document order inside
// of each. They are warnings.
func Check(subject Subject) finding.List {
	l := &linter{Subject: subject}
	l.documents()
	if l.Policy != nil {
		l.wholePolicy()
	}
	l.sort()
	return l.found
}

// Service gives those of the findings that a running service says as well, since
// they are about what it does with requests.
func Service(subject Subject) finding.List {
	l := &linter{Subject: subject}
	l.service()
	return l.found
}

func (l *linter) service() {
	l.singleHeader()
	l.everybody()
	l.reasonHeader()
}

type linter struct {
	Subject
	zones    []*zone.Zone
	byID     map[string]*zone.Zone
	ruleSets []ruleSet
	order    map[string]int // of files, as they were met
	found    finding.List
}

// documents looks at every document by itself and at the zones together.
func (l *linter) documents() {
	l.collectZones()
	l.readRules() // what they allow is asked of everything below
	for i := range l.zones {
		z := l.zones[i]
		l.addressLists(z)
		l.terms(z)
		l.coverage(z)
		l.systemZone(z)
	}
	l.proxiesElsewhere()
	l.takenBack()
	for i := range l.ruleSets {
		l.unreachableRules(&l.ruleSets[i])
	}
	l.blockedCountries()
	l.networkConfig()
	l.overlay()
}

// wholePolicy looks at what the documents do together, with the geo data.
func (l *linter) wholePolicy() {
	for i := range l.ruleSets {
		l.nobodyAllowed(&l.ruleSets[i])
	}
	l.enforcement()
	l.dataAge()
	l.absentCountries()
	l.dynamicCoverage()
	l.deniedNetworks()
	l.guard()
	l.trusted()
	l.service()
}

// collectZones lists the zones of all documents.
func (l *linter) collectZones() {
	l.byID = make(map[string]*zone.Zone)
	for d := range l.Config.Zones {
		zones := l.Config.Zones[d].Zones
		for i := range zones {
			l.meet(zones[i].Position.File)
			l.zones = append(l.zones, &zones[i])
		}
	}
	for _, z := range l.zones {
		l.byID[variable(z)] = z
	}
}

// warn adds a finding.
func (l *linter) warn(at zone.Position, value, code, format string, args ...any) {
	l.found = append(l.found, &finding.Finding{
		File: at.File, Line: max(at.Line, 1), Column: max(at.Column, 1), Path: at.Path,
		Value: finding.Cut(value), Code: code, Warning: true, Err: fmt.Errorf(format, args...),
	})
}

// meet notes a file, for the order of findings.
func (l *linter) meet(file string) {
	if l.order == nil {
		l.order = make(map[string]int)
	}
	if _, known := l.order[file]; !known {
		l.order[file] = len(l.order)
	}
}

func (l *linter) sort() {
	for _, f := range l.found {
		l.meet(f.File)
	}
	slices.SortStableFunc(l.found, func(a, b *finding.Finding) int {
		return cmp.Or(cmp.Compare(l.order[a.File], l.order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// place is where something stands, for the middle of a message. The file is
// named only where it is another one.
func place(at, from zone.Position) string {
	if at.File == from.File {
		return fmt.Sprintf("%d:%d", at.Line, at.Column)
	}
	return fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column)
}
