package main

import (
	"fmt"
)

// status is how a command that did its work ends the program.
type status int

// The exit codes that scripts rely on. Undecided outranks denied: what could not
// be decided must not be taken for an answer.
const (
	allGood   status = 0
	undecided status = 1
	denied    status = 2
	failed    status = 3 // check or test found failures, doctor what keeps the service from working
)

// Error makes a status what a command returns; it is never printed.
func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// or is the status of two results together.
func (s status) or(other status) status {
	if s == undecided || other == undecided {
		return undecided
	}
	return max(s, other)
}

// result is what a command returns for a status.
func (s status) result() error {
	if s == allGood {
		return nil
	}
	return s
}
