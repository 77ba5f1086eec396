// Package docdiff says what differs between the documents of two policies: zones by
// their ids, rules by theirs, the terms and entries inside them, lists, databases
// and settings. It looks at what the documents mean, not at how they are written:
// the order of entries and white space are no difference.
package docdiff
