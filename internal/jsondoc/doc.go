// Package jsondoc reads a JSON document into a tree that knows where every
// value stands, so that a finding about a value can name its line, column and
// JSON pointer, and the value's own text can be kept as it was written.
//
// encoding/json is not used for reading because it takes the last of two equal
// keys without a word, matches keys without regard to case, replaces broken
// UTF-8 and forgets positions. Each of these can turn a typo in a policy into
// an open door.
//
// # What is refused
//
// Everything that RFC 8259 refuses, and besides: two equal keys in one object
// (compared after unescaping), invalid UTF-8, escaped surrogates without their
// other half, more than [MaxDepth] levels of nesting and documents of more than
// [MaxSize] bytes. A UTF-8 byte order mark at the start is skipped, as RFC 8259
// section 8.1 allows: Windows PowerShell writes one into every export.
//
// Codes of the findings: bad-json (not JSON, nothing at all, or data after the
// document), bad-encoding, duplicate-key, too-deep, too-large.
//
// [ParseCommented] is for the one document that people write by hand: it takes
// comments and a comma behind the last element as well.
//
// # Cost
//
// The tree is one flat table of 8 bytes a value or key beside the text, which
// is shared with the caller, not copied. Values are decoded when asked for;
// numbers stay text.
package jsondoc
