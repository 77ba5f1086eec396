package policyfile

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// A policy from a channel of releases: the policy file says which, and who may sign them.
// What else it holds is what is not of the policy itself; the overlay comes with the release.

// From is a channel of releases that a policy comes from, in place of documents. The zero
// value is none.
type From struct {
	URL        string // https://HOST/PATH/CHANNEL.json, oci://HOST/REPOSITORY or a folder
	Channel    string
	Threshold  int    // how many of them have to have signed
	State      string // the folder that keeps what was taken
	Every      time.Duration
	OnExpired  release.OnExpired
	MinVersion uint64
	CAFile     string // authorities to trust besides the system's; empty: none
	TokenFile  string // what proves who asks; empty: nothing does
	Plain      bool   // http is allowed to hosts beyond this one

	keys   []reference
	trust  release.Trust
	within string
}

// Equal says that two follow the same in the same way.
func (f *From) Equal(other *From) bool {
	if f == nil || other == nil {
		return f == other
	}
	keys := func(f *From) (ids []string) {
		for _, key := range f.trust.Keys {
			ids = append(ids, release.KeyID(key))
		}
		return ids
	}
	a, b := *f, *other
	a.keys, b.keys, a.trust, b.trust = nil, nil, release.Trust{}, release.Trust{}
	return reflect.DeepEqual(a, b) && slices.Equal(keys(f), keys(other))
}

// Trust are the keys as they were read.
func (f *From) Trust() release.Trust { return f.trust }

// from takes a channel and reads its keys.
func (l *loader) from(f *file) {
	from := f.from
	from.within = l.within
	l.parts.From, l.parts.fromAt = from, f.fromAt
	wrong := func(code, format string, args ...any) { l.add(f.fromAt.Finding(code, fmt.Errorf(format, args...))) }
	for _, needed := range []struct {
		key   string
		given bool
	}{{"url", from.URL != ""}, {"channel", from.Channel != ""}, {"keys", len(from.keys) > 0}, {"state", from.State != ""}} {
		if !needed.given && (!f.fromAt.Get(needed.key).Exists() || needed.key == "keys") {
			wrong("missing-key", "from needs %s", needed.key)
		}
	}
	if from.Every <= 0 {
		wrong("bad-value", "every: expected a duration above zero")
	}
	for _, ref := range from.keys {
		data, ok := l.read(ref)
		if !ok {
			continue
		}
		key, err := release.ParsePublicKey(data)
		if err != nil {
			l.add(ref.node.Finding("bad-key", fmt.Errorf("%s: %w", ref.path, err)))
			continue
		}
		from.trust.Keys = append(from.trust.Keys, key)
	}
	from.trust.Threshold = from.Threshold
	if len(from.keys) > 0 && len(from.trust.Keys) == len(from.keys) {
		if err := from.trust.Check(); err != nil {
			wrong("bad-value", "%w", err)
		}
	}
}

// FromError is an error about a key of from, where the key stands.
func (p *Parts) FromError(key, code string, err error) error {
	at := p.fromAt
	if value := at.Get(key); value.Exists() {
		at = value
	}
	return Findings{at.Finding(code, err)}
}

// StoreOptions are how whoever keeps the releases is asked.
func (f *From) StoreOptions(agent string) release.StoreOptions {
	return release.StoreOptions{Plain: f.Plain, CAFile: f.CAFile, TokenFile: f.TokenFile, UserAgent: agent, Within: f.within}
}

// Store is where the releases are read: over HTTPS or in a folder. A program that reads
// other places opens those itself.
func (f *From) Store(agent string) (release.Store, error) {
	return release.OpenStore(f.URL, f.Channel, f.StoreOptions(agent))
}

// WithRelease is the same policy file with a release: its snapshot, and its overlay if it
// has one. The Parts stay as they are.
func (p *Parts) WithRelease(c release.Candidate) (*Parts, error) {
	policy, overlay, err := c.Read()
	if err != nil {
		return nil, err
	}
	next := *p
	next.compiled, next.version, next.Config.Overlay = compiledPolicy{policy: policy}, c.Payload.Version, overlay
	return &next, nil
}

// WithReleaseOf is the same policy file with the release that other Parts have, if they
// have one.
func (p *Parts) WithReleaseOf(other *Parts) *Parts {
	next := *p
	next.compiled, next.version, next.Config.Overlay = other.compiled, other.version, other.Config.Overlay
	return &next
}

// WithoutRelease is the same policy file without a policy.
func (p *Parts) WithoutRelease() *Parts { return p.WithReleaseOf(&Parts{}) }

// Release is the version of the release that the policy is made of; 0: of none.
func (p *Parts) Release() uint64 { return p.version }

// errNoRelease is why a policy file alone makes no policy.
var errNoRelease = errors.New("this policy file follows a channel of releases, which netwicket serve and netwicket fetch do; ask a release itself: " +
	"-c and the file that netwicket fetch or serve keeps in the state, sha256/HEX")

// fromKey reads from.
func (v *values) fromKey(f *file) key {
	from := &From{Threshold: 1, Every: 5 * time.Second}
	expired := string(release.Keep)
	return key{
		name: "from", shape: anObject, about: "the channel of signed releases that the policy comes from, in place of documents, databases and lists: [releases.md](releases.md)",
		read: func(node jsondoc.Node) {
			from.OnExpired = release.OnExpired(expired)
			f.from, f.fromAt = from, node
		},
		keys: []key{
			{
				name: "url", shape: aText, example: `"https://policies.example/prod.json"`, read: v.location(&from.URL),
				about: "where the channel's pointer is: by https, `oci://HOST/REPOSITORY`, or a folder. http is for this machine's own addresses, or with `plain`",
			},
			{
				name: "channel", shape: aText, example: `"prod"`, read: v.channel(&from.Channel),
				about: "the channel's name, which a release has to bear",
			},
			{
				name: "keys", shape: pathList, example: `["keys/a.pub"]`, read: v.references(&from.keys),
				about: "the public keys (PEM) whose signatures count",
			},
			{
				name: "threshold", shape: aCount, initial: `1`, example: `2`, read: v.count(&from.Threshold, 1, maxKeys),
				about: "how many of the keys have to have signed a release",
			},
			{
				name: "state", shape: aPath, example: `"/var/lib/netwicket"`, read: v.pathText(&from.State),
				about: "the folder that keeps the release in force, and the highest version that was ever accepted. It is in force at a start before anybody is asked",
			},
			{
				name: "every", shape: aWait, initial: `"5s"`, example: `"30s"`, read: v.wait(&from.Every),
				about: "the time between looks, a fifth more or less",
			},
			{
				name: "onExpired", shape: aWord, words: []string{string(release.Keep), string(release.Unready), string(release.Deny)}, example: `"deny"`,
				read:  v.choice(&expired, string(release.Keep), string(release.Unready), string(release.Deny)),
				about: "what becomes of a release whose time is over: it stays in force; it stays, and `/readyz` fails; everything is denied",
			},
			{
				name: "minVersion", shape: aCount, initial: `0`, example: `42`, read: v.version(&from.MinVersion),
				about: "the lowest version that is accepted, for an image whose first start has no state",
			},
			{
				name: "caFile", shape: aPathOrNone, initial: `""`, example: `"tls/ca.pem"`, read: v.optionalPath(&from.CAFile),
				about: "authorities to trust besides the system's, as PEM",
			},
			{
				name: "tokenFile", shape: aPathOrNone, initial: `""`, example: `"/run/secrets/token"`, read: v.optionalPath(&from.TokenFile),
				about: "a file whose content is sent as a bearer token",
			},
			{
				name: "plain", shape: aFlag, initial: `false`, example: `true`, read: v.flag(&from.Plain),
				about: "whether http to other machines is allowed: releases are signed, but whoever is on the way can withhold them, and reads the token",
			},
		},
	}
}

// maxKeys is more than a channel has signers.
const maxKeys = 16

// location reads where releases are; a path is relative to the policy file.
func (v *values) location(into *string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if node.Kind() == jsondoc.String && strings.Contains(node.String(), "://") {
			*into = node.String()
			return
		}
		v.pathText(into)(node)
	}
}

func (v *values) channel(into *string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if !v.isText(node) {
			return
		}
		if err := release.CheckChannel(node.String()); err != nil {
			v.Fail(node, "bad-value", "%w", err)
			return
		}
		*into = node.String()
	}
}

// pathText reads the path of something that need not be there.
func (v *values) pathText(into *string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		if ref, ok := v.reference(node); ok {
			*into = ref.path
		}
	}
}

// number reads a whole number, if it is one of those that are allowed.
func (v *values) number(node jsondoc.Node, least, most uint64, take func(uint64)) {
	n, err := strconv.ParseUint(string(node.Raw()), 10, 64) // which is what no other value of JSON can be
	if err != nil || n < least || n > most {
		v.Fail(node, "bad-value", "expected a whole number from %d to %d", least, most)
		return
	}
	take(n)
}

func (v *values) count(into *int, least, most int) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		v.number(node, uint64(least), uint64(most), func(n uint64) { *into = int(n) })
	}
}

func (v *values) version(into *uint64) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		v.number(node, 0, release.MaxVersion, func(n uint64) { *into = n })
	}
}
