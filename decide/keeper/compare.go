package keeper

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
)

// Refusal says why a good policy must not replace the one in force.
type Refusal struct{ Causes []string }

// Error is the causes on one line.
func (r *Refusal) Error() string { return strings.Join(r.Causes, "; ") }

// refusal is nil without causes.
func refusal(causes []string) error {
	if len(causes) == 0 {
		return nil
	}
	return &Refusal{Causes: causes}
}

// delivery is a database, corrections, a list or a threat feed as it was loaded.
type delivery struct {
	file     string // of what is compiled into a snapshot, its type and number
	kind     string // the database's type, or what else it is
	built    time.Time
	networks int
	provides geo.Field
	compiled bool // into a snapshot
}

func (d delivery) String() string {
	if d.compiled {
		return "the snapshot's " + d.file
	}
	return fmt.Sprintf("%s (%s)", d.file, d.kind)
}

// threatFeed is the kind of a feed: no geo source, but delivered like one.
const threatFeed = "threat feed"

// deliveriesOf are all that came with a policy.
func deliveriesOf(parts *policyfile.Parts) []delivery {
	var all []delivery
	ofType := map[string]int{}
	for _, d := range parts.Datasets() {
		one := delivery{filepath.Clean(d.File), d.Type, d.Built, d.Networks, d.Provides, parts.Compiled()}
		if one.compiled {
			ofType[d.Type]++
			one.file = fmt.Sprintf("%s no. %d", d.Type, ofType[d.Type])
		}
		all = append(all, one)
	}
	for _, feed := range parts.Config.ThreatFeeds {
		all = append(all, delivery{filepath.Clean(feed.File), threatFeed, time.Time{}, len(feed.Entries), 0, false})
	}
	return all
}

const accepted = "force accepts it (serve --force), and so does a restart"

// shrunk says what a policy has less of than the one in force, by a mistake in what
// was delivered (docs/semantics.md, reload-2). What the policy file names no more
// was somebody's wish; what the policy provides counts all the same.
func shrunk(before, after *policyfile.Parts) []string {
	was, now := deliveriesOf(before), deliveriesOf(after)
	var causes []string
	for _, old := range was {
		next, found := counterpart(was, now, old)
		switch {
		case found:
			causes = append(causes, setBack(old, next)...)
		case !old.compiled && old.networks > 0 && slices.ContainsFunc(after.Folders, func(folder string) bool { return filepath.Clean(folder) == filepath.Dir(old.file) }):
			causes = append(causes, fmt.Sprintf("%s is gone from its folder, with %d networks; %s", old, old.networks, accepted))
		}
	}
	return append(causes, missing(before, after)...)
}

// setBack says how a delivery is less than the one in force.
func setBack(was, now delivery) []string {
	var causes []string
	if now.built.Before(was.built) {
		causes = append(causes, fmt.Sprintf("%s was built %s, before the one in force of %s; %s", now, date(now.built), date(was.built), accepted))
	}
	if lost := was.provides &^ now.provides; lost != 0 && now.kind != was.kind {
		causes = append(causes, fmt.Sprintf("%s took the place of a %s, and provides no %s; %s", now, was.kind, strings.Join(lost.Names(), ", "), accepted))
	}
	if now.networks < was.networks-now.networks {
		causes = append(causes, fmt.Sprintf("%s has %d networks, less than half of the %d of the one in force; %s", now, now.networks, was.networks, accepted))
	}
	return causes
}

// missing says what the sources together do not provide any more.
func missing(before, after *policyfile.Parts) []string {
	var causes []string
	asFields := before.Compiled() || after.Compiled()
	was4, was6 := provided(before, asFields)
	now4, now6 := provided(after, asFields)
	lost4, lost6 := was4.Without(now4), was6.Without(now6)
	lose := func(lost geo.Provided, family string) {
		if !lost.IsEmpty() {
			causes = append(causes, fmt.Sprintf("no source provides %s of %s any more, which %s did; %s", lost, family, providers(before, lost), accepted))
		}
	}
	if lost4.String() == lost6.String() {
		lose(lost4, "any address")
	} else {
		lose(lost4, "IPv4 addresses")
		lose(lost6, "IPv6 addresses")
	}
	if networksOf(before) > 0 && networksOf(after) == 0 && !after.Compiled() {
		causes = append(causes, fmt.Sprintf("there is no %s any more, of %d networks; %s", threatFeed, networksOf(before), accepted))
	}
	return causes
}

// provided is what the sources of a policy provide together; with asFields, no more of it
// than a snapshot says as well.
func provided(parts *policyfile.Parts, asFields bool) (v4, v6 geo.Provided) {
	if !asFields {
		return parts.Config.Geo.Provided()
	}
	for _, d := range parts.Datasets() {
		if d.Networks4 > 0 || d.Kind == geo.Netset {
			v4.Fields |= d.Provides
		}
		if d.Networks > d.Networks4 || d.Kind == geo.Netset {
			v6.Fields |= d.Provides
		}
	}
	return v4, v6
}

// networksOf is how many networks all threat feeds list.
func networksOf(parts *policyfile.Parts) int {
	n := 0
	for _, feed := range parts.Config.ThreatFeeds {
		n += len(feed.Entries)
	}
	return n
}

// providers are the sources that any of it may have come from.
func providers(parts *policyfile.Parts, lost geo.Provided) string {
	fields := lost.Fields
	if lost.Anonymizer != 0 {
		fields |= geo.AnonymizerField
	}
	if lost.Services != 0 || len(lost.Operators) > 0 {
		fields |= geo.ServicesField
	}
	var files []string
	for _, d := range deliveriesOf(parts) {
		if d.provides&fields != 0 {
			files = append(files, d.String())
		}
	}
	return strings.Join(files, " or ")
}

func date(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.Format(time.RFC3339)
}

// counterpart is what takes the place of a delivery: what comes from the same file,
// or, where the file was renamed, the only one that is new of the only kind that is
// gone.
func counterpart(before, after []delivery, of delivery) (delivery, bool) {
	for _, d := range after {
		if d.succeeds(of) {
			return d, true
		}
	}
	appeared, gone := onlyIn(after, before, of.kind), onlyIn(before, after, of.kind)
	if len(appeared) != 1 || len(gone) != 1 {
		return delivery{}, false
	}
	return appeared[0], true
}

// succeeds says that both are of one file. A list and a feed may be, and are two deliveries.
func (d delivery) succeeds(of delivery) bool {
	return d.file == of.file && (d.kind == threatFeed) == (of.kind == threatFeed)
}

// onlyIn are the deliveries of a kind whose files the others do not have.
func onlyIn(list, others []delivery, kind string) []delivery {
	var found []delivery
	for _, d := range list {
		if d.kind == kind && !slices.ContainsFunc(others, d.succeeds) {
			found = append(found, d)
		}
	}
	return found
}

// lockedOut lists the guard's addresses that a policy denies, as the edge resolves
// them (docs/semantics.md, edge-30).
func lockedOut(parts *policyfile.Parts, policy *decide.Policy) []string {
	var causes []string
	if policy == nil { // everybody is, and no other policy is there
		return nil
	}
	for _, addr := range parts.Serve.Guard {
		if cause := parts.LockedOut(policy, addr, "which is in serve.guard"); cause != "" {
			causes = append(causes, cause)
		}
	}
	return causes
}
