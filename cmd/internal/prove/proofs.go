package main

// proof is one promise and what shows it.
type proof struct {
	promise string
	long    bool // left out of the short form: make check runs it anyway
	whole   bool // in the short form too: elsewhere a quarter of it runs at most
	tests   []tests
	build   func(*prover) ([]string, error) // instead of tests
}

// tests is one run of go test.
type tests struct {
	pattern   string // of the tests' names; empty: all
	packages  []string
	arguments []string
	env       []string
}

// proofs are in the order of docs/guarantees.md.
func proofs() []proof {
	decide, gate := []string{"./decide"}, []string{"./decide/gate"}
	return []proof{
		{promise: "vendors' tables", tests: []tests{{pattern: "Vector", packages: []string{"./zone", "./decide", "./decide/gate", "./cmd/netwicket"}}}},
		{promise: "every address, random policies", tests: []tests{{pattern: "^TestEveryAddressMatchesExplain$", packages: decide}}},
		{promise: "random chains", tests: []tests{{pattern: "^TestRandomChainsMatchExplain$", packages: decide}}},
		{promise: "every address, whole internet", tests: []tests{{pattern: "^Test(EveryAddressOfTheInternet|WholeInternet)MatchesExplain$", packages: decide}}},
		{promise: "recorded and whole, a sample", whole: true, tests: []tests{{pattern: "^(TestWholeInternetMatchesExplain|TestRecompileOnTheWholeInternet|TestSnapshotOnTheWholeInternet|TestRecordedZonesCompile|TestSnapshotBomb)$",
			packages: decide, env: []string{"NETWICKET_PROVE="}}}}, // which the race detector sees less of
		{promise: "geo equals the databases", tests: []tests{{pattern: "Agree", packages: []string{"./geo"}}}},
		{promise: "random policies, to the last", whole: true, tests: []tests{{pattern: "^(" +
			"TestDecideMatchesExplain|TestDecideAll|TestModels|TestDiffIsExact|FuzzIncremental|FuzzDecide|" +
			"TestSideBySideIsBothRanges|TestRangesAreEveryAddressOnce|TestRangesInAreRangesCut|TestClassesInAreWhatMatchTellsApart|TestNothingIsKeptTwice|TestSpellingsAreOneAddress|TestCompileIsDeterministic|TestCompileOnAnyNumberOfProcessors|TestNoAllocsAfterSecondLook|" +
			"TestSnapshotIsThePolicy|TestWithOverlay|TestExplainSnapshot|TestExplainSnapshotWithDocuments|FuzzSnapshot)$", packages: decide}}},
		{promise: "restrictions only restrict", whole: true, tests: []tests{{pattern: "^(TestRestrictionsNeverAllowMore|TestUnknownDataNeverAllow|TestForgedHopsNeverAllow)$", packages: decide}}},
		{promise: "forged headers let nobody in", tests: []tests{{pattern: "^TestForgeryNeverAllows$", packages: decide}}},
		{promise: "resolver's properties", tests: []tests{{pattern: "^Fuzz|^TestAliases$", packages: gate}}},
		{promise: "nothing denies, one spelling", tests: []tests{{pattern: "^(TestNothingDenies|TestSpellingsAreOneAddress|TestCompileSharesNothing|TestCompileIsDeterministic)$", packages: decide}}},
		{promise: "embedded IPv4 in each layer", tests: []tests{{pattern: "^(TestLayers|TestEmbeddedIPv4InEachLayer)$", packages: decide}}},
		{promise: "no allocation", tests: []tests{{pattern: "Alloc", packages: []string{"./decide", "./decide/gate", "./geo", "./internal/iptable", "./cmd/netwicket/internal/forwardauth"}}}},
		{promise: "hostile documents", tests: []tests{{packages: []string{"./cmd/netwicket/internal/hostile"}}}},
		{promise: "documents take little memory", whole: true, tests: []tests{
			{pattern: "^TestDocumentsTakeLittleMemory$", packages: []string{"./decide/policyfile"}},
			{pattern: "^TestSnapshotFactor$", packages: []string{"./decide/keeper"}}}},
		{promise: "hostile databases", tests: []tests{{pattern: "Hostile|Huge|Truncated|ReadStream|Bad", packages: []string{"./geo"}}}},
		{promise: "every parser under fuzzing", long: true, build: (*prover).fuzz},
		{promise: "faults in operation", tests: []tests{{packages: []string{"./cmd/netwicket/internal/e2e"}}}},
		{promise: "killed, crowded, followed", whole: true, tests: []tests{
			{pattern: "^(TestKilledWhilePulling|TestAdminManyAtOnce|TestFilesAreClosed)$", packages: []string{"./cmd/netwicket"}},
			{pattern: "^(TestRandomWrites|TestRandomZoneWrites|TestPagesWhileZonesComeAndGo|TestManyAtOnce|TestKilledAtEveryCall|TestKilledWhileWriting|TestWriteThatBreaksOff|TestFullDisk)$", packages: []string{"./cmd/netwicket/internal/admin/okta", "./cmd/netwicket/internal/admin/tenant"}},
			{pattern: "^(TestServeFollowsWrites|TestReloadUnderLoad)$", packages: []string{"./cmd/netwicket/internal/e2e"}}}},
		{promise: "reloads whole or not at all", tests: []tests{{pattern: "^Test(Ways|Bad|Volume|Folder|WithoutEvents|PolicyFile|Half|Older|Small|Guard|Edge|Lost)", packages: []string{"./decide/gate", "./decide/keeper", "./cmd/netwicket/internal/watch"}}}},
		{promise: "keeper as its model", tests: []tests{{pattern: "^TestSimulation$", packages: []string{"./decide/keeper"}}}},
		{promise: "a clock that jumps", tests: []tests{{pattern: "^(TestClockJumps|TestOverlayExpires)$", packages: []string{"./decide/keeper"}}}},
		{promise: "PROXY protocol, ends of requests", tests: []tests{{pattern: "Proxy|Shutdown", packages: []string{"./cmd/netwicket/internal/forwardauth"}}}},
		{promise: "soak with leak checks", tests: []tests{{pattern: "^TestSoak$", packages: []string{"./decide/keeper"}}}},
		{promise: "peers decide the same", long: true, tests: []tests{{pattern: "Same", packages: []string{"./bench/compare"}}}},
		{promise: "memory of a reload", long: true, tests: []tests{{pattern: "^TestReloadMemory$", packages: []string{"./bench"}}}},
		{promise: "race detector", long: true, tests: []tests{{packages: []string{"./zone", "./decide/...", "./decide/keeper", "./cmd/netwicket/internal/forwardauth"}, arguments: []string{"-race", "-short"}, env: []string{"NETWICKET_PROVE="}}}},
		{promise: "32 bits", tests: []tests{{packages: []string{"./zone", "./geo", "./decide/...", "./internal/addrnum", "./internal/iptable", "./internal/jsondoc", "./internal/netset"}, arguments: []string{"-short"}, env: []string{"GOARCH=386", "NETWICKET_PROVE=", "NETWICKET_DATA="}}}},
		{promise: "other processors", build: (*prover).emulate},
		{promise: "builds elsewhere", build: (*prover).buildElsewhere},
		{promise: "reproducible build", build: (*prover).buildTwice},
		{promise: "modules are what they were", build: (*prover).verifyModules},
		{promise: "installs as it will be tagged", build: (*prover).installAsTagged},
		{promise: "known vulnerabilities", build: (*prover).vulnerabilities},
	}
}
