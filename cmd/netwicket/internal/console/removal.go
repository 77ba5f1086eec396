package console

import (
	"errors"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// removal is what it would change if something were taken out of the documents.
type removal struct {
	// Refused is why the policy does not compile without the thing alone; empty: it does.
	Refused finding.List
	// Everywhere says that the effect is that of taking the thing out of all that refers
	// to it as well.
	Everywhere bool
	// Undefined says that this is not defined, since a rule refers to the thing alone.
	Undefined bool
	// Stuck is why the policy does not compile then either.
	Stuck finding.List
	// Effect is nil where there is no policy to compare with.
	Effect *effect
}

// removeZone works out what it would change if a zone of the subject were deleted.
func (c *Console) removeZone(on *subject, z *zone.Zone) removal {
	without := docdiff.WithoutZone(on.Parts.Config, z)
	r := removal{}
	if r.Effect, r.Refused = c.effectWith(on, without); r.Effect != nil || z.ID == "" {
		return r
	}
	without, defined := docdiff.WithoutReferences(without, z.ID)
	if !defined {
		r.Undefined = true
		return r
	}
	r.Everywhere = true
	r.Effect, r.Stuck = c.effectWith(on, without)
	return r
}

// removeRule works out what it would change if a rule of the subject were deleted.
func (c *Console) removeRule(on *subject, rule *zone.Rule) removal {
	r := removal{}
	r.Effect, r.Refused = c.effectWith(on, docdiff.WithoutRule(on.Parts.Config, rule))
	return r
}

// effectWith is what another Config decides otherwise than the subject's policy, or why
// it makes no policy. One is worked out at a time: each takes a compilation.
func (c *Console) effectWith(on *subject, config decide.Config) (*effect, finding.List) {
	c.comparing.Lock()
	defer c.comparing.Unlock()
	after, err := decide.Recompile(on.Policy, config)
	if err != nil {
		var refused finding.List
		if !errors.As(err, &refused) {
			refused = finding.List{{File: on.Parts.Name(), Line: 1, Column: 1, Code: "bad-policy", Err: err}}
		}
		return nil, refused
	}
	e := effectOf(decide.Diff(on.Policy, after), config.Geo)
	return &e, nil
}
