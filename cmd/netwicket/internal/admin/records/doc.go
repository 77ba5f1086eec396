// Package records has the documents that the vendors' APIs manage, record by
// record: Okta's zones, policies, rules and ThreatInsight configuration, and
// SailPoint's documents. It knows how they stand in a policy folder's files and
// in what order their members come; what a request may change is for packages
// okta and sailpoint, where the files are for package tenant.
//
// A record is never changed once it is made: whoever changes one puts another
// in its place. Documents are therefore copied by copying their lists, and may be
// read by many at once.
//
// A record that no request has made keeps the text that it was read from, so
// that a write changes what it is about and nothing else.
package records
