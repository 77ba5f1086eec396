// Command machine is the second half of make mutants: faults that nobody chose.
// It derives small changes from the code itself, puts each before the tests that
// reach it, and lists those that no test notices.
//
//	go run ./cmd/internal/mutants/machine                          # what is new since the last run
//	go run ./cmd/internal/mutants/machine -packages zone,decide/gate -budget 40m
//	go run ./cmd/internal/mutants/machine -packages decide -own -longest 300ms   # most of them, for a tenth of the time
//	go run ./cmd/internal/mutants/machine -packages decide -own -again           # what survived, after tests were added
//	go run ./cmd/internal/mutants/machine -packages decide/keeper -own -fields   # fields that are lost, and limits
//	go run ./cmd/internal/mutants/machine -packages zone -list     # the mutants, nothing is run
//
// What is changed (sites.go): comparisons at their edge (< and <=) and negated,
// conditions held true or false, arithmetic and bit operators, whole numbers by
// one, returned errors to nil, statements left out, break and continue, two
// arguments of one type swapped. Declarations outside functions are left as they
// are, and so are numbers that are returned beside an error, which nobody reads.
//
// With -fields (fields.go) it is a field that a literal of a struct does not set, and a
// limit or a time with a name that is a hundred times as large. They are remembered in
// fields.txt, apart from the others.
//
// All mutants of a package are compiled at once: an instrumented copy, which the
// go command reads through -overlay, has each behind a switch, and the process
// learns from its environment which one is in force. The same switch writes down
// which mutants a test reaches, so that a mutant meets only tests that can notice
// it, the quickest first. Tests run in short mode without real data, first those
// of the package, then those of the packages in ../reach. A test that hangs has
// noticed. Nearly all the time goes into survivors, which meet every test that
// reaches them: -own, -tests and -longest leave the slow ones for a later run. Tests that fail in the copy without any mutant, such as those that
// count allocations, are left out and named.
//
// results.txt remembers by content: a function whose text and whose noticing
// tests are what they were is not tried again. Survivors always are. equivalent.txt
// lists, with the reason, mutants that change nothing which could be observed.
//
// It ends with 1 if a mutant survives that is not in equivalent.txt. Where the
// budget ends first it says how many functions are left for the next run.
//
// Why not a tool that exists: gremlins compiles a package anew for each mutant,
// which is minutes of this module's tests for one second of insight, knows neither
// deleted statements nor errors, asks only the package's own tests and forgets
// everything; go-mutesting is not to be had as a module any more.
package main
