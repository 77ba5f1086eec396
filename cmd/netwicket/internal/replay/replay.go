package replay

import (
	"fmt"
	"io"
	"sync"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/geo"
)

// Input is one log. Open is called once, when its turn comes.
type Input struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// Subject is a policy and what stands around it.
type Subject struct {
	admission.Control
	Geo *geo.Table // for the countries of clients
}

// Config says what to replay with.
type Config struct {
	Parse      accesslog.Parser
	Subject    Subject
	Against    *Subject         // a policy to compare with; nil: none
	Watch      []netipx.IPRange // count the requests of clients in these, which are in order and apart
	Workers    int              // at least 1
	MaxClients int              // of each worker, before they are counted by network; zero: [DefaultMaxClients]
}

// DefaultMaxClients takes up to about 300 MB for each worker.
const DefaultMaxClients = 1 << 21

// Run replays the logs in order. What cannot be opened or read is in the
// Report's Failed; the rest is replayed all the same.
func Run(config Config, inputs []Input) *Report {
	if config.MaxClients == 0 {
		config.MaxClients = DefaultMaxClients
	}
	workers := make([]*worker, max(config.Workers, 1))
	jobs := make(chan job, len(workers))
	var group sync.WaitGroup
	for i := range workers {
		w := newWorker(&config)
		workers[i] = w
		group.Go(func() {
			for j := range jobs {
				w.do(j)
			}
		})
	}
	var failed []error
	for i, input := range inputs {
		if err := read(i, input, jobs); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", input.Name, err))
		}
	}
	close(jobs)
	group.Wait()
	sum := newTally(&config)
	for _, w := range workers {
		sum.join(&w.tally)
	}
	return sum.report(inputs, failed)
}

// read hands the blocks of one log to the workers.
func read(file int, input Input, jobs chan<- job) error {
	stream, err := input.Open()
	if err != nil {
		return err
	}
	err = accesslog.Blocks(stream, func(block accesslog.Block) error {
		jobs <- job{file, block}
		return nil
	})
	if closed := stream.Close(); err == nil {
		err = closed
	}
	return err
}
