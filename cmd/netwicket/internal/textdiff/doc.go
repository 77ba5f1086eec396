// Package textdiff compares two texts line by line, and writes their difference as a
// patch that git apply and patch -p1 take.
//
// Texts are bytes: line ends, a last line without one, and what is no UTF-8 stay as
// they are. The difference is the shortest one (Myers, An O(ND) Difference Algorithm and
// Its Variations, 1986), unless the texts have so little in common that all between
// their common beginning and end is taken as replaced.
//
// lines.go cuts texts and compares them, patch.go writes the patch, ends.go gives a
// text that was edited the line ends that it had.
package textdiff
