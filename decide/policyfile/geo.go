package policyfile

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/files"
)

// findGeo lists the geo sources in the order given and behind them the service
// lists: a list adds to what databases and corrections say of an address.
func (l *loader) findGeo() {
	var sources []geo.Source
	for _, ref := range l.geo {
		for _, file := range l.geoFiles(ref) {
			sources = append(sources, geo.Source{File: file.path, Open: l.file(file).Open})
		}
	}
	for _, s := range l.services {
		l.parts.Files = append(l.parts.Files, s.list.path)
		file := l.file(s.list)
		if _, err := file.Stat(); err != nil {
			l.unreadable(s.list, err)
			continue
		}
		sources = append(sources, geo.Source{File: s.list.path, Open: file.Open, Kind: geo.Netset, Service: s.name})
	}
	l.parts.sources = sources
}

// loadGeo reads the geo sources into one table.
func (l *loader) loadGeo() {
	sources := l.parts.sources
	if len(sources) == 0 {
		return
	}
	l.parts.lookedAt, l.parts.looked = time.Now(), lookOf(sources)
	if !l.anew && l.before.stillHas(sources, l.parts.looked) {
		l.add(l.before.Config.Geo.Warnings()...)
		l.parts.Config.Geo, l.parts.looked, l.parts.lookedAt = l.before.Config.Geo, l.before.looked, l.before.lookedAt
		return
	}
	table, err := geo.Reload(l.before.geo(), sources...)
	if err != nil {
		l.addError(sources[0].File, "bad-geo", err)
		return
	}
	l.add(table.Warnings()...)
	l.parts.Config.Geo = table
}

// lookOf is how the files of sources look.
func lookOf(sources []geo.Source) files.State {
	var paths []string
	for _, source := range sources {
		paths = append(paths, source.File)
	}
	return files.Set{Files: paths}.Look()
}

// stillHas says that the geo table is what the sources would give: they are the
// same, and look as they did before they were read, which was long enough after they
// had been written. Nil Parts have none.
func (p *Parts) stillHas(sources []geo.Source, look files.State) bool {
	return p != nil && p.Config.Geo != nil && sameSources(p.sources, sources) && !p.looked.Differs(look) &&
		!p.looked.TouchedSince(p.lookedAt.Add(-coarsestTick), time.Now())
}

// geo is the table of Parts, of nil Parts none.
func (p *Parts) geo() *geo.Table {
	if p == nil {
		return nil
	}
	return p.Config.Geo
}

// coarsestTick is how long a file's time may stay the same while it is written: FAT
// counts in two seconds.
const coarsestTick = 2 * time.Second

// geoFiles are the files of one geo source: itself, or those that a folder holds.
func (l *loader) geoFiles(ref reference) []reference {
	info, err := l.file(ref).Stat()
	if err != nil {
		l.parts.Files = append(l.parts.Files, ref.path)
		l.unreadable(ref, err)
		return nil
	}
	if !info.IsDir() {
		l.parts.Files = append(l.parts.Files, ref.path)
		return []reference{ref}
	}
	l.parts.Folders = append(l.parts.Folders, ref.path)
	entries, err := l.file(ref).ReadDir()
	if err != nil {
		l.unreadable(ref, err)
		return nil
	}
	var found []reference
	listed := false
	for _, entry := range entries {
		name := entry.Name()
		if !InFolder(name) {
			continue
		}
		listed = true
		file := reference{path: filepath.Join(ref.path, name), node: ref.node}
		l.parts.Files = append(l.parts.Files, file.path)
		if _, err := l.file(file).Stat(); err != nil {
			l.unreadable(file, err)
			continue
		}
		found = append(found, file)
	}
	if !listed {
		l.whole(ref.path, "bad-geo", errors.New("the folder holds no .mmdb and no .csv file"+ref.from()))
	}
	return found
}

// InFolder says that a file of this name is read where a geo source is a folder. A
// hidden one may be the half that another program has written so far.
func InFolder(name string) bool { return !strings.HasPrefix(name, ".") && isGeo(name) }
