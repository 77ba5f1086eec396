package policyfile

import (
	"path/filepath"
	"slices"
	"sync"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
)

// Opened is a policy with the documents it was made of. The policy is nil if
// there are errors; Err is then [Findings].
type Opened struct {
	Parts  *Parts
	Policy *decide.Policy
	Err    error
}

// OpenPair opens two policies that are to be compared, both at the same time.
// Where they have the same geo sources, these are loaded once and shared: large
// databases take longer to load than everything else. The error is [Findings] with
// what is wrong with either.
func OpenPair(first, second Options) ([2]Opened, error) {
	loaders := [2]*loader{gather(first), gather(second)}
	shared := sameSources(loaders[0].parts.sources, loaders[1].parts.sources)
	if shared {
		loaders[0].loadGeo()
		loaders[1].share(loaders[0])
	}
	var opened [2]Opened
	var group sync.WaitGroup
	for i, l := range loaders {
		group.Go(func() {
			if !shared {
				l.loadGeo()
			}
			policy, err := l.parts.Compile()
			opened[i] = Opened{l.parts, policy, err}
		})
	}
	group.Wait()
	return opened, errorOf(opened)
}

// share takes over the table of another policy with the same sources, or what is
// wrong with them.
func (l *loader) share(other *loader) {
	table := other.parts.Config.Geo
	if table == nil {
		l.loadGeo() // finds the same errors, under its own names
		return
	}
	l.add(table.Warnings()...)
	l.parts.Config.Geo = table
}

// sameSources says that two lists name the same files for the same purpose, in
// the same order: later sources override earlier ones.
func sameSources(a, b []geo.Source) bool {
	return slices.EqualFunc(a, b, func(a, b geo.Source) bool {
		return a.Kind == b.Kind && a.Service == b.Service && realPath(a.File) == realPath(b.File)
	})
}

// realPath is the one name of a file; of a file that is not there, any.
func realPath(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(absolute); err == nil {
		return real
	}
	return absolute
}

// errorOf joins what is wrong with either policy.
func errorOf(pair [2]Opened) error {
	var all finding.List
	for _, opened := range pair {
		if opened.Err != nil {
			all = append(all, findingsOf(opened.Parts.origin, "bad-policy", opened.Err)...)
		}
	}
	return all.Err()
}
