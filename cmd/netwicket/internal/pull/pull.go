package pull

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Puller pulls into one policy folder, whose lock whoever calls must hold unless
// nothing is switched. It is for one goroutine.
type Puller struct {
	Folder       generation.Folder
	Okta         *Okta              // nil: is not asked
	SailPoint    *SailPoint         // nil: is not asked
	Policy       policyfile.Options // what else the policy is made of; Paths, Contents and Before are set here
	AcceptShrink bool
	Now          func() time.Time

	before *policyfile.Parts // what was opened last, for its geo data
}

// Okta is a tenant of Okta's.
type Okta struct {
	Client   *asking.Client
	Policies []string // ids or names of the policies to enforce; none: every ACTIVE one
}

// SailPoint is a tenant of SailPoint's.
type SailPoint struct {
	Client  *asking.Client
	Profile string // id of the authentication profile; empty: it is not asked for
}

// Look is what one look at the tenants found.
type Look struct {
	Same  bool // as what is in force: there is nothing to do, and nothing more is said
	First bool // nothing was in force

	Before, After policyfile.Opened // Before has no policy on a first run, or where it does not load
	Generation    string            // that After is
	Okta          *OktaCounts       // nil: was not asked
	SailPoint     *SailPointCounts  // nil: was not asked
	Warnings      []string

	// Refused says why After must not follow Before; nil: it may.
	Refused *Refused

	documents generation.Documents
	candidate *generation.Candidate
}

// Refused says that a guard keeps what is in force (U11, U12).
type Refused struct{ Causes []string }

// Error is the causes on one line.
func (r *Refused) Error() string { return strings.Join(r.Causes, "; ") }

// Look asks the tenants and judges the answers. Nothing is written.
func (p *Puller) Look(ctx context.Context) (*Look, error) {
	look := &Look{}
	in, err := p.Folder.InForce() // before anybody is asked for nothing
	if err != nil {
		return nil, err
	}
	var inconsistent error
	if p.Okta != nil {
		answers, err := readOkta(ctx, p.Okta.Client, p.Okta.Policies)
		var m *moved
		switch {
		case errors.As(err, &m):
			inconsistent = err
		case err != nil:
			return nil, err
		}
		look.documents.Okta, look.Okta, look.Warnings = &answers.documents, &answers.counts, answers.warnings
	}
	if p.SailPoint != nil {
		if look.documents.SailPoint, err = readSailPoint(ctx, p.SailPoint.Client, p.SailPoint.Profile, in.HasProfile()); err != nil {
			return nil, err
		}
		look.SailPoint = &SailPointCounts{look.documents.SailPoint.Network != nil, look.documents.SailPoint.Profile != nil}
	}
	return look, p.judge(look, inconsistent)
}

// Switch puts what a look found in force. If the policy file was changed meanwhile,
// the look is judged again by what it says now.
func (p *Puller) Switch(look *Look) error {
	for try := 1; ; try++ {
		if look.Same {
			return nil
		}
		if look.Refused != nil {
			return look.Refused
		}
		err := p.Folder.Switch(look.candidate, p.Now())
		if !errors.Is(err, generation.ErrChanged) || try == tries {
			return err
		}
		if err := p.judge(look, nil); err != nil {
			return err
		}
	}
}

// Pull looks, and switches to what was found.
func (p *Puller) Pull(ctx context.Context) (*Look, error) {
	look, err := p.Look(ctx)
	if err != nil {
		return look, err
	}
	return look, p.Switch(look)
}
