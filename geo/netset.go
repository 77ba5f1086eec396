package geo

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/netset"
)

// Limits of text sources: more is a mistake, such as a wrong file.
const (
	maxRows       = 5_000_000
	maxLineLength = 64 << 10
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// textReader collects the findings of one text source.
type textReader struct {
	file     string
	margin   int // columns that a byte order mark takes from the first line
	errors   Findings
	warnings Findings
}

// fail notes an error at a line and a column, both 1-based.
func (r *textReader) fail(line, column int, value, code string, err error) {
	r.errors = append(r.errors, r.finding(line, column, value, code, err))
}

func (r *textReader) warn(line, column int, value, code string, err error) {
	if len(r.warnings) == finding.Limit {
		return
	}
	f := r.finding(line, column, value, code, err)
	f.Warning = true
	r.warnings = append(r.warnings, f)
}

func (r *textReader) finding(line, column int, value, code string, err error) *Finding {
	if line == 1 {
		column += r.margin
	}
	return &Finding{File: r.file, Line: line, Column: column, Value: finding.Cut(value), Code: code, Err: err}
}

// withoutMark takes a byte order mark off a text.
func (r *textReader) withoutMark(content []byte) []byte {
	text := bytes.TrimPrefix(content, byteOrderMark)
	r.margin = len(content) - len(text)
	return text
}

// parseServiceName reads the name of a service in a list's tag or an overlay's
// cell. Lower case is raised.
func parseServiceName(text string) (string, error) {
	name := strings.ToUpper(text)
	for i := range len(name) {
		c := name[i]
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return "", errors.New("not a service: expected letters, digits and _, such as NORD_VPN")
		}
	}
	switch {
	case name == "":
		return "", errors.New("a service without a name; expected one such as NORD_VPN")
	case strings.HasPrefix(name, "ALL_"):
		return "", errors.New("this category stands for many services; name the service, or VPN or PROXY if its operator is unknown")
	}
	return name, nil
}

// readNetset reads a list into a layer. The errors are all that are wrong with
// it; beside an error the layer is of no use.
func readNetset(file, service string, content []byte, v *vocabulary) (*layer, Dataset, *textReader) {
	r := &textReader{file: file}
	name, err := parseServiceName(service)
	if err != nil {
		r.fail(1, 1, service, "bad-service", err)
		return nil, Dataset{}, r
	}
	var networks []netipx.IPRange
	r.errors, r.warnings = netset.ReadList(file, string(content), netset.Limits{}, func(e netset.Entry) {
		networks = append(networks, e.Range)
	})
	l := &layer{statements: []statement{{}, {
		states:   ServicesField,
		services: v.set([]Service{namedService(name)}),
	}}}
	l.v4, l.v6 = union(networks)
	dataset := Dataset{Type: "netset", Networks: len(networks)}
	for _, network := range networks {
		if network.From().Is4() {
			dataset.Networks4++
		}
	}
	if len(networks) > 0 {
		dataset.Provides = ServicesField
	}
	return l, dataset, r
}

// union marks the addresses of all networks with 1, the others with 0.
func union(networks []netipx.IPRange) (v4, v6 spans) {
	var in4, in6 []interval
	for _, network := range networks {
		i := interval{addrnum.From(network.From()), addrnum.From(network.To())}
		if network.From().Is4() {
			in4 = append(in4, i)
		} else {
			in6 = append(in6, i)
		}
	}
	return mark(in4, addrnum.IPv4.Last()), mark(in6, addrnum.IPv6.Last())
}

// interval is a network of either family.
type interval struct{ first, last addrnum.Number }

// mark marks the addresses of intervals in a space that ends with end.
func mark(intervals []interval, end addrnum.Number) spans {
	slices.SortFunc(intervals, func(a, b interval) int { return a.first.Compare(b.first) })
	marked := uniform(0)
	for i := 0; i < len(intervals); {
		first, last := intervals[i].first, intervals[i].last
		for i++; i < len(intervals) && !last.Less(intervals[i].first); i++ {
			if last.Less(intervals[i].last) {
				last = intervals[i].last
			}
		}
		marked.add(first, 1)
		if last != end {
			marked.add(last.Next(), 0)
		}
	}
	return marked
}
