package policyfile

import (
	"slices"
)

// LoadServe is what the policies at the paths say of the service, as far as they can
// be read. It reads nothing that a policy file names.
func LoadServe(options Options) Serve {
	l := newLoader(options)
	l.edgeOnly = true
	l.loadPaths(options.Paths)
	return l.parts.Serve
}

// WithOverlay is the same policy with the overlay of a file in place of its own,
// at the options' time: for an emergency that cannot wait until other documents are
// mended. Nothing but that file is read. The Parts stay as they are; the error is
// [Findings] with everything that is wrong with the overlay.
func (p *Parts) WithOverlay(options Options, file string) (*Parts, error) {
	l := newLoader(options)
	l.overlay(reference{path: file})
	if err := l.parts.Err(); err != nil {
		return nil, err
	}
	next := *p
	next.Config.Overlay, next.Config.Now, next.OverlayFile = l.parts.Config.Overlay, options.Now, file
	next.Findings = slices.DeleteFunc(slices.Clone(p.Findings), func(f *Finding) bool { return f.File == p.OverlayFile })
	next.Findings = append(next.Findings, l.parts.Findings...)
	if !slices.Contains(next.Files, file) {
		next.Files = append(slices.Clone(p.Files), file)
	}
	return &next, nil
}
