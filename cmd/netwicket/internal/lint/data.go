package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/zone"
)

// oldAfter is the age from which geo data is reported. Suppliers publish every
// week or month, so that a quarter is an update that was forgotten.
const oldAfter = 90 * 24 * time.Hour

// dataAge finds databases that are out of date.
func (l *linter) dataAge() {
	for _, data := range l.Config.Geo.Datasets() {
		if data.Built.IsZero() || l.At.IsZero() {
			continue
		}
		if age := l.At.Sub(data.Built); age > oldAfter {
			l.warn(zone.Position{File: data.File}, "", "old-data", "the database was built on %s and is %d days old, so that addresses which changed hands since are decided by where they were; fetch a newer one",
				data.Built.UTC().Format(time.DateOnly), int(age.Hours()/24))
		}
	}
}

// manyCountries is from how many countries on geo data is taken for data about
// the whole world, in which a missing country says something.
const manyCountries = 200

// absentPlaces finds countries and regions that no address of the geo data is in.
func (l *linter) absentPlaces() {
	table := l.Config.Geo
	regions := make(map[string][]string) // by country
	for id := range table.Locations() {
		if at := table.Location(uint32(id)); at.Country != "" {
			known := regions[at.Country]
			if at.Region != "" && !slices.Contains(known, at.Region) {
				known = append(known, at.Region)
			}
			regions[at.Country] = known
		}
	}
	for i := range l.zones {
		z := l.zones[i]
		if !z.Active || !z.IsDynamic() {
			continue
		}
		locations := properties(z)[0]
		for _, t := range slices.Concat(locations.include, locations.exclude) {
			l.absent(t, regions)
		}
	}
	for _, t := range l.countries() {
		l.absent(t, regions)
	}
}

func (l *linter) absent(t term, regions map[string][]string) {
	place := placeOf(t.text)
	known, found := regions[place.Country]
	switch {
	case !found && len(regions) >= manyCountries && !l.saidAt(t):
		hint := ""
		if place.Country == "EU" {
			hint = " (EU is MaxMind's code for an unknown country of Europe, not the European Union)"
		}
		l.warn(t.at, t.text, "absent-country", "no address of the geo data is in this country, so that it matches nobody%s; check the code", hint)
	case found && place.Region != "" && len(known) > 0 && !slices.Contains(known, place.Region):
		slices.Sort(known)
		few, more := known, ""
		if len(few) > 8 {
			few, more = few[:8], " and others"
		}
		l.warn(t.at, t.text, "absent-region", "no address of the geo data is in this region, so that it matches nobody; the regions of %s there are %s%s", place.Country, strings.Join(few, ", "), more)
	}
}

// saidAt says that package zone has warned about the code already.
func (l *linter) saidAt(t term) bool {
	for _, f := range l.Policy.Info().Warnings {
		if f.Code == "not-iso-country" && f.File == t.at.File && f.Line == t.at.Line && f.Column >= t.at.Column && strings.HasPrefix(f.Path, t.at.Path) {
			return true
		}
	}
	return false
}
