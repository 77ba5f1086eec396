// Package replay decides every request of access logs and adds up what came out.
//
// # Work
//
// One goroutine reads the logs in order, in blocks of whole lines; as many others
// as there are processors parse the lines and decide. Each adds up on its own,
// and the sums are joined at the end. Everything that is counted is a sum, a
// smallest or a largest value, so the result does not depend on who did which
// block when.
//
// A decision is remembered for the next request alone, which often is the same
// one again. Asking the policy takes less time than a search among many would.
//
// # Memory
//
// Memory grows with the number of different clients and not with the length of
// the logs. Beyond [Config.MaxClients] clients are counted by network instead: /24
// and /64, and then wider ones, until they fit. All clients are then counted so,
// hence this does not depend on their order either.
package replay
