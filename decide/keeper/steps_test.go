package keeper_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A step is something that happens to the files, to the Keeper or to its watcher, and
// the time that passes then. As text it is its words and the time: "rename zones.json
// two 1.5s". With "during" before them the words happen when all files are read next,
// after they have been looked at.
type step struct {
	words []string
	wait  time.Duration
}

func (s step) String() string { return strings.Join(s.words, " ") + " " + s.wait.String() }

// steps are one after another, each in a line.
type steps []step

func (s steps) String() string {
	var lines strings.Builder
	for _, one := range s {
		fmt.Fprintln(&lines, one)
	}
	return lines.String()
}

// parseSteps reads what String writes.
func parseSteps(text string) (steps, error) {
	var all steps
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		wait, err := time.ParseDuration(words[len(words)-1])
		if err != nil {
			return nil, err
		}
		all = append(all, step{words[:len(words)-1], wait})
	}
	return all, nil
}

// fileNames are what steps change.
var fileNames = []string{"netwicket.json", "zones.json", "v1/zones.json", "v2/zones.json", "more.json", "overlay.json", "geo/country.mmdb", "geo/extra.csv", "elsewhere.csv"}

// verbs are what may happen, and how often of a hundred; words in capitals stand for
// what is chosen.
var verbs = []struct {
	words string
	often int
}{
	{"write FILE KIND", 14},
	{"rename FILE KIND", 14},
	{"alike write FILE KIND", 6},
	{"alike rename FILE KIND", 6},
	{"remove FILE", 5},
	{"remove geo", 1},
	{"link TARGET", 4},
	{"chmod FILE", 2},
	{"touch FILE", 2},
	{"replace geo geo/country.mmdb KIND", 3},
	{"replace v1 v1/zones.json KIND", 2},
	{"replace . zones.json KIND", 2},
	{"ask", 6},
	{"event NAME", 3},
	{"storm NAME", 2},
	{"events told", 3},
	{"events lost", 2},
	{"events twice", 1},
	{"events late", 2},
	{"deliver", 4},
	{"hang", 2},
	{"hang overlay", 2},
	{"answer", 4},
	{"answer overlay", 4},
	{"restless", 1},
	{"rest", 1},
	{"refuse", 2},
	{"accept", 3},
	{"clock ahead", 1},
	{"clock back", 1},
	{"wait", 6},
}

// randomSteps are some, the same for the same source.
func randomSteps(r *rand.Rand, count int) steps {
	var all steps
	for range count {
		words := randomWords(r)
		if happensToFiles(words) && r.IntN(8) == 0 {
			words = append([]string{"during"}, words...)
		}
		all = append(all, step{words, randomWait(r)})
	}
	return all
}

// happensToFiles says that a step may happen while they are read.
func happensToFiles(words []string) bool {
	return slices.Contains([]string{"write", "rename", "alike", "remove", "link", "touch", "replace"}, words[0])
}

func randomWords(r *rand.Rand) []string {
	sum := 0
	for _, verb := range verbs {
		sum += verb.often
	}
	n := r.IntN(sum)
	for _, verb := range verbs {
		if n -= verb.often; n < 0 {
			return choose(r, strings.Fields(verb.words))
		}
	}
	panic("no verb")
}

// choose puts something in the place of words in capitals.
func choose(r *rand.Rand, words []string) []string {
	file := ""
	for i, word := range words {
		switch word {
		case "FILE":
			words[i] = fileNames[r.IntN(len(fileNames))]
		case "KIND": // the first ones are good, and the rest is rarer
			of := kinds[file]
			words[i] = of[min(r.IntN(len(of)), r.IntN(len(of)+1))]
		case "TARGET":
			words[i] = []string{"v1/zones.json", "v2/zones.json"}[r.IntN(2)]
		case "NAME":
			words[i] = append([]string{"-", "notes.txt", "geo"}, fileNames...)[r.IntN(3+len(fileNames))]
		}
		if kinds[words[i]] != nil {
			file = words[i]
		}
	}
	return words
}

// randomWait is odd to the nanosecond, so that what happens meanwhile does so at
// moments of its own.
func randomWait(r *rand.Rand) time.Duration {
	longest := []time.Duration{time.Microsecond, 100 * time.Millisecond, time.Second, 3 * time.Second, 3 * time.Second, 12 * time.Second, 90 * time.Second}
	return 1 + time.Duration(r.Int64N(int64(longest[r.IntN(len(longest))])))
}
