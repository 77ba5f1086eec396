package console

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	fileset "github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
)

// subject is the policy that is shown, as its files were at one moment. It is not
// changed, and never nil.
type subject struct {
	Parts   *policyfile.Parts // never nil
	Policy  *decide.Policy    // nil: the files make none, and Findings say why
	Control admission.Control // of the policy; without one it denies everything
	At      time.Time         // when the files were read
	// Findings are all errors and warnings of loading and compiling. What the linter
	// says is not among them.
	Findings finding.List
	// Stale is what is wrong with the files as they are now, while the policy is the
	// one that they made before; empty: nothing is.
	Stale finding.List

	traced sync.Once
	tracer *geo.Tracer
	untold error // why sources do not tell what they say

	reviewing sync.Once
	review    finding.List // all that netwicket check says, once it was asked for
}

// Name is what the policy is called.
func (s *subject) Name() string { return s.Parts.Name() }

// Fingerprint is that of the policy; empty if there is none.
func (s *subject) Fingerprint() string { return s.Policy.Info().Fingerprint }

// Tracer tells what each geo source says; the error is why it does not.
func (s *subject) Tracer() (*geo.Tracer, error) {
	s.traced.Do(func() { s.tracer, s.untold = s.Parts.Tracer() })
	return s.tracer, s.untold
}

// warm does what the first explanation would wait for. It is for a goroutine of its own:
// whoever asks meanwhile waits no longer than without it.
func (s *subject) warm() {
	if s.Policy == nil {
		return
	}
	_, _ = s.Tracer() // which keeps its error
	s.Policy.Explain(netip.IPv4Unspecified())
	s.Policy.Explain(netip.IPv6Unspecified())
}

// openSubject reads and compiles. before, which may be nil, saves work where it has
// much in common.
func openSubject(options policyfile.Options, now time.Time, before *subject) *subject {
	options.Now = now
	if before != nil && before.Policy != nil {
		options.Before, options.Previous = before.Parts, before.Policy
	}
	parts, policy, err := policyfile.Open(options)
	s := &subject{Parts: parts, Policy: policy, At: now, Findings: findingsOf(parts, err)}
	if policy == nil {
		return s
	}
	if s.Control, err = admission.New(policy, parts.Edge); err != nil {
		s.Policy, s.Findings = nil, append(s.Findings, &finding.Finding{File: parts.Name(), Line: 1, Column: 1, Code: "bad-edge", Err: err})
	}
	return s
}

// expired says that an entry of the overlay ends before or at a time that was in force
// when the policy was made.
func (s *subject) expired(now time.Time) bool {
	until := s.Policy.Info().OverlayUntil
	return !until.IsZero() && !now.Before(until)
}

// instead is the same policy while the files, as they are now, make none. What of its
// overlay has expired holds no more.
func (s *subject) instead(wrong finding.List, now time.Time) *subject {
	same := &subject{Parts: s.Parts, Policy: s.Policy, Control: s.Control, At: s.At, Findings: s.Findings, Stale: wrong}
	if !s.expired(now) {
		return same
	}
	var err error
	if same.Policy, err = s.Parts.CompileAt(now, s.Policy); err == nil {
		same.Control, err = admission.New(same.Policy, s.Parts.Edge)
	}
	if err != nil { // it compiled before: nobody is let in by what cannot be told
		same.Policy, same.Control, same.Findings = nil, admission.Control{}, errorsOf(s.Parts, err)
	}
	return same
}

// subjects keeps the subject up to date with its files.
type subjects struct {
	options policyfile.Options
	now     func() time.Time
	like    *subjects // whose policy has much in common with this one; nil: none is known

	mutex sync.Mutex
	last  *subject
	set   fileset.Set
	look  fileset.State
}

func newSubjects(options policyfile.Options, now func() time.Time) *subjects {
	return &subjects{options: options, now: now}
}

// current is the policy as its files are now. They are read again if they look
// different from when they were read, or an entry of the overlay has expired; files that
// make no policy leave the one before, which says so. The cost is a look at each file.
func (s *subjects) current() *subject {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	begun := s.now()
	if s.last != nil && !s.last.expired(begun) && !s.set.Look().Differs(s.look) {
		return s.last
	}
	early, before := s.set.Look(), s.last
	if before == nil && s.like != nil {
		before = s.like.current()
	}
	next := openSubject(s.options, begun, before)
	s.set = fileset.Set{Files: next.Parts.Files, Folders: next.Parts.Folders, Reads: policyfile.InFolder}
	s.look = s.set.Look().AsOf(early, begun)
	if next.Policy == nil && s.last != nil && s.last.Policy != nil {
		next = s.last.instead(next.Findings, begun)
	}
	s.last = next
	go next.warm()
	return next
}

// findingsOf are all findings of a load: those of the parts, and what the compiler
// refuses.
func findingsOf(parts *policyfile.Parts, err error) finding.List {
	if err == nil {
		return parts.Findings
	}
	_, warnings := parts.Findings.Divide()
	return append(errorsOf(parts, err), warnings...)
}

func errorsOf(parts *policyfile.Parts, err error) finding.List {
	var list finding.List
	if errors.As(err, &list) {
		return list
	}
	return finding.List{{File: parts.Name(), Line: 1, Column: 1, Code: "unreadable-file", Err: err}}
}
