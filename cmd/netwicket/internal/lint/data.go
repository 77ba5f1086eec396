package lint

import (
	"cmp"
	"slices"
	"time"

	"github.com/netwicket/netwicket/zone"
)

// oldAfter is the age from which geo data is reported. Suppliers publish every
// week or month, so that a quarter is an update that was forgotten.
const oldAfter = 90 * 24 * time.Hour

// dataAge finds databases that are out of date.
func (l *linter) dataAge() {
	for _, data := range l.Policy.Info().Data {
		if data.Built.IsZero() {
			continue
		}
		if age := l.At.Sub(data.Built); age > oldAfter {
			l.warn(zone.Position{File: cmp.Or(data.File, l.Snapshot)}, "", "old-data", "the database was built on %s and is %d days old, so that addresses which changed hands since are decided by where they were; fetch a newer one",
				data.Built.UTC().Format(time.DateOnly), int(age.Hours()/24))
		}
	}
}

// manyCountries is from how many countries on geo data is taken for data about
// the whole world, in which a missing country says something.
const manyCountries = 200

// absentCountries finds countries that no address of the geo data is in. Regions
// package decide asks for.
func (l *linter) absentCountries() {
	table := l.Config.Geo
	known := make(map[string]bool)
	for id := range table.Locations() {
		if at := table.Location(uint32(id)); at.Country != "" {
			known[at.Country] = true
		}
	}
	if len(known) < manyCountries {
		return
	}
	for i := range l.zones {
		z := l.zones[i]
		if !z.Active {
			continue
		}
		locations := properties(z)[0]
		for _, t := range slices.Concat(locations.include, locations.exclude) {
			l.absentCountry(t, known)
		}
	}
	for _, t := range l.countries() {
		l.absentCountry(t, known)
	}
}

func (l *linter) absentCountry(t term, known map[string]bool) {
	country := placeOf(t.text).Country
	if known[country] || l.saidAt(t) {
		return
	}
	hint := ""
	if country == "EU" {
		hint = " (EU is MaxMind's code for an unknown country of Europe, not the European Union)"
	}
	l.warn(t.at, t.text, "absent-country", "no address of the geo data is in this country, so that it matches nobody%s; check the code", hint)
}

// saidAt says that another package has warned about the code already.
func (l *linter) saidAt(t term) bool {
	for _, f := range l.Policy.Info().Warnings {
		if (f.Code == "not-iso-country" || f.Code == "absent-region") && IsAbout(f, t.at) {
			return true
		}
	}
	return false
}
