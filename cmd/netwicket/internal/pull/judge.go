package pull

import (
	"errors"
	"slices"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// judge says what becomes of the answers: nothing, if they are what is in force
// (U10); an error, if they are no policy (U11); a refusal, if a guard keeps what is
// in force. inconsistent says that the answers are not of one piece: they are
// never put in force, but what they lack is told.
func (p *Puller) judge(look *Look, inconsistent error) error {
	in, err := p.Folder.InForce()
	if err != nil {
		return err
	}
	if inconsistent == nil && p.Folder.Same(in, look.documents) {
		look.Same = true
		return nil
	}
	if look.candidate, err = p.Folder.Candidate(in, look.documents); err != nil {
		return err
	}
	look.Generation = look.candidate.Name
	look.Before = p.load(p.Folder.Current(in))
	look.Before.Policy, look.Before.Err = look.Before.Parts.Compile()
	if look.Before.Parts.Config.Geo != nil {
		p.before = look.Before.Parts
	}
	look.First = isEmpty(look.Before)
	look.After = p.load(p.Folder.Contents(look.candidate))
	if err := look.After.Parts.Err(); err != nil {
		if inconsistent != nil {
			look.Warnings = append(look.Warnings, inconsistent.Error())
		}
		return err
	}
	causes := p.shrunk(look)
	look.After.Policy, look.After.Err = look.After.Parts.Compile()
	switch {
	case len(causes) > 0 && (inconsistent != nil || look.After.Err != nil):
		if inconsistent != nil {
			causes = append(causes, inconsistent.Error())
		}
		look.Refused = &Refused{causes}
		return nil
	case inconsistent != nil:
		return inconsistent
	case look.After.Err != nil:
		return look.After.Err
	}
	p.before = look.After.Parts
	if !p.AcceptShrink {
		causes = append(causes, opened(look)...)
	}
	if causes = append(causes, lockedOut(look)...); len(causes) > 0 {
		look.Refused = &Refused{causes}
	}
	return nil
}

// load reads the policy of the folder with contents in place of files.
func (p *Puller) load(contents map[string][]byte) policyfile.Opened {
	options := p.Policy
	options.Paths, options.Contents, options.Before, options.Now = []string{p.Folder.Path}, contents, p.before, p.Now()
	return policyfile.Opened{Parts: policyfile.Load(options)}
}

// isEmpty says that a policy has no documents, so that nothing is in force. One whose
// documents cannot be read is not.
func isEmpty(opened policyfile.Opened) bool {
	return opened.Parts.Err() == nil && hasCode(opened.Err, "empty-policy")
}

func hasCode(err error, code string) bool {
	var list finding.List
	return errors.As(err, &list) && slices.ContainsFunc(list, func(f *finding.Finding) bool { return f.Code == code })
}

// lockedOut are the guard's addresses that the new policy denies, and the one before
// does not (U11, D4).
func lockedOut(look *Look) []string {
	var causes []string
	const who = "which is in serve.guard"
	for _, addr := range look.After.Parts.Serve.Guard {
		cause := look.After.Parts.LockedOut(look.After.Policy, addr, who)
		if cause != "" && (look.Before.Policy == nil || look.Before.Parts.LockedOut(look.Before.Policy, addr, who) == "") {
			causes = append(causes, "guard: "+cause)
		}
	}
	return causes
}
