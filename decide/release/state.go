package release

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// state is the folder in which a Follower keeps what it accepted.
type state struct {
	disk
	folder, channel string
}

// mark is the highest release that was ever accepted. The zero mark is below every release.
type mark struct {
	version uint64
	payload string // its digest: two releases of one version are a fork
}

type markJSON struct {
	Channel string `json:"channel"`
	Version uint64 `json:"version"`
	Payload string `json:"payload"`
}

// markLimit is more than a mark has, and markEnding what its file's name ends with.
const (
	markLimit  = 4 << 10
	markEnding = ".accepted"
)

func (s state) pointerPath() string           { return filepath.Join(s.folder, pointerName(s.channel)) }
func (s state) markPath() string              { return filepath.Join(s.folder, s.channel+markEnding) }
func (s state) blobPath(sha256 string) string { return filepath.Join(s.folder, blobFolder, sha256) }

// pointer is the pointer as it was received; nil: there is none.
func (s state) pointer() ([]byte, error) {
	text, err := readFile(s.pointerPath(), "", PointerLimit)
	if missing(err) {
		return nil, nil
	}
	return text, err
}

// blob is a blob that was received, if it is still what it was.
func (s state) blob(blob Blob) ([]byte, error) {
	content, err := readFile(s.blobPath(blob.SHA256), "", blob.Size)
	if err != nil {
		return nil, err
	}
	return content, holds(blob, content)
}

// holds says whether content is what a blob's name says.
func holds(blob Blob, content []byte) error {
	if int64(len(content)) != blob.Size {
		return failedf(BadDigest, "%s has %d bytes; the release says %d", blob.SHA256, len(content), blob.Size)
	}
	if digest(content) != blob.SHA256 {
		return failedf(BadDigest, "%s has the SHA-256 %s", blob.SHA256, digest(content))
	}
	return nil
}

// mark reads the mark; none is the zero mark.
func (s state) mark() (mark, error) {
	text, err := readFile(s.markPath(), "", markLimit)
	if missing(err) {
		return mark{}, nil
	}
	if err != nil {
		return mark{}, err
	}
	m, err := parseMark(text, s.channel)
	if err != nil {
		return mark{}, fmt.Errorf("%s: %w", s.markPath(), err)
	}
	return m, nil
}

func parseMark(text []byte, channel string) (mark, error) {
	root, r := jsondoc.Read("accepted", text)
	if len(r.Found) > 0 {
		return mark{}, r.Found.Err()
	}
	var m mark
	needs(r, root, "channel", "version", "payload")
	r.Object(root,
		jsondoc.Key{Name: "channel", Read: func(n jsondoc.Node) {
			if got := matching(r, n, channels, "a channel"); got != channel {
				r.Fail(n, "bad-value", "expected %s", channel)
			}
		}},
		jsondoc.Key{Name: "version", Read: func(n jsondoc.Node) { m.version = number(r, n, MaxVersion) }},
		jsondoc.Key{Name: "payload", Read: func(n jsondoc.Node) { m.payload = matching(r, n, digests, "the SHA-256 of a payload") }},
	)
	if err := r.Found.Err(); err != nil {
		return mark{}, err
	}
	return m, nil
}

// keep writes a release: blobs first, then the pointer, then the mark, each on the disk before the next begins.
// A program that is killed in between finds the old pointer with its blobs, or the new one with
// its own, and a mark that is not above it.
func (s state) keep(pointer []byte, m mark, blobs map[Blob][]byte) error {
	// Nobody else may look into it, unless somebody made it so that others may.
	if err := s.makeFolder(s.folder, 0o700); err != nil {
		return err
	}
	if err := s.makeFolder(filepath.Join(s.folder, blobFolder), 0o755); err != nil {
		return err
	}
	if before, _ := s.mark(); before.version > m.version { // one that cannot be read is written anew
		return fmt.Errorf("%s holds version %d already, which another program accepted; one program at a time keeps a state", s.folder, before.version)
	}
	for blob, content := range blobs {
		if _, err := s.blob(blob); err == nil {
			continue
		}
		if err := s.write(s.blobPath(blob.SHA256), content); err != nil {
			return err
		}
	}
	if err := s.write(s.pointerPath(), pointer); err != nil {
		return err
	}
	text, err := json.Marshal(markJSON{s.channel, m.version, m.payload})
	if err != nil {
		return err
	}
	if err := s.write(s.markPath(), append(text, '\n')); err != nil {
		return err
	}
	s.prune()
	return nil
}

// prune takes away blobs that no pointer of the folder names: several channels may share it.
func (s state) prune() {
	var named strings.Builder
	for _, name := range names(s.folder) {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		text, err := readFile(filepath.Join(s.folder, name), "", PointerLimit)
		if err != nil {
			return // it may name any
		}
		named.WriteString(payloadText(text))
	}
	for _, name := range names(filepath.Join(s.folder, blobFolder)) {
		if digests.MatchString(name) && !strings.Contains(named.String(), name) {
			s.remove(s.blobPath(name))
		}
	}
}

// payloadText is the payload of a pointer that nobody vouches for.
func payloadText(pointer []byte) string {
	var p struct{ Payload string }
	if json.Unmarshal(pointer, &p) != nil {
		return ""
	}
	text, _ := base64.StdEncoding.DecodeString(p.Payload) // what cannot be read names nothing
	return string(text)
}

// resign keeps the pointer of the release in force as it is signed now: whoever trusts other
// keys from the next start on has to find signatures of those.
func (s state) resign(pointer []byte) error { return s.write(s.pointerPath(), pointer) }

// tidy takes away what a program that was killed left half written.
func (s state) tidy() {
	s.clean(s.folder)
	s.clean(filepath.Join(s.folder, blobFolder))
}

// errNoState says that there is nothing to start from.
var errNoState = errors.New("there is no state yet")
