package main

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// fullDevice takes some bytes, and then there is no room.
type fullDevice struct{ room int }

func (d *fullDevice) Write(data []byte) (int, error) {
	n := min(len(data), d.room)
	if d.room -= n; n < len(data) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// An answer that could not be written is an error of every command, whether nothing
// of it found room or all but its last bytes.
func TestFullDevice(t *testing.T) {
	const log = `198.51.100.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203` + "\n"
	const expectations = `[{"name":"in","remote":"192.0.2.7","want":{"decision":"allow"}}]`
	commands := map[string][]string{
		"eval": {"192.0.2.7"}, "explain": {"192.0.2.7"}, "resolve": {"--remote", "192.0.2.7"}, "check": nil, "diff": {"before.json", "after.json"},
		"test": {"expectations.json"}, "replay": {"access.log"}, "export": {"--format", "cidr"}, "bench": {"--time", "1ms"}, "version": nil,
		"completion": {"bash"},
	}
	_, all := tree()
	for name := range all {
		switch name, _, _ := strings.Cut(name, " "); name {
		case "serve", "pull", "admin", "map": // go on, or write to files: their own tests
		default:
			require.Contains(t, commands, name, "a command that is new")
		}
	}
	for name, args := range commands {
		for _, more := range [][]string{nil, {"--json"}} {
			t.Run(strings.Join(append([]string{name}, more...), " "), func(t *testing.T) {
				acme(t)
				writeFile(t, "access.log", log)
				writeFile(t, "expectations.json", expectations)
				writeFile(t, "before.json", `{"range":["192.0.2.0/24"],"geolocation":[],"whitelisted":true}`)
				writeFile(t, "after.json", `{"range":["192.0.2.0/25"],"geolocation":[],"whitelisted":true}`)
				args := append(append([]string{name}, args...), more...)
				whole := runIn(t, "", args...)
				require.Zero(t, whole.code, whole.stderr)
				require.NotEmpty(t, whole.out)
				for _, room := range []int{0, len(whole.out) / 2} {
					var stderr bytes.Buffer
					code := run(args, strings.NewReader(""), &fullDevice{room}, &stderr)
					require.Equal(t, 1, code, "with room for %d bytes", room)
					require.Contains(t, stderr.String(), syscall.ENOSPC.Error())
				}
			})
		}
	}
}
