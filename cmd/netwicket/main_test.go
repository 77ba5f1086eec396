package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ran is what one run of the program did.
type ran struct {
	code        int
	out, stderr string
}

// runIn runs the program in the test's working directory.
func runIn(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	var out, stderr bytes.Buffer
	code := run(append([]string{}, args...), strings.NewReader(stdin), &out, &stderr) // nil would be those of the test
	return ran{code, out.String(), stderr.String()}
}

// folder makes a folder of files and goes there.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	t.Chdir(dir)
}

// objects are the JSON objects of an output, one a line.
func objects(t *testing.T, out string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(out) {
		var object map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &object), line)
		list = append(list, object)
	}
	return list
}

// acme is a small organisation, written so that every layer has a say.
func acme(t *testing.T) {
	t.Helper()
	folder(t, map[string]string{
		"netwicket.json": `{
			"okta": {"zones": ["zones.json"], "rules": ["rules.json"]},
			"sailpoint": {"networkConfig": "network.json"},
			"geo": ["geo.csv"]
		}`,
		"zones.json": `[
			{"type":"IP","id":"nzoffice","name":"Office","status":"ACTIVE","usage":"POLICY","system":false,
			 "gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"RANGE","value":"10.0.0.1"}]},
			{"type":"IP","id":"nzblock","name":"BlockedIpZone","status":"ACTIVE","usage":"BLOCKLIST","system":true,
			 "gateways":[{"type":"CIDR","value":"203.0.113.0/24"}],"proxies":null},
			{"type":"DYNAMIC","id":"nzde","name":"Germany","status":"ACTIVE","usage":"POLICY","system":false,
			 "locations":[{"country":"DE"}]}]`,
		"rules.json": `[
			{"name":"Office in","priority":1,"conditions":{"network":{"connection":"ZONE","include":["nzoffice"]}},"actions":{"signon":{"access":"ALLOW"}}},
			{"name":"Germany in","priority":2,"conditions":{"network":{"connection":"ZONE","include":["nzde"]}},"actions":{"signon":{"access":"ALLOW"}}},
			{"name":"All out","priority":3,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}]`,
		"network.json": `{"range":["192.0.2.0/24","2001:db8::/32","198.51.100.0/24"],"geolocation":["DE"],"whitelisted":true}`,
		"geo.csv": "network,country,region,asn,anonymizer,services\n" +
			"192.0.2.0/24,DE,DE-BE,64500,none,-\n198.51.100.0/25,DE,,,anonymous,NORD_VPN=anonymous\n198.51.100.128/25,FR,,,,\n",
	})
}

// proving says that counts are those of the proofs; else they are samples.
func proving() bool { return os.Getenv("NETWICKET_PROVE") != "" }

func TestMain(m *testing.M) {
	os.Unsetenv("NO_COLOR")
	if os.Getenv(programChild) != "" {
		main()
		os.Exit(99) // main has ended the program
	}
	os.Exit(m.Run())
}

// writeFile puts one more file into the test's folder.
func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
}

// The program has the process's arguments and streams, and ends with the code of what it did.
func TestMainIsTheProgram(t *testing.T) {
	acme(t)
	self, err := os.Executable()
	require.NoError(t, err)
	var out, stderr bytes.Buffer
	child := exec.Command(self, "eval", "203.0.113.9", "-", "--json")
	child.Env = append(os.Environ(), programChild+"=1")
	child.Stdin, child.Stdout, child.Stderr = strings.NewReader("192.0.2.1\n"), &out, &stderr
	require.Error(t, child.Run())
	require.Equal(t, 2, child.ProcessState.ExitCode(), stderr.String())
	require.Empty(t, stderr.String())
	require.Equal(t, []any{"deny", "allow"}, []any{objects(t, out.String())[0]["decision"], objects(t, out.String())[1]["decision"]})
	child = exec.Command(self, "evaluate")
	child.Env = append(os.Environ(), programChild+"=1")
	out.Reset()
	child.Stdout, child.Stderr = &out, &stderr
	require.Error(t, child.Run())
	require.Equal(t, 1, child.ProcessState.ExitCode())
	require.Empty(t, out.String())
	require.Contains(t, stderr.String(), `unknown command "evaluate"`)
}

// main.go stays a doorway: what is there to test is elsewhere.
func TestMainIsShort(t *testing.T) {
	text, err := os.ReadFile("main.go")
	require.NoError(t, err)
	require.LessOrEqual(t, strings.Count(string(text), "\n"), 20)
}
