// Package policyfile finds, reads, recognises and joins the documents that make
// a policy: the policy file with what it names, single vendor documents, geo
// sources and lists. It is where netwicket touches files; the packages that
// parse and decide never do.
//
// [Load] reads everything and says at once everything that is wrong, each with
// file, line, column and the value, so that one run of check is enough to mend
// a policy. [Open] goes on to compile it. Either both the documents and the
// policy are good, or there is no policy.
//
// # What a path may be
//
// A policy file, a folder that holds netwicket.json, or one vendor document,
// which [Recognise] tells from its content. Several paths add up: lists are
// joined in the order given, and a document of which a policy has one
// (ThreatInsight, both of SailPoint's, the overlay, the edge, serve) may come from
// one place only, so that nobody has to know which of two would win.
//
// # Codes
//
// Findings of this package have the codes missing-file, unreadable-file,
// unknown-document, unknown-key, bad-type, bad-value, empty-path, bad-geo and
// conflict. The parsers and the compiler add their own.
package policyfile
