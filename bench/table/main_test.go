package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const raw = `data: real (somewhere)
goos: linux
cpu: Some CPU
BenchmarkPeers/netwicket/v4-2   	 100	  20.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkPeers/netwicket/v4-2   	 100	  30.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkPeers/netwicket/v4-2   	 100	 900.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkPeers/netwicket/v6-2   	 100	  40.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkPeers/bart-fast/v4     	 100	  60.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkPeers/bart-fast/v6     	 100	 120.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkPeers/opa/v4-16        	   1	 12345678 ns/op	 5 B/op	 7 allocs/op
BenchmarkCompile/full           	   1	 2000000000 ns/op	 9000000 policy-bytes	 8 B/op	 9 allocs/op
PASS
ok  	some/package	1.2s
`

func parsed(t *testing.T) *results {
	t.Helper()
	r := newResults()
	require.NoError(t, r.read("raw.txt", raw))
	return r
}

func TestMediansOfAllRuns(t *testing.T) {
	r := parsed(t)
	median, found := r.measured("Peers/netwicket/v4", "ns/op")
	require.True(t, found)
	require.Equal(t, 30.0, median)
	require.NoError(t, r.read("more.txt", "BenchmarkPeers/netwicket/v4-2 100 40.0 ns/op\n"))
	median, _ = r.measured("Peers/netwicket/v4", "ns/op")
	require.Equal(t, 35.0, median, "of an even number the middle between the two")
	require.Equal(t, "Some CPU", r.config["cpu"])
	_, found = r.measured("Peers/netwicket/v4", "policy-bytes")
	require.False(t, found)
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	r := newResults()
	require.NoError(t, r.read("raw.txt", `BenchmarkOurs 1 10 ns/op
BenchmarkPeer 1 20 ns/op
BenchmarkOurs 1 90 ns/op
BenchmarkPeer 1 100 ns/op
BenchmarkOurs 1 20 ns/op
BenchmarkPeer 1 80 ns/op
BenchmarkOnce 1 40 ns/op
`))
	ratio, found := r.ratio("Ours", "Peer")
	require.True(t, found)
	require.Equal(t, 0.5, ratio, "the middle of 0.5, 0.9 and 0.25, not 20/80")
	ratio, found = r.ratio("Ours", "Once")
	require.True(t, found)
	require.Equal(t, 0.5, ratio, "rounds that are no pairs: of the medians")
	_, found = r.ratio("Ours", "Never")
	require.False(t, found)
	_, found = r.ratio("Never", "Never")
	require.False(t, found)
}

func TestProcessorTimeIsPreferred(t *testing.T) {
	r := newResults()
	require.NoError(t, r.read("raw.txt", `BenchmarkOurs 1 100 ns/op 10 cpu-ns/op
BenchmarkPeer 1 100 ns/op 40 cpu-ns/op
BenchmarkByTheClock 1 50 ns/op
`))
	ratio, _ := r.ratio("Ours", "Peer")
	require.Equal(t, 0.25, ratio)
	ratio, _ = r.ratio("Ours", "ByTheClock")
	require.Equal(t, 2.0, ratio)
	require.Equal(t, "10.0 ns", r.time("Ours"))
	require.Equal(t, "50.0 ns", r.time("ByTheClock"))
	require.Empty(t, r.time("Never"))
}

func TestWhatIsNoResultIsAnError(t *testing.T) {
	for _, line := range []string{"BenchmarkX 1 2", "BenchmarkX 1 many ns/op", "BenchmarkX-2"} {
		require.ErrorContains(t, newResults().read("raw.txt", "goos: linux\n"+line+"\n"), "raw.txt:2", line)
	}
	require.ErrorContains(t, run(nil, nil), "no benchmark results")
}

func TestTables(t *testing.T) {
	r := parsed(t)
	require.Equal(t, `|  | answers | IPv4 | times | IPv6 | times | allocations |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
| netwicket | allow or deny | 30.0 ns | 1.0 | 40.0 ns | 1.0 | 0 |
| bart-fast | the country | 60.0 ns | 2.0 | 120 ns | 3.0 | 0 |
| opa | allow or deny | 12 ms | 411523 |  |  | 7 |
`, r.peers())
	require.Equal(t, `| what | goal | measured | reached |
| --- | ---: | ---: | --- |
| Decide / bart-fast, IPv4 | at most 0.33 | 0.5 | no |
| Decide / bart-fast, IPv6 | at most 0.42 | 0.333 | yes |
| compile, databases included | at most 380 ms | 2000 ms | no |
| policy in memory | at most 10 MB | 9 MB | yes |
`, r.goals())
}

func TestGrowthIsComparedWithTheHalf(t *testing.T) {
	r := newResults()
	require.NoError(t, r.read("raw.txt", `BenchmarkGrowth/zones=10000-2 1 2000000000 ns/op 900000000 allocated-bytes 60000000 policy-bytes
BenchmarkGrowth/zones=5000-2 1 1000000000 ns/op 500000000 allocated-bytes 28500000 policy-bytes
BenchmarkGrowth/zones=1000-2 1 100000000 ns/op 200000000 allocated-bytes 12400000 policy-bytes
BenchmarkGrowth/rules=200-2 1 50000 ns/op
BenchmarkGrowth/rules=100-2 1 20000 ns/op
`))
	require.Equal(t, `|  | compile | times the half | allocated | policy |
| --- | ---: | ---: | ---: | ---: |
| 1,000 zones | 100 ms |  | 200 MB | 12.4 MB |
| 5,000 zones | 1000 ms |  | 500 MB | 28.5 MB |
| 10,000 zones | 2000 ms | 2.0 | 900 MB | 60 MB |
| 100 rules | 20 µs |  |  |  |
| 200 rules | 50 µs | 2.5 |  |  |
`, r.growth())
	dearest, found := r.dearestDoubling()
	require.True(t, found)
	require.Equal(t, 2.5, dearest)
	_, found = newResults().dearestDoubling()
	require.False(t, found)
}

func TestTablesGoWhereTheirPlaceIs(t *testing.T) {
	dir := t.TempDir()
	results, readme := filepath.Join(dir, "raw.txt"), filepath.Join(dir, "README.md")
	require.NoError(t, os.WriteFile(results, []byte(raw), 0o600))
	require.NoError(t, os.WriteFile(readme, []byte("before\n<!-- table goals -->\nold\n<!-- end -->\nafter\n"), 0o600))
	for range 2 {
		require.NoError(t, run([]string{results}, []string{readme}))
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		require.Equal(t, "before\n<!-- table goals -->\n"+parsed(t).goals()+"<!-- end -->\nafter\n", string(text))
	}
	require.NoError(t, os.WriteFile(readme, []byte("no place\n"), 0o600))
	require.ErrorContains(t, run([]string{results}, []string{readme}), "no place")
	require.NoError(t, os.WriteFile(readme, []byte("<!-- table goals -->\n"), 0o600))
	require.ErrorContains(t, run([]string{results}, []string{readme}), "without")
}
