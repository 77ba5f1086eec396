// Package tenant keeps the documents that the vendors' APIs manage in a policy
// folder: what they are now, and what becomes of a change.
//
// All changes go through Store.Write, or Store.Replace for a text as somebody wrote
// it, one at a time. A change is made to a copy
// of the documents, rendered to files, compiled as the whole policy with its geo
// data, held against the guard and the lints, and only then written; whatever
// fails leaves the folder as it was (D3). Every write, and every refusal, is one
// line of the audit (D7), and keeps the generation before.
//
// Files that somebody else changed are read again before anything is served or
// written (D2).
package tenant
