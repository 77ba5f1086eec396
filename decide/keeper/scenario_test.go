package keeper_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
)

// scenarioFile names a file with a scenario, as a failure prints it, to be run alone:
//
//	NETWICKET_SCENARIO=/tmp/scenario.txt go test ./decide/keeper -run '^TestSimulation$'
const scenarioFile = "NETWICKET_SCENARIO"

// mutants is set where only whether a test fails is of interest (cmd/internal/mutants/machine).
const mutants = "NETWICKET_MUTANT"

// TestSimulation does to the files, the clock and the watcher of a Keeper whatever comes
// to mind, and holds everything that it does, and when, against a model that has no
// goroutines: what is in force, what is told, who is asked to watch what, and when the
// next try is due. Time is the bubble's. At the end everything is mended, and what lies
// there has to be in force, whatever the model says.
func TestSimulation(t *testing.T) {
	if path := os.Getenv(scenarioFile); path != "" {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		s, err := parseScenario(string(text))
		require.NoError(t, err)
		_, err = simulate(t, s)
		require.NoError(t, err)
		return
	}
	scenarios, done, whole := 60, 0, 0
	if os.Getenv("NETWICKET_PROVE") != "" {
		scenarios = 2000
	}
	for seed := range uint64(scenarios) {
		s := randomScenario(rand.New(rand.NewPCG(seed, 0)), 30)
		done += len(s.steps)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			if s.check(t) {
				whole++
			}
		})
	}
	require.Greater(t, whole, scenarios*9/10, "run to their end")
	t.Logf("figure: %d scenarios, %d steps: all that the Keeper did, and when, as the model has it", scenarios, done)
}

// TestScenarios: what the model has to agree with.
func TestScenarios(t *testing.T) {
	for name, text := range map[string]string{
		"an emergency long after the policy file broke": `
			rename netwicket.json cut 2m
			denies 203.0.113.1 1ms
			allows 198.51.100.77 1ms
			rename overlay.json deny 15s
			denies 198.51.100.77 2m
			rename overlay.json quiet 15s
			allows 198.51.100.77 1ms`,
		"an emergency long after another document broke": `
			rename zones.json cut 2m
			rename overlay.json deny 15s
			denies 198.51.100.77 1ms`,
		"an overlay that answers when other documents are in force": `
			hang overlay 1ms
			rename overlay.json deny 1ms
			rename zones.json cut 1ms
			ask 500ms
			rename zones.json two 1ms
			ask 500ms
			denies 203.0.113.2 1ms
			rename zones.json cut 1ms
			ask 500ms
			answer overlay 1s
			denies 203.0.113.2 1ms
			denies 198.51.100.77 1ms`,
		"what a link leads to is written, and looks as before": `
			link v1/zones.json 15s
			denies 203.0.113.2 1ms
			alike write v1/zones.json one 500ms
			event v1/zones.json 500ms
			denies 203.0.113.1 1ms`,
		"another file of the same size and time": `
			alike rename zones.json two 15s
			denies 203.0.113.2 1ms
			alike rename geo/country.mmdb two 15s
			denies 198.18.20.7 1ms`,
		"a database that looks as before, beside a document that does not load": `
			rename zones.json two 15s
			rename zones.json three 15s
			rename zones.json cut 1ms
			alike write geo/country.mmdb two 1ms
			event geo/country.mmdb 500ms
			denies 198.18.10.7 1ms
			rename zones.json one 500ms
			denies 198.18.20.7 1ms`,
		"a database of another type": `
			rename geo/country.mmdb exits 2m
			denies 198.18.10.7 1ms
			rename zones.json two 15s
			denies 203.0.113.1 1ms
			rename geo/country.mmdb one 15s
			denies 203.0.113.2 1ms`,
		"a document that is missing for long": `
			rename netwicket.json more 2m
			rename more.json one 15s
			denies 198.51.100.1 1ms`,
		"folders that were replaced": `
			replace . zones.json two 15s
			denies 203.0.113.2 1ms
			write zones.json three 15s
			denies 203.0.113.3 1ms
			replace geo geo/country.mmdb two 15s
			denies 198.18.20.7 1ms`,
		"events that were lost": `
			events lost 1ms
			write zones.json two 15s
			denies 203.0.113.2 1ms`,
		"a load that hung for long": `
			hang 1ms
			ask 5m
			rename zones.json two 1ms
			answer 500ms
			denies 203.0.113.2 1ms`,
		"an entry ends, and the program refuses that for a while": `
			rename overlay.json brief 15s
			refuse 10s
			accept 31s
			well 1ms`,
		"a program that refuses for long, and agrees": `
			refuse 1ms
			rename zones.json two 5m
			accept 21s
			denies 203.0.113.2 1ms`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, watched := range []bool{false, true} {
				if !watched && strings.Contains(text, "event ") {
					continue
				}
				all, err := parseSteps(text)
				require.NoError(t, err)
				for i := range all {
					all[i].wait += time.Duration(10_007 * i)
				}
				whole, err := simulate(t, scenario{watched: watched, steps: all})
				require.NoError(t, err)
				require.True(t, whole)
			}
		})
	}
}

// FuzzSimulation is TestSimulation with steps that fuzzing chooses.
func FuzzSimulation(f *testing.F) {
	r := rand.New(rand.NewPCG(0, 0))
	for range 20 {
		data := make([]byte, 40)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data)
	}
	// It ends while a load is under way, since two things fall upon one moment.
	f.Add([]byte("\xff\xff\xe6G\xcb1\x91\xa7\a\xe1[R/\x023\xd5\xd7\\1\x91\xa7\a\xe10\xe7\xfbS\xe5\x1a\xcc\x17\xb8\n\x7f\x02\xb6z\x0f\xf8P"))
	f.Fuzz(func(t *testing.T, data []byte) {
		randomScenario(rand.New(&byteSource{data: data}), min(len(data)/5, 8)).check(t)
	})
}

// byteSource chooses by a byte each time, and once there are no more somehow.
type byteSource struct {
	data []byte
	more uint64
}

func (s *byteSource) Uint64() uint64 {
	if len(s.data) == 0 {
		s.more += 0x9e37_79b9_7f4a_7c15
		return s.more
	}
	next := uint64(s.data[0])
	s.data = s.data[1:]
	return next * 0x0101_0101_0101_0101
}

// scenario is steps, and how the Keeper is set up for them.
type scenario struct {
	watched, forced bool
	steps           steps
}

const scenarioHead = "watched %t, forced %t"

func (s scenario) String() string {
	return fmt.Sprintf(scenarioHead+"\n%s", s.watched, s.forced, s.steps)
}

// randomScenario is one of so many steps.
func randomScenario(r *rand.Rand, count int) scenario {
	return scenario{watched: r.IntN(3) > 0, forced: r.IntN(4) == 0, steps: randomSteps(r, count)}
}

// parseScenario reads what String writes.
func parseScenario(text string) (s scenario, err error) {
	head, rest, _ := strings.Cut(text, "\n")
	if _, err = fmt.Sscanf(head, scenarioHead, &s.watched, &s.forced); err == nil {
		s.steps, err = parseSteps(rest)
	}
	return s, err
}

// check ends the test with as few steps as still fail. It says whether all of them were
// done.
func (s scenario) check(t *testing.T) bool {
	t.Helper()
	whole, err := simulate(t, s)
	if err == nil {
		return whole
	}
	if os.Getenv(mutants) != "" {
		t.Fatal(err) // nobody reads the steps
	}
	for size := (len(s.steps) + 1) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(s.steps); {
			fewer := s
			fewer.steps = slices.Delete(slices.Clone(s.steps), at, at+size)
			if _, problem := simulate(t, fewer); problem != nil {
				s, err = fewer, problem
			} else {
				at += size
			}
		}
	}
	t.Fatalf("%v\n\nTo be run with %s=FILE:\n%s", err, scenarioFile, s)
	return false
}

// mending makes everything good again, and waits until that was seen.
var mending = func() steps {
	all, err := parseSteps(`
		answer 10ms
		answer overlay 10ms
		rest 10ms
		accept 10ms
		rename netwicket.json plain 10ms
		rename zones.json two 10ms
		rename overlay.json quiet 10ms
		rename elsewhere.csv one 10ms
		rename geo/extra.csv one 10ms
		rename geo/country.mmdb three 40s`)
	must(err)
	for i := range all {
		all[i].wait += time.Duration(i) * 101
	}
	return all
}()

// mended says what is not in force of what mending wrote.
func mended(k *keeper.Keeper) error {
	var problems []error
	if err := k.Err(); err != nil {
		problems = append(problems, err)
	}
	for _, addr := range probes {
		blocked := addr == "203.0.113.2" || addr == "198.18.30.7" || addr == "198.19.0.7"
		if k.Live().Decide(netip.MustParseAddr(addr)).Allowed() == blocked {
			problems = append(problems, fmt.Errorf("once everything is mended, %s is blocked: %v", addr, !blocked))
		}
	}
	return errors.Join(problems...)
}

// oddTiming has no two moments that are the same by chance.
func oddTiming(watched bool) keeper.Timing {
	t := keeper.Timing{Quiet: 200*time.Millisecond + 1, Latest: 2*time.Second + 17, Poll: 2*time.Second + 1009, Retry: time.Second + 100_003, RetryMax: 20 * time.Second, Load: 7*time.Second + 31}
	if watched {
		t.Poll = 10*time.Second + 1009
	}
	return t
}
