package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
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

// questions are what a proxy sends for 4096 clients, so that neither look-ups nor
// branches are those of one address. The policy of examples/acme allows about
// three of four.
func questions() [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	questions := make([][]byte, 4096)
	for i := range questions {
		host := random.IntN(256)
		client := [...]string{
			fmt.Sprintf("%d.%d.%d.%d", 11+random.IntN(110), random.IntN(256), random.IntN(256), host),
			fmt.Sprintf("8.8.8.%d", host),
			fmt.Sprintf("192.0.2.%d", host),
			fmt.Sprintf("2001:db8:%x::%x", random.IntN(65536), host),
		}[i%4]
		chain := client
		if i%8 > 3 {
			chain = fmt.Sprintf("198.51.100.%d, %s, 127.0.0.9", host, client)
		}
		questions[i] = []byte("GET /decide HTTP/1.1\r\nHost: netwicket\r\nX-Forwarded-For: " + chain +
			"\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.org\r\nX-Forwarded-Uri: /\r\nX-Forwarded-Method: GET\r\n\r\n")
	}
	return questions
}

// load asks a target for a while over so many connections.
func load(t target, questions [][]byte, connections int, length time.Duration) (result, error) {
	askers := make([]asker, connections)
	end := time.Now().Add(length)
	begun := time.Now()
	var running sync.WaitGroup
	for i := range askers {
		running.Go(func() { askers[i].run(t.address, questions, i*len(questions)/connections, end) })
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

// asker is one connection.
type asker struct {
	times           []time.Duration
	allowed, denied int
	err             error
}

func (a *asker) run(address string, questions [][]byte, first int, end time.Time) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		a.err = err
		return
	}
	defer connection.Close()
	in := bufio.NewReader(connection)
	for i := first; ; i++ {
		begun := time.Now()
		if begun.After(end) {
			return
		}
		if _, a.err = connection.Write(questions[i%len(questions)]); a.err != nil {
			return
		}
		status, err := readAnswer(in)
		if err != nil {
			a.err = err
			return
		}
		a.times = append(a.times, time.Since(begun))
		switch status {
		case "204":
			a.allowed++
		case "403":
			a.denied++
		default:
			a.err = fmt.Errorf("status %s", status)
			return
		}
	}
}

// readAnswer reads an answer without a body.
func readAnswer(in *bufio.Reader) (status string, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	if len(line) < len("HTTP/1.1 204") {
		return "", io.ErrUnexpectedEOF
	}
	switch code := line[9:12]; {
	case bytes.Equal(code, []byte("204")):
		status = "204"
	case bytes.Equal(code, []byte("403")):
		status = "403"
	default:
		status = string(code)
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		if len(line) == 2 {
			return status, nil
		}
	}
}
