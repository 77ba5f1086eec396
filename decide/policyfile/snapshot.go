package policyfile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/internal/snapfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// A policy from a snapshot has documents, geo sources and lists in it, compiled. What may
// stand beside it is what is not of the policy itself, and the overlay, whose entries
// end.

// compiledPolicy is a policy that was read from a snapshot. The zero one is none.
type compiledPolicy struct {
	policy *decide.Policy // without the overlay of the Parts
	header decide.SnapshotHeader
	sum    [sha256.Size]byte
}

// isSnapshot says that a file is a snapshot, by what it begins with.
func isSnapshot(data []byte) bool { return bytes.HasPrefix(data, []byte(decide.SnapshotMagic)) }

// snapshot takes a policy from a snapshot. The one before is taken over if it was read
// from the same bytes.
func (l *loader) snapshot(ref reference, data []byte) {
	if l.edgeOnly || !l.claim(Snapshot.String(), ref) {
		return
	}
	l.parts.SnapshotFile = ref.path
	sum := sha256.Sum256(data)
	if l.before != nil && l.before.compiled.sum == sum { // which is of no file where there is none
		l.parts.compiled = l.before.compiled
		return
	}
	compiled, err := compiledOf(data)
	if err != nil {
		l.addSnapshotError(ref.path, err)
	}
	l.parts.compiled = compiled
}

// compiledOf reads a snapshot.
func compiledOf(data []byte) (compiledPolicy, error) {
	header, err := decide.ReadSnapshotHeader(bytes.NewReader(data))
	if err != nil {
		return compiledPolicy{}, err
	}
	sum := sha256.Sum256(data) // first, so that the file is garbage while the tables are made
	policy, err := decide.ReadSnapshot(bytes.NewReader(data))
	if err != nil {
		return compiledPolicy{}, err
	}
	return compiledPolicy{policy, header, sum}, nil
}

// addSnapshotError notes what is wrong with a snapshot, whose reader does not know the
// file's name.
func (l *loader) addSnapshotError(file string, err error) {
	for _, f := range findingsOf(file, "snapshot-invalid", err) {
		named := *f
		named.File = file
		l.add(&named)
	}
}

// namedSnapshot reads the snapshot that a policy file names.
func (l *loader) namedSnapshot(ref reference) {
	if data, ok := l.read(ref); ok {
		l.snapshot(ref, data)
	}
	if l.parts.SnapshotFile == "" {
		l.parts.SnapshotFile = ref.path
	}
}

// look is what is looked at before a file is read whole: a snapshot that is larger than
// one may be is not read.
func look(path string) func(io.ReaderAt, int64) error {
	return func(file io.ReaderAt, size int64) error {
		if size > snapfile.MaxFile && startsAsSnapshot(file) {
			return snapfile.TooManyBytes(size)
		}
		return files.Unpacked(path, file, size)
	}
}

func startsAsSnapshot(file io.ReaderAt) bool {
	head := make([]byte, len(decide.SnapshotMagic))
	n, _ := file.ReadAt(head, 0) // what cannot be read is no snapshot
	return isSnapshot(head[:n])
}

// tooLarge is the finding about a snapshot that is larger than anything that is read;
// nil if the file is none.
func (l *loader) tooLarge(ref reference, err error) error {
	if !errors.Is(err, files.ErrTooLarge) {
		return nil
	}
	file, err := l.file(ref).Open()
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	if found, is := errors.AsType[*finding.Finding](look(ref.path)(file, info.Size())); is {
		return found
	}
	return nil
}

// part is something that a snapshot has in it, and that stands beside it.
type part struct {
	what string
	at   reference // its node, or else the file; the zero reference for a flag
}

// addPart notes what a snapshot has no place for.
func (l *loader) addPart(what string, at reference) { l.given = append(l.given, part{what, at}) }

// refuseParts refuses what stands beside a snapshot and would have to be compiled with it.
func (l *loader) refuseParts() {
	file, beside := l.parts.SnapshotFile, besideSnapshot
	if l.parts.From != nil {
		for _, own := range []string{l.parts.SnapshotFile, l.parts.OverlayFile} {
			if own != "" {
				l.whole(own, "conflict", besideFrom("this"))
			}
		}
		file, beside = l.parts.origin, besideFrom
	}
	if file == "" {
		return
	}
	for _, p := range l.given {
		cause := beside(p.what)
		switch {
		case p.at.node.Exists():
			l.add(p.at.node.Finding("conflict", cause))
		case p.at.path != "":
			l.whole(p.at.path, "conflict", cause)
		default:
			l.whole(file, "conflict", cause)
		}
	}
	l.geo, l.services = nil, nil
}

func besideSnapshot(what string) error {
	return fmt.Errorf("%s beside a snapshot, which is compiled already: its documents, geo sources and lists are in it; leave this out, or compile again", what)
}

func besideFrom(what string) error {
	return fmt.Errorf("%s beside from: the policy is what the release says, with its documents, databases, lists and overlay; leave this out, or put it into the release", what)
}

// withoutParts is what a policy file with a snapshot, or a channel of releases, says beside
// it. What else it says is refused where it stands.
func (f *file) withoutParts(found *finding.List) *file {
	kept, parts, beside := *f, f.parts, besideSnapshot
	if f.from != nil {
		beside = besideFrom
		for _, ref := range []*reference{f.snapshot, f.overlay} {
			if ref != nil {
				parts = append(slices.Clip(parts), ref.node)
			}
		}
		kept.snapshot, kept.overlay = nil, nil
	}
	for _, p := range parts {
		found.Add(p.Finding("conflict", beside("this")))
	}
	kept.zones, kept.rules, kept.threatFeeds, kept.geo, kept.services = nil, nil, nil, nil, nil
	kept.threatInsight, kept.networkConfig, kept.authProfile = nil, nil, nil
	kept.assumeNone, kept.unknownCountry = 0, setting{}
	return &kept
}

// part notes a key that excludes a snapshot.
func (v *values) part(f *file, read func(jsondoc.Node)) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		f.parts = append(f.parts, node)
		if read != nil {
			read(node)
		}
	}
}

// CompileAt is [Parts.Recompile] for another time, which entries of the overlay are held
// against. The Parts hold no errors, and stay as they are; the error is that of the
// compiler.
func (p *Parts) CompileAt(now time.Time, previous *decide.Policy) (*decide.Policy, error) {
	if p.Compiled() {
		return p.compiled.policy.WithOverlay(p.Config.Overlay, now)
	}
	config := p.Config
	config.Now = now
	return decide.Recompile(previous, config)
}

// Compiled says that the policy was compiled before: it is that of a snapshot or a release.
func (p *Parts) Compiled() bool { return p.compiled.policy != nil }

// SnapshotHeader is what the file SnapshotFile says of itself; zero without one.
func (p *Parts) SnapshotHeader() decide.SnapshotHeader { return p.compiled.header }

// Datasets are the geo sources of the policy, in their order. Those of a snapshot have no
// file.
func (p *Parts) Datasets() []geo.Dataset {
	if p.Compiled() {
		return p.compiled.policy.Info().Data
	}
	return p.Config.Geo.Datasets()
}

// keep keeps the text of a document, by the name of its file alone: where it lay says
// something of the machine, and nothing of the policy.
func (l *loader) keep(kind decide.DocumentKind, ref reference, text []byte) {
	if l.texts {
		l.parts.Texts = append(l.parts.Texts, decide.SnapshotDocument{Kind: kind, Name: filepath.Base(ref.path), Text: text})
	}
}
