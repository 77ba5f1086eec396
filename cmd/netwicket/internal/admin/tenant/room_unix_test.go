//go:build unix

package tenant_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// littleRoomVariable says that this is the program in which files may not get long.
const littleRoomVariable = "TENANT_TEST_LITTLE_ROOM"

// withRoom does something while no file may get longer than so many bytes.
func withRoom(t *testing.T, bytes uint64, do func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)) }()
	do()
}

// TestDiskThatIsFull at one point of a write: whatever has no room, the write is refused,
// nothing of it is left, and it is made once there is room.
func TestDiskThatIsFull(t *testing.T) {
	if os.Getenv(littleRoomVariable) == "" { // a program of its own, since all that a test writes has no room
		child := exec.Command(os.Args[0], "-test.run=^TestDiskThatIsFull$")
		child.Env = append(os.Environ(), littleRoomVariable+"=1")
		output, err := child.CombinedOutput()
		require.NoError(t, err, "%s", output)
		return
	}
	const room = 20_000
	long := "/" + strings.Repeat("x", 25_000)
	small := changed(func(d *records.Documents) { d.Zones = append(d.Zones, office("nzoSmall0000000000001", "192.0.2.0/24")) })
	tests := map[string]struct {
		before func(t *testing.T, dir string, store *tenant.Store) // with room
		path   string
		change func(*records.Documents) wire.Answer
		want   string
	}{
		"of what is kept": {nil, "/", changed(func(d *records.Documents) {
			r, z := rand.New(rand.NewPCG(1, 2)), office("nzoLarge0000000000001")
			for range 5000 { // that no packing makes small
				z.Gateways = append(z.Gateways, records.Network{Type: "CIDR", Value: fmt.Sprintf("%d.%d.%d.%d/32", 1+r.IntN(200), r.IntN(256), r.IntN(256), r.IntN(256))})
			}
			d.Zones = append(d.Zones, z)
		}), ".gz: cannot be written: file too large"},
		"of the note": {nil, long, small, "pending.json: cannot be written: file too large"},
		"of a document": {nil, "/", changed(func(d *records.Documents) {
			z := office("nzoLarge0000000000001")
			for range 1000 {
				z.Gateways = append(z.Gateways, records.Network{Type: "CIDR", Value: "192.0.2.0/24"})
			}
			d.Zones = append(d.Zones, z)
			d.SessionConfig = []byte(`{"maxIdleTime":15}`)
		}), "zones.json: cannot be written: file too large"},
		"of the line": {func(t *testing.T, _ string, store *tenant.Store) {
			require.Equal(t, http.StatusOK, store.Write(request("POST", long), addZone(blocklist("Long", "203.0.113.0/24")), refuse).Status)
		}, "/", small, "generations.jsonl: file too large"},
		"of the line of what was found": {func(t *testing.T, dir string, store *tenant.Store) {
			require.Equal(t, http.StatusOK, store.Write(request("POST", long), addZone(blocklist("Long", "203.0.113.0/24")), refuse).Status)
			put(t, dir, "okta/policies.json", snapshot(t, dir)["okta/policies.json"]+"\n")
		}, "/", small, "generations.jsonl: file too large"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, nil)
			store := open(t, dir)
			if test.before != nil {
				test.before(t, dir, store)
			}
			before, generations := snapshot(t, dir), history(t, dir)
			withRoom(t, room, func() {
				answer := store.Write(request("POST", test.path), test.change, refuse)
				require.Equal(t, http.StatusConflict, answer.Status)
				require.Contains(t, string(answer.Body), test.want)
			})
			require.Equal(t, before, snapshot(t, dir))
			require.Equal(t, generations, history(t, dir))
			require.NoFileExists(t, own(dir, "pending.json"))
			documents := documentsOf(t, store)
			answer := store.Write(request("POST", test.path), test.change, refuse)
			require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
			require.NotEqual(t, documents, documentsOf(t, store))
			for number := range history(t, dir) {
				_, err := store.History().Contents(number + 1)
				require.NoError(t, err)
			}
			after := documentsOf(t, store)
			store.Close()
			require.Equal(t, after, documentsOf(t, open(t, dir)))
			left, err := os.ReadDir(own(dir))
			require.NoError(t, err)
			require.Len(t, left, 2, "the lines, and the contents")
		})
	}
}

// TestNoRoomToFinish: a write that was stopped half-way and that the next start has no room
// to finish stays noted: the start after that finishes it.
func TestNoRoomToFinish(t *testing.T) {
	if os.Getenv(littleRoomVariable) == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestNoRoomToFinish$")
		child.Env = append(os.Environ(), littleRoomVariable+"=1")
		output, err := child.CombinedOutput()
		require.NoError(t, err, "%s", output)
		return
	}
	dir, before, after := stopped(t, true)
	put(t, dir, "okta/threat-insight.json", after["okta/threat-insight.json"]) // which was done
	before["okta/threat-insight.json"] = after["okta/threat-insight.json"]
	long := "/" + strings.Repeat("x", 25_000)
	text, err := os.ReadFile(linesFile(dir))
	require.NoError(t, err)
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	lines[2] = strings.Replace(lines[2], `"action":"POST /`, `"action":"POST `+long, 1)
	require.NoError(t, os.WriteFile(linesFile(dir), []byte(strings.Join(lines, "")+"\n"), 0o600)) // no line has room behind that one
	for range 2 {
		withRoom(t, 20_000, func() {
			_, err := tenant.Open(tenant.Options{Folder: dir})
			require.ErrorContains(t, err, "generations.jsonl: file too large")
		})
		require.Equal(t, before, snapshot(t, dir))
		require.FileExists(t, own(dir, "pending.json"))
		require.Len(t, history(t, dir), 3)
	}
	store := open(t, dir)
	require.Equal(t, after, snapshot(t, dir))
	require.NoFileExists(t, own(dir, "pending.json"))
	require.Len(t, history(t, dir), 4)
	require.Equal(t, []string{"First", "Second"}, zonesFrom(t, store, 4))
}
