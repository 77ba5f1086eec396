package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What go test prints names the test that failed and the folder that has it.
func TestReadOutput(t *testing.T) {
	const path = "github.com/netwicket/netwicket/"
	for out, want := range map[string]result{
		"ok  \t" + path + "zone\t1s\n--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/b (0.00s)\nFAIL\nFAIL\t" + path + "decide/gate\t0.1s\nFAIL\n": {"caught", "TestA", "decide/gate.TestA"},
		"--- FAIL: TestA (0.00s)\npanic: nil map\nFAIL\t" + path + "zone\t0.1s\n":                                                               {"caught", "TestA", "zone.TestA"},
		"panic: test timed out after 2m0s\nrunning tests:\n\tTestA (2m0s)\nFAIL\t" + path + "zone\t0.1s\n":                                      {"caught", "panic: test timed out after 2m0s", ""},
		"fatal error: all goroutines are asleep\nFAIL\t" + path + "zone\t0.1s\n":                                                                {"caught", "fatal error: all goroutines are asleep", ""},
		"# " + path + "zone\nzone/a.go:1:2: undefined: x\nFAIL\t" + path + "zone [build failed]\n":                                              {"INVALID", "does not compile: zone/a.go:1:2: undefined: x", ""},
	} {
		require.Equal(t, want, readOutput([]byte(out)), out)
	}
}

// A fault is tried again when the file that has it or the test that noticed it has changed,
// and the test that noticed is asked first, then those that the machine names.
func TestWhatIsRemembered(t *testing.T) {
	root := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	put("zone/a.go", "package zone\n\nfunc f() int {\n\treturn 1\n}\n")
	put("zone/a_test.go", "package zone\n\nfunc TestA(t *testing.T) {}\n")
	put("cmd/internal/mutants/machine/results.txt", "# head\nzone\tf\thash\t3\t0\t0\tzone.TestB decide.TestC\nzone\tf\tSURVIVED\tf: 1 -> 2\n")
	results := filepath.Join(root, "results.txt")
	f := &fault{file: "zone/a.go", what: "one is two", old: "\treturn 1\n", new: "\treturn 2\n"}
	open := func() *bench {
		t.Helper()
		b, err := newBench(root, results, []*fault{f})
		require.NoError(t, err)
		return b
	}
	tasks := func() []task {
		t.Helper()
		found, err := open().tasks([]*fault{f}, false)
		require.NoError(t, err)
		return found
	}
	require.Equal(t, []string{"zone.TestB", "decide.TestC"}, tasks()[0].first)

	remember := func(outcome string) {
		t.Helper()
		b := open()
		hash, err := b.hash(f, "zone.TestA")
		require.NoError(t, err)
		b.memory[f.key()] = known{outcome, hash, "zone.TestA"}
		b.memory["zone/gone.go: a fault that is no more"] = known{outcome, hash, "zone.TestA"}
		require.NoError(t, b.memory.write(results, b.all))
	}
	remember("caught")
	require.Empty(t, tasks())
	require.Len(t, open().memory, 1)
	require.NoError(t, open().survivors([]*fault{f}))
	again, err := open().tasks([]*fault{f}, true)
	require.NoError(t, err)
	require.Equal(t, []string{"zone.TestA", "zone.TestB", "decide.TestC"}, again[0].first)
	put("zone/a_test.go", "package zone\n\nfunc TestA(t *testing.T) { _ = 1 }\n")
	require.Len(t, tasks(), 1)
	remember("caught")
	require.Empty(t, tasks())
	put("zone/a.go", "package zone\n\nfunc f() int {\n\treturn 1\n}\n\nvar other int\n")
	require.Len(t, tasks(), 1)
	remember("SURVIVED")
	require.Len(t, tasks(), 1)
	require.ErrorContains(t, open().survivors([]*fault{f}), "SURVIVED   0 zone/a.go: one is two")

	put("results.txt", "caught\tno more\n")
	_, err = readMemory(results)
	require.ErrorContains(t, err, "results.txt:1:")
}
