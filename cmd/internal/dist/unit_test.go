//go:build unix

package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const unit = root + "/examples/deploy/netwicket.service"

// exposed is how much systemd may find that a service can do and need not, of 100.
const exposed = 15

// TestUnit: systemd takes the unit that is packaged, and finds it as good as closed.
func TestUnit(t *testing.T) {
	needs(t, "systemd-analyze")
	text, err := os.ReadFile(unit)
	require.NoError(t, err)
	folder := t.TempDir()
	program := filepath.Join(folder, "netwicket")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755))
	packaged := "ExecStart=/usr/bin/netwicket serve -c /etc/netwicket "
	require.Contains(t, string(text), packaged)
	at := filepath.Join(folder, "netwicket.service")
	with := strings.Replace(string(text), packaged, "ExecStart="+program+" serve -c /etc/netwicket ", 1)
	with = strings.Replace(with, "man:netwicket-serve(1) ", "", 1) // verify asks man, which does not have it here
	require.NoError(t, os.WriteFile(at, []byte(with), 0o644))

	complaints, err := exec.Command("systemd-analyze", "verify", "--recursive-errors=no", at).CombinedOutput()
	require.NoError(t, err, "%s", complaints)
	require.Empty(t, string(complaints))
	found := regexp.MustCompile(`Overall exposure level[^:]*: ([0-9.]+)`).FindStringSubmatch(say(t, "systemd-analyze", "security", "--offline=true", "--no-pager", at))
	require.NotNil(t, found)
	exposure, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	require.LessOrEqual(t, exposure*10, float64(exposed))
	t.Logf("exposure %s of 10", found[1])
}
