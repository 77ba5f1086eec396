package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// descriptors is how many are open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}

// Every file is closed that a command opened, whether it is read to its end, is packed
// or is broken: a hundred of each kind, a thousand for the proofs, leave no descriptor behind. The collector,
// which closes files that nobody knows any more, is off meanwhile.
func TestFilesAreClosed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	files := 100
	if proving() {
		files = 1000
	}
	const line = `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203` + "\n"
	acme(t)
	var packed bytes.Buffer
	pack := gzip.NewWriter(&packed)
	_, err := pack.Write([]byte(line))
	require.NoError(t, err)
	require.NoError(t, pack.Close())
	kinds := map[string]func(i int) string{
		"log":    func(int) string { return line },
		"packed": func(int) string { return packed.String() },
		"cut":    func(int) string { return packed.String()[:packed.Len()-9] },
		"zones": func(i int) string {
			return fmt.Sprintf(`[{"type":"IP","id":"z%d","name":"Zone %d","system":false,"gateways":[{"type":"CIDR","value":"192.0.2.%d/32"}]}]`, i, i, i%256)
		},
		"want": func(int) string { return `[{"remote":"192.0.2.7","want":{"decision":"allow"}}]` },
		"feed": func(i int) string { return fmt.Sprintf("198.51.100.%d\n", i%256) },
		"geo": func(i int) string {
			return fmt.Sprintf("network,country,region,asn,anonymizer,services\n198.51.%d.%d/32,DE,,,,\n", i/256, i%256)
		},
		"broken": func(int) string { return "{" },
		"lines":  func(int) string { return "192.0.2.7\n" },
	}
	names := func(kind, before string) (args []string) {
		for i := range files {
			name := fmt.Sprintf("%s-%d", kind, i)
			if kind == "geo" {
				name += ".csv"
			}
			if _, err := os.Stat(name); err != nil && kind == "folder" {
				require.NoError(t, os.Mkdir(name, 0o755))
				writeFile(t, filepath.Join(name, "geo.csv"), kinds["geo"](i))
			} else if err != nil {
				writeFile(t, name, kinds[kind](i))
			}
			args = append(args, before+name)
		}
		return args
	}
	for name, args := range map[string][]string{
		"replay": names("log", ""), "replay --against zones-0": names("packed", ""), "replay --top 3": names("cut", ""),
		"diff zones-0 zones-1": names("log", "--log="), "check": names("zones", ""), "check --json": names("broken", ""),
		"eval 192.0.2.7": names("zones", "-c="), "explain 192.0.2.7": names("geo", "-g="), "version": names("feed", "--threat="),
		"eval 192.0.2.8": names("feed", "--service=NORD_VPN="), "eval 192.0.2.9": names("broken", "-c="), "eval 192.0.2.10": names("broken", "-g="),
		"eval 192.0.2.11 --within .": names("feed", "--threat="), "eval 192.0.2.12": names("folder", "-g="),
		"test": names("want", ""), "test --run x": names("broken", ""), "check -c .": names("lines", "--must-allow="),
	} {
		t.Run(name, func(t *testing.T) {
			runIn(t, "", append(strings.Fields(name), args[0])...) // what is opened once and kept
			before := descriptors(t)
			result := runIn(t, "", append(strings.Fields(name), args...)...)
			require.LessOrEqual(t, descriptors(t), before, result.stderr)
		})
	}
}
