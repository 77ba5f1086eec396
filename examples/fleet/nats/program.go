// Package nats carries releases through NATS JetStream: put writes a published folder's pointer
// into a key-value bucket and its blobs into an object store, and agent keeps a folder up to
// date with them.
//
//	fleet nats put   -channel prod -from public -server nats://nats.example:4222 -creds publisher.creds
//	fleet nats agent -channel prod -to /run/netwicket/release -server ... -creds reader.creds
package nats

import (
	"flag"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/netwicket/netwicket/examples/fleet/carry"
)

// Program is the part of the command line that is about NATS.
func Program() carry.Program {
	var server, bucket, creds, ca string
	var replicas int
	return carry.Program{
		Name:  "nats",
		Every: time.Minute,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&server, "server", nats.DefaultURL, "the servers' `URLS`, with commas between them")
			f.StringVar(&bucket, "bucket", "netwicket", "`NAME` of the key-value bucket and of the object store")
			f.StringVar(&creds, "creds", "", "credentials in `FILE`")
			f.StringVar(&ca, "ca", "", "trust the authorities in `FILE`")
			f.IntVar(&replicas, "replicas", 1, "put: on how many servers each is, where put makes them")
		},
		Open: func(channel string, put bool) (carry.Carrier, error) {
			// Servers that are away now or later are asked for ever; each look has an end of its own.
			options := []nats.Option{nats.Name("netwicket " + channel), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.RetryOnFailedConnect(!put)}
			if creds != "" {
				options = append(options, nats.UserCredentials(creds))
			}
			if ca != "" {
				options = append(options, nats.RootCAs(ca))
			}
			connection, err := nats.Connect(server, options...)
			if err != nil {
				return nil, err
			}
			s, err := open(connection, channel, bucket, replicas)
			if err != nil {
				connection.Close()
				return nil, err
			}
			return s, nil
		},
	}
}
