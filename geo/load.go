package geo

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/parallel"
)

// Load reads the sources and joins them: later ones override earlier ones field
// by field. Files are read into memory, never mapped, so that one that is
// rewritten in place cannot change a table; what is read is not kept.
//
// Sources are read side by side, as far as there are processors. The result does
// not depend on it; Source.Open may be called in other goroutines, none of which
// outlives Load.
//
// The error holds the findings of all sources, not of the first bad one alone,
// as [Findings]; the table is then nil. Without sources, the table knows nothing.
func Load(sources ...Source) (*Table, error) {
	l := newLoader()
	for _, one := range loadEach(sources) {
		l.join(one)
	}
	if err := l.errors.Err(); err != nil {
		return nil, err
	}
	layers := l.layers
	l.layers = nil // so that they can go while the table is built: they are as large as it
	t := build(layers, l.vocabulary, l.supplied)
	l.vocabulary.close()
	t.datasets, t.warnings, t.stamps, t.fingerprint = l.datasets, l.warnings, l.stamps, l.fingerprint()
	return t, nil
}

// Reload is [Load] of the sources, and has the same result. Where their contents, kinds and
// services are those that the previous table was made of, byte for byte and under the
// same names, it is that table: that costs reading them, and no more memory than the
// largest takes. It reads as far as the first that has changed before Load reads them
// all. A nil previous table saves nothing.
func Reload(previous *Table, sources ...Source) (*Table, error) {
	if previous.isOf(sources) {
		return previous, nil
	}
	return Load(sources...)
}

// isOf says that Load of the sources would make a table that is the same as t.
func (t *Table) isOf(sources []Source) bool {
	if t == nil || len(t.datasets) != len(sources) {
		return false
	}
	l := &loader{}
	for i, source := range sources {
		content, err := read(source)
		if err != nil || source.File != t.datasets[i].File {
			return false
		}
		kind, err := kindOf(source, content)
		if err != nil {
			return false
		}
		if l.stamp(kind, source.Service, content); !bytes.HasPrefix(t.stamps, l.stamps) {
			return false
		}
	}
	return true
}

// readAtOnce bounds how many sources are read side by side, and with that how many
// files are in memory at one time.
const readAtOnce = 4

// loadEach reads every source for itself.
func loadEach(sources []Source) []*loader {
	all := make([]*loader, len(sources))
	parallel.Each(len(sources), readAtOnce, func(i int) {
		all[i] = newLoader()
		all[i].load(sources[i])
	})
	return all
}

// loader collects what the sources say, or what is wrong with them.
type loader struct {
	vocabulary *vocabulary
	stamps     []byte // what the fingerprint is made of
	layers     []*layer
	supplied   supply
	datasets   []Dataset
	errors     Findings
	warnings   Findings
}

func newLoader() *loader { return &loader{vocabulary: newVocabulary()} }

// join takes over what is behind what l holds already. All comes in the order of
// the sources, numbers included, as if l had read them one after the other.
func (l *loader) join(next *loader) {
	l.errors, l.warnings = append(l.errors, next.errors...), append(l.warnings, next.warnings...)
	l.datasets, l.stamps = append(l.datasets, next.datasets...), append(l.stamps, next.stamps...)
	l.supplied.add(next.supplied)
	renumbered := l.vocabulary.adopt(next.vocabulary)
	for _, layer := range next.layers {
		renumbered.apply(layer.statements)
	}
	l.layers = append(l.layers, next.layers...)
}

// load reads one source.
func (l *loader) load(source Source) {
	content, err := read(source)
	if errors.Is(err, errNoMetadata) {
		l.fail(source, "bad-mmdb", err)
		return
	}
	if err != nil {
		l.fail(source, "unreadable", files.Cause(err))
		return
	}
	kind, err := kindOf(source, content)
	if err != nil {
		l.fail(source, "unknown-format", err)
		return
	}
	source.Kind = kind
	l.stamp(kind, source.Service, content)
	switch kind {
	case MMDB:
		l.loadMMDB(source, content)
	case CSV:
		layer, dataset, found := readCSV(source.File, content, l.vocabulary)
		l.addText(source, layer, dataset, found)
		if dataset.Networks == 0 {
			l.warn(source, "no-networks", errors.New("the corrections have no row; they have no effect"))
		}
	case Netset:
		layer, dataset, found := readNetset(source.File, source.Service, content, l.vocabulary)
		l.addText(source, layer, dataset, found)
	case ByEnding: // kindOf has settled it
	}
}

func (l *loader) addText(source Source, layer *layer, dataset Dataset, found *textReader) {
	l.errors = append(l.errors, found.errors...)
	l.warnings = append(l.warnings, found.warnings...)
	if len(found.errors) == 0 {
		l.add(source, layer, dataset)
	}
}

func (l *loader) loadMMDB(source Source, content []byte) {
	layer, dataset, err := readMMDB(content, l.vocabulary)
	if err != nil {
		l.fail(source, "bad-mmdb", err)
		return
	}
	if layer.supplied.fields() == 0 {
		l.warn(source, "provides-nothing", fmt.Errorf(
			"a database of type %q provides none of %s; it has no effect", dataset.Type, strings.Join(fieldNames[:], ", ")))
	}
	if dataset.Built.IsZero() {
		l.warn(source, "bad-build-date", errors.New("the build_epoch of the metadata is no date"))
	}
	l.add(source, layer, dataset)
}

func (l *loader) add(source Source, layer *layer, dataset Dataset) {
	dataset.File, dataset.Kind, dataset.Provides = source.File, source.Kind, layer.supplied.fields()
	l.supplied.add(layer.supplied)
	l.layers = append(l.layers, layer)
	l.datasets = append(l.datasets, dataset)
}

// fail and warn report about a source as a whole.
func (l *loader) fail(source Source, code string, err error) {
	l.errors = append(l.errors, &Finding{File: source.File, Line: 1, Column: 1, Code: code, Err: err})
}

func (l *loader) warn(source Source, code string, err error) {
	l.warnings = append(l.warnings, &Finding{File: source.File, Line: 1, Column: 1, Code: code, Warning: true, Err: err})
}

// stamp notes what of a source goes into the fingerprint: its kind, its service, and
// the hash of its content, each of a fixed or a stated length, so that no two lists
// of sources run together into the same bytes.
func (l *loader) stamp(kind Kind, service string, content []byte) {
	l.stamps = binary.BigEndian.AppendUint32(append(l.stamps, byte(kind)), uint32(len(service)))
	l.stamps = append(l.stamps, service...)
	sum := sha256.Sum256(content)
	l.stamps = append(l.stamps, sum[:]...)
}

func (l *loader) fingerprint() [32]byte {
	return sha256.Sum256(append([]byte("netwicket geo 1\n"), l.stamps...))
}

// kindOf tells the format of a source.
func kindOf(source Source, content []byte) (Kind, error) {
	if source.Service != "" && source.Kind != ByEnding && source.Kind != Netset {
		return 0, errors.New("a service is for a netset; databases and corrections name services themselves")
	}
	ending := strings.ToLower(filepath.Ext(source.File))
	switch {
	case source.Kind > Netset:
		return 0, fmt.Errorf("kind %d is no format", source.Kind)
	case source.Kind == Netset && source.Service == "":
		return 0, errors.New("a netset needs the service that its networks are, such as NORD_VPN, or VPN if the operator is unknown")
	case source.Kind != ByEnding:
		return source.Kind, nil
	case source.Service != "":
		return Netset, nil
	case metadataAt(content) >= 0, isMMDB(source.File):
		return MMDB, nil
	case ending == ".csv", bytes.HasPrefix(content, []byte("network,")), isGeofeed(content):
		return CSV, nil
	default:
		return 0, errors.New("neither an MMDB file nor CSV corrections nor a geofeed; a list of networks needs the service that they are")
	}
}
