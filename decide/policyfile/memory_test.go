package policyfile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// What loading and compiling may take: this much, and so many times the size of
// the documents.
const (
	memoryBase  = 16 << 20
	memoryTimes = 50
)

// measuredFolder names the folder that a child process loads and measures.
const measuredFolder = "NETWICKET_MEASURED_FOLDER"

// memory is what a child process saw.
type memory struct {
	Peak     uint64 // the largest heap while loading and compiling
	Retained uint64 // what the policy keeps
	Findings int
	Compiled bool
}

// TestMain turns the test's own program into the child process.
func TestMain(m *testing.M) {
	if folder := os.Getenv(measuredFolder); folder != "" {
		if err := json.NewEncoder(os.Stdout).Encode(measure(folder)); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// measure loads a policy with a collector that lets next to no garbage lie about,
// so that the heap that the process ever had is what was in use at the same time.
func measure(folder string) memory {
	debug.SetGCPercent(10)
	parts, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	var found finding.List
	if errors.As(err, &found) || err == nil {
		found = append(found, parts.Findings...)
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m := memory{Peak: stats.HeapSys, Findings: len(found), Compiled: policy != nil}
	runtime.GC()
	runtime.ReadMemStats(&stats)
	m.Retained = stats.HeapAlloc
	runtime.KeepAlive(parts)
	runtime.KeepAlive(policy)
	return m
}

func list(n int, element func(k int) string) string {
	var b strings.Builder
	for k := range n {
		b.WriteString(element(k))
		if k < n-1 {
			b.WriteByte(',')
		}
	}
	return "[" + b.String() + "]"
}

func address(first byte, k int) string {
	return fmt.Sprintf("%d.%d.%d.%d", first, k>>16&255, k>>8&255, k&255)
}

// documents are the worst that was thought of, by file name.
func documents() map[string]map[string]string {
	const zones, rules = 10_000, 100_000
	tiny := list(zones, func(k int) string {
		return fmt.Sprintf(`{"type":"IP","id":"%d","name":"%d","gateways":[{"type":"RANGE","value":"%s"}]}`, k, k, address(10, 2*k))
	})
	rule := func(access, list, id string) string {
		return `{"conditions":{"network":{"connection":"ZONE","` + list + `":["` + id + `"]}},"actions":{"signon":{"access":"` + access + `"}}}`
	}
	values := func(value string, n int) string { return list(n, func(int) string { return value }) }
	return map[string]map[string]string{
		"zones of one address": {"zones.json": tiny},
		"zones in one another": {"zones.json": list(zones, func(k int) string {
			return fmt.Sprintf(`{"type":"IP","name":"%d","gateways":[{"type":"RANGE","value":"%s-%s"}]}`, k, address(10, k), address(10, 1<<24-1-k))
		})},
		"zones of everything, and ranges that cut it": {"zones.json": list(zones, func(k int) string {
			if k < zones-100 {
				return fmt.Sprintf(`{"type":"IP","name":"%d","gateways":[{"type":"CIDR","value":"0.0.0.0/0"}]}`, k)
			}
			return fmt.Sprintf(`{"type":"IP","name":"%d","gateways":%s}`, k, list(1000, func(i int) string {
				return `{"type":"RANGE","value":"` + address(10, 2*(1000*(zones-k)+i)) + `"}`
			}))
		})},
		"proxies that cross": {"zones.json": list(zones, func(k int) string {
			return fmt.Sprintf(`{"type":"IP","name":"%d","gateways":[{"type":"RANGE","value":"%s"}],"proxies":%s}`, k, address(10, k), list(4, func(i int) string {
				return fmt.Sprintf(`{"type":"CIDR","value":"%s/%d"}`, address(10, k*7919+i*104729), 12+(k+i)%20)
			}))
		})},
		"dynamic zones": {"zones.json": list(zones, func(k int) string {
			return fmt.Sprintf(`{"type":"DYNAMIC","id":"%d","name":"%d","asns":["%d"]}`, k, k, k+1)
		}), "geo.csv": "network,country,region,asn,anonymizer,services\n" + strings.NewReplacer("[", "", "]", "", ";,", "\n", ";", "\n").Replace(list(zones, func(k int) string {
			return fmt.Sprintf("%s/32,US,,%d,,;", address(10, 2*k), k+1)
		}))},
		"a rule for many zones": {"zones.json": tiny, "rules.json": list(rules, func(k int) string {
			return rule("ALLOW", "include", fmt.Sprint(k%zones))
		})},
		"rules about all zones": {"zones.json": tiny, "rules.json": list(rules, func(k int) string {
			return rule([]string{"ALLOW", "DENY"}[k%2], "exclude", "ALL_ZONES")
		})},
		"zones in many rules": {"zones.json": tiny, "rules.json": list(rules/100, func(k int) string {
			return `{"conditions":{"network":{"connection":"ZONE","include":` + list(100, func(i int) string {
				return fmt.Sprintf(`"%d"`, (k*31+i*101)%zones)
			}) + `}},"actions":{"signon":{"access":"DENY"}}}`
		})},
		"too many zones":         {"zones.json": values(`{"type":"IP","name":"a","gateways":[{"type":"RANGE","value":"192.0.2.1"}]}`, 120_000)},
		"too many rules":         {"rules.json": values(rule("ALLOW", "include", "a"), 110_000)},
		"one zone of ranges":     {"zones.json": `{"type":"IP","name":"a","gateways":` + list(50_000, func(k int) string { return `{"type":"RANGE","value":"` + address(1, 2*k) + `"}` }) + `}`},
		"one zone of ASNs":       {"zones.json": `{"type":"DYNAMIC","name":"a","asns":` + values(`1`, 300_000) + `}`, "geo.csv": "network,country,region,asn,anonymizer,services\n192.0.2.1,US,,1,,\n"},
		"zones without anything": {"zones.json": values(`{}`, 110_000)},
		"what is no zone":        {"zones.json": values(`1`, 400_000)},
		"what is no gateway":     {"zones.json": `{"type":"IP","name":"a","gateways":` + values(`1`, 400_000) + `}`},
		"empty lists":            {"zones.json": values(`[]`, 400_000)},
		"deep lists":             {"zones.json": values(strings.Repeat("[", 60)+strings.Repeat("]", 60), 10_000)},
		"a long text":            {"zones.json": `{"type":"IP","name":"` + strings.Repeat("a", 4<<20) + `","gateways":null}`},
		"escaped text":           {"zones.json": `{"type":"IP","name":"` + strings.Repeat(`\u00e4`, 1<<20) + `","gateways":null}`},
		"keys given twice":       {"zones.json": "{" + strings.Trim(values(`"a":1`, 100_000), "[]") + "}"},
		"a feed":                 {"feed.txt": strings.NewReplacer("[", "", "]", "", ",", "\n").Replace(list(500_000, func(k int) string { return fmt.Sprintf("%d.%d.%d.1", 1+k/100_000, k/100%100, k%100) }))},
		"a feed of anything":     {"feed.txt": strings.Repeat("x\n", 400_000)},
		"countries of SailPoint": {"network.json": `{"range":null,"geolocation":` + values(`"US"`, 10_000) + `,"whitelisted":true}`},
	}
}

// writePolicy writes documents and a policy file that names them.
func writePolicy(t *testing.T, files map[string]string) (folder string, size int) {
	t.Helper()
	folder = t.TempDir()
	okta, policy := map[string]any{}, map[string]any{}
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
		size += len(text)
		switch name {
		case "zones.json":
			okta["zones"] = []string{name}
		case "rules.json":
			okta["rules"] = []string{name}
		case "feed.txt":
			okta["threatFeeds"] = []string{name}
		case "network.json":
			policy["sailpoint"] = map[string]any{"networkConfig": name}
		case "geo.csv":
			policy["geo"] = []string{name}
		}
	}
	if _, feed := files["feed.txt"]; feed {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "threat.json"), []byte(`{"action":"block","excludeZones":[]}`), 0o600))
		okta["threatInsight"] = "threat.json"
	}
	if len(okta) > 0 {
		policy["okta"] = okta
	}
	text, err := json.Marshal(policy)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, policyfile.FileName), text, 0o600))
	return folder, size
}

// TestDocumentsTakeLittleMemory: no document within the limits, nor one beyond
// them, takes more than fifty times its size, neither for good nor for a moment.
// See docs/semantics.md, policy-9.
func TestDocumentsTakeLittleMemory(t *testing.T) {
	if os.Getenv("NETWICKET_PROVE") == "" {
		t.Skip("documents of megabytes, each read by a process of its own: NETWICKET_PROVE=1 asks for it, as prove -short does")
	}
	program, err := os.Executable()
	require.NoError(t, err)
	for name, files := range documents() {
		t.Run(name, func(t *testing.T) {
			folder, size := writePolicy(t, files)
			child := exec.Command(program)
			child.Env = append(os.Environ(), measuredFolder+"="+folder)
			child.Stderr = os.Stderr
			out, err := child.Output()
			require.NoError(t, err)
			var m memory
			require.NoError(t, json.Unmarshal(out, &m))
			t.Logf("%8d bytes, peak %4d MB (%d times), retained %4d MB, %d findings, compiled %v",
				size, m.Peak>>20, m.Peak/uint64(size), m.Retained>>20, m.Findings, m.Compiled)
			limit := uint64(memoryBase + memoryTimes*size)
			require.Less(t, m.Peak, limit, "at its peak")
			require.Less(t, m.Retained, limit, "for good")
		})
	}
}
