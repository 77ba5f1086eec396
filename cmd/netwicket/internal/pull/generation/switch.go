package generation

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// kept is how many generations stay, the one in force among them (U9).
const kept = 5

// What a run that was stopped may leave behind begins so.
const (
	half = ".new-"  // a generation that is being written
	gone = ".gone-" // one that is being taken away
)

// ErrChanged says that somebody changed the policy file since it was read.
var ErrChanged = errors.New("the policy file has been changed meanwhile")

// Switch puts a candidate in force: its generation is written to the disk whole,
// then the policy file is replaced. What fails leaves the folder as it was. The
// folder's lock must be held.
func (f Folder) Switch(c *Candidate, now time.Time) error {
	fresh := !c.complete
	if fresh {
		if err := f.write(c); err != nil {
			return err
		}
	}
	err := f.replace(c)
	if err != nil && fresh {
		f.drop(c.Name)
	}
	if err != nil {
		return err
	}
	place := filepath.Join(f.Path, pulled, c.Name)
	_ = os.Chtimes(place, now, now) // which only orders generations
	f.prune()
	return nil
}

// replace is the switch.
func (f Folder) replace(c *Candidate) error {
	if err := f.unchanged(c.in); err != nil {
		return err
	}
	return atomicfile.WriteBytes(f.policyFile(), c.text)
}

// unchanged says that the policy file is still the one that the candidate was made
// from: a person may have edited it while the tenant was asked.
func (f Folder) unchanged(in *InForce) error {
	text, err := f.read(f.policyFile())
	switch {
	case errors.Is(err, fs.ErrNotExist) && !in.there:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: cannot be read: %w", f.policyFile(), files.Cause(err))
	case !bytes.Equal(text, in.text): // also if it is gone
		return ErrChanged
	default:
		return nil
	}
}

// write writes a generation beside the others and then gives it its name.
func (f Folder) write(c *Candidate) error {
	base := filepath.Join(f.Path, pulled)
	made := os.Mkdir(base, 0o777) == nil // less the umask
	scratch, err := os.MkdirTemp(base, half)
	if err != nil {
		return unwritable(base, err)
	}
	defer func() { // where all went well there is nothing to take away
		_ = os.RemoveAll(scratch)
		if made {
			_ = os.Remove(base)
		}
	}()
	if err := os.Chmod(scratch, readable(base)); err != nil {
		return unwritable(base, err)
	}
	all := maps.Clone(c.files)
	all[policyfile.FileName] = c.own
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := writeFile(filepath.Join(scratch, filepath.FromSlash(name)), all[name]); err != nil {
			return err
		}
	}
	atomicfile.SyncFolder(scratch)
	place := filepath.Join(base, c.Name)
	f.drop(c.Name) // one of that name that is not whole
	if err := os.Rename(scratch, place); err != nil {
		return unwritable(place, err)
	}
	atomicfile.SyncFolder(base)
	atomicfile.SyncFolder(f.Path)
	return nil
}

// readable are the permissions of a folder, which those in it get as well.
func readable(folder string) fs.FileMode {
	info, err := os.Stat(folder)
	if err != nil {
		return 0o700
	}
	return info.Mode().Perm()
}

func writeFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil { // less the umask
		return unwritable(filepath.Dir(name), err)
	}
	return atomicfile.WriteBytes(name, text)
}

func unwritable(path string, err error) error {
	return fmt.Errorf("%s: cannot be written: %w", path, files.Cause(err))
}

// drop takes a generation away: under another name first, so that no half of one
// has the name of a whole one.
func (f Folder) drop(name string) {
	base := filepath.Join(f.Path, pulled)
	other := filepath.Join(base, gone+name)
	_ = os.RemoveAll(other) // of a run before
	if os.Rename(filepath.Join(base, name), other) == nil {
		_ = os.RemoveAll(other) // else the next run does
	}
}

// prune takes away the oldest generations. Those that the policy file names stay,
// whatever they are.
func (f Folder) prune() {
	in, err := f.InForce()
	if err != nil {
		return
	}
	named := f.inForce(in)
	room := kept - len(named)
	for _, name := range f.generations() {
		switch {
		case named[name]:
		case room > 0:
			room--
		default:
			f.drop(name)
		}
	}
}

// generations are the names of those that are there, the latest first.
func (f Folder) generations() []string {
	entries, _ := files.File{Path: filepath.Join(f.Path, pulled), Within: f.Within}.ReadDir() // there may be none
	times := make(map[string]time.Time)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.IsDir() && generationName.MatchString(entry.Name()) {
			times[entry.Name()] = info.ModTime()
		}
	}
	return slices.SortedFunc(maps.Keys(times), func(a, b string) int {
		return cmp.Or(times[b].Compare(times[a]), strings.Compare(a, b))
	})
}

// leftover is a policy file that was being written.
var leftover = regexp.MustCompile(`^\.` + regexp.QuoteMeta(policyfile.FileName) + `\.[0-9a-f]{8}$`)

// Clean takes away what runs that were stopped left: what is half-written, and
// generations that are too many. The folder's lock must be held.
func (f Folder) Clean() {
	base := filepath.Join(f.Path, pulled)
	for folder, ours := range map[string]func(string) bool{
		base:   func(name string) bool { return strings.HasPrefix(name, half) || strings.HasPrefix(name, gone) },
		f.Path: leftover.MatchString,
	} {
		entries, _ := files.File{Path: folder, Within: f.Within}.ReadDir() // there may be none
		for _, entry := range entries {
			if ours(entry.Name()) {
				_ = os.RemoveAll(filepath.Join(folder, entry.Name())) // else the next run does
			}
		}
	}
	f.prune()
}

// Age is since when the policy file has been as it is; the zero time: nobody knows.
func (f Folder) Age() time.Time {
	info, err := (files.File{Path: f.policyFile(), Within: f.Within}).Stat()
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
