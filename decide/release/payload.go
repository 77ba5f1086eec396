package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// The limits of what is read.
const (
	PointerLimit  = 64 << 10  // bytes of a pointer
	SnapshotLimit = 64 << 20  // bytes of a snapshot
	OverlayLimit  = 16 << 20  // bytes of an overlay
	MaxVersion    = 1<<53 - 1 // what every reader of JSON reads exactly

	maxSnapshots  = 16
	maxSignatures = 16
)

// FormatOne is the one format of snapshots that this program reads (docs/snapshot.md).
const FormatOne = 1

// payloadVersion is the "v" of payloads that this program reads.
const payloadVersion = 1

// ErrNoFormat says that a release is well signed, but for programs that read other formats.
var ErrNoFormat = errors.New("nothing in it is of a format that this program reads")

// Payload is what a pointer says and what is signed. The zero Payload is none.
type Payload struct {
	Channel   string
	Version   uint64 // from 1 on; a higher one replaces a lower one
	Created   time.Time
	Expires   time.Time
	Snapshots []Snapshot // the same policy in several formats, the one to prefer first
	Overlay   *Blob      // nil: there is none

	// PassedOver counts the snapshots of formats that this program does not know.
	PassedOver int
}

// Blob is content by its name.
type Blob struct {
	SHA256 string `json:"sha256"` // 64 hexadecimal digits
	Size   int64  `json:"size"`   // in bytes
}

// Snapshot is a compiled policy in one format.
type Snapshot struct {
	Format int
	Blob
	Fingerprint string // of the policy
}

type payloadJSON struct {
	V         int            `json:"v"`
	Channel   string         `json:"channel"`
	Version   uint64         `json:"version"`
	Created   string         `json:"created"`
	Expires   string         `json:"expires"`
	Snapshots []snapshotJSON `json:"snapshots"`
	Overlay   *Blob          `json:"overlay,omitempty"`
}

type snapshotJSON struct {
	Format      int    `json:"format"`
	SHA256      string `json:"sha256"`
	Size        int64  `json:"size"`
	Fingerprint string `json:"fingerprint"`
}

// Encode is the payload as text, if it is one that ParsePayload takes.
func (p Payload) Encode() ([]byte, error) {
	out := payloadJSON{
		V: payloadVersion, Channel: p.Channel, Version: p.Version, Overlay: p.Overlay,
		Created: p.Created.UTC().Format(time.RFC3339Nano), Expires: p.Expires.UTC().Format(time.RFC3339Nano),
	}
	for _, s := range p.Snapshots {
		out.Snapshots = append(out.Snapshots, snapshotJSON{s.Format, s.SHA256, s.Size, s.Fingerprint})
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	if _, err := ParsePayload(text); err != nil {
		return nil, err
	}
	return text, nil
}

// ParsePayload reads a payload, strictly: what it does not know it refuses.
func ParsePayload(text []byte) (Payload, error) {
	root, r := jsondoc.Read("payload", text)
	if len(r.Found) > 0 {
		return Payload{}, r.Found.Err()
	}
	if v := root.Get("v"); v.Kind() == jsondoc.Number && v.String() != strconv.Itoa(payloadVersion) {
		return Payload{}, fmt.Errorf("payload of version %s: %w", v, ErrNoFormat)
	}
	var p Payload
	needs(r, root, "v", "channel", "version", "created", "expires", "snapshots")
	r.Object(root,
		jsondoc.Key{Name: "v", Read: func(n jsondoc.Node) { r.Is(n, jsondoc.Number, "a number") }},
		jsondoc.Key{Name: "channel", Read: func(n jsondoc.Node) { p.Channel = matching(r, n, channels, "a channel such as prod") }},
		jsondoc.Key{Name: "version", Read: func(n jsondoc.Node) { p.Version = number(r, n, MaxVersion) }},
		jsondoc.Key{Name: "created", Read: func(n jsondoc.Node) { p.Created = moment(r, n) }},
		jsondoc.Key{Name: "expires", Read: func(n jsondoc.Node) { p.Expires = moment(r, n) }},
		jsondoc.Key{Name: "snapshots", Read: func(n jsondoc.Node) { p.readSnapshots(r, n) }},
		jsondoc.Key{Name: "overlay", Read: func(n jsondoc.Node) { p.Overlay = readBlob(r, n) }},
	)
	if err := r.Found.Err(); err != nil {
		return Payload{}, err
	}
	return p, nil
}

// needs refuses an object that lacks one of its members.
func needs(r *jsondoc.Reader, object jsondoc.Node, names ...string) {
	for _, name := range names {
		if object.Kind() == jsondoc.Object && !object.Get(name).Exists() {
			r.Fail(object, "missing-key", "%q is missing", name)
		}
	}
}

func (p *Payload) readSnapshots(r *jsondoc.Reader, list jsondoc.Node) {
	if !r.Is(list, jsondoc.Array, "an array of snapshots") {
		return
	}
	if n := list.Len(); n == 0 || n > maxSnapshots {
		r.Fail(list, "bad-length", "%d snapshots; expected 1 to %d", n, maxSnapshots)
		return
	}
	for _, node := range list.Elements() {
		if s, known := readSnapshot(r, node); known {
			p.Snapshots = append(p.Snapshots, s)
		} else {
			p.PassedOver++
		}
	}
}

// readSnapshot reads an entry; one of another format is for other programs and may say
// anything.
func readSnapshot(r *jsondoc.Reader, node jsondoc.Node) (s Snapshot, known bool) {
	if !r.Is(node, jsondoc.Object, "an object") {
		return s, false
	}
	format := node.Get("format")
	if s.Format = int(number(r, format, 1<<16)); s.Format != FormatOne {
		return s, false
	}
	needs(r, node, "sha256", "size", "fingerprint")
	r.Object(node, append(blobKeys(r, &s.Blob),
		jsondoc.Key{Name: "format", Read: func(jsondoc.Node) {}},
		jsondoc.Key{Name: "fingerprint", Read: func(n jsondoc.Node) { s.Fingerprint = matching(r, n, fingerprints, "a policy's fingerprint") }},
	)...)
	return s, true
}

func readBlob(r *jsondoc.Reader, node jsondoc.Node) *Blob {
	blob := &Blob{}
	needs(r, node, "sha256", "size")
	r.Object(node, blobKeys(r, blob)...)
	return blob
}

func blobKeys(r *jsondoc.Reader, blob *Blob) []jsondoc.Key {
	return []jsondoc.Key{
		{Name: "sha256", Read: func(n jsondoc.Node) { blob.SHA256 = matching(r, n, digests, "64 hexadecimal digits in lower case") }},
		{Name: "size", Read: func(n jsondoc.Node) { blob.Size = int64(number(r, n, MaxVersion)) }},
	}
}

var (
	// The name of a channel is that of a file and of an OCI tag.
	channels     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	digests      = regexp.MustCompile(`^[0-9a-f]{64}$`)
	fingerprints = regexp.MustCompile(`^[0-9A-Za-z._:-]{1,128}$`)
	keyIDs       = regexp.MustCompile(`^[0-9a-f]{16}$`)
	wholeNumber  = regexp.MustCompile(`^[1-9][0-9]{0,15}$`)
)

// CheckChannel says what is wrong with the name of a channel.
func CheckChannel(name string) error {
	if !channels.MatchString(name) {
		return fmt.Errorf("channel %q: expected up to 63 letters, digits, dots, hyphens and underscores, a letter or a digit first", name)
	}
	return nil
}

func matching(r *jsondoc.Reader, n jsondoc.Node, shape *regexp.Regexp, what string) string {
	if !r.Is(n, jsondoc.String, what) {
		return ""
	}
	if !shape.MatchString(n.String()) {
		r.Fail(n, "bad-value", "expected %s", what)
	}
	return n.String()
}

// number is a whole number from 1 to most, written as such: what 1e3 or 1.0 is, readers of
// JSON do not agree about.
func number(r *jsondoc.Reader, n jsondoc.Node, most uint64) uint64 {
	if !r.Is(n, jsondoc.Number, "a number") {
		return 0
	}
	value, _ := strconv.ParseUint(n.String(), 10, 64) // what has another shape is refused anyway
	if !wholeNumber.MatchString(n.String()) || value > most {
		r.Fail(n, "bad-value", "expected a whole number from 1 to %d", most)
		return 0
	}
	return value
}

func moment(r *jsondoc.Reader, n jsondoc.Node) time.Time {
	if !r.Is(n, jsondoc.String, "a time") {
		return time.Time{}
	}
	t, _ := time.Parse(time.RFC3339, n.String()) // zero for what is none
	if year := t.UTC().Year(); t.IsZero() || year < 1 || year > 9999 {
		r.Fail(n, "bad-value", "expected a time such as 2026-11-26T08:00:00Z")
	}
	return t
}

// choose is the first snapshot of a format that is read.
func (p Payload) choose(formats []int) (Snapshot, bool) {
	at := slices.IndexFunc(p.Snapshots, func(s Snapshot) bool { return slices.Contains(formats, s.Format) })
	if at < 0 {
		return Snapshot{}, false
	}
	return p.Snapshots[at], true
}
