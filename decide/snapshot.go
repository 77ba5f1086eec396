package decide

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/internal/snapfile"
	"github.com/netwicket/netwicket/geo"
)

// A snapshot is a compiled policy as a file: where classes begin, and what the patterns of
// the classes say. Judgments and tables are not in it: they are made of the patterns when
// it is read, as Compile makes them, so that no file can hold a decision that its patterns
// contradict. docs/snapshot.md describes every byte.

// SnapshotFormat is the format of snapshots that this program writes and reads.
const SnapshotFormat = snapfile.Format

// SnapshotMagic is what every snapshot begins with.
const SnapshotMagic = snapfile.Magic

// SnapshotHeader is what a snapshot says of itself in front of its content, for those who
// do not need the policy. It is not proven by Digest; what counts for the policy, its
// fingerprint among it, stands in the content again.
type SnapshotHeader struct {
	Program     string         `json:"program"` // that wrote it
	Fingerprint string         `json:"fingerprint"`
	Data        []SnapshotData `json:"data"`
	Zones       int            `json:"zones"`
	Classes     int            `json:"classes"`
	Intervals4  int            `json:"intervals4"`
	Intervals6  int            `json:"intervals6"`
	Documents   bool           `json:"documents"` // the documents' texts are in it

	Digest [32]byte `json:"-"` // SHA-256 of the uncompressed content: equal for equal policies, whatever wrote them
}

// SnapshotData is one geo source.
type SnapshotData struct {
	Type  string     `json:"type"`
	Built *time.Time `json:"built"` // nil for a list, which has no date
}

// ReadSnapshotHeader reads the header of a snapshot and nothing behind it. Errors are
// those of [ReadSnapshot] about what it read.
func ReadSnapshotHeader(r io.Reader) (SnapshotHeader, error) {
	file, err := snapfile.ReadHeader(r)
	if err != nil {
		return SnapshotHeader{}, asFindings(err)
	}
	return headerOf(file)
}

func headerOf(file *snapfile.File) (SnapshotHeader, error) {
	header := SnapshotHeader{Digest: file.Digest}
	if err := json.Unmarshal(file.Header, &header); err != nil {
		return SnapshotHeader{}, asFindings(snapfile.Invalid("the header is no JSON of a snapshot: %w", err))
	}
	return header, nil
}

// header describes a policy.
func (p *Policy) header(documents bool) SnapshotHeader {
	header := SnapshotHeader{
		Program: program(), Fingerprint: p.info.Fingerprint, Data: make([]SnapshotData, len(p.info.Data)),
		Zones: len(p.zones), Classes: len(p.classes), Intervals4: p.info.Intervals4, Intervals6: p.info.Intervals6, Documents: documents,
	}
	for i, dataset := range p.info.Data {
		header.Data[i] = SnapshotData{Type: dataset.Type}
		if built := dataset.Built.UTC(); !dataset.Built.IsZero() {
			header.Data[i].Built = &built
		}
	}
	return header
}

// program is the name and the version of this module in the program that runs.
func program() string {
	info, _ := debug.ReadBuildInfo() // nil where nothing is known
	return programOf(info)
}

func programOf(info *debug.BuildInfo) string {
	const name, path = "netwicket", "github.com/netwicket/netwicket"
	if info == nil {
		return name + " devel"
	}
	for _, module := range append([]*debug.Module{&info.Main}, info.Deps...) {
		version, numbered := strings.CutPrefix(module.Version, "v") // else "(devel)", or nothing
		if strings.TrimSuffix(module.Path, "/cmd") == path && numbered && version != "0.0.0" {
			return name + " " + version
		}
	}
	return name + " devel"
}

// The sections of the content, in their order.
const (
	sectionStrings uint16 = iota + 1
	sectionZones
	sectionPatterns
	sectionSets
	sectionRules
	sectionSettings // of ThreatInsight and SailPoint
	sectionClasses
	sectionEdges4
	sectionEdges6
	sectionRepeats
	sectionInfo
	sectionDocuments
)

// What a snapshot may hold. Whoever writes one is held to it as well.
const (
	maxIntervals = 16_000_000 // of a family
	maxThings    = 1_000_000  // zones, classes, patterns, sets, rules, texts
	maxLooks     = 16_000_000 // judgments to be made for classes whose location repeats that of IPv4
)

// The bits of a rule, and of SailPoint's settings.
const (
	ruleAllows = 1 << iota
	ruleExcludes
	rulePossibly
	ruleAlways
	ruleBits
)

// flagsOf are SailPoint's settings in the order of their bits.
func (s *sailPoint) flagsOf() []*bool {
	return []*bool{&s.present, &s.profile, &s.network, &s.countries, &s.allowlist, &s.enforceNetwork, &s.enforceGeography, &s.geoProvided, &s.trustUnknown}
}

// snapshotFlags are the flags of address patterns that are written: that of trusted
// proxies follows from the zones.
const snapshotFlags = exempted | threatened | onNetwork | overlayDenied | overlayAllowed | embedsIPv4

// truths are the values of a truth in a snapshot.
var truths = [...]truth{isFalse, isUnknown, isTrue}

// places are what may be unknown of a place.
var places = [...]geo.Field{0, geo.Country, geo.Region}

// asFindings is an error as those of Compile are. That of a reader stays what it is.
func asFindings(err error) error {
	if f, ok := err.(*Finding); ok { //nolint:errorlint // it is not wrapped yet
		return Findings{f}
	}
	return err
}

// isFingerprint says that a text looks like what Compile makes.
func isFingerprint(text string) bool {
	bytes, err := hex.DecodeString(text)
	return err == nil && len(bytes) == 16 && strings.ToLower(text) == text
}

// checkSize refuses what no snapshot may hold.
func (p *Policy) checkSize() error {
	for _, of := range []struct {
		what         string
		count, limit int
	}{
		{"intervals of IPv4", p.info.Intervals4, maxIntervals}, {"intervals of IPv6", p.info.Intervals6, maxIntervals},
		{"zones", len(p.zones), maxThings}, {"classes", len(p.classes), maxThings},
		{"address patterns", len(p.addressPatterns), maxThings}, {"geo patterns", len(p.geoPatterns), maxThings},
		{"sets of IP zones", p.ipSets.count(), maxThings}, {"sets of dynamic zones", p.dynamicSets.count(), maxThings},
	} {
		if of.count > of.limit {
			return snapfile.TooMany(of.what, of.count, of.limit)
		}
	}
	repeating := 0
	for _, c := range p.classes {
		if p.geoPatterns[c.geo].repeats > 0 {
			repeating++
		}
	}
	if looks := repeating * len(p.geoPatterns); looks > maxLooks {
		return snapfile.TooMany("judgments about classes that repeat IPv4", looks, maxLooks)
	}
	return nil
}

var errNoPolicy = fmt.Errorf("there is no policy: %w", ErrEmptyPolicy)
