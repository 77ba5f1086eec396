package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/ocistore"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/zone"
)

// publishFlags say what is published, where, and who signs it.
type publishFlags struct {
	to, channel, version, overlay string
	expires                       time.Duration
	renew                         bool
	keys, trust, signatures       []string
	payloadOut                    string
	registry                      release.StoreOptions
}

// publishedJSON is a release that was published, or whose payload is to be signed.
type publishedJSON struct {
	Published   bool     `json:"published"` // else there is only something to sign
	Channel     string   `json:"channel"`
	Version     uint64   `json:"version"`
	Fingerprint string   `json:"fingerprint"`
	Expires     string   `json:"expires"`
	Signers     []string `json:"signers"`
}

func (c *commandLine) publishCommand() *cobra.Command {
	var flags publishFlags
	command := &cobra.Command{
		Use:   "publish [FILE.nws...]",
		Short: "Publish a compiled policy as a signed release",
		Long: `Publishes compiled snapshots as the next release of a channel: their bytes as
sha256/HEX first, then the signed pointer CHANNEL.json, each whole or not at
all. A folder is served by any web server, bucket or mount; a registry is asked
itself. Whoever follows the channel takes a version above the one it has, and
nothing that is signed by others, expired or changed.

Rolling back is an old snapshot under a new version. --renew publishes what is
published under the next version with a later expiry, for cron.

Where the key is in an HSM or a cloud: --payload-out writes what is to be signed
and publishes nothing; with --signature as well, it is what was signed.

One publisher at a time publishes to a folder. A registry has no lock: two at
once are noticed only if they do not meet to the millisecond.`,
		Example: `  netwicket publish --to /srv/policies --channel prod --key release policy.nws
  netwicket publish --to oci://registry.example/policies --channel prod
      --key release --expires 72h --overlay overlay.json policy.nws
  netwicket publish --to /srv/policies --channel prod --key release --renew`,
		RunE: func(_ *cobra.Command, args []string) error {
			return untilEnded(func(ctx context.Context) error { return c.publish(ctx, flags, args) })
		},
	}
	f := command.Flags()
	f.StringVar(&flags.to, "to", "", "`PLACE` to publish to: a folder, or oci://HOST/REPO")
	f.StringVar(&flags.channel, "channel", "", "`NAME` of the channel")
	f.StringArrayVar(&flags.keys, "key", nil, "sign with the key in `FILE` (repeatable)")
	f.StringVar(&flags.version, "version", "next", "version `N` of the release; next is the one above what is published")
	f.DurationVar(&flags.expires, "expires", 72*time.Hour, "nobody takes the release when it is older than `DURATION`")
	f.StringVar(&flags.overlay, "overlay", "", "emergency overlay in `FILE`; what it lets in ends when it says")
	f.BoolVar(&flags.renew, "renew", false, "publish what is published, as the next version with a later expiry")
	f.StringVar(&flags.payloadOut, "payload-out", "", "write to `FILE` what is to be signed; with --signature, what was signed")
	f.StringArrayVar(&flags.signatures, "signature", nil, "signature of another program, as `KEYID=FILE` (repeatable)")
	f.StringArrayVar(&flags.trust, "trust", nil, "public key in `FILE` besides those of --key: of signatures, and of what is published (repeatable)")
	c.registryFlags(command, &flags.registry)
	return command
}

// registryFlags say how a server is asked.
func (c *commandLine) registryFlags(command *cobra.Command, o *release.StoreOptions) {
	f := command.Flags()
	f.StringVar(&o.CAFile, "ca-file", "", "trust the authorities of this `FILE` (PEM) besides the system's")
	f.StringVar(&o.TokenFile, "token-file", "", "prove who asks with the token in `FILE`")
	f.BoolVar(&o.Plain, "plain", false, "ask by plain http, which is allowed to this host alone otherwise")
}

func (c *commandLine) publish(ctx context.Context, flags publishFlags, paths []string) error {
	if err := flags.check(paths); err != nil {
		return err
	}
	target, err := c.publishTarget(flags)
	if err != nil {
		return err
	}
	r, err := c.newRelease(flags, paths)
	if err != nil {
		return err
	}
	signing := len(flags.signatures) > 0 || flags.payloadOut == ""
	take := r.Publish
	if !signing {
		take = r.Prepare
	}
	done, err := take(ctx, target)
	if done != nil {
		for _, warning := range done.Warnings {
			fmt.Fprintf(c.err, "netwicket: %s\n", oneLine(warning))
		}
	}
	if err != nil {
		return fmt.Errorf("%s, channel %s: %w", oneLine(flags.to), flags.channel, err)
	}
	if !signing {
		err := atomicfile.WriteBytes(flags.payloadOut, done.Message)
		if err != nil {
			return err
		}
	}
	return c.published(done, signing)
}

func (f publishFlags) check(paths []string) error {
	external := len(f.signatures) > 0
	switch {
	case f.to == "":
		return errors.New("--to is missing: a folder or oci://HOST/REPO")
	case f.channel == "":
		return errors.New("--channel is missing")
	case f.renew && (len(paths) > 0 || f.overlay != ""):
		return errors.New("--renew publishes what is published: leave the files and the overlay out")
	case f.renew && external:
		return errors.New("--renew and --signature do not go together: what was signed says what it is")
	case !f.renew && !external && len(paths) == 0:
		return errors.New("nothing to publish: name a snapshot, as compile writes it, or --renew")
	case external && f.payloadOut == "":
		return errors.New("--signature: name what was signed with --payload-out")
	case !external && f.payloadOut != "" && len(f.keys) > 0:
		return errors.New("--payload-out publishes nothing yet: leave --key for when --signature is there")
	case f.payloadOut == "" && len(f.keys) == 0:
		return errors.New("--key is missing: who signs it")
	case f.expires < time.Second:
		return fmt.Errorf("--expires %s: expected a duration such as 72h", f.expires)
	}
	return release.CheckChannel(f.channel)
}

// publishTarget is where to publish to.
func (c *commandLine) publishTarget(flags publishFlags) (publish.Target, error) {
	if strings.HasPrefix(flags.to, ocistore.Scheme) {
		server := flags.registry
		server.UserAgent, server.Within = "netwicket/"+versionText(), c.within
		registry, err := ocistore.Open(flags.to, flags.channel, server)
		if err != nil {
			return nil, fmt.Errorf("--to: %w", err)
		}
		return registry, nil
	}
	if scheme, _, found := strings.Cut(flags.to, "://"); found {
		return nil, fmt.Errorf("--to %q: %s:// cannot be published to; publish to a folder, and copy it there: sha256 first, then the pointer", flags.to, scheme)
	}
	return &publish.Folder{Path: flags.to, Channel: flags.channel, Within: c.within}, nil
}

// newRelease is what the flags say.
func (c *commandLine) newRelease(flags publishFlags, paths []string) (*publish.Release, error) {
	r := &publish.Release{Channel: flags.channel, Expires: flags.expires, Renew: flags.renew, Now: c.outside.complete().clock.Now()}
	var err error
	if flags.version != "next" {
		r.Version, _ = strconv.ParseUint(flags.version, 10, 64) // 0 of what is no number, and the largest of one that is too large
		if r.Version == 0 || r.Version > release.MaxVersion {
			return nil, fmt.Errorf("--version %q: expected next or a number from 1 on", flags.version)
		}
	}
	for _, path := range paths {
		snapshot, err := readAsItIs(c.file(path), release.SnapshotLimit)
		if err == nil {
			_, err = release.SnapshotOf(snapshot)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", oneLine(path), files.Cause(err))
		}
		r.Snapshots = append(r.Snapshots, snapshot)
	}
	if flags.overlay != "" {
		if r.Overlay, err = readAsItIs(c.file(flags.overlay), release.OverlayLimit); err != nil {
			return nil, fmt.Errorf("--overlay %s: %w", oneLine(flags.overlay), files.Cause(err))
		}
		if _, err := zone.ParseOverlay(flags.overlay, r.Overlay); err != nil {
			return nil, err
		}
	}
	for _, path := range flags.keys {
		text, err := c.keyText("--key", path)
		if err != nil {
			return nil, err
		}
		key, err := release.ParsePrivateKey(text)
		if err != nil {
			return nil, fmt.Errorf("--key %s: %w", oneLine(path), err)
		}
		r.Keys = append(r.Keys, key)
	}
	if r.Trust, err = c.trustedKeys(flags.trust); err != nil {
		return nil, err
	}
	if len(flags.signatures) > 0 {
		if r.Message, err = readAsItIs(c.file(flags.payloadOut), release.PointerLimit); err != nil {
			return nil, fmt.Errorf("--payload-out %s: %w", oneLine(flags.payloadOut), files.Cause(err))
		}
		r.Signatures, err = c.signatures(flags.signatures)
	}
	return r, err
}

// readAsItIs reads a file whatever its first bytes look like.
func readAsItIs(file files.File, limit int64) ([]byte, error) {
	return files.Read(file.Path, file.Open, limit, func(io.ReaderAt, int64) error { return nil })
}

// trustedKeys are the public keys in files.
func (c *commandLine) trustedKeys(paths []string) (all []ed25519.PublicKey, err error) {
	for _, path := range paths {
		text, err := c.keyText("--trust", path)
		if err != nil {
			return nil, err
		}
		key, err := release.ParsePublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("--trust %s: %w", oneLine(path), err)
		}
		all = append(all, key)
	}
	return all, nil
}

func (c *commandLine) keyText(flag, path string) ([]byte, error) {
	text, err := c.file(path).Read(files.CertificateLimit)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, oneLine(path), files.Cause(err))
	}
	return text, nil
}

// signatures are those of other programs: 64 bytes, as openssl writes them, or their base64, as the
// APIs of clouds do.
func (c *commandLine) signatures(named []string) (all []release.Signature, err error) {
	for _, text := range named {
		id, path, found := strings.Cut(text, "=")
		if !found {
			return nil, fmt.Errorf("--signature %q: expected KEYID=FILE", text)
		}
		content, err := c.keyText("--signature", path)
		if err != nil {
			return nil, err
		}
		if len(content) != ed25519.SignatureSize {
			if content, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(content))); err != nil || len(content) != ed25519.SignatureSize {
				return nil, fmt.Errorf("--signature %s: expected %d bytes, or their base64", oneLine(path), ed25519.SignatureSize)
			}
		}
		all = append(all, release.Signature{KeyID: id, Bytes: content})
	}
	return all, nil
}

// published tells what was done.
func (c *commandLine) published(done *publish.Done, signing bool) error {
	p := done.Payload
	out := publishedJSON{
		Published: signing, Channel: p.Channel, Version: p.Version, Fingerprint: p.Snapshots[0].Fingerprint, // no release has none
		Expires: p.Expires.Format(time.RFC3339), Signers: append([]string{}, done.Signers...),
	}
	if c.json {
		return writeJSON(c.out, out)
	}
	word := "published"
	if !signing {
		word = "to be signed"
	}
	_, err := fmt.Fprintf(c.out, "%s: %s %d, %s, expires %s\n", word, out.Channel, out.Version, out.Fingerprint, out.Expires)
	return err
}
