// Package generation keeps what was pulled in a policy folder (U9): each time in a
// folder of its own, pulled/FINGERPRINT, which is whole before it has that name and
// is never written to again. The policy file says which one is in force, and
// replacing it is the only switch: whoever reads the folder meanwhile, or after a
// crash, finds the policy before or the policy after.
//
// The last five stay, each with a policy file of its own, for netwicket diff and for
// going back.
//
//	documents.go  what a pull brings, as files
//	inforce.go    the policy file, and the documents that it names
//	candidate.go  what the folder would be
//	switch.go     from the candidate to the folder, and what is left of a crash
package generation
