package explained

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Provenance says where what decided comes from: for each datum of the client
// the source, and for zones, entries and rules their place.
type Provenance struct {
	Country    Datum  `json:"country"`
	Region     Datum  `json:"region"`
	ASN        Datum  `json:"asn"`
	Anonymizer Datum  `json:"anonymizer"`
	Services   Datum  `json:"services"`
	Zones      Object `json:"zones"`   // key -> file:line
	Entries    Object `json:"entries"` // key of a zone -> file:line of the gateway that holds an address
	Rules      Object `json:"rules"`   // name -> file:line
	Layers     Object `json:"layers"`  // name -> file:line of each entry that it went by
}

// Datum is one datum, the source that the policy takes it from, and what the
// other sources say. Source is null if no source says so.
type Datum struct {
	Value   any     `json:"value"`
	Source  *string `json:"source"`
	Network *string `json:"network,omitempty"`
	Line    *int    `json:"line,omitempty"`
	Others  []Said  `json:"others"`
}

// Said is what another source says of a datum.
type Said struct {
	Value   any     `json:"value"`
	Source  string  `json:"source"`
	Network *string `json:"network,omitempty"`
	Line    *int    `json:"line,omitempty"`
}

// datumOf is a datum of a location as JSON has it; null is unknown.
func datumOf(at geo.Location, datum geo.Field) any {
	location := newLocation(at)
	switch datum {
	case geo.Country:
		return orNothing(location.Country)
	case geo.Region:
		return orNothing(location.Region)
	case geo.ASN:
		return orNothing(location.ASN)
	case geo.AnonymizerField:
		return orNothing(location.Anonymizer)
	case geo.ServicesField:
		if location.Services != nil {
			return location.Services
		}
	}
	return nil
}

func orNothing[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// NewProvenance says where an explanation comes from; said is what each source says of
// the client.
func NewProvenance(e *decide.Explanation, said []geo.Said) Provenance {
	datum := func(of geo.Field) Datum { return newDatum(e.Location, said, of) }
	out := Provenance{
		Country: datum(geo.Country), Region: datum(geo.Region), ASN: datum(geo.ASN),
		Anonymizer: datum(geo.AnonymizerField), Services: datum(geo.ServicesField),
		Zones: Object{}, Entries: Object{}, Rules: Object{}, Layers: Object{},
	}
	for i := range e.Zones {
		z := &e.Zones[i]
		out.Zones = appendPlace(out.Zones, z.Key, z.Position)
		out.Entries = appendPlace(out.Entries, z.Key, z.Entry)
	}
	for i := range e.Rules {
		out.Rules = appendPlace(out.Rules, e.Rules[i].Rule, e.Rules[i].Position)
	}
	for i := range e.Layers {
		if places := placesOf(&e.Layers[i]); len(places) > 0 {
			out.Layers = append(out.Layers, Member{e.Layers[i].Layer, places})
		}
	}
	return out
}

func appendPlace(list Object, key string, at zone.Position) Object {
	if text := PlaceText(at); text != "" {
		return append(list, Member{key, text})
	}
	return list
}

// placesOf are the places of the entries that a layer went by.
func placesOf(l *decide.LayerTrace) []string {
	var places []string
	for _, at := range l.Entries {
		if text := PlaceText(at); text != "" {
			places = append(places, text)
		}
	}
	return places
}

// PlaceText is file:line, or empty for what stands in no file.
func PlaceText(at zone.Position) string {
	if at.File == "" || at.Line == 0 {
		return ""
	}
	return at.File + ":" + strconv.Itoa(at.Line)
}

// newDatum finds the source whose word counts: the last one that says what the
// sources say together (docs/semantics.md, join-1 and join-3). Services of several
// sources are joined; then it is the last one that adds any.
func newDatum(at geo.Location, said []geo.Said, datum geo.Field) Datum {
	out := Datum{Value: datumOf(at, datum), Others: []Said{}}
	counts := -1
	for i := range said {
		if said[i].States.Has(datum) && agrees(datumOf(said[i].Location, datum), out.Value) {
			counts = i
		}
	}
	for i := range said {
		s := &said[i]
		if !s.States.Has(datum) {
			continue
		}
		one := Said{Value: datumOf(s.Location, datum), Source: s.File}
		if line := s.Line(datum); line > 0 {
			one.Line = &line
		} else {
			network := networkText(s.Range)
			one.Network = &network
		}
		if i == counts {
			out.Source, out.Line, out.Network = &one.Source, one.Line, one.Network
			continue
		}
		out.Others = append(out.Others, one)
	}
	return out
}

func agrees(said, value any) bool {
	list, isList := value.([]string)
	if !isList {
		return said == value
	}
	own, _ := said.([]string)
	if len(own) == 0 {
		return len(list) == 0
	}
	return !slices.ContainsFunc(own, func(name string) bool { return !slices.Contains(list, name) })
}

func networkText(r netipx.IPRange) string {
	if prefix, ok := r.Prefix(); ok {
		return prefix.String()
	}
	return r.String()
}

// sourceText is where a datum comes from, for a person.
func (d *Datum) sourceText() string {
	if d.Source == nil {
		return d.othersText("")
	}
	return d.othersText(whereText(*d.Source, d.Network, d.Line))
}

func (d *Datum) othersText(text string) string {
	var others []string
	for i := range d.Others {
		o := &d.Others[i]
		others = append(others, fmt.Sprintf("%s says %s", whereText(o.Source, o.Network, o.Line), valueText(o.Value)))
	}
	if len(others) == 0 {
		return text
	}
	return strings.TrimPrefix(text+"; ", "; ") + strings.Join(others, ", ")
}

func whereText(source string, network *string, line *int) string {
	switch {
	case line != nil:
		return source + ":" + strconv.Itoa(*line)
	case network != nil:
		return source + " " + *network
	default:
		return source
	}
}

func valueText(value any) string {
	switch v := value.(type) {
	case nil:
		return "unknown"
	case []string:
		return orWord(strings.Join(v, ", "), "none")
	default:
		return fmt.Sprint(v)
	}
}
