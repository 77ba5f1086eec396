package caddygate

import "strings"

// Held is how many modules hold the policy of these absolute paths.
func Held(paths ...string) int {
	count, _ := policies.References(strings.Join(paths, "\x00"))
	return count
}
