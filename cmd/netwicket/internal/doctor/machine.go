package doctor

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/netwicket/netwicket/internal/files"
)

// fewDescriptors is what a proxy with keep-alive connections and a few strangers
// come close to.
const fewDescriptors = 1024

// machine looks at what the service needs of the machine.
func (x *examination) machine() {
	system := x.options.System
	if system.Root {
		x.add(Machine, Warning, "run doctor as the service's user: sudo -u netwicket netwicket doctor", "this is %s, who may read every file: what the service may read is not told", system.User)
	}
	x.add(Machine, OK, "", "%s and %s of the policy can be read as %s, and are watched", count(len(x.parts.Files), "file"), count(len(x.parts.Folders), "folder"), system.User)
	x.releaseFiles()
	x.listeners()
	switch n := system.Descriptors; {
	case n == 0:
	case n < fewDescriptors:
		x.add(Machine, Warning, "raise it: ulimit -n, or LimitNOFILE= of the unit", "%d descriptors as doctor runs: each connection of a proxy takes one, and strangers have a fourth", n)
	default:
		x.add(Machine, OK, "", "%d descriptors as doctor runs", n)
	}
}

// releaseFiles looks at what following a channel needs besides its keys, which were
// read.
func (x *examination) releaseFiles() {
	from := x.parts.From
	if from == nil {
		return
	}
	for _, f := range []struct {
		key, path string
		limit     int64
	}{{"caFile", from.CAFile, files.CertificateLimit}, {"tokenFile", from.TokenFile, files.CertificateLimit}} {
		if f.path == "" {
			continue
		}
		if _, err := (files.File{Path: f.path, Within: x.options.Policy.Within}).Read(f.limit); err != nil {
			x.add(Machine, Error, "let the service's user read it: no look for a release comes off", "from.%s %s: %s", f.key, f.path, files.Cause(err))
		}
	}
	if x.options.System.Writable == nil {
		return
	}
	folder := from.State
	err := x.options.System.Writable(folder)
	for errors.Is(err, fs.ErrNotExist) && folder != filepath.Dir(folder) { // serve makes it
		folder = filepath.Dir(folder)
		err = x.options.System.Writable(folder)
	}
	if err != nil {
		x.add(Machine, Error, "give it to the service's user: no release can be taken", "the state %s cannot be written: %s: %s", from.State, folder, err)
		return
	}
	x.add(Machine, OK, "", "the state %s can be written", from.State)
}
