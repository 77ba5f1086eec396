package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

func (c *Console) documentsRoutes() []route {
	return []route{{pattern: "GET documents", page: "documents", handle: c.documents}}
}

// maxShownFindings is how many findings a list shows; those of a file stand in it.
const maxShownFindings = 200

// documentsView is the page Documents: the policy as a whole, or one thing of it.
type documentsView struct {
	Overview *overview
	Zone     *zoneView
	Rule     *ruleView
	File     *fileView
	Missing  string // what was asked for and is not there
}

// overview is all that the policy is made of.
type overview struct {
	Files    []fileRow
	Findings finding.List
	More     int // findings that are not listed
	Errors   int
	Warnings int
	Zones    zoneTable
	RuleSets []ruleSetTable
	Sources  []sourceRow
	Feeds    []feedRow
	Config   *decide.Config
	Parts    *policyfile.Parts
	Snapshot *snapshotFacts
	Network  bool // SailPoint's network is enforced
	Country  bool // and its countries
	now      time.Time
}

type feedRow struct {
	File     string
	Networks int
}

// snapshotFacts are what a snapshot says of itself.
type snapshotFacts struct {
	File string
	decide.SnapshotHeader
}

func (c *Console) documents(w http.ResponseWriter, r *http.Request) {
	on, query := c.subjects.current(), r.URL.Query()
	var view documentsView
	switch {
	case query.Has("zone"):
		view.Zone, view.Missing = c.zoneView(on, query), query.Get("zone")
	case query.Has("rule"):
		view.Rule, view.Missing = c.ruleView(on, query), query.Get("rule")
	case query.Has("file"):
		view.File, view.Missing = c.fileView(on, query), query.Get("file")
	case wantsPart(r, "zones"):
		c.showPart(w, "documents", "zones", zonesOf(&on.Parts.Config, c.reviewed(on), query))
		return
	default:
		view.Overview = c.overview(on, r)
		c.show(w, r, http.StatusOK, "documents", on, view)
		return
	}
	if view.Zone == nil && view.Rule == nil && view.File == nil {
		c.show(w, r, http.StatusNotFound, "documents", on, view)
		return
	}
	if wantsPart(r, "removal") {
		c.showPart(w, "documents", "removal", view)
		return
	}
	c.show(w, r, http.StatusOK, "documents", on, view)
}

// Removal is what it would change if the thing were deleted; nil: nobody has asked.
func (v documentsView) Removal() *removal {
	switch {
	case v.Zone != nil:
		return v.Zone.Removal
	case v.Rule != nil:
		return v.Rule.Removal
	}
	return nil
}

func (c *Console) overview(on *subject, r *http.Request) *overview {
	config, found := &on.Parts.Config, c.reviewed(on)
	o := &overview{
		Files: c.fileRows(on), Findings: found, Config: config, Parts: on.Parts, Sources: sourcesOf(on, found),
		Zones: zonesOf(config, found, r.URL.Query()), RuleSets: ruleSetsOf(config), now: c.options.Now(),
	}
	o.Errors, o.Warnings = countFindings(found)
	if o.More = len(found) - maxShownFindings; o.More > 0 {
		o.Findings = found[:maxShownFindings]
	}
	for _, feed := range config.ThreatFeeds {
		o.Feeds = append(o.Feeds, feedRow{feed.File, len(feed.Entries)})
	}
	if on.Parts.SnapshotFile != "" {
		o.Snapshot = &snapshotFacts{on.Parts.SnapshotFile, on.Parts.SnapshotHeader()}
	}
	o.Network, o.Country = config.SailPoint.Enforced(config.AuthProfile)
	return o
}

// Threat is ThreatInsight's action as Okta writes it.
func (o *overview) Threat() string { return docdiff.ThreatName(o.Config.ThreatInsight.Action) }

// OverlayEntries are the entries that deny and those that allow, in this order.
func (o *overview) OverlayEntries() []overlayRow {
	var rows []overlayRow
	for i, list := range [][]zone.OverlayEntry{o.Config.Overlay.Deny, o.Config.Overlay.Allow} {
		for j := range list {
			e := &list[j]
			rows = append(rows, overlayRow{OverlayEntry: e, Verdict: [...]string{"deny", "allow"}[i], Expired: !e.InForce(o.now)})
		}
	}
	return rows
}

type overlayRow struct {
	*zone.OverlayEntry
	Verdict string
	Expired bool
}

// place is where something stands, for a link to its line.
type place struct {
	File string
	Line int
}

func placeOf(at zone.Position) place { return place{at.File, max(at.Line, 1)} }

// nth is the one of several with the same key that a query means: twins are counted.
func nth[T any](list []T, number int) (one T, found bool) {
	if number < 0 || number >= len(list) {
		return one, false
	}
	return list[number], true
}

// within are the findings about the value at a place, or about a part of it.
func within(all finding.List, at zone.Position) finding.List {
	return slices.DeleteFunc(slices.Clone(all), func(f *finding.Finding) bool { return !lint.IsAbout(f, at) })
}
