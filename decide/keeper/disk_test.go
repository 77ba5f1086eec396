package keeper_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// disk is the files of a policy: what lies where, and with a root also a folder of the
// system in which they lie so. The simulated Keeper has one without, the real one one
// with. Files have the times of the bubble.
type disk struct {
	root, attic string // the attic has what was removed, so that the system gives no number of a file twice
	putBy       int    // names in the attic
	numbers     int
	files       map[string]*file   // by where they really lie
	folders     map[string]*folder // "." and below
	link        string             // where zones.json leads to; empty: it is a file, or not there
}

type file struct {
	number  int // that another file does not have
	kind    string
	text    string
	made    time.Time // which times in its text are counted from
	written time.Time
	mode    fs.FileMode
}

type folder struct {
	number  int
	written time.Time
}

// happening is something that a watcher of a folder learns.
type happening struct {
	folder string // "." or below
	number int    // of the folder
	name   string // empty: it was but touched
}

// newDisk has a policy on it.
func newDisk(root string, now time.Time) *disk {
	d := &disk{files: map[string]*file{}, folders: map[string]*folder{}}
	if root != "" {
		d.root, d.attic = filepath.Join(root, "policy"), filepath.Join(root, "attic")
		must(os.Mkdir(d.attic, 0o700))
	}
	for _, folder := range []string{".", "geo", "v1", "v2"} {
		d.make(folder, now)
	}
	for _, name := range []string{"netwicket.json", "zones.json", "overlay.json", "elsewhere.csv", "geo/country.mmdb"} {
		d.rename(name, kinds[name][0], now)
	}
	d.rename("v1/zones.json", "two", now)
	d.rename("v2/zones.json", "three", now)
	return d
}

// must ends the test from whatever goroutine: the disk does not do what is asked of it.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (d *disk) path(name string) string { return filepath.Join(d.root, name) }

// really does something to the folder of the system, if there is one.
func (d *disk) really(do func() error) {
	if d.root != "" {
		must(do())
	}
}

func (d *disk) number() int {
	d.numbers++
	return d.numbers
}

// place is where a file really lies.
func (d *disk) place(name string) string {
	if name == "zones.json" && d.link != "" {
		return d.link
	}
	return name
}

func (d *disk) make(name string, now time.Time) {
	if d.folders[name] == nil {
		d.folders[name] = &folder{d.number(), now}
		d.really(func() error { return errors.Join(os.Mkdir(d.path(name), 0o700), os.Chtimes(d.path(name), now, now)) })
	}
}

// in is what the watcher of a file's folder learns of it.
func (d *disk) in(name, event string) []happening {
	dir := filepath.Dir(name)
	return []happening{{dir, d.folders[dir].number, event}}
}

// entries notes that a folder got or lost a name.
func (d *disk) entries(name string, now time.Time) {
	dir := filepath.Dir(name)
	d.folders[dir].written = now
	d.really(func() error { return os.Chtimes(d.path(dir), now, now) })
}

// stamp gives a file its time.
func (d *disk) stamp(name string, written time.Time) {
	d.files[name].written = written
	d.really(func() error { return os.Chtimes(d.path(name), written, written) })
}

// spare is a new name in the attic.
func (d *disk) spare() string {
	d.putBy++
	return filepath.Join(d.attic, fmt.Sprint(d.putBy))
}

// putAway puts what lies under a name into the attic.
func (d *disk) putAway(name string) {
	d.really(func() error { return os.Rename(d.path(name), d.spare()) })
}

// write writes in place, and follows a link.
func (d *disk) write(name, kind string, now time.Time) []happening {
	at := d.place(name)
	f := d.files[at]
	if f == nil {
		return d.rename(at, kind, now)
	}
	f.kind, f.text, f.made = kind, content(at, kind, now), now
	d.really(func() error { return os.WriteFile(d.path(at), []byte(f.text), 0) })
	d.stamp(at, now)
	return d.in(at, at)
}

// rename puts another file in the place of one, as mv does; also of a link.
func (d *disk) rename(name, kind string, now time.Time) []happening {
	var happened []happening
	if dir := filepath.Dir(name); d.folders[dir] == nil {
		happened = d.in(dir, dir)
		d.make(dir, now)
	}
	f := &file{number: d.number(), kind: kind, text: content(name, kind, now), made: now, mode: 0o600}
	isLink := name == "zones.json" && d.link != ""
	d.really(func() error {
		next := d.spare()
		err := os.WriteFile(next, []byte(f.text), f.mode)
		if d.files[name] != nil && !isLink {
			err = errors.Join(err, os.Link(d.path(name), d.spare()))
		}
		return errors.Join(err, os.Rename(next, d.path(name)))
	})
	if isLink {
		d.link = ""
	}
	d.files[name] = f
	d.stamp(name, now)
	d.entries(name, now)
	return append(happened, d.in(name, name)...)
}

// alike changes a file by another way and gives it the time that it had.
func (d *disk) alike(change func(name, kind string, now time.Time) []happening, name, kind string, now time.Time) []happening {
	at := d.place(name)
	before := d.files[at]
	if before == nil {
		return nil
	}
	written := before.written
	happened := change(at, kind, now)
	d.stamp(at, written)
	return happened
}

// switchLink makes of zones.json a link to another file.
func (d *disk) switchLink(target string, now time.Time) []happening {
	next := d.spare()
	if d.link == "" && d.files["zones.json"] != nil {
		d.putAway("zones.json")
		delete(d.files, "zones.json")
	}
	d.link = target
	d.really(func() error { return errors.Join(os.Symlink(target, next), os.Rename(next, d.path("zones.json"))) })
	d.entries("zones.json", now)
	return d.in("zones.json", "zones.json")
}

// remove takes a file away, or a link.
func (d *disk) remove(name string, now time.Time) []happening {
	isLink := name == "zones.json" && d.link != ""
	if !isLink && d.files[name] == nil {
		return nil
	}
	d.putAway(name)
	if isLink {
		d.link = ""
	} else {
		delete(d.files, name)
	}
	d.entries(name, now)
	return d.in(name, name)
}

// removeFolder takes a folder away with its files.
func (d *disk) removeFolder(name string, now time.Time) []happening {
	if d.folders[name] == nil {
		return nil
	}
	d.putAway(name)
	delete(d.folders, name)
	maps.DeleteFunc(d.files, func(file string, _ *file) bool { return filepath.Dir(file) == name })
	d.entries(name, now)
	return d.in(name, name)
}

// replaceFolder puts another folder in the place of one: with the same files, as large
// and as old, but for one.
func (d *disk) replaceFolder(name, changed, kind string, now time.Time) []happening {
	if d.folders[name] == nil {
		return nil
	}
	happened := []happening{{name, d.folders[name].number, name}}
	if name != "." {
		happened = append(happened, d.in(name, name)...)
	}
	within := func(other string) bool { return name == "." || other == name || filepath.Dir(other) == name }
	d.putAway(name)
	for _, other := range slices.Sorted(maps.Keys(d.folders)) {
		if within(other) {
			delete(d.folders, other)
			d.make(other, now)
		}
	}
	if name != "." {
		d.entries(name, now)
	}
	for _, at := range slices.Sorted(maps.Keys(d.files)) {
		if !within(at) {
			continue
		}
		f := *d.files[at]
		f.number = d.number()
		if at == changed {
			f.kind, f.text, f.made = kind, content(at, kind, now), now
		}
		d.files[at] = &f
		d.really(func() error { return os.WriteFile(d.path(at), []byte(f.text), f.mode) })
		d.stamp(at, f.written)
		d.entries(at, now)
	}
	if name == "." && d.link != "" {
		d.really(func() error { return os.Symlink(d.link, d.path("zones.json")) })
		d.entries("zones.json", now)
	}
	return happened
}

// chmod changes who may read a file.
func (d *disk) chmod(name string) []happening {
	at := d.place(name)
	f := d.files[at]
	if f == nil {
		return nil
	}
	f.mode ^= 0o040
	d.really(func() error { return os.Chmod(d.path(at), f.mode) })
	return d.in(at, "")
}

func (d *disk) touch(name string, now time.Time) []happening {
	at := d.place(name)
	if d.files[at] == nil {
		return nil
	}
	d.stamp(at, now)
	return d.in(at, "")
}

// geoFolder is the folder of geo sources where what counts is what it holds.
const geoFolder = "geo/"

// sight is how a path looks; empty: there is nothing.
func (d *disk) sight(path string) string {
	if folder := d.folders[strings.TrimSuffix(path, "/")]; folder != nil {
		if path == geoFolder {
			return "holds " + strings.Join(d.sources(), " ")
		}
		return fmt.Sprint(folder.number, folder.written)
	}
	f := d.files[d.place(path)]
	if f == nil {
		return ""
	}
	return fmt.Sprint(f.number, len(f.text), f.written, f.mode)
}

// sources are the files of the geo folder.
func (d *disk) sources() []string {
	var found []string
	for _, name := range []string{"geo/country.mmdb", "geo/extra.csv"} {
		if d.files[name] != nil {
			found = append(found, name)
		}
	}
	return found
}

// writtenAfter says that a path was written after a moment.
func (d *disk) writtenAfter(path string, moment time.Time) bool {
	if folder := d.folders[strings.TrimSuffix(path, "/")]; folder != nil {
		return folder.written.After(moment)
	}
	f := d.files[d.place(path)]
	return f != nil && f.written.After(moment)
}
