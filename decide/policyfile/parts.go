package policyfile

import (
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// Options say what a policy is made of. The zero value is the policy of the
// working directory: ./netwicket.json.
type Options struct {
	// Paths are policy files, folders that hold one, and vendor documents. They add
	// up; none is the working directory's policy.
	Paths []string
	// Geo are .mmdb and .csv files, or folders of them. They come after those of
	// policy files, which they override.
	Geo []string
	// Services are lists of the networks that offer one IP service.
	Services []ServiceList
	// Threats are threat feeds; without a ThreatInsight configuration they block.
	Threats []string
	// UnknownCountry is what SailPoint's geography makes of an address whose country
	// nobody knows, deny or trust, whatever policy files say; empty: what they say.
	UnknownCountry string
	// Within is a folder that no path may leave, neither those of the Options nor those
	// of policy files, nor a link on the way; empty: paths may lead anywhere. It is for
	// policies of people who may not read what the process may.
	Within string
	// AssumeNone are sorts of anonymizers that are taken for known to be none wherever
	// no geo source states them, besides those of policy files.
	AssumeNone geo.Sorts
	// Now is what the overlay's entries are held against; zero: the time of loading.
	Now time.Time
	// Contents are what documents, lists and policy files hold instead of what lies in
	// their place, by path: a policy as it would be after a change. Geo sources are read
	// from their files. Nil: nothing instead.
	Contents map[string][]byte
	// KeepTexts has the texts of documents kept in the Parts, as a snapshot may hold them.
	KeepTexts bool
	// Before are Parts that were loaded before. Their geo table is taken over if it is
	// of the same sources and none of these has changed since: large databases take
	// longer to load than everything else. One that was written shortly before it was
	// read is read again, since it may have changed once more within one tick of its
	// time; so are all with Anew, however they look. What is read and turns out to be the
	// same to the byte is not decoded. Nil: all sources are read and decoded.
	Before *Parts
	Anew   bool
	// Previous is the policy that was compiled before, which [Open] saves work by and
	// which changes nothing of the result: see [decide.Recompile]. Nil: there is none.
	Previous *decide.Policy
}

// ServiceList is a list of networks that offer one IP service.
type ServiceList struct{ Name, Path string }

// Parts are what the documents hold: everything that a policy is compiled from,
// and what stands beside it in a policy file. The zero Parts are an empty policy,
// which does not compile. They are not changed once they are made, but for the
// warnings that [Parts.Compile] adds.
type Parts struct {
	Config  decide.Config // for decide.Compile
	Edge    *gate.Config  // nil: no policy file has an edge, which differs from an empty one
	Observe bool          // the mode is observe: gate.Observe, if a program grants it
	Serve   Serve
	Pull    Pull
	// Findings are all errors and warnings, document by document.
	Findings Findings
	// Files are all files that were asked for, also those that are missing, and
	// Folders those whose geo files were read: what the policy depends on.
	Files, Folders []string
	// Texts are the documents as they were read, in the order of Config, with
	// Options.KeepTexts.
	Texts []decide.SnapshotDocument
	// SnapshotFile is the snapshot that the policy was read from; empty: it is compiled
	// from documents. With one, Config has nothing but the overlay.
	SnapshotFile string
	// From is the channel of releases that the policy comes from; nil: it comes from
	// files. Before a release has come, there is no policy.
	From *From
	// OverlayFile is the overlay's file; empty: the policy names none.
	OverlayFile string

	compiled compiledPolicy // of SnapshotFile, or of a release
	version  uint64         // of the release
	fromAt   jsondoc.Node   // where From stands
	edgeAt   jsondoc.Node   // where Edge stands
	serveAt  jsondoc.Node   // where Serve stands
	sources  []geo.Source   // those of Config.Geo
	looked   files.State    // how they looked before they were read
	lookedAt time.Time
	document Kind         // the one vendor document, where there is nothing else
	origin   string       // file of findings about the policy as a whole
	assumeAt jsondoc.Node // where a policy file has assumeNone
}

// GeoFiles are the files of geo data, service lists among them: they are read from
// where they lie, whatever [Options.Contents] has.
func (p *Parts) GeoFiles() []string {
	var names []string
	for _, source := range p.sources {
		names = append(names, source.File)
	}
	return names
}

// Err is the errors among the findings, as [Findings], or nil.
func (p *Parts) Err() error { return errorsOf(p.Findings).Err() }

// Warnings are the findings that are no errors. Nil Parts have none.
func (p *Parts) Warnings() Findings {
	var warnings Findings
	if p != nil {
		for _, f := range p.Findings {
			if f.Warning {
				warnings = append(warnings, f)
			}
		}
	}
	return warnings
}

// AboutSystemZone says that a finding is about one of Okta's own zones. Every tenant
// has some that are empty, of which there is nothing to be said.
func (p *Parts) AboutSystemZone(found *Finding) bool {
	for _, document := range p.Config.Zones {
		for i := range document.Zones {
			z := &document.Zones[i]
			if z.System && z.Position.File == found.File && z.Position.Path == found.Path {
				return true
			}
		}
	}
	return false
}

// Document is the kind of document if a single vendor document is all there is,
// else Unknown.
func (p *Parts) Document() Kind { return p.document }

func errorsOf(findings Findings) Findings {
	var errs Findings
	for _, f := range findings {
		if !f.Warning {
			errs = append(errs, f)
		}
	}
	return errs
}

// Compile makes the policy. What is wrong, the documents' own errors included, is
// returned as [Findings]; the compiler's warnings join the Findings.
func (p *Parts) Compile() (*decide.Policy, error) { return p.Recompile(nil) }

// Recompile is Compile with the same result, but with less work where the previous policy
// has much in common: see [decide.Recompile].
func (p *Parts) Recompile(previous *decide.Policy) (*decide.Policy, error) {
	if err := p.Err(); err != nil {
		return nil, err
	}
	if p.From != nil && !p.Compiled() {
		return nil, p.FromError("", "no-release", errNoRelease)
	}
	policy, err := p.CompileAt(p.Config.Now, previous)
	if err != nil {
		return nil, p.placed(findingsOf(p.origin, "bad-policy", err))
	}
	p.addNew(p.placed(policy.Info().Warnings))
	return policy, nil
}

// placed gives a file to findings that are about no document, such as that of a
// policy without any, or about what the policy file alone says.
func (p *Parts) placed(findings Findings) Findings {
	for i, f := range findings {
		if f.File != "" {
			continue
		}
		named := *f
		named.File = p.origin
		if f.Code == "assumed-none" && p.assumeAt.Exists() {
			named.File, named.Path = p.assumeAt.File(), p.assumeAt.Path()
			named.Line, named.Column = p.assumeAt.Position()
		}
		findings[i] = &named
	}
	return findings
}

// addNew leaves out what the parsers have said already: a policy repeats the
// warnings of its documents.
func (p *Parts) addNew(findings Findings) {
	known := make(map[string]bool, len(p.Findings))
	for _, f := range p.Findings {
		known[f.Code+" "+f.Error()] = true
	}
	for _, f := range findings {
		if text := f.Code + " " + f.Error(); !known[text] {
			known[text] = true
			p.Findings = append(p.Findings, f)
		}
	}
}

// Open loads and compiles: [Load] and then [Parts.Compile]. The Parts are never nil,
// and hold the warnings. The policy is nil if there is an error, which is
// [Findings] with everything that is wrong. It takes as long as reading the geo
// databases does, a few hundred milliseconds for those of the whole internet.
func Open(options Options) (*Parts, *decide.Policy, error) {
	parts := Load(options)
	policy, err := parts.Recompile(options.Previous)
	return parts, policy, err
}

// Name is what the policy is called in messages: the first path.
func (p *Parts) Name() string { return p.origin }

// Tracer tells what each geo source of the policy says by itself. It reads them once
// more, as they are now.
func (p *Parts) Tracer() (*geo.Tracer, error) { return geo.NewTracer(p.sources...) }

// TestsEmbedded says that the policy looks at IPv4 addresses embedded in IPv6
// ones: it has a blocklist zone, ThreatInsight or an overlay that denies, each in
// force.
func (p *Parts) TestsEmbedded() bool {
	config := &p.Config
	if p.compiled.policy.Info().TestsEmbedded {
		return true
	}
	if config.ThreatInsight != nil && config.ThreatInsight.Action != zone.ThreatNone {
		return true
	}
	if config.Overlay != nil {
		for i := range config.Overlay.Deny {
			if config.Overlay.Deny[i].InForce(config.Now) {
				return true
			}
		}
	}
	for _, document := range config.Zones {
		for i := range document.Zones {
			if document.Zones[i].Blocks() {
				return true
			}
		}
	}
	return false
}
