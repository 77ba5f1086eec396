// Command mutants shows that the tests would notice: it applies small faults to
// the code one at a time, a flipped comparison, a dropped hop, an unknown that
// is taken for no, and runs the tests of the packages that the fault can reach.
// A fault that no test notices is a defect of the tests.
//
//	go run ./cmd/internal/mutants              # what has changed since the last run, 40 minutes at most
//	go run ./cmd/internal/mutants -fresh       # the others too
//	go run ./cmd/internal/mutants -list
//	go run ./cmd/internal/mutants -only 'zone/|unknown'
//
// It works in copies of the repository in the temporary folder and changes nothing in the
// checkout but results.txt, which says which test notices what: a fault is tried again when its
// file or that test has changed. First it meets the test that noticed it before and those
// that notice what the machine does to its function, then the quick tests of its own package
// without real data, then the tests of every package that it can reach. What is left when the
// time is over is for the next run. It ends with 1 if a fault survives, does not fit the code
// any more, or does not compile.
//
// The faults are in faults/*.txt, written like a patch without line numbers.
package main
