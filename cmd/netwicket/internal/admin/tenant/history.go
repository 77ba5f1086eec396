package tenant

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/internal/files"
)

// Generation is one state of a folder's documents: the first is the one that was
// found or made, each other came of one write. The zero Generation is none.
type Generation struct {
	Number  int       `json:"generation"` // from 1
	Time    time.Time `json:"time"`
	Caller  string    `json:"caller"`            // who wrote
	Action  string    `json:"action"`            // "POST /api/v1/zones", "first start", "found", "revert 3"
	Request string    `json:"request,omitempty"` // its id, as in the log
	Saved   string    `json:"saved,omitempty"`   // the file that got a text as it was written; empty: documents changed

	Fingerprint string `json:"fingerprint"` // of the policy
	// Changed has the files that are not those of the generation before, by name: the
	// hash of what they hold; empty: the file is gone.
	Changed map[string]string `json:"changed"`
	Gone    []Gone            `json:"gone,omitempty"`
}

// Gone is a zone that is no more, and the one that was in front of it: whoever was
// listing zones goes on behind that (G3).
type Gone struct {
	ID    string `json:"id"`
	After string `json:"after"` // empty: it was the first
}

// History is what a folder keeps of its writes (docs/admin.md): a line for each
// generation, and the contents of their files, each content once. It is safe for
// concurrent use.
type History struct {
	policy string // the policy folder
	folder string // its own

	mu          sync.Mutex
	generations []Generation
	files       map[string]string // of the last one: hashes by name
	starts      []int64           // where the line of each begins
	read        int64             // how much of the lines was read
}

const (
	historyName = "history"
	linesName   = "generations.jsonl"
	pendingName = "pending.json"
	objectsName = "objects"
)

// OpenHistory reads the history of a policy folder; one that has none is empty. A
// last line that was not finished is no generation.
func OpenHistory(folder string) (*History, error) {
	h := &History{policy: folder, folder: filepath.Join(folder, folderlock.State, historyName), files: make(map[string]string)}
	_, err := h.reload()
	return h, err
}

func (h *History) lines() string { return filepath.Join(h.folder, linesName) }

// pendingFile has the write that has begun.
func (h *History) pendingFile() string { return filepath.Join(h.folder, pendingName) }

// reload reads the lines that another program has written since, and gives them.
func (h *History) reload() ([]Generation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := len(h.generations)
	file, err := files.File{Path: h.lines()}.Open()
	if errors.Is(err, fs.ErrNotExist) && h.read == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, h.read, 1<<62))
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(text) {
		if line[len(line)-1] != '\n' {
			break // of a crash, or somebody is writing it
		}
		var g Generation
		if err := json.Unmarshal(line, &g); err != nil || g.Number != len(h.generations)+1 {
			return nil, fmt.Errorf("%s:%d: is no line of a history; move the folder %s away to begin a new one", h.lines(), len(h.generations)+1, h.folder)
		}
		h.append(g, len(line))
	}
	return slices.Clone(h.generations[known:]), nil
}

// append adds a generation to what is known, whose line is so long. The caller holds mu.
func (h *History) append(g Generation, length int) {
	h.generations, h.starts = append(h.generations, g), append(h.starts, h.read)
	h.read += int64(length)
	g.apply(h.files)
}

// apply makes the files of the generation before those of this one.
func (g *Generation) apply(files map[string]string) {
	for name, hash := range g.Changed {
		if hash == "" {
			delete(files, name)
		} else {
			files[name] = hash
		}
	}
}

// Generations are all of them, the oldest first.
func (h *History) Generations() []Generation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.generations)
}

// Generation is one of them.
func (h *History) Generation(number int) (Generation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case len(h.generations) == 0:
		return Generation{}, fmt.Errorf("generation %d: nothing has been written yet, there is no history", number)
	case number < 1 || number > len(h.generations):
		return Generation{}, fmt.Errorf("generation %d: the history has the generations 1 to %d", number, len(h.generations))
	}
	return h.generations[number-1], nil
}

// last is the number of the newest generation, 0 if there is none, and the hashes
// of its files.
func (h *History) last() (int, map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.generations), maps.Clone(h.files)
}

// Names are the names of a generation's files, in ascending order.
func (h *History) Names(number int) ([]string, error) {
	hashes, err := h.hashes(number)
	return slices.Sorted(maps.Keys(hashes)), err
}

// hashes are those of a generation's files, by name.
func (h *History) hashes(number int) (map[string]string, error) {
	if _, err := h.Generation(number); err != nil {
		return nil, err
	}
	hashes := make(map[string]string)
	for _, g := range h.Generations()[:number] {
		g.apply(hashes)
	}
	return hashes, nil
}

// Contents are the files of a generation, by name.
func (h *History) Contents(number int) (map[string][]byte, error) {
	hashes, err := h.hashes(number)
	if err != nil {
		return nil, err
	}
	contents := make(map[string][]byte, len(hashes))
	for name, hash := range hashes {
		text, err := h.object(hash)
		if err != nil {
			return nil, fmt.Errorf("generation %d, %s: %w", number, name, err)
		}
		contents[name] = text
	}
	return contents, nil
}

// PolicyContents are Contents by path, as policyfile.Options take them.
func (h *History) PolicyContents(number int) (map[string][]byte, error) {
	contents, err := h.Contents(number)
	if err != nil {
		return nil, err
	}
	paths := make(map[string][]byte, len(contents))
	for name, text := range contents {
		paths[at(h.policy, name)] = text
	}
	return paths, nil
}

// inFront is the zone that was in front of one that is gone, for the last time.
func (h *History) inFront(id string) (before string, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range slices.Backward(h.generations) {
		if before, known = inFrontOf(h.generations[i].Gone, id); known {
			return before, known
		}
	}
	return "", false
}

func inFrontOf(list []Gone, id string) (before string, known bool) {
	for _, gone := range list {
		if gone.ID == id {
			return gone.After, true
		}
	}
	return "", false
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (h *History) objectFile(hash string) string {
	return filepath.Join(h.folder, objectsName, hash[:2], hash+".gz")
}

// object is a content by its hash, which is checked.
func (h *History) object(hash string) ([]byte, error) {
	if len(hash) != hex.EncodedLen(sha256.Size) {
		return nil, errors.New("the history has no such content")
	}
	file, err := files.File{Path: h.objectFile(hash)}.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		return nil, err
	}
	if hashOf(text) != hash {
		return nil, errors.New("its content is not what was written")
	}
	return text, nil
}

// keep writes a content unless it is kept already, and gives its hash.
func (h *History) keep(text []byte) (string, error) {
	hash := hashOf(text)
	if _, err := h.object(hash); err == nil {
		return hash, nil
	}
	name := h.objectFile(hash)
	if err := atomicfile.Folder(filepath.Dir(name), ownFolder); err != nil {
		return "", err
	}
	return hash, atomicfile.Write(name, func(w io.Writer) error {
		packed, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // it knows the level
		_, _ = packed.Write(text)                           // Close has the error
		return packed.Close()
	})
}

// ownFolder are the permissions of folders that are nobody else's business.
const ownFolder = 0o700

// add writes the line of a generation, which is the next one and whose contents are kept.
func (h *History) add(g Generation) error {
	line, err := json.Marshal(g)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	line = append(line, '\n')
	if err := h.end(h.read, line); err != nil {
		return err
	}
	h.append(g, len(line))
	return nil
}

// end has the lines end with one that begins at a place, on the disk; empty: with the
// one before. What a crash or a full disk left behind it goes.
func (h *History) end(place int64, line []byte) error {
	file, err := os.OpenFile(h.lines(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err = file.Truncate(place); err == nil {
		_, err = file.WriteAt(line, place)
	}
	return errors.Join(err, file.Sync(), file.Close())
}

// dropLast takes the line of the last generation away again: it did not come about.
func (h *History) dropLast() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := len(h.generations) - 1
	if err := h.end(h.starts[last], nil); err != nil {
		return err
	}
	h.generations, h.starts, h.read = h.generations[:last], h.starts[:last], h.starts[last]
	h.files = make(map[string]string)
	for _, g := range h.generations {
		g.apply(h.files)
	}
	return nil
}
