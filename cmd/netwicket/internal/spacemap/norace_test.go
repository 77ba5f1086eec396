//go:build !race

package spacemap_test

const raceEnabled = false
