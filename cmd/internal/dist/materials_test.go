//go:build unix

package dist_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// cycloneDX is the schema of bills of materials, as CycloneDX's own library for Go
// brings it along, which cyclonedx-gomod writes with.
func cycloneDX(t *testing.T) *jsonschema.Schema {
	t.Helper()
	list := exec.Command("go", "mod", "download", "-json", "github.com/CycloneDX/cyclonedx-go")
	list.Dir = filepath.Join(root, "cmd", "packaging", "tools")
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	require.NoError(t, err)
	var module struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &module))
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, name := range []string{"bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schemax.json"} {
		file, err := os.Open(filepath.Join(module.Dir, "schema", name))
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(file)
		require.NoError(t, file.Close())
		require.NoError(t, err)
		require.NoError(t, compiler.AddResource(document.(map[string]any)["$id"].(string), document))
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	require.NoError(t, err)
	return schema
}

// TestBillOfMaterials: it is valid, names exactly what the program says that it is made
// of, and has a number that follows from the program.
func TestBillOfMaterials(t *testing.T) {
	made := dist(t)
	schema := cycloneDX(t)
	paths, err := filepath.Glob(filepath.Join(made.folder, "*.cdx.json"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(document), path)
		delete(document.(map[string]any), "bomFormat")
		require.Error(t, schema.Validate(document), "the schema refuses what is no bill")
	}

	text, err := os.ReadFile(made.file(".cdx.json"))
	require.NoError(t, err)
	type component struct{ Name, Version string }
	var bill struct {
		SerialNumber string
		Metadata     struct {
			Timestamp string
			Component component
		}
		Components []component
	}
	require.NoError(t, json.Unmarshal(text, &bill))
	require.Equal(t, component{"github.com/netwicket/netwicket/cmd", "v" + made.version}, bill.Metadata.Component)
	require.Empty(t, bill.Metadata.Timestamp)

	folder, _ := unpacked(t, made)
	program := filepath.Join(folder, "netwicket")
	want := append(modules(t, program), "std@"+strings.TrimSpace(say(t, "go", "env", "GOVERSION")), "github.com/netwicket/netwicket@v"+made.version)
	var got []string
	for _, c := range bill.Components {
		got = append(got, c.Name+"@"+c.Version)
	}
	require.ElementsMatch(t, want, got)

	content, err := os.ReadFile(program)
	require.NoError(t, err)
	sum := sha256.Sum256(content)
	number := sum[:16] // RFC 9562, section 5.8: version 8 is of our own making
	number[6], number[8] = number[6]&0x0f|0x80, number[8]&0x0f|0x80
	digits := hex.EncodeToString(number)
	require.Equal(t, "urn:uuid:"+strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-"), bill.SerialNumber)
}
