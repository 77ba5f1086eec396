// Package lint says what is legal in a policy's documents and yet hardly what
// their author meant: entries that change nothing, rules that no request
// reaches, countries that are allowed in one place and blocked in another, geo
// data that is out of date.
//
// Each finding is a warning with a stable code, a position, and one sentence
// that says what will happen and what to write instead. docs/lints.md lists
// them with an example each. What the parsers and the compiler warn about is
// not said again.
//
// # Soundness
//
// A finding is a fact about the documents: a rule is reported as unreachable
// only if no request at all can reach it, a network as denied only if every
// address in it is. What is merely unusual is not reported.
//
// # Cost
//
// Entries are compared by sorting, so that documents at Okta's limit of 25,000
// entries take some tens of milliseconds. With a policy there is one pass over
// its ranges and one over its geo table.
package lint
