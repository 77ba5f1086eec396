// Package console is the page where people see who gets in, and why: one local
// site over a policy folder, rendered here with html/template. It asks the packages
// that eval, explain, diff, check, replay, map and test ask, so that it says what
// they say.
//
// # Who may ask
//
// [Local] stands in front of the site on this machine: a link that is good once, a
// cookie, one host, one origin. netwicket admin has its own door. Both say who
// visits ([Visitor]); the site asks nobody else, sends nothing elsewhere, and runs
// no script but its own (headers.go).
//
// # The files
//
// console.go has the site and its routes, visitor.go who visits, subject.go the policy
// that is shown and whether its files are still what was read, view.go how pages and
// parts of pages are rendered, headers.go what every answer says to the browser, signin.go the pages of the door of netwicket admin, local.go
// and links.go the door on this machine, server.go its listener. english.txt has all that
// people read, english.go finds it. pages/ are the templates, assets/ the style and the
// scripts. review.go has all findings about the subject, effect.go what another policy
// would decide otherwise. Each page is a file: ask.go with askrequest.go and
// asknetwork.go; map.go with maptiles.go; documents.go with documentfiles.go, documentzones.go, documentrules.go and removal.go, what it would
// change if something were taken out; tests.go with expectations.go, which finds
// expectations and runs them; log.go with logdrop.go, which takes a log (room
// uploads keeps it), logrun.go, which has it decided, logexamples.go, which finds questions
// for Ask in it, and logresult.go and logchart.go, which say what came out.
//
// Change is several: change.go has its questions and what is wrong with a draft,
// changeresult.go what it makes of the policy, changelog.go of a log, changesave.go how
// it is saved; editable.go has which documents may be edited, draft.go a text that one
// is to get, candidate.go the policy that it makes, comparison.go how two differ.
package console
