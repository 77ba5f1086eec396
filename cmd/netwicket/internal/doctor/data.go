package doctor

import (
	"time"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/files"
)

// data says how old everything is that ages.
func (x *examination) data() {
	seen := map[string]bool{}
	for _, d := range x.policy.Info().Data {
		seen[d.File] = true
		if d.Kind == geo.MMDB {
			x.database(d)
		} else {
			x.list(d.File, d.Type, d.Networks)
		}
	}
	for _, feed := range x.parts.Config.ThreatFeeds {
		if file := feed.File; !seen[file] {
			x.list(file, "threat feed", len(feed.Entries))
		}
	}
}

func (x *examination) database(d geo.Dataset) {
	name := d.Type
	if d.File != "" {
		name = d.File + " (" + d.Type + ")"
	}
	limit, age := x.parts.Serve.MaxAge, x.options.Now.Sub(d.Built)
	const do = "fetch a newer one and put it in its place: it is loaded at once"
	switch {
	case d.Built.IsZero() && limit > 0:
		x.add(Data, Error, do, "%s does not say when it was built: with serve.maxAge /readyz fails", name)
	case d.Built.IsZero():
		x.add(Data, Warning, "", "%s does not say when it was built", name)
	case limit > 0 && age > limit:
		x.add(Data, Error, do, "%s was built %s, %s ago: serve.maxAge is %s, and /readyz fails", name, d.Built.UTC().Format(time.DateOnly), days(age), days(limit))
	case limit > 0:
		x.add(Data, OK, "", "%s was built %s, %s ago; serve.maxAge is %s", name, d.Built.UTC().Format(time.DateOnly), days(age), days(limit))
	default:
		x.add(Data, OK, "", "%s was built %s, %s ago; serve.maxAge sets no limit", name, d.Built.UTC().Format(time.DateOnly), days(age))
	}
}

// list says when a list last changed: nothing in it tells its age.
func (x *examination) list(file, kind string, networks int) {
	if file == "" { // compiled into a snapshot
		x.add(Data, OK, "", "a %s of %s", kind, count(networks, "network"))
		return
	}
	info, err := (files.File{Path: file, Within: x.options.Policy.Within}).Stat()
	if err != nil { // it was read a moment ago
		x.add(Data, Warning, "see whether it is being replaced", "%s (%s): %s", file, kind, err)
		return
	}
	x.add(Data, OK, "", "%s (%s) has %s and changed %s, %s ago", file, kind, count(networks, "network"),
		info.ModTime().UTC().Format(time.DateOnly), days(x.options.Now.Sub(info.ModTime())))
}
