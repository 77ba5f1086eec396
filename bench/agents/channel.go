package main

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"time"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/release"
)

const channelName = "prod"

// channel is a folder with releases.
type channel struct {
	folder    string
	key       ed25519.PrivateKey
	public    ed25519.PublicKey
	snapshots [][]byte // of each version
	before    []byte   // the pointer of the release before
	now       []byte   // the pointer
	version   int
}

func newChannel(folder string, releases int) (*channel, error) {
	if err := os.MkdirAll(filepath.Join(folder, "sha256"), 0o755); err != nil {
		return nil, err
	}
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	c := &channel{folder: folder, key: key, public: public}
	in, err := workload.Open()
	if err != nil {
		return nil, err
	}
	table, err := in.Load()
	if err != nil {
		return nil, err
	}
	documents := in.Documents(workload.ChainZones, table)
	for version := range releases {
		config, err := documents.Parse()
		if err != nil {
			return nil, err
		}
		config.Geo = table
		zones := config.Zones[0].Zones
		for i := range zones[:version+1] { // the first zones lose a network each: every version is another policy
			if gateways := zones[i].Gateways; len(gateways) > 1 {
				zones[i].Gateways = gateways[1:]
			}
		}
		policy, err := decide.Compile(config)
		if err != nil {
			return nil, err
		}
		var file bytes.Buffer
		if err := policy.WriteSnapshot(&file); err != nil {
			return nil, err
		}
		c.snapshots = append(c.snapshots, file.Bytes())
	}
	return c, nil
}

// publish puts a version in place of what is there.
func (c *channel) publish(version int) error {
	if c.version != version {
		content := c.snapshots[version-1]
		entry, err := release.SnapshotOf(content)
		if err != nil {
			return err
		}
		payload, err := release.Payload{
			Channel: channelName, Version: uint64(version), Created: time.Now(), Expires: time.Now().Add(time.Hour), Snapshots: []release.Snapshot{entry},
		}.Encode()
		if err != nil {
			return err
		}
		pointer, err := release.Seal(payload, release.Sign(payload, c.key))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.folder, "sha256", entry.SHA256), content, 0o644); err != nil { //nolint:gosec // nginx reads it
			return err
		}
		c.before, c.now, c.version = c.now, pointer, version
	}
	return c.point(c.now)
}

// rollBack offers the release before.
func (c *channel) rollBack() error { return c.point(c.before) }

func (c *channel) point(pointer []byte) error {
	name := filepath.Join(c.folder, channelName+".json")
	if err := os.WriteFile(name+".new", pointer, 0o644); err != nil { //nolint:gosec // nginx reads it
		return err
	}
	return os.Rename(name+".new", name)
}
