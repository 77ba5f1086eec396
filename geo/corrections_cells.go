package geo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
)

// statement reads the cells behind the network. An empty cell states nothing,
// and "-" that there is none (docs/semantics.md, geo-9).
func (r *csvReader) statement(cells []string) statement {
	s := statement{replaces: true}
	country, region, asn, anonymizer, services := cells[1], cells[2], cells[3], cells[4], cells[5]
	if country != "" {
		s.states |= Country
		s.country = r.country(country)
	}
	if region != "" {
		s.states |= Region
		s.regions = r.region(region, country)
	}
	if asn != "" {
		s.states |= ASN
		s.asn = r.asn(asn)
	}
	if anonymizer != "" {
		s.states |= AnonymizerField
		s.tells, s.hides = AllSorts, r.anonymizer(anonymizer)
	}
	if services != "" {
		s.states |= ServicesField
		s.services = r.vocabulary.set(r.services(services))
	}
	return s
}

// country takes what a database may say too: ZZ, XX and -- are an unknown
// country. Anything else that is not two letters is a mistake of the writer.
func (r *csvReader) country(cell string) countryCode {
	if cell == none || cell == "--" {
		return 0
	}
	code := countryOf(cell)
	if code == 0 && !strings.EqualFold(cell, "ZZ") && !strings.EqualFold(cell, "XX") {
		r.cellError(1, cell, "bad-country", errors.New("not a country; expected two letters such as US, or - for unknown"))
	}
	return code
}

func (r *csvReader) region(cell, country string) uint32 {
	if cell == none {
		return 0
	}
	prefix, code, _ := strings.Cut(cell, "-")
	id := r.vocabulary.regions(prefix, code)
	switch {
	case id == 0:
		r.cellError(2, cell, "bad-region", errors.New("not a region; expected an ISO 3166-2 code such as US-CA, or - for unknown"))
	case country != "" && !strings.EqualFold(country, prefix):
		r.cellError(2, cell, "bad-region", fmt.Errorf("not a region of the row's country %s", country))
	}
	return id
}

func (r *csvReader) asn(cell string) uint32 {
	if cell == none {
		return 0
	}
	asn, err := parseASN(cell)
	if err != nil || asn == 0 {
		r.cellError(3, cell, "bad-asn", errors.New("not an autonomous system; expected 1 to 4294967295 such as 15169 or AS15169, or - for unknown"))
	}
	return uint32(asn)
}

// anonymizer is the sorts that a cell says: all but Tor for anonymous, since it
// does not say which.
func (r *csvReader) anonymizer(cell string) Sorts {
	switch cell {
	case none, "none":
		return 0
	case "anonymous":
		return AllSorts &^ TorSort
	case "tor":
		return TorSort
	}
	r.cellError(4, cell, "bad-anonymizer", errors.New("not an anonymizer; expected none, anonymous or tor, or - for none"))
	return 0
}

// services reads NAME|NAME=anonymous|NAME=plain.
func (r *csvReader) services(cell string) []Service {
	if cell == none {
		return nil
	}
	var services []Service
	for part := range strings.SplitSeq(cell, "|") {
		service, err := parseService(part)
		if err != nil {
			r.cellError(5, cell, "bad-service", fmt.Errorf("%q: %w", finding.Cut(part), err))
			return nil
		}
		for _, other := range services {
			if other.String() == service.String() {
				r.cellError(5, cell, "bad-service", fmt.Errorf("%q: named twice", finding.Cut(part)))
				return nil
			}
		}
		services = append(services, service)
	}
	return services
}

func parseService(text string) (Service, error) {
	nameText, sort, says := strings.Cut(text, "=")
	name, err := parseServiceName(nameText)
	if err != nil {
		return Service{}, err
	}
	service := namedService(name)
	switch {
	case !says:
	case sort == "anonymous":
		service.Anonymous = true
	case sort == "plain":
		service.Anonymous = false
	default:
		return Service{}, errors.New("expected anonymous or plain behind =")
	}
	return service, nil
}
