// Command netwicket decides who may come in: it reads Okta and SailPoint
// documents and geo databases, and answers allow or deny for addresses and
// requests. Run netwicket help for its commands; docs/cli.md describes them.
//
// # Files
//
// The program, and what its commands share:
//
//	main.go           the door
//	manpages.go       with the tag manpages: the manual pages in place of the program
//	root.go           the root command and the flags of every command
//	status.go         exit codes
//	signals.go        what ends a command that goes on
//	policy.go         from the flags to policies
//	generations.go    a policy as it was, by its history
//	input.go          the requests that a command is asked about
//	logs.go           the access logs that it reads
//	decision.go       one decision on a line
//	findings.go       errors and warnings, a line each
//	json.go           JSON on a line
//	sheet.go          text in headed tables
//	text.go           numbers and quotations in text
//	terminal.go       colour and columns, where a person looks on
//	progress.go       how much of an input has been read
//
// The commands, each with what only it needs:
//
//	eval.go           eval; the loop over requests that explain shares
//	explain.go        explain
//	explaintext.go    its text
//	resolve.go        resolve
//	pseudo.go         a warning about clients whose address is made up
//	check.go          check
//	checkformats.go   its formats
//	checkmust.go      its --must-allow and --must-deny
//	diff.go           diff
//	diffdocuments.go  what differs between the documents
//	difflog.go        its --log
//	test.go           test
//	testformats.go    its formats
//	replay.go         replay, and its JSON
//	replaytext.go     its text
//	export.go         export
//	exportlist.go     its lists that hold a certain number of networks
//	filter.go         filter
//	compile.go        compile
//	map.go            map
//	console.go        console
//	serve.go          serve
//	servechanges.go   what a reload changed of mode and edge
//	servememory.go    garbage is collected more often while policies are loaded
//	servelisten.go    where it listens, for HTTP and gRPC
//	servepolicies.go  the policies that it serves, kept up to date
//	serverelease.go   the releases that they follow
//	admin.go          admin
//	adminhistory.go   admin log, show and revert
//	admintoken.go     admin token
//	pull.go           pull
//	pulltext.go       what it tells
//	pullwatch.go      its --watch
//	key.go            key
//	publish.go        publish
//	fetch.go          fetch
//	doctor.go         doctor
//	bench.go          bench
//	benchsample.go    the addresses that it draws
//	version.go        version
//	completion.go     completion
//
// What more than text and flags belongs to lies in internal: request and
// admission take a request to its decision, and each of the other packages does
// the work of one command.
package main
