// Package pull fetches a live tenant's documents into a policy folder: what
// netwicket pull does (the rules U1 to U15). It only asks: no request of it changes
// anything at a vendor's.
//
// A [Puller] takes one look at a time. It asks each vendor for all that decides,
// until the answers are of one piece; compares them with what is in force; loads and
// compiles what the folder would be, as check does; holds that against the guard and
// against what is in force, which must not shrink; and only then switches.
//
//	pull.go        one look, from the questions to the switch
//	okta.go        what Okta is asked, and whether the answers are of one piece
//	policies.go    which of Okta's policies are enforced
//	sailpoint.go   what SailPoint is asked
//	judge.go       whether what was pulled may follow what is in force
//	shrink.go      what there is less of than there was
//	routed.go      how much of the internet that lets in
//	watch.go       one look after the other
//
// asking is how a tenant is asked, credentials who asks, generation where the
// documents go.
package pull
