package tenant

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
// found, each other came of one write. The zero Generation is none.
type Generation struct {
	Number  int       `json:"generation"` // from 1
	Time    time.Time `json:"time"`
	Caller  string    `json:"caller"`            // who wrote
	Action  string    `json:"action"`            // "POST /api/v1/zones", "found", "revert 3"
	Request string    `json:"request,omitempty"` // its id, as in the log

	Fingerprint string            `json:"fingerprint"` // of the policy
	Files       map[string]string `json:"files"`       // by name, the hashes of their contents
	Gone        []Gone            `json:"gone,omitempty"`
}

// Gone is a zone that a write deleted, and the one in front of it: whoever was
// listing zones goes on behind that (G3).
type Gone struct {
	ID    string `json:"id"`
	After string `json:"after"` // empty: it was the first
}

// History is what a folder keeps of its writes (docs/admin.md): a line for each
// generation, and the contents of their files, each once. It is safe for
// concurrent use.
type History struct {
	folder string // its own

	mu          sync.Mutex
	generations []Generation
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
	h := &History{folder: filepath.Join(folder, folderlock.State, historyName)}
	text, err := files.File{Path: filepath.Join(h.folder, linesName)}.Read(files.DocumentLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for number := 1; lines.Scan(); number++ {
		var g Generation
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil || g.Number != len(h.generations)+1 {
			if number > 1 && !lines.Scan() {
				break // a crash while it was written
			}
			return nil, fmt.Errorf("%s:%d: is no line of a history; move the folder %s away to begin a new one", filepath.Join(h.folder, linesName), number, h.folder)
		}
		h.generations = append(h.generations, g)
	}
	return h, nil
}

// Generations are all of them, the oldest first.
func (h *History) Generations() []Generation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.generations)
}

// Generation is one of them.
func (h *History) Generation(number int) (Generation, error) {
	all := h.Generations()
	if number < 1 || number > len(all) {
		return Generation{}, fmt.Errorf("generation %d: the history has the generations 1 to %d", number, len(all))
	}
	return all[number-1], nil
}

// Last is the newest generation; the zero Generation if there is none.
func (h *History) Last() Generation {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.generations) == 0 {
		return Generation{}
	}
	return h.generations[len(h.generations)-1]
}

// Contents are the files of a generation, by name.
func (h *History) Contents(g Generation) (map[string][]byte, error) {
	contents := make(map[string][]byte, len(g.Files))
	for name, hash := range g.Files {
		text, err := h.object(hash)
		if err != nil {
			return nil, fmt.Errorf("generation %d, %s: %w", g.Number, name, err)
		}
		contents[name] = text
	}
	return contents, nil
}

// Successor is the id behind which the zones come that followed a zone: itself if
// it is there, else the last before it that is. ok is false for an id that no zone
// ever had.
func (h *History) Successor(id string, there func(string) bool) (after string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := len(h.generations)
	for !there(id) {
		found := false
		for i := last - 1; i >= 0 && !found; i-- {
			for _, gone := range h.generations[i].Gone {
				if gone.ID == id {
					id, found = gone.After, true
					break
				}
			}
		}
		if !found {
			return "", false
		}
		if id == "" {
			return "", true
		}
	}
	return id, true
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
	name := h.objectFile(hash)
	if _, err := os.Stat(name); err == nil {
		return hash, nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", err
	}
	return hash, atomicfile.Write(name, func(w io.Writer) error {
		packed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		if _, err := packed.Write(text); err != nil {
			return err
		}
		return packed.Close()
	})
}

// add writes the line of a generation.
func (h *History) add(g Generation) error {
	line, err := json.Marshal(g)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(h.folder, 0o700); err != nil {
		return err
	}
	name := filepath.Join(h.folder, linesName)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err = dropHalfLine(file); err == nil {
		_, err = file.Write(append(line, '\n'))
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	h.mu.Lock()
	h.generations = append(h.generations, g)
	h.mu.Unlock()
	return nil
}

// dropHalfLine cuts off what a crash or a full disk left of a line.
func dropHalfLine(file *os.File) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	last := make([]byte, 1)
	for ; size > 0; size-- {
		if _, err := file.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] == '\n' {
			break
		}
	}
	return file.Truncate(size)
}
