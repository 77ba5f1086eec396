//go:build unix

package dist_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../.."

// made is what one run of scripts/dist wrote.
type made struct{ folder, version string }

var (
	scratch string // of all tests, removed at the end
	first   = sync.OnceValues(func() (*made, error) { return run(root, filepath.Join(scratch, "first")) })
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "netwicket-dist-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}())
}

// run makes the packages from sources, with more in its environment.
func run(sources, to string, env ...string) (*made, error) {
	script := filepath.Join(sources, "scripts", "dist")
	arguments := []string{"-to", to}
	if os.Getenv("NETWICKET_DIST") != "all" {
		arguments = append(arguments, "linux/amd64")
	}
	version, err := command(env, script, "-version")
	if err != nil {
		return nil, err
	}
	_, err = command(env, script, arguments...)
	return &made{to, strings.TrimSpace(version)}, err
}

// command is what a program says on its standard output.
func command(env []string, name string, arguments ...string) (string, error) {
	asked := exec.Command(name, arguments...)
	asked.Env = append(os.Environ(), env...)
	var complaints bytes.Buffer
	asked.Stderr = &complaints
	out, err := asked.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, &complaints)
	}
	return string(out), err
}

func say(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	out, err := command(nil, name, arguments...)
	require.NoError(t, err)
	return out
}

// wanted skips a test where nothing is to be made.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("NETWICKET_DIST") == "" {
		t.Skip("it takes minutes to make packages: NETWICKET_DIST=1, or make dist-check")
	}
	for _, tool := range []string{"bash", "git", "tar", "gzip", "zip"} {
		needs(t, tool)
	}
}

// needs skips a test where a program is not installed.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
}

// dist is the first run.
func dist(t *testing.T) *made {
	t.Helper()
	wanted(t)
	made, err := first()
	require.NoError(t, err)
	return made
}

// file is one of linux/amd64.
func (m *made) file(ending string) string {
	return filepath.Join(m.folder, "netwicket_"+m.version+"_linux_amd64"+ending)
}
