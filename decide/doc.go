// Package decide answers whether an address may come in. [Compile] makes an
// immutable [Policy] of the vendors' documents and a geo table;
// [Policy.Decide] and [Policy.DecideChain] give the [Decision], [Policy.Explain]
// all that led to it, and [Live] holds the policy in force.
//
// It reads no file, opens no connection and knows no clock. Rules are named by
// their ids in docs/semantics.md; docs/design.md says why it is built this way.
//
// # Classes
//
// All that depends on a single address is settled by Compile. What the documents'
// lists say of an address is its address pattern, what the geo sources say of it
// as far as the policy asks its geo pattern. A class is a pair of them: the
// addresses that nothing in the policy can tell apart. A table maps every address
// to its class, so that Decide is one look-up, however many zones and databases
// there are, and a chain one look-up a hop and some operations on sets.
//
// # Layers
//
// The first layer that denies decides (order-1):
//
//	address    the client of the chain is known
//	overlay    emergency blocks; its allow entries skip all further layers
//	blocklist  no ACTIVE blocklist zone holds an address of the chain
//	threat     no threat feed that blocks holds the client
//	rules      in every policy the first rule that applies allows
//	sailpoint  the client is on the network and in a trusted country
//
// # Invariants
//
// Each is a test of this package; those of docs/semantics.md are safe-1 (a
// restriction), safe-2 (what is forged), safe-3 (what is not known) and safe-4
// (what Explain says):
//
//	nothing denies                                   TestNothingDenies
//	Decide and DecideChain say what Explain says     TestEveryAddressMatchesExplain TestDecideMatchesExplain FuzzDecide
//	models say what their documents say              TestModels
//	one address has one answer in every spelling     TestSpellingsAreOneAddress
//	a restriction never lets more in                 TestRestrictionsNeverAllowMore
//	neither does what a sender forges                TestForgedHopsNeverAllow TestForgeryNeverAllows
//	nor what is not known                            TestUnknownDataNeverAllow
//	compiling twice gives the same                   TestCompileIsDeterministic
//	documents that change later change no decision   TestCompileSharesNothing
//	a policy keeps no copy of them                   TestPolicyKeepsNoDocuments
//	whatever decides is in the fingerprint           TestFingerprintCoversEveryField
//	decisions and memberships allocate nothing       TestNoAllocs TestNoAllocsAfterSecondLook
//	Ranges and Diff are Decide of every address      TestRangesAreEveryAddressOnce TestDiffIsExact TestRangesInAreRangesCut
//	what Compile refuses leaves no policy            TestCompileRefuses
//	what is read is what was written                 TestSnapshotIsThePolicy
//	an overlay laid over is one compiled in          TestWithOverlay
//
// # Concurrency
//
// A Policy never changes and is safe for concurrent use, as is Live. A request
// that needs several answers takes Live's policy once, so that one policy gives
// them all. Explain alone reads the documents again, see [Config].
//
// # Files
//
// What goes in, and what of it compiles:
//
//	config.go           Config, and the errors that callers branch on
//	findings.go         errors and warnings with their positions
//	compile.go          Compile, step by step
//	limits.go           policies that are too large are refused
//	models.go           models that no parser would make are refused: of zones and lists
//	models_rules.go     of rules, SailPoint's documents and options
//	needs.go            data that zones ask for and no source has
//	families.go         data that the sources have for one address family alone
//	zones.go            a bit for every ACTIVE zone
//	rules.go            rules: their conditions as sets, and which one applies
//	threat.go           ThreatInsight
//	sailpoint.go        SailPoint's network configuration and profile
//	overlay.go          overlay entries in force
//
// From there to the table of classes:
//
//	sweep.go            ranges and geo edges, merged in address order
//	sets.go             bit sets, each kept once
//	unions.go           the rules that list one of several zones
//	addresspatterns.go  what the lists say of an address
//	geopatterns.go      what the geo sources say of it
//	dynamic.go          dynamic zones in three-valued logic
//	classes.go          pairs of patterns, and the intervals that they hold
//	numbers.go          the judgments about chains of one, and their numbers
//	table.go            all of this put together
//	reuse.go            what of it the next policy takes over
//	resweep.go          a sweep of no more than what lists have changed
//
// Answers:
//
//	policy.go           Policy, Decide, Allows and DecideChain
//	batch.go            DecideAll
//	chain.go            from a chain to the client, the zones and the hits
//	judge.go            the layers in order
//	secondlook.go       IPv4 inside IPv6: NAT64, 6to4, Teredo, repeated geo data
//	decision.go         Decision, verdicts and reasons
//	match.go            Membership: which zones a request is in
//	ranges.go           the whole address space in order, and a range of it
//	innerranges.go      the parts of IPv6 that depend on IPv4
//	diff.go             what changes from one policy to another
//	live.go             the policy in force
//	info.go             a policy described
//	fingerprint.go      the hash of all that decides
//	explain.go          Explanation, made from the answer of internal/oracle
//	explaintext.go      the same in sentences
//
// A policy as a file, and what is laid over one that was read:
//
//	snapshot.go         the header, the sections and the limits
//	snapshotwrite.go    WriteSnapshot
//	snapshotdocuments.go  the documents in a snapshot, for explanations
//	snapshotread.go     ReadSnapshot
//	snapshotedges.go    where its intervals begin, and its blocks
//	withoverlay.go      an overlay over a compiled policy
//	explainsnapshot.go  Explanation where there are no documents
package decide
