package admin

import (
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// table finds routes by path. It is made once and not changed.
type table struct{ routes []split }

// split is a route with its path in segments.
type split struct {
	wire.Route
	segments []string
	vendor   *wire.Vendor
}

func newTable(vendors ...*wire.Vendor) *table {
	t := new(table)
	for _, v := range vendors {
		for _, route := range v.Routes {
			t.routes = append(t.routes, split{route, strings.Split(route.Path, "/"), v})
		}
	}
	return t
}

// find gives the route of a verb and path with what its path names; without a
// route, the verbs that the path has: none if there is no such path (H1).
func (t *table) find(verb, path string) (route *split, params map[string]string, allow []string) {
	segments := strings.Split(path, "/")
	for i := range t.routes {
		one := &t.routes[i]
		found, ok := one.match(segments)
		if !ok {
			continue
		}
		if one.Verb == verb {
			return one, found, nil
		}
		if !slices.Contains(allow, one.Verb) {
			allow = append(allow, one.Verb)
		}
	}

	return nil, nil, allow
}

func (s *split) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(s.segments) {
		return nil, false
	}
	var params map[string]string
	for i, want := range s.segments {
		if name, isParam := strings.CutPrefix(want, "{"); isParam {
			if segments[i] == "" {
				return nil, false
			}
			if params == nil {
				params = make(map[string]string)
			}
			params[strings.TrimSuffix(name, "}")] = segments[i]
		} else if segments[i] != want {
			return nil, false
		}
	}
	return params, true
}
