// Package policyfile finds, reads, recognises and joins the documents that make
// a policy: the policy file with what it names, single vendor documents, geo
// sources and lists. It is where netwicket touches files; the packages that
// parse and decide never do.
//
// [Open] gives the policy and the [Parts] that it was made of, or everything that
// is wrong at once, each with file, line, column and the value, so that one
// attempt is enough to mend a policy. Either both the documents and the policy
// are good, or there is no policy. A program that runs for longer than its files
// stay as they are takes a keeper.Keeper instead, which opens them again and again.
//
// # What a path may be
//
// A policy file, a folder that holds netwicket.json, one vendor document, or a snapshot
// of a compiled policy: [Recognise] tells them from their content. Several paths add up: lists are joined in the order
// given, and a document of which a policy has one (ThreatInsight, both of
// SailPoint's, the overlay, the edge, serve) may come from one place only, so that
// nobody has to know which of two would win. A snapshot is a whole policy: what would have
// to be compiled with it is an error beside it, the overlay alone is laid over it.
//
// Paths of [Options] lead to regular files or to pipes, those of policy files and what
// a folder holds to regular files alone. Nothing is waited for without end: a file of
// which nothing comes is an error.
//
// # Codes
//
// Findings of this package have the codes missing-file, unreadable-file,
// outside-folder, bad-encoding, unknown-document, wrong-document, unknown-key, bad-type,
// bad-value, bad-prefix, bad-source, empty-path, bad-geo and conflict, for a snapshot those of
// [decide.ReadSnapshot], and for an edge those of package gate. The
// parsers and the compiler add their own; docs/lints.md describes the warnings.
//
// # For the program
//
// [Check], [OpenPair], [LoadEdge], [LoadPull], [ParseTenant], [Serve] and [Kind] are what the netwicket command
// needs beyond Open; a gateway has little use for them.
//
// # The files
//
// load.go finds and joins documents, parts.go has what comes of it, check.go says
// all that can be said of a policy, pair.go opens two that are compared; kind.go
// tells documents apart, keys.go is the table of the policy file's keys, file.go
// reads the policy file, edge.go, serve.go and pull.go three of its sections, values.go single
// values, snapshot.go policies that were compiled elsewhere, alone.go what is read without the rest, geo.go finds geo sources, read.go
// reads files.
package policyfile
