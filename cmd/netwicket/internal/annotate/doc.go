// Package annotate writes what is wrong with documents for machines that show it
// beside the lines of a change: as workflow commands of GitHub Actions, and as a
// log of the Static Analysis Results Interchange Format.
//
//	workflow.go  workflow commands, a line each
//	sarif.go     SARIF 2.1.0
//	place.go     where a finding stands, as a URI and in UTF-16 code units
//	codes.go     what the codes of findings mean, as docs/lints.md says
//
// Documents are written by others. Whatever they say, a workflow command stays the
// one that was meant, and a message of SARIF has no link.
package annotate
