//go:build unix

package e2e_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPipesOfTheShell: what the command line names may be a pipe, as a process
// substitution is, or standard input by its name.
func TestPipesOfTheShell(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skipf("process substitution is bash's: %v", err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"zones.json":     `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "203.0.113.0/24"}], "proxies": null}]`,
		"geo.csv":        "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,64500,none,-\n",
		"list.txt":       "203.0.113.7\n",
		"allowed.txt":    "192.0.2.7\n",
		"expect.json":    `[{"name": "out", "remote": "203.0.113.7:1", "want": {"decision": "deny"}}]`,
		"access.log":     `203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"` + "\n",
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}}`,
	} {
		writeFile(t, filepath.Join(folder, name), text)
	}
	for _, test := range []struct {
		command string
		code    int
		output  string
	}{
		{`$N eval -c <(cat zones.json) 203.0.113.7`, 2, "blocklisted"},
		{`$N check <(cat zones.json)`, 0, ""},
		{`$N check -c . --must-allow <(cat allowed.txt) --must-deny <(cat list.txt)`, 0, ""},
		{`$N explain -g <(cat geo.csv) 192.0.2.7`, 0, "DE"},
		{`$N eval --threat <(cat list.txt) 203.0.113.7`, 2, ""},
		{`$N test <(cat expect.json)`, 0, ""},
		{`$N replay --json <(cat access.log)`, 0, `"deny":1`},
		{`$N replay --json /dev/stdin < access.log`, 0, `"deny":1`},
		{`cat access.log | $N replay --json /dev/stdin`, 0, `"deny":1`},
		{`cat zones.json | $N eval -c /dev/stdin 203.0.113.7`, 2, "blocklisted"},
		{`$N check -c . --must-allow /dev/null`, 0, ""},
		{`mkfifo feed.txt; $N eval --threat feed.txt 203.0.113.7 & cat list.txt > feed.txt; wait $!`, 2, ""},
		{`$N eval -c /dev/zero 203.0.113.7`, 1, "it is a device; expected a regular file or a pipe"},
		{`$N check --within . <(cat zones.json)`, 3, "leads outside of the folder"},
	} {
		t.Run(test.command, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			command := exec.CommandContext(ctx, bash, "-c", test.command)
			command.Dir, command.Env = folder, append(command.Environ(), "N="+program)
			output, _ := command.CombinedOutput() // its code says all
			require.Equal(t, test.code, command.ProcessState.ExitCode(), "%s", output)
			require.Contains(t, string(output), test.output)
		})
	}
}
