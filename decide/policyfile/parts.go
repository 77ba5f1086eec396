package policyfile

import (
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// Options say what a policy is made of. The zero value is the policy of the
// working directory: ./netwicket.json.
type Options struct {
	Paths          []string // policy files, folders that hold one, vendor documents; none: the working directory's policy
	Geo            []string // .mmdb, .csv, or folders of them; after those of policy files
	Services       []ServiceList
	Threats        []string  // threat feeds; without a ThreatInsight configuration they block
	UnknownCountry string    // deny or trust, over what policy files say; empty: what they say
	Now            time.Time // for entries that expire; zero: none has expired
}

// ServiceList is a list of networks that offer one IP service.
type ServiceList struct{ Name, Path string }

// Parts are what the documents hold: everything that a policy is compiled from,
// and what stands beside it in a policy file.
type Parts struct {
	Config   decide.Config
	Edge     *gate.Config // nil: no policy file has an edge, which differs from an empty one
	Observe  bool         // mode observe
	Serve    Serve
	Findings Findings     // errors and warnings, document by document
	Files    []string     // every file that was asked for, also those that are missing
	Folders  []string     // folders whose geo files were read: a file that is added there changes the policy
	Sources  []geo.Source // those of Config.Geo

	document Kind   // the one vendor document, where there is nothing else
	origin   string // file of findings about the policy as a whole
}

// Err is the errors among the findings, or nil.
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

// Document is the kind of document if a single vendor document is all there is,
// else Unknown.
func (p *Parts) Document() Kind { return p.document }

func errorsOf(findings finding.List) finding.List {
	var errs finding.List
	for _, f := range findings {
		if !f.Warning {
			errs = append(errs, f)
		}
	}
	return errs
}

// Compile makes the policy. What is wrong, the documents' own errors included, is
// returned as a [Findings]; the compiler's warnings join the Findings.
func (p *Parts) Compile() (*decide.Policy, error) {
	if err := p.Err(); err != nil {
		return nil, err
	}
	policy, err := decide.Compile(p.Config)
	if err != nil {
		return nil, p.placed(findingsOf(p.origin, "bad-policy", err))
	}
	p.addNew(p.placed(policy.Info().Warnings))
	return policy, nil
}

// placed gives a file to findings that are about no document, such as that of a
// policy without any.
func (p *Parts) placed(findings finding.List) finding.List {
	for i, f := range findings {
		if f.File == "" {
			named := *f
			named.File = p.origin
			findings[i] = &named
		}
	}
	return findings
}

// addNew leaves out what the parsers have said already: a policy repeats the
// warnings of its documents.
func (p *Parts) addNew(findings finding.List) {
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

// Open loads and compiles. The Parts are never nil; the policy is nil if there is
// an error, which is a [Findings].
func Open(options Options) (*Parts, *decide.Policy, error) {
	parts := Load(options)
	policy, err := parts.Compile()
	return parts, policy, err
}

// Name is the file that findings about the policy as a whole are filed under:
// the first path.
func (p *Parts) Name() string { return p.origin }

// TestsEmbedded says that the policy looks at IPv4 addresses embedded in IPv6
// ones: it has a blocklist zone, ThreatInsight or an overlay that denies, each in
// force.
func (p *Parts) TestsEmbedded() bool {
	config := &p.Config
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
