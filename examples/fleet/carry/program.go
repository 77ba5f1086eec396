package carry

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/netwicket/netwicket/decide/release"
)

// Carrier is a store that releases are put into as well.
type Carrier interface {
	Store
	Put(ctx context.Context, r *Release) error
	Close() error
}

// Program is the command line around one kind of store.
type Program struct {
	Name  string
	Flags func(*flag.FlagSet)                             // those that say where the store is
	Open  func(channel string, put bool) (Carrier, error) // after the flags were read
	Every time.Duration                                   // between looks of the agent that nothing asked for
}

// putWithin is how long a store may take for one release.
const putWithin = time.Minute

func (p Program) put(ctx context.Context, store Carrier, folder, channel string) error {
	r, err := Read(folder, channel)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, putWithin)
	defer stop()
	return store.Put(ctx, r)
}

// Run is "put", which brings a published folder into the store and ends, or "agent", which
// fills a folder from the store until ctx ends.
func (p Program) Run(ctx context.Context, args []string, stderr io.Writer) error {
	usage := fmt.Errorf("expected %s put -channel NAME -from FOLDER, or %s agent -channel NAME -to FOLDER", "fleet "+p.Name, "fleet "+p.Name)
	if len(args) == 0 || args[0] != "put" && args[0] != "agent" {
		return usage
	}
	put := args[0] == "put"
	flags := flag.NewFlagSet("fleet "+p.Name+" "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	channel := flags.String("channel", "", "`NAME` of the channel")
	var folder *string
	if put {
		folder = flags.String("from", "", "the `FOLDER` that netwicket publish --to wrote")
	} else {
		folder = flags.String("to", "", "the `FOLDER` to fill, which \"from\" of the policy file names")
	}
	p.Flags(flags)
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if *channel == "" || *folder == "" || flags.NArg() > 0 {
		return usage
	}
	if err := release.CheckChannel(*channel); err != nil {
		return err
	}
	store, err := p.Open(*channel, put)
	if err != nil {
		return err
	}
	if put {
		err = p.put(ctx, store, *folder, *channel)
	} else {
		agent := Agent{From: store, Channel: *channel, Folder: *folder, Every: p.Every, Retry: time.Second, Log: slog.New(slog.NewTextHandler(stderr, nil))}
		agent.Run(ctx)
	}
	return errors.Join(err, store.Close())
}
