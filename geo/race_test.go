//go:build race

package geo_test

// raceEnabled says that everything takes ten times as long, so that tests over
// the whole internet take a sample.
const raceEnabled = true
