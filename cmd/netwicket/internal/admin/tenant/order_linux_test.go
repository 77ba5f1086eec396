package tenant_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// watched gives the changes to the folders below a folder, in the order in which the kernel
// saw them: "+NAME" for a file that got its name, "-NAME" for one that went, "~NAME" for
// one that was written in place. Files under a hidden name, which nobody reads, are
// "(NAME)" when they are made.
func watched(t *testing.T, dir string) (seen func() []string) {
	t.Helper()
	instance, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(instance) })
	folders := make(map[int32]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if !entry.IsDir() {
			return nil
		}
		watch, err := syscall.InotifyAddWatch(instance, path, syscall.IN_CREATE|syscall.IN_MOVED_TO|syscall.IN_DELETE|syscall.IN_MODIFY)
		require.NoError(t, err)
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		folders[int32(watch)] = filepath.ToSlash(name)
		return nil
	}))
	return func() []string {
		buffer := make([]byte, 1<<20)
		n, err := syscall.Read(instance, buffer)
		require.NoError(t, err)
		var all []string
		for rest := buffer[:n]; len(rest) > 0; {
			watch, mask, length := int32(binary.NativeEndian.Uint32(rest)), binary.NativeEndian.Uint32(rest[4:]), binary.NativeEndian.Uint32(rest[12:])
			name := string(bytes.TrimRight(rest[syscall.SizeofInotifyEvent:][:length], "\x00"))
			rest = rest[syscall.SizeofInotifyEvent+length:]
			path := strings.TrimPrefix(folders[watch]+"/"+name, "./")
			hidden := strings.HasPrefix(name, ".")
			switch {
			case mask&syscall.IN_CREATE != 0 && hidden:
				all = append(all, "("+folders[watch]+")")
			case mask&syscall.IN_MOVED_TO != 0:
				all = append(all, "+"+path)
			case mask&syscall.IN_DELETE != 0:
				all = append(all, "-"+path)
			case mask&syscall.IN_MODIFY != 0 && !hidden && (len(all) == 0 || all[len(all)-1] != "~"+path):
				all = append(all, "~"+path)
			}
		}
		return all
	}
}

// TestOrderOfAWrite: all that may fail for want of room comes first, then what a restart
// needs to finish the write, then documents under names that nobody reads yet, then the
// policy file, which is the one switch, and only then goes what it named before. In front
// of the switch no file that decides changes; behind all the note of the write goes.
func TestOrderOfAWrite(t *testing.T) {
	dir := crowded(t)
	store := open(t, dir)
	before := decidingFiles(t, dir)
	seen := watched(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, func(d *records.Documents) wire.Answer {
		d.Zones = append(d.Zones[:4:4], office("nzoOffice000000000002", "198.51.100.0/24"))
		for _, id := range []string{"00pStaff0000000000001", "00pGuests000000000001"} {
			p, i := d.Policy(id)
			d.Policies[i] = p.Changed()
			d.Policies[i].Rules = []*records.Rule{inZone("nzoOffice000000000002")}
		}
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	after := decidingFiles(t, dir)
	require.Len(t, before, 3)
	require.Len(t, after, 3)
	order := slices.DeleteFunc(seen(), func(what string) bool {
		return strings.HasPrefix(what, "+.netwicket/history/objects/") || strings.HasPrefix(what, "(.netwicket/history") || strings.Contains(what, "/turn")
	})
	place := func(what string) int {
		at := slices.Index(order, what)
		require.GreaterOrEqual(t, at, 0, "%s: %v", what, order)
		return at
	}
	noted := place("+.netwicket/history/pending.json")
	line := place("~.netwicket/history/generations.jsonl")
	forgotten := place("-.netwicket/history/pending.json")
	policy := place("+netwicket.json")
	require.Equal(t, 0, noted, "%v", order)
	require.Equal(t, len(order)-1, forgotten, "%v", order)
	staged := slices.Index(order, "(okta)")
	require.Greater(t, staged, noted, "%v", order)
	require.Less(t, staged, line, "what needs room is on the disk before the history says so: %v", order)
	require.Greater(t, policy, line, "%v", order)
	for i, what := range order {
		switch name := what[1:]; {
		case what[0] == '+' && i > noted && !strings.HasPrefix(name, ".netwicket") && name != "netwicket.json":
			require.Greater(t, i, line, "%s: %v", what, order)
			require.Less(t, i, policy, "%s: %v", what, order)
			require.NotContains(t, before, name, "nobody reads it before the switch")
		case what[0] == '-' && i != forgotten:
			require.Contains(t, before, name)
			require.Greater(t, i, policy, "%s: %v", what, order)
		}
	}
	for _, name := range before {
		place("-" + name)
	}
}

// decidingFiles are the files that the policy file names.
func decidingFiles(t *testing.T, dir string) []string {
	t.Helper()
	var file policyFileOf
	require.NoError(t, json.Unmarshal([]byte(snapshot(t, dir)["netwicket.json"]), &file))
	return slices.Concat(file.Okta.Zones, file.Okta.Rules)
}
