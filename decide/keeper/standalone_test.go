package keeper_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const gateway = `package main

import (
	"context"
	"net/http"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/keeper"
)

func main() {
	k, err := keeper.Open("policy/")
	if err != nil {
		panic(err)
	}
	go k.Run(context.Background())
	panic(http.ListenAndServe(":8080", gate.Wrap(http.NotFoundHandler(), k.Live(), gate.Options{Resolver: k.Resolver()})))
}
`

// TestGatewayStandsAlone builds a gateway in a module of its own, as a stranger
// would: it takes no module but the library's and what those require.
func TestGatewayStandsAlone(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	folder := t.TempDir()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	for name, content := range map[string]string{
		"main.go": gateway,
		"go.sum":  string(sums),
		"go.mod": "module example.com/gateway\n\ngo 1.26.0\n\nrequire github.com/netwicket/netwicket v0.0.0\n\n" +
			"replace github.com/netwicket/netwicket => " + root + "\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	run := func(args ...string) string {
		command := exec.Command("go", args...)
		command.Dir = folder
		command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	run("build", "-o", os.DevNull, ".")
	modules := strings.Fields(run("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "."))
	slices.Sort(modules)
	require.Equal(t, []string{
		"example.com/gateway",
		"github.com/netwicket/netwicket",
		"github.com/oschwald/maxminddb-golang/v2",
		"go4.org/netipx",
		"golang.org/x/sys", // of maxminddb
	}, slices.Compact(modules))
	for line := range strings.Lines(run("list", "-m", "all")) {
		for _, foreign := range []string{"fsnotify", "cobra", "prometheus", "proxyproto", "progressbar"} {
			require.NotContains(t, line, foreign)
		}
	}
}
