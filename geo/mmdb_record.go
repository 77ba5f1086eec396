package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// mmdbRecord is what a record of any of the known layouts says about an
// address, as it is written. A layout is known by its fields: a supplier's
// database has the same fields whatever its file is called (docs/semantics.md, geo-8).
//
//	field                                suppliers
//	country.iso_code                     MaxMind, DB-IP
//	country_code                         IPinfo, IPLocate, ip-location-db
//	country: "US"                        IPinfo (beside country_code it is a name)
//	subdivisions[...].iso_code           MaxMind, DB-IP
//	autonomous_system_number             MaxMind ASN and ISP, ip-location-db
//	traits.autonomous_system_number      MaxMind Enterprise
//	asn: "AS15169", 15169                IPinfo, IPLocate
//	country.AutonomousSystemNumber       CIRCL Geo Open
//
// What hides a client is in hiding.
//
// The flags of traits, such as the is_anonymous_proxy that MaxMind gave up, are
// not read: a handful of them would make every other address known to be none.
type mmdbRecord struct {
	isoCode     string // country.iso_code
	countryCode string
	countryText string
	registered  string
	represented string

	subdivisions []string // outermost first; the next record's take their place

	asn       uint64
	statesASN bool

	hiding hiding
}

// recordReader reads the records of one data section.
type recordReader struct {
	data   *dataSection
	record mmdbRecord
}

// read is the record at offset. A record that is no map says nothing.
func (r *recordReader) read(offset int) (mmdbRecord, error) {
	r.record = mmdbRecord{subdivisions: r.record.subdivisions[:0]}
	v, _, err := r.data.read(offset)
	if err != nil || v.kind != mapKind {
		return mmdbRecord{}, err
	}
	err = r.data.entries(v, r.topLevel)
	return r.record, err
}

func (r *recordReader) topLevel(key []byte, at int) (err error) {
	rec := &r.record
	switch string(key) {
	case "country":
		err = r.country(at)
	case "country_code":
		rec.countryCode, err = r.data.text(at)
	case "registered_country":
		rec.registered, err = r.code(at)
	case "represented_country":
		rec.represented, err = r.code(at)
	case "subdivisions":
		err = r.subdivisions(at)
	case "autonomous_system_number", "asn":
		err = r.asn(at)
	case "traits":
		err = r.within(at, r.trait)
	default:
		err = r.hidingField(key, at)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (r *recordReader) trait(key []byte, at int) error {
	if string(key) != "autonomous_system_number" || r.record.statesASN {
		return nil // the record's own goes first
	}
	return r.asn(at)
}

// within visits the entries of the map at offset.
func (r *recordReader) within(offset int, visit func(key []byte, at int) error) error {
	v, _, err := r.data.read(offset)
	if err != nil {
		return err
	}
	if v.kind != mapKind {
		return wrongKind(v, "a map")
	}
	return r.data.entries(v, visit)
}

// code is the iso_code of the map at offset; without one it is empty.
func (r *recordReader) code(offset int) (text string, err error) {
	err = r.within(offset, func(key []byte, at int) error {
		if string(key) != "iso_code" {
			return nil
		}
		var err error
		text, err = r.data.text(at)
		return err
	})
	return text, err
}

func (r *recordReader) country(offset int) error {
	v, _, err := r.data.read(offset)
	if err != nil {
		return err
	}
	if v.kind == stringKind {
		r.record.countryText, err = r.data.text(offset)
		return err
	}
	return r.within(offset, func(key []byte, at int) (err error) {
		switch string(key) {
		case "iso_code":
			r.record.isoCode, err = r.data.text(at)
		case "AutonomousSystemNumber":
			if !r.record.statesASN { // the record's own goes first
				err = r.asn(at)
			}
		}
		return err
	})
}

// maxSubdivisions is more than any country has inside one another. Without a limit
// records that point to one long array would be as many long lists.
const maxSubdivisions = 16

// subdivisions reads an array of maps, the largest subdivision first: in the
// United States the state, in Italy the region and then the province. One without
// a code says nothing (docs/semantics.md, geo-3).
func (r *recordReader) subdivisions(offset int) error {
	v, _, err := r.data.read(offset)
	if err != nil {
		return err
	}
	if v.kind != arrayKind {
		return wrongKind(v, "an array")
	}
	if v.size > maxSubdivisions {
		return fmt.Errorf("%d subdivisions inside one another; the limit is %d", v.size, maxSubdivisions)
	}
	r.record.subdivisions = r.record.subdivisions[:0] // a key twice: the later one counts
	at := v.at
	for range v.size {
		code, err := r.code(at)
		if err != nil {
			return err
		}
		if code != "" {
			r.record.subdivisions = append(r.record.subdivisions, code)
		}
		if at, err = r.data.skip(at); err != nil {
			return err
		}
	}
	return nil
}

// asn reads a number, or text such as "AS15169". Empty text says nothing; other
// text that is no number says that the ASN is unknown.
func (r *recordReader) asn(offset int) error {
	v, _, err := r.data.read(offset)
	if err != nil {
		return err
	}
	rec := &r.record
	if v.kind != stringKind {
		rec.asn, err = r.data.number(v)
		rec.statesASN = true
		return err
	}
	text, err := r.data.copied(v)
	if text == "" {
		return err
	}
	rec.asn, _ = parseASN(text)
	rec.statesASN = true
	return nil
}

// parseASN reads "AS15169" or "15169".
func parseASN(text string) (uint64, error) {
	digits := text
	if len(text) > 2 && strings.EqualFold(text[:2], "as") {
		digits = text[2:]
	}
	return strconv.ParseUint(digits, 10, 32)
}

// statement is what the record states. Absent and empty fields state nothing.
func (r *mmdbRecord) statement(v *vocabulary) statement {
	var s statement
	country := r.isoCode
	if country == "" {
		country = r.countryCode
	}
	if country == "" {
		country = r.countryText
	}
	s.registered, s.represented = countryOf(r.registered), countryOf(r.represented)
	if country != "" {
		s.states |= Country
		s.country = countryOf(country)
	}
	if len(r.subdivisions) > 0 {
		s.states |= Region
		s.regions = v.regions(country, r.subdivisions...)
	}
	if r.statesASN {
		s.states |= ASN
		if r.asn <= math.MaxUint32 {
			s.asn = uint32(r.asn)
		}
	}
	r.hiding.state(&s, v)
	return s
}
