package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/release"
)

// fleet is all agents.
type fleet struct {
	plan
	followers []*release.Follower
	running   sync.WaitGroup
	news      chan struct{} // something was installed

	mutex     sync.Mutex
	installed map[uint64][]time.Time // when each agent had a version
	results   map[release.Result]int // since began
	looks     int
	failure   error // one of those that were met
	spent     time.Duration
}

func newFleet(p plan, folder string, s *server, key ed25519.PublicKey) (*fleet, error) {
	f := &fleet{plan: p, news: make(chan struct{}, 1), installed: make(map[uint64][]time.Time), results: make(map[release.Result]int)}
	for i := range p.agents {
		store, err := release.OpenStore(s.url, channelName, release.StoreOptions{CAFile: s.certificate})
		if err != nil {
			return nil, err
		}
		var live decide.Live
		prepare := func(c release.Candidate) (release.Prepared, error) {
			if _, err := decide.ReadSnapshotHeader(bytes.NewReader(c.Snapshot)); err != nil {
				return release.Prepared{}, err
			}
			return release.Prepared{Install: func() {}}, nil
		}
		if i < p.loading {
			prepare = func(c release.Candidate) (release.Prepared, error) {
				return release.PreparePolicy(c, nil, func(p *decide.Policy) { live.Swap(p) })
			}
		}
		follower, err := release.Open(release.Options{
			Store: store, Channel: channelName, Trust: release.Trust{Keys: []ed25519.PublicKey{key}}, State: filepath.Join(folder, fmt.Sprint("agent", i)), Every: p.every,
			Prepare: prepare, Withdraw: func() { live.Swap(nil) }, Report: f.learn,
		})
		if err != nil {
			return nil, err
		}
		f.followers = append(f.followers, follower)
	}
	return f, nil
}

// start has the agents run. They begin within one interval, as they would anywhere.
func (f *fleet) start(ctx context.Context) {
	for i, follower := range f.followers {
		f.running.Go(func() {
			select {
			case <-time.After(f.every * time.Duration(i) / time.Duration(f.agents)):
				follower.Run(ctx)
			case <-ctx.Done():
			}
		})
	}
}

func (f *fleet) wait(cancel func()) {
	cancel()
	f.running.Wait()
}

// learn is every agent's Report.
func (f *fleet) learn(out release.Outcome) {
	if out.Cause != release.Looked {
		return
	}
	f.mutex.Lock()
	f.looks++
	f.results[out.Result]++
	if out.Err != nil && out.Result != release.OldVersion {
		f.failure = out.Err
	}
	if out.Result == release.Installed {
		f.installed[out.Payload.Version] = append(f.installed[out.Payload.Version], time.Now())
	}
	f.mutex.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// began counts from here.
func (f *fleet) began() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	clear(f.results)
	f.looks = 0
	f.spent, _ = workload.ProcessorTime()
}

// everybodyHas waits until a version is in force everywhere.
func (f *fleet) everybodyHas(version uint64) error {
	given := time.After(10*time.Minute + 20*f.every)
	for {
		f.mutex.Lock()
		have, failure := len(f.installed[version]), f.failure
		f.mutex.Unlock()
		if have == f.agents {
			return nil
		}
		select {
		case <-f.news:
		case <-given:
			return errors.Join(fmt.Errorf("version %d is at %d of %d agents", version, have, f.agents), failure)
		}
	}
}

// report prints how long a version took.
func (f *fleet) report(version uint64, published time.Time) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	spent, _ := workload.ProcessorTime()
	moments := slices.SortedFunc(slices.Values(f.installed[version]), time.Time.Compare)
	after := func(part float64) time.Duration {
		return moments[min(int(part*float64(len(moments))), len(moments)-1)].Sub(published).Round(10 * time.Millisecond)
	}
	fmt.Printf("version %d: p50 %s, p99 %s, max %s: p99 is %.2f times every; %.2f s of processor time, %.1f ms an agent, %.1f ms a look; results %v\n",
		version, after(0.5), after(0.99), after(1), float64(after(0.99))/float64(f.every), (spent - f.spent).Seconds(),
		(spent-f.spent).Seconds()*1e3/float64(f.agents), (spent-f.spent).Seconds()*1e3/float64(f.looks), f.results)
}

// refused is how many offers of an old release were refused since began.
func (f *fleet) refused() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.results[release.OldVersion]
}
