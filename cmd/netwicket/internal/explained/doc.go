// Package explained puts a decision and all that led to it into words and JSON: what
// explain prints and the console shows are the same. The decision itself is
// decide's; nothing here decides.
//
// decision.go has a decision, explanation.go one with all that led to it, policy.go what
// is said of the policy, provenance.go where each datum comes from, rows.go the hops,
// data, zones, rules and layers for a person, object.go JSON objects whose keys keep
// their order.
package explained
