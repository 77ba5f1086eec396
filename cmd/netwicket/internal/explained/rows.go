package explained

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// Hop is one hop for a person.
type Hop struct {
	Addr string // "?" if it cannot be read
	Role string // what it is to the search for the client
	Hits []string
}

// Hops are the hops of a request, nearest first.
func Hops(e *decide.Explanation) []Hop {
	var rows []Hop
	for i, hop := range e.Hops {
		row := Hop{Addr: addressText(hop.Addr), Role: hopRole(e, i)}
		for _, hit := range hop.Hits {
			row.Hits = append(row.Hits, hitText(hit))
		}
		rows = append(rows, row)
	}
	return rows
}

func hitText(hit decide.Hit) string {
	text := "in"
	if hit.Unknown {
		text = "may be in"
	}
	text += fmt.Sprintf(" blocklist zone %q", hit.Zone.Name)
	if hit.Exempt {
		text += " but exempt"
	}
	return text
}

func addressText(addr netip.Addr) string {
	if !addr.IsValid() {
		return "?"
	}
	return addr.String()
}

// hopRole is what a hop is to the search for the client.
func hopRole(e *decide.Explanation, i int) string {
	hop := e.Hops[i]
	switch {
	case !hop.Addr.IsValid() && e.ClientIndex < 0:
		return "cannot be read: the client is not known"
	case !hop.Addr.IsValid():
		return "cannot be read, behind the client"
	case hop.Client && len(hop.TrustedBy) > 0:
		return fmt.Sprintf("the client: proxy of zone %q, and the last hop", hop.TrustedBy[0].Name)
	case hop.Client:
		return "the client"
	case e.ClientIndex >= 0 && i > e.ClientIndex:
		return "behind the client"
	case len(hop.TrustedBy) > 0:
		return fmt.Sprintf("proxy of zone %q", hop.TrustedBy[0].Name)
	default:
		return "not reached"
	}
}

// Fact is one datum of the client for a person.
type Fact struct {
	Name, Value string
	From        *Datum
	Note        string // what else there is to say; mostly empty
}

// Source is where the datum comes from, what other sources say, and the note.
func (f *Fact) Source() string {
	return strings.TrimSuffix(strings.TrimPrefix(f.From.sourceText()+"; "+f.Note, "; "), "; ")
}

// Facts are what is known of the client: nothing without one.
func Facts(e *decide.Explanation, provenance *Provenance) []Fact {
	if e.ClientIndex < 0 {
		return nil
	}
	at := e.Location
	asn, services, note := "unknown", "unknown", ""
	if at.ASNKnown {
		asn = "AS" + strconv.FormatUint(uint64(at.ASN), 10)
	}
	if at.Services.Known() {
		services = orWord(strings.Join(serviceNames(at.Services), ", "), "none")
	}
	if at.Country == "" {
		note = lint.WithoutCountry(e.Decision.Client)
	}
	return []Fact{
		{"country", orWord(at.Country, "unknown") + otherCountries(at), &provenance.Country, note},
		{"region", at.Regions.String(), &provenance.Region, ""},
		{"ASN", asn, &provenance.ASN, ""},
		{"anonymizer", at.Anonymizer.String(), &provenance.Anonymizer, ""},
		{"services", services, &provenance.Services, ""},
	}
}

// otherCountries are those that a database gives beside the country, and that
// never decide: people compare them with what other tools say.
func otherCountries(at geo.Location) string {
	var others []string
	if at.Registered != "" && at.Registered != at.Country {
		others = append(others, "registered in "+at.Registered)
	}
	if at.Represented != "" {
		others = append(others, "representing "+at.Represented)
	}
	if len(others) == 0 {
		return ""
	}
	return " (" + strings.Join(others, ", ") + ", which does not decide)"
}

// Zone is one zone for a person.
type Zone struct {
	State     decide.State
	Key, Name string // Name is empty where it is the key
	Sort, Why string
	At, Entry zone.Position // Entry is the zero Position where it says no more than At
}

// Zones are all zones, in document order.
func Zones(e *decide.Explanation) []Zone {
	var rows []Zone
	for _, z := range e.Zones {
		row := Zone{State: z.State, Key: z.Key, Sort: string(z.Type) + " " + z.Use, Why: z.Why, At: z.Position}
		if z.Zone.Name != z.Key {
			row.Name = z.Zone.Name
		}
		if PlaceText(z.Entry) != PlaceText(z.Position) {
			row.Entry = z.Entry
		}
		rows = append(rows, row)
	}
	return rows
}

// Rule is one rule for a person.
type Rule struct {
	Outcome      string // "applies", "inactive" or "-"
	Policy, Name string
	Access, Why  string
	Condition    decide.State
	At           zone.Position
}

// Rules are all rules, in the order of evaluation.
func Rules(e *decide.Explanation) []Rule {
	var rows []Rule
	for _, r := range e.Rules {
		row := Rule{Outcome: "-", Policy: r.Policy, Name: r.Rule, Access: "deny", Condition: r.Condition, Why: r.Why, At: r.Position}
		switch {
		case r.Applied:
			row.Outcome = "applies"
		case !r.Active:
			row.Outcome = "inactive"
		}
		if r.Allow {
			row.Access = "allow"
		}
		rows = append(rows, row)
	}
	return rows
}

// Layer is one layer for a person.
type Layer struct {
	Outcome   string // "pass", "deny" or, not asked, "-"
	Name, Why string
	Entries   []zone.Position // that it went by and that stand in a file
}

// Layers are all layers, in order.
func Layers(e *decide.Explanation) []Layer {
	var rows []Layer
	for _, l := range e.Layers {
		row := Layer{Outcome: "pass", Name: l.Layer, Why: l.Why}
		switch {
		case l.Denied:
			row.Outcome = "deny"
		case !l.Consulted:
			row.Outcome = "-"
		}
		for _, at := range l.Entries {
			if PlaceText(at) != "" {
				row.Entries = append(row.Entries, at)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func orWord(text, word string) string {
	if text == "" {
		return word
	}
	return text
}
