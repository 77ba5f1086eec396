package doctor

import (
	"fmt"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// State is what became of a check. The zero value is none.
type State string

// The states, from the best to the worst.
const (
	OK      State = "ok"
	Warning State = "warning" // it works, and may not be meant
	Error   State = "error"   // the service does not start with it, or denies what it should let in
)

// Check is one thing that was looked at.
type Check struct {
	About string `json:"about"` // the part of the screen
	State State  `json:"state"`
	Text  string `json:"text"` // what is the case; it may repeat what others wrote
	Do    string `json:"do"`   // what to do about it; empty: nothing
}

// The parts of the screen, in their order.
const (
	InForce = "in force"
	Data    = "data"
	Edge    = "edge"
	Machine = "machine"
	Proxies = "proxies"
)

// Options say what is looked at. The zero value is the policy of the working
// directory, as serve without flags runs it, at the time zero.
type Options struct {
	Policy policyfile.Options
	// Listen, Metrics and GRPC are those of serve's flags; empty: what the policy file
	// says.
	Listen, Metrics, GRPC string
	Now                   time.Time
	System                System
}

// System is what of the machine an examination sees. What is nil cannot be told here.
type System struct {
	// Listens says who listens on a TCP port of this machine: nobody, or the name of a
	// program, empty where only others may know it.
	Listens func(port uint16) (program string, found bool)
	// Writable says that the process may write into a folder.
	Writable func(folder string) error
	// User is who the process runs as.
	User string
	Root bool
	// Descriptors is how many files it may have open; zero: it does not say.
	Descriptors uint64
}

// Report is what was found, in the order of the screen.
type Report struct {
	Checks []Check
	Edge   *policyfile.Parts // what proxies are held against; nil: the policy does not load
}

// Works says that nothing keeps the service from working.
func (r *Report) Works() bool {
	for _, c := range r.Checks {
		if c.State == Error {
			return false
		}
	}
	return true
}

// Examine looks at everything.
func Examine(options Options) Report {
	x := &examination{options: options}
	x.inForce()
	if x.parts == nil {
		return Report{Checks: x.checks}
	}
	x.data()
	x.edge()
	x.machine()
	return Report{Checks: x.checks, Edge: x.parts}
}

// examination is what is known so far.
type examination struct {
	options  Options
	checks   []Check
	parts    *policyfile.Parts // nil: it does not load
	policy   *decide.Policy    // nil: nothing is in force
	settings policyfile.Serve  // with the flags in their place
}

func (x *examination) add(about string, state State, do, format string, args ...any) {
	x.checks = append(x.checks, Check{About: about, State: state, Text: fmt.Sprintf(format, args...), Do: do})
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// days is how long ago something was, or how long it will be.
func days(d time.Duration) string {
	switch n := int(d.Abs().Hours() / 24); n {
	case 0:
		return "less than a day"
	default:
		return count(n, "day")
	}
}
