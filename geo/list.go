package geo

import (
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/netset"
)

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
	l.supplied = listSupply(namedService(name), dataset)
	return l, dataset, r
}

// listSupply is what a list provides: whoever gives it says that it is complete
// for its category, in both families. That of an operator says nothing of other
// operators (docs/semantics.md, geo-11). An empty list provides nothing.
func listSupply(service Service, list Dataset) supply {
	if list.Networks == 0 {
		return supply{}
	}
	provided := Provided{Fields: ServicesField}
	if service.Unnamed() || service.Name == torCategory {
		provided.Services = service.sorts()
	} else {
		provided.Operators = []string{service.Name}
	}
	s := supply{provided: families{provided, provided}}
	if list.Networks4 > 0 {
		s.stated.v4 = provided
	}
	if list.Networks4 < list.Networks {
		s.stated.v6 = provided
	}
	return s
}

// union marks the addresses of all networks with 1, the others with 0.
func union(networks []netipx.IPRange) (v4 spans4, v6 spans6) {
	var in4, in6 []interval
	for _, network := range networks {
		i := interval{addrnum.From(network.From()), addrnum.From(network.To())}
		if network.From().Is4() {
			in4 = append(in4, i)
		} else {
			in6 = append(in6, i)
		}
	}
	return of4(mark(in4, addrnum.IPv4.Last())), mark(in6, addrnum.IPv6.Last())
}

// interval is a network of either family.
type interval struct{ first, last addrnum.Number }

// mark marks the addresses of intervals in a space that ends with end.
func mark(intervals []interval, end addrnum.Number) spans6 {
	slices.SortFunc(intervals, func(a, b interval) int { return a.first.Compare(b.first) })
	marked := uniform6(0)
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
