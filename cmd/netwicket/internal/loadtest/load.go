package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// result is one round.
type result struct {
	rate            float64
	quantiles       [3]time.Duration // 0.5, 0.99, 0.999
	allowed, denied int
}

// protocol is a way of asking.
type protocol struct {
	// dial connects, and gives as many functions that ask about the client of a number, each
	// for one question at a time.
	dial func(address string, asksAtOnce int) (asks []ask, hangUp func(), err error)
	// serveNothing is the empty handler.
	serveNothing func(address string) error
	// flag is the one by which serve listens for it.
	flag string
}

// ask says whether the client of a number is let in.
type ask func(client int) (allowed bool, err error)

// clients is how many there are, so that neither look-ups nor branches are those of one
// address. The policy of examples/acme allows about three of four.
const clients = 4096

// chains are what X-Forwarded-For says of each client.
func chains() []string {
	random := rand.New(rand.NewPCG(1, 2))
	chains := make([]string, clients)
	for i := range chains {
		host := random.IntN(256)
		client := [...]string{
			fmt.Sprintf("%d.%d.%d.%d", 11+random.IntN(110), random.IntN(256), random.IntN(256), host),
			fmt.Sprintf("8.8.8.%d", host),
			fmt.Sprintf("192.0.2.%d", host),
			fmt.Sprintf("2001:db8:%x::%x", random.IntN(65536), host),
		}[i%4]
		chains[i] = client
		if i%8 > 3 {
			chains[i] = fmt.Sprintf("198.51.100.%d, %s, 127.0.0.9", host, client)
		}
	}
	return chains
}

// load asks a target for a while, so many questions at once.
func load(t target, p protocol, askersAtOnce int, length time.Duration) (result, error) {
	asks, hangUp, err := p.dial(t.address, askersAtOnce)
	if err != nil {
		return result{}, err
	}
	defer hangUp()
	askers := make([]asker, askersAtOnce)
	end := time.Now().Add(length)
	begun := time.Now()
	var running sync.WaitGroup
	for i := range askers {
		running.Go(func() { askers[i].run(asks[i], i*clients/askersAtOnce, end) })
	}
	running.Wait()
	took := time.Since(begun)

	var r result
	var times []time.Duration
	for _, a := range askers {
		if a.err != nil {
			return result{}, a.err
		}
		times = append(times, a.times...)
		r.allowed += a.allowed
		r.denied += a.denied
	}
	if len(times) == 0 {
		return result{}, errors.New("no answers")
	}
	r.rate = float64(len(times)) / took.Seconds()
	slices.Sort(times)
	for i, quantile := range [...]float64{0.5, 0.99, 0.999} {
		r.quantiles[i] = times[int(quantile*float64(len(times)-1))]
	}
	return r, nil
}

// asker asks one question after the other.
type asker struct {
	times           []time.Duration
	allowed, denied int
	err             error
}

func (a *asker) run(ask ask, first int, end time.Time) {
	for i := first; ; i++ {
		begun := time.Now()
		if begun.After(end) {
			return
		}
		allowed, err := ask(i % clients)
		if err != nil {
			a.err = err
			return
		}
		a.times = append(a.times, time.Since(begun))
		if allowed {
			a.allowed++
		} else {
			a.denied++
		}
	}
}
