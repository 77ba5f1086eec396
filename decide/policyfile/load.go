package policyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// Load reads all documents and geo sources. What is wrong is in the Parts'
// Findings, all of it: a document with an error does not hide those of others
// (docs/semantics.md, policy-5).
func Load(options Options) *Parts {
	l := gather(options)
	l.loadGeo()
	return l.parts
}

// gather reads everything but the geo sources, which it finds.
func gather(options Options) *loader {
	l := newLoader(options)
	l.loadPaths(options.Paths)
	l.flags(options)
	l.refuseParts()
	l.findGeo()
	if l.parts.Config.Now = options.Now; options.Now.IsZero() {
		l.parts.Config.Now = time.Now()
	}
	l.parts.document = l.onlyDocument(options)
	return l
}

func (l *loader) loadPaths(paths []string) {
	for _, path := range paths {
		l.path(path)
	}
	if len(paths) == 0 {
		l.defaultPolicy()
	}
}

// loader collects the parts.
type loader struct {
	parts    *Parts
	geo      []reference
	services []service
	taken    map[string]string // what a policy has one of, and where it came from
	kinds    []Kind            // of the paths
	edgeOnly bool              // leave out what the edge does not need
	within   string            // Options.Within
	contents map[string][]byte // Options.Contents, by clean path
	before   *Parts            // Options.Before
	anew     bool              // Options.Anew
	outside  map[string]bool   // paths of which it has been said that they leave it
	given    []part            // what has to be compiled
	texts    bool              // Options.KeepTexts
}

func newLoader(options Options) *loader {
	return &loader{
		parts: &Parts{Serve: DefaultServe(), origin: originOf(options)}, taken: make(map[string]string),
		within: options.Within, outside: make(map[string]bool),
		contents: cleanPaths(options.Contents), before: options.Before, anew: options.Anew, texts: options.KeepTexts,
	}
}

// originOf is where findings about the policy as a whole stand.
func originOf(options Options) string {
	if len(options.Paths) == 0 {
		return FileName
	}
	return options.Paths[0]
}

func (l *loader) add(findings ...*finding.Finding) {
	l.parts.Findings = append(l.parts.Findings, findings...)
}

// whole notes an error about a file as a whole.
func (l *loader) whole(file, code string, cause error) {
	l.add(&finding.Finding{File: file, Line: 1, Column: 1, Code: code, Err: cause})
}

// defaultPolicy is the policy of the working directory. It says what to write
// if there is none: this is the first message that anybody gets.
func (l *loader) defaultPolicy() {
	ref := reference{path: FileName}
	if _, err := l.file(ref).Stat(); errors.Is(err, fs.ErrNotExist) {
		l.kinds = append(l.kinds, PolicyFile)
		l.parts.Files = append(l.parts.Files, FileName)
		l.whole(FileName, "missing-file", errors.New("there is no policy file in this folder; "+
			"name a policy file, a folder that holds one or a vendor document with -c PATH, or write one here, such as "+
			`{"okta": {"zones": ["zones.json"]}, "geo": ["country.mmdb"]}`))
		return
	}
	l.anything(ref)
}

// path reads one policy file, folder or vendor document.
func (l *loader) path(path string) {
	ref := reference{path: path, named: true}
	if info, err := l.file(ref).Stat(); err == nil && info.IsDir() {
		ref = reference{path: filepath.Join(path, FileName)}
	}
	l.anything(ref)
}

// anything reads a policy file or a vendor document.
func (l *loader) anything(ref reference) {
	path := ref.path
	data, ok := l.read(ref)
	if !ok {
		l.kinds = append(l.kinds, Unknown)
		return
	}
	if isSnapshot(data) {
		l.kinds = append(l.kinds, Snapshot)
		l.snapshot(ref, data)
		return
	}
	root, err := parseAny(path, data)
	kind, unknown := recognise(path, root)
	if (!root.Exists() || kind == Unknown) && isList(path, data) {
		l.kinds = append(l.kinds, Unknown)
		l.whole(path, "wrong-document", errList)
		return
	}
	if !root.Exists() {
		l.kinds = append(l.kinds, Unknown)
		l.addError(path, "bad-json", err)
		return
	}
	l.kinds = append(l.kinds, kind)
	switch kind {
	case Unknown:
		l.addError(path, "bad-json", err) // keys that are given twice, as below
		l.add(root.Finding("unknown-document", unknown))
	case PolicyFile:
		l.addError(path, "bad-json", err)
		f, findings := readFile(path, root)
		l.add(findings...)
		l.keepInside(f.paths)
		if !l.edgeOnly {
			l.join(f)
		}
		l.joinSettings(f)
	case Zones, Rules, ThreatInsight, NetworkConfig, AuthProfile:
		if !l.edgeOnly {
			l.parse(kind, ref, data)
		}
	case Snapshot: // which is no JSON
	}
}

// document reads a file whose kind is known. If anything is to be said of it, it may
// be that it is of another kind, which is all there is to say then.
func (l *loader) document(kind Kind, ref reference) {
	data, ok := l.read(ref)
	if !ok {
		return
	}
	if isSnapshot(data) {
		l.whole(ref.path, "wrong-document", fmt.Errorf("this is a %s, which the policy file names as %q; expected %s, as %s answers", Snapshot, "snapshot", kind, kind.fetched()))
		return
	}
	known := len(l.parts.Findings)
	l.parse(kind, ref, data)
	if len(l.parts.Findings) == known {
		return
	}
	if err := otherKind(kind, ref.path, data); err != nil {
		l.parts.Findings = l.parts.Findings[:known]
		l.addError(ref.path, "wrong-document", err)
	}
}

// parse adds a vendor document to the policy.
func (l *loader) parse(kind Kind, ref reference, data []byte) {
	config := &l.parts.Config
	l.addPart(kind.String(), ref)
	switch kind {
	case Zones:
		l.keep(decide.ZonesDocument, ref, data)
		zones, err := zone.ParseOkta(ref.path, data)
		l.result(ref, zones.Warnings, err)
		config.Zones = append(config.Zones, zones)
	case Rules:
		l.keep(decide.RulesDocument, ref, data)
		rules, err := zone.ParseOktaRules(ref.path, data)
		l.result(ref, rules.Warnings, err)
		config.Rules = append(config.Rules, rules)
	case ThreatInsight:
		l.keep(decide.ThreatInsightDocument, ref, data)
		threat, err := zone.ParseThreatInsight(ref.path, data)
		l.result(ref, threat.Warnings, err)
		if l.claim(kind.String(), ref) {
			config.ThreatInsight = &threat
		}
	case NetworkConfig:
		l.keep(decide.NetworkConfigDocument, ref, data)
		network, err := zone.ParseSailPoint(ref.path, data)
		l.result(ref, network.Warnings, err)
		if l.claim(kind.String(), ref) {
			config.SailPoint = &network
		}
	case AuthProfile:
		l.keep(decide.AuthProfileDocument, ref, data)
		profile, err := zone.ParseAuthProfile(ref.path, data)
		l.result(ref, profile.Warnings, err)
		if l.claim(kind.String(), ref) {
			config.AuthProfile = &profile
		}
	case Unknown, PolicyFile, Snapshot: // which are no documents of a vendor's
	}
}

// feed adds a threat feed.
func (l *loader) feed(ref reference) {
	if data, ok := l.read(ref); ok {
		l.keep(decide.ThreatFeedDocument, ref, data)
		feed, err := zone.ParseFeed(ref.path, data)
		l.result(ref, feed.Warnings, err)
		l.parts.Config.ThreatFeeds = append(l.parts.Config.ThreatFeeds, feed)
		l.addPart("a threat feed", ref)
	}
}

// overlay adds the overlay.
func (l *loader) overlay(ref reference) {
	if data, ok := l.read(ref); ok {
		l.keep(decide.OverlayDocument, ref, data)
		overlay, err := zone.ParseOverlay(ref.path, data)
		l.result(ref, overlay.Warnings, err)
		if l.claim("overlay", ref) {
			l.parts.Config.Overlay = &overlay
		}
	}
	if l.parts.OverlayFile == "" {
		l.parts.OverlayFile = ref.path
	}
}

// result notes what a parser had to say.
func (l *loader) result(ref reference, warnings finding.List, err error) {
	l.addError(ref.path, "invalid", err)
	l.add(warnings...)
}

// addError notes an error: its findings if it has any, else the whole file.
func (l *loader) addError(file, code string, err error) {
	if err != nil {
		l.add(findingsOf(file, code, err)...)
	}
}

// findingsOf are the findings that an error holds, or one about the whole file.
func findingsOf(file, code string, err error) finding.List {
	var list finding.List
	var one *finding.Finding
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &one):
		return finding.List{one}
	default:
		return finding.List{{File: file, Line: 1, Column: 1, Code: code, Err: err}}
	}
}

// claim notes who gives what a policy has one of. The second to do so is an
// error that names both, whatever the two say.
func (l *loader) claim(what string, ref reference) bool {
	first, taken := l.taken[what]
	if !taken {
		l.taken[what] = ref.path
		return true
	}
	cause := fmt.Errorf("a second %s; the policy has one already, from %s: leave one of them out", what, first)
	if ref.node.Exists() {
		l.add(ref.node.Finding("conflict", cause))
	} else {
		l.whole(ref.path, "conflict", cause)
	}
	return false
}

// join takes over what a policy file says.
func (l *loader) join(f *file) {
	if f.snapshot != nil {
		l.namedSnapshot(*f.snapshot)
	}
	for _, ref := range f.zones {
		l.document(Zones, ref)
	}
	for _, ref := range f.rules {
		l.document(Rules, ref)
	}
	if f.threatInsight != nil {
		l.document(ThreatInsight, *f.threatInsight)
	}
	for _, ref := range f.threatFeeds {
		l.feed(ref)
	}
	if f.networkConfig != nil {
		l.document(NetworkConfig, *f.networkConfig)
	}
	if f.authProfile != nil {
		l.document(AuthProfile, *f.authProfile)
	}
	if f.overlay != nil {
		l.overlay(*f.overlay)
	}
	for _, ref := range f.geo {
		l.addPart("a geo source", ref)
	}
	for _, s := range f.services {
		l.addPart("a list of networks of a service", s.list)
	}
	l.geo = append(l.geo, f.geo...)
	l.services = append(l.services, f.services...)
}

// joinSettings takes over what stands beside the documents.
func (l *loader) joinSettings(f *file) {
	set := func(key string, node jsondoc.Node) bool {
		return l.claim(key, reference{path: node.File(), node: node})
	}
	if f.unknownCountry.value != "" && set("sailpoint.unknownCountry", f.unknownCountry.node) {
		l.parts.Config.UnknownCountry = unknownCountry(f.unknownCountry.value)
		l.addPart("sailpoint.unknownCountry", reference{node: f.unknownCountry.node})
	}
	if f.assumeNone != 0 && set("assumeNone", f.assumeNoneAt) {
		l.parts.Config.AssumeNone, l.parts.assumeAt = f.assumeNone, f.assumeNoneAt
		l.addPart("assumeNone", reference{node: f.assumeNoneAt})
	}
	if f.mode.value != "" && set("mode", f.mode.node) {
		l.parts.Observe = f.mode.value == "observe"
	}
	if f.edge != nil && set("edge", f.edgeAt) {
		l.parts.Edge, l.parts.edgeAt = l.edge(f.edge, f.edgeAt), f.edgeAt
	}
	if f.serve != nil && set("serve", f.serveAt) {
		l.parts.Serve, l.parts.serveAt = *f.serve, f.serveAt
	}
	if f.pull != nil && set("pull", f.pullAt) {
		l.parts.Pull = *f.pull
	}
	if f.from != nil && set("from", f.fromAt) {
		l.from(f)
	}
}

func unknownCountry(word string) decide.UnknownCountry {
	if word == "trust" {
		return decide.TrustUnknownCountry
	}
	return decide.DenyUnknownCountry
}

// flags adds what the command line gives beside the paths.
func (l *loader) flags(options Options) {
	for _, path := range options.Threats {
		l.feed(reference{path: path, named: true})
	}
	if len(options.Threats) > 0 && l.parts.Config.ThreatInsight == nil {
		l.parts.Config.ThreatInsight = &zone.ThreatInsight{Action: zone.ThreatBlock}
	}
	if options.UnknownCountry != "" {
		l.addPart("--unknown-country", reference{})
		l.parts.Config.UnknownCountry = unknownCountry(options.UnknownCountry)
	}
	if l.parts.Config.AssumeNone |= options.AssumeNone; options.AssumeNone != 0 {
		l.addPart("--assume-none", reference{})
	}
	for _, path := range options.Geo {
		l.addPart("--geo "+path, reference{})
		l.geo = append(l.geo, reference{path: path, named: true})
	}
	for _, s := range options.Services {
		l.addPart("--service "+s.Name+"="+s.Path, reference{})
		l.services = append(l.services, service{name: s.Name, list: reference{path: s.Path, named: true}})
	}
}

// onlyDocument is the kind of the one vendor document that was given, if there
// is nothing else that would make it a policy.
func (l *loader) onlyDocument(options Options) Kind {
	if len(l.kinds) != 1 || l.kinds[0] == PolicyFile || l.kinds[0] == Snapshot ||
		len(options.Geo)+len(options.Services)+len(options.Threats) > 0 {
		return Unknown
	}
	return l.kinds[0]
}
