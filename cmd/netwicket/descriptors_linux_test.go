package main

import (
	"fmt"
	"os"
	"runtime/debug"
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

// Every file is closed that a command opened: a thousand logs or documents leave no
// descriptor behind. The collector, which closes files that nobody knows any more,
// is off meanwhile.
func TestFilesAreClosed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	const files = 1000
	acme(t)
	var logs, documents, expectations []string
	for i := range files {
		log, document, expected := fmt.Sprintf("%d.log", i), fmt.Sprintf("zones-%d.json", i), fmt.Sprintf("expect-%d.json", i)
		writeFile(t, log, `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`+"\n")
		writeFile(t, document, fmt.Sprintf(`[{"type":"IP","id":"z%d","name":"Zone %d","system":false,"gateways":[{"type":"CIDR","value":"192.0.2.%d/32"}]}]`, i, i, i%256))
		writeFile(t, expected, `[{"remote":"192.0.2.7","want":{"decision":"allow"}}]`)
		logs, documents, expectations = append(logs, log), append(documents, document), append(expectations, expected)
	}
	for name, args := range map[string][]string{"replay": logs, "check": documents, "test": expectations} {
		t.Run(name, func(t *testing.T) {
			runIn(t, "", name, args[0]) // what is opened once and kept
			before := descriptors(t)
			result := runIn(t, "", append([]string{name}, args...)...)
			require.Zero(t, result.code, result.stderr)
			require.LessOrEqual(t, descriptors(t), before)
		})
	}
}
