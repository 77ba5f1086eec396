// Package bench measures this repository's own code on the workloads of package
// workload. Its README says how to run it and what came out; the module in
// compare does the same work with what people would use instead.
//
//	go test -run '^$' -bench . -benchtime 150ms -count 6
//
// Every benchmark goes round many addresses. One address, asked again and again,
// would be found in the processor's first cache and by its branch predictor, and
// look several times cheaper than in use; the -hot benchmarks show by how much.
package bench
