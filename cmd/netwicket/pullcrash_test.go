package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// A pull that is killed at any of its steps leaves the policy before or the policy
// after, never some of each; the next pull finishes the work and leaves nothing half
// behind (U9). Every step is a call of the operating system that changes the folder,
// where strace can stop the program there; else a change that can be seen from
// outside.
func TestKilledWhilePulling(t *testing.T) {
	s := &pullStage{pulling: newPulling(t), tenant: newTenant(t)}
	s.earlier()
	for n := range 4 { // so that the oldest generation goes as well
		s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, fmt.Sprintf("198.51.100.%d/32", n))
		require.Equal(t, 0, s.okta().code)
	}
	require.Len(t, s.generations(), 5)
	pristine := s.folder
	before := policyFingerprint(t, pristine)
	s.tenant.zones[2] = ipZone("nzo3", "Renamed", "POLICY", false, "198.51.100.128/25")
	s.tenant.rules["00p1"][0] = strings.Replace(s.tenant.rules["00p1"][0], "Office", "Office only", 1)

	s.folder = copyOf(t, pristine)
	require.Equal(t, 0, s.okta().code)
	after := policyFingerprint(t, s.folder)
	require.NotEqual(t, before, after)

	left, stride := map[string]int{}, 3
	if proving() {
		stride = 1
	}
	for _, call := range fileCalls() {
		for step, survived := 1, 0; survived < 2; step += stride { // calls are counted by thread: the next may be killed all the same
			require.Less(t, step, 200, "the pull never ends")
			s.folder = copyOf(t, pristine)
			if !s.killedAt(call, step) {
				require.Equal(t, after, policyFingerprint(t, s.folder))
				survived++
				continue
			}
			now := policyFingerprint(t, s.folder)
			require.Contains(t, []string{before, after}, now, "%s %d: a mixture", call, step)
			left[now]++
			for _, name := range s.generations() { // who goes back finds whole ones
				if !strings.HasPrefix(name, ".") {
					policyFingerprint(t, filepath.Join(s.folder, "pulled", name))
				}
			}
			got := s.okta()
			require.Equal(t, 0, got.code, "%s %d: %s", call, step, got.stderr)
			require.Equal(t, after, policyFingerprint(t, s.folder))
			require.Empty(t, litter(t, s.folder), "%s %d", call, step)
			require.Len(t, s.generations(), 5, "%s %d", call, step)
		}
	}
	require.NotZero(t, left[before], "it was never killed before the switch")
	t.Log("killed before the switch", left[before], "times, behind it", left[after])
}

// fileCalls are the calls that change a folder; of a system without strace, none by
// name.
func fileCalls() []string {
	if _, err := exec.LookPath("strace"); err != nil {
		return []string{""}
	}
	return []string{"mkdirat", "renameat", "unlinkat", "fsync", "fchmodat", "utimensat"}
}

// killedAt runs a pull that is killed at its n-th call of the kind, and says whether
// it was.
func (s *pullStage) killedAt(call string, n int) bool {
	s.t.Helper()
	child := s.child()
	if call == "" {
		defer s.killOnChange(child, n)()
	} else {
		child = s.child("strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n))
		child.Env = append(child.Env, "GOMAXPROCS=1")
	}
	output, err := child.CombinedOutput()
	var exit *exec.ExitError
	if err == nil {
		return false
	}
	require.True(s.t, errors.As(err, &exit), "%v", err)
	require.Equal(s.t, -1, exit.ExitCode(), "%s", output)
	return true
}

// killOnChange kills a child when the folder has changed n times; what it gives ends
// the watch.
func (s *pullStage) killOnChange(child *exec.Cmd, n int) func() {
	watcher, err := fsnotify.NewWatcher()
	require.NoError(s.t, err)
	require.NoError(s.t, watcher.Add(s.folder))
	require.NoError(s.t, watcher.Add(filepath.Join(s.folder, "pulled")))
	go func() {
		for range watcher.Events {
			if n--; n == 0 {
				_ = child.Process.Signal(syscall.SIGKILL) // it may be over
			}
		}
	}()
	return func() { watcher.Close() }
}

func policyFingerprint(t *testing.T, folder string) string {
	t.Helper()
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	return fmt.Sprint(policy.Info().Fingerprint)
}

// litter is what a program that was stopped may have left.
func litter(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".netwicket" {
			names = append(names, path)
		}
		return err
	}))
	return names
}

// copyOf is a copy of a folder, with its times.
func copyOf(t *testing.T, folder string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(folder)))
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		relative, err := filepath.Rel(folder, path)
		require.NoError(t, err)
		return os.Chtimes(filepath.Join(to, relative), info.ModTime(), info.ModTime())
	}))
	return to
}

// What makes room for a generation that is not whole is never one in force.
func TestHalfWrittenGeneration(t *testing.T) {
	s := &pullStage{pulling: newPulling(t), tenant: newTenant(t)}
	s.earlier()
	first := s.generations()[0]
	file := "pulled/" + first + "/okta/zones.json"
	whole := s.read(file)
	s.write(file, strings.Replace(whole, "Office", "Orifice", 1)) // somebody's hand in the generation in force
	s.write("pulled/.new-123/okta/zones.json", "[")
	s.write("pulled/.gone-"+first+"/okta/zones.json", "[")
	s.write(".netwicket.json.0123abcd", "{")
	s.write("pulled/notes.txt", "a person's")
	got := s.okta()
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, s.read("netwicket.json"), first+"-2/okta/zones.json")
	require.Contains(t, s.read(file), "Orifice", "what is in force stays as it is until the switch")
	require.Equal(t, []string{first, first + "-2", "notes.txt"}, s.generations())
	require.Empty(t, litter(t, s.folder))

	// Another document in force, the tampered one is in nobody's way.
	s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.7/32")
	require.Equal(t, 0, s.okta().code)
	s.write("pulled/"+first+"-2/okta/zones.json", "[]")
	s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.0/24")
	got = s.okta()
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, s.read("netwicket.json"), first+"/okta/zones.json")
	require.Equal(t, whole, s.read(file))
}

// A policy file that a person changes while the tenant is asked, and what it answers
// is judged, is not overwritten: what was pulled goes into it as it is then (D2).
func TestPolicyFileIsChangedMeanwhile(t *testing.T) {
	for at := 1; ; at++ {
		s := &pullStage{pulling: newPulling(t), tenant: newTenant(t)}
		looks := 0
		s.looked = func() { // between all that a pull does, it looks at its clock
			if looks++; looks == at {
				s.write("netwicket.json", "{\"mode\": \"observe\", /* since today */ \"geo\": [\"geo.csv\"]}\n")
			}
		}
		got := s.okta()
		require.Equal(t, 0, got.code, got.stderr)
		require.NotEmpty(t, s.check().Config.Zones, "%d", at)
		if looks < at {
			require.Greater(t, at, 5)
			return
		}
		require.True(t, s.check().Observe, "%d", at)
		require.Contains(t, s.read("netwicket.json"), "/* since today */")
	}
}
