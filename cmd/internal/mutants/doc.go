// Command mutants shows that the tests would notice: it applies small faults to
// the code one at a time, a flipped comparison, a dropped hop, an unknown that
// is taken for no, and runs the tests of the packages that the fault can reach.
// A fault that no test notices is a defect of the tests.
//
//	go run ./cmd/internal/mutants              # all of them, about 20 minutes on 2 cores
//	go run ./cmd/internal/mutants -list
//	go run ./cmd/internal/mutants -only 'zone/|unknown'
//
// It works in copies of the module in the temporary folder and never touches
// the checkout. A fault is first put before the quick tests of its own package
// without real data; only one that these do not notice meets the tests of every
// package that it can reach. It ends with 1 if a fault survives, does not fit
// the code any more, or does not compile.
//
// The faults are in faults/*.txt, written like a patch without line numbers.
package main
