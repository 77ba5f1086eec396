package caddygate

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
)

// policies are those that modules hold, by their paths. It is Caddy's way for modules of one
// configuration to share, and for those of the next one to take over.
var policies = caddy.NewUsagePool()

// lease is a module's hold on a policy. The zero lease holds none, of which everything is denied.
type lease struct {
	policy *policy // stays when the hold ends: requests of a server that is being stopped still ask it
	key    string
	held   atomic.Bool
}

var errNoPath = errors.New(`names no policy: write "policy PATH" in the Caddyfile, "policy": ["PATH"] in JSON; ` +
	`PATH is a policy file (netwicket.json), or the folder that holds it`)

// take takes hold of the policy that the paths make. One that is held by others already is brought
// up to date with its files.
func (l *lease) take(ctx caddy.Context, paths []string) error {
	if len(paths) == 0 {
		return errNoPath
	}
	paths, err := absolute(paths)
	if err != nil {
		return err
	}
	key := strings.Join(paths, "\x00")
	held, shared, err := policies.LoadOrNew(key, func() (caddy.Destructor, error) { return open(paths) })
	if err != nil {
		return err
	}
	l.policy, l.key = held.(*policy), key
	l.held.Store(true)
	if shared {
		if err := l.policy.keeper.Refresh(ctx); err != nil {
			return err // Caddy cleans up
		}
	}
	return l.policy.metrics.register(ctx.GetMetricsRegistry())
}

// end gives the policy back, if it is held.
func (l *lease) end() error {
	if !l.held.Swap(false) {
		return nil
	}
	_, err := policies.Delete(l.key)
	return err
}

// absolute replaces placeholders, and makes two spellings of one path the same.
func absolute(paths []string) ([]string, error) {
	var all []string
	replacer := caddy.NewReplacer()
	for _, path := range paths {
		replaced, err := replacer.ReplaceOrErr(path, true, true)
		if err != nil {
			return nil, fmt.Errorf("policy %q: %w", path, err)
		}
		if replaced == "" {
			return nil, errNoPath
		}
		whole, err := filepath.Abs(replaced)
		if err != nil {
			return nil, fmt.Errorf("policy %q: %w", path, err)
		}
		all = append(all, whole)
	}
	return all, nil
}
