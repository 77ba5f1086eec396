// Command prove runs the proofs of docs/guarantees.md and prints a table of
// their figures: `make prove`, in under 20 minutes on two cores.
//
//	go run ./cmd/internal/prove              # everything
//	go run ./cmd/internal/prove -short       # samples of the same proofs, for every day
//	go run ./cmd/internal/prove -only build  # what matches
//
// A proof is a test that prints lines beginning with "figure: ", or a build. It
// ends with 1 if one fails.
package main
