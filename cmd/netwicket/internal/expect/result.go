package expect

import (
	"fmt"

	"github.com/netwicket/netwicket/decide"
)

// Result is what became of one expectation.
type Result struct {
	File string
	*Expectation
	Got      decide.Decision
	Failures []string // the keys of want that are not as expected
}

// Passed says that everything was as expected.
func (r Result) Passed() bool { return len(r.Failures) == 0 }

// Check holds a decision against the expectation.
func (e *Expectation) Check(file string, got decide.Decision) Result {
	r := Result{File: file, Expectation: e, Got: got}
	if want := e.Want.Decision; want != nil && *want != got.Verdict {
		r.Failures = append(r.Failures, "decision")
	}
	if want := e.Want.Reason; want != nil && *want != got.Reason {
		r.Failures = append(r.Failures, "reason")
	}
	if want := e.Want.Client; want != nil && want.Addr != got.Client {
		r.Failures = append(r.Failures, "client")
	}
	return r
}

// Differences says, for each failure, what was expected and what it is.
func (r Result) Differences() []string {
	var texts []string
	for _, key := range r.Failures {
		var want, got any
		switch key {
		case "decision":
			want, got = *r.Want.Decision, r.Got.Verdict
		case "reason":
			want, got = *r.Want.Reason, r.Got.Reason
		case "client":
			want, got = clientText(r.Want.Client.Addr.IsValid(), r.Want.Client.Addr), clientText(r.Got.Client.IsValid(), r.Got.Client)
		}
		texts = append(texts, fmt.Sprintf("%s: expected %v, got %v", key, want, got))
	}
	return texts
}

func clientText(known bool, addr fmt.Stringer) string {
	if !known {
		return "none"
	}
	return addr.String()
}
