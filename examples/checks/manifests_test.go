package checks

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// manifest is an object of a file.
type manifest struct {
	file   string
	meta   metav1.Object
	object any
}

func (m manifest) String() string { return m.file + ": " + m.meta.GetName() }

// room is the manifests of a folder, which are applied together.
type room struct {
	name string
	all  []manifest
}

// rooms are the folders below examples that hold manifests.
func rooms(t *testing.T) (all []*room) {
	t.Helper()
	byFolder := map[string]*room{}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, document := range documents(text) {
			var head metav1.TypeMeta
			if yaml.Unmarshal(document, &head) != nil || head.APIVersion == "" || head.Kind == "" {
				return nil // of another program
			}
			object, err := decode(document)
			require.NoError(t, err, "%s, %s", path, head.Kind)
			folder := filepath.Dir(path)
			if byFolder[folder] == nil {
				byFolder[folder] = &room{name: folder}
				all = append(all, byFolder[folder])
			}
			meta, is := object.(metav1.Object)
			require.True(t, is, path)
			byFolder[folder].all = append(byFolder[folder].all, manifest{path, meta, object})
		}
		return nil
	}))
	return all
}

// of are the objects of a type.
func of[T any](r *room) (all []T) {
	for _, m := range r.all {
		if object, is := m.object.(T); is {
			all = append(all, object)
		}
	}
	return all
}

// Every manifest of the examples is what its API takes: rooms holds each to its type. No two are
// the same object.
func TestManifestsFitTheirTypes(t *testing.T) {
	count := 0
	for _, r := range rooms(t) {
		seen := map[string]bool{}
		for _, m := range r.all {
			var head metav1.TypeMeta
			text, err := yaml.Marshal(m.object)
			require.NoError(t, err)
			require.NoError(t, yaml.Unmarshal(text, &head))
			id := strings.Join([]string{head.Kind, m.meta.GetNamespace(), m.meta.GetName()}, " ")
			require.NotEmpty(t, m.meta.GetName(), m.file)
			require.False(t, seen[id], "%s: %s stands twice", r.name, id)
			seen[id] = true
			count++
		}
	}
	require.Greater(t, count, 25)
}

// What a schema refuses is refused here too.
func TestWhatIsNoManifest(t *testing.T) {
	for name, text := range map[string]string{
		"an unknown field":           "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {port: [80]}",
		"a field twice":              "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nmetadata: {name: b}",
		"a text for a number":        "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: two}",
		"an unknown field of EG":     "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nspec: {extAuth: {failClosed: true}}",
		"an unknown field of Istio":  "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nspec: {action: CUSTOM, providers: {name: a}}",
		"an unknown field of a mesh": "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {meshConfig: {extensionProvider: []}}",
		"an unknown kind":            "apiVersion: v1\nkind: Services\nmetadata: {name: a}",
		"another version":            "apiVersion: apps/v1beta1\nkind: Deployment",
	} {
		_, err := decode([]byte(text))
		require.Error(t, err, name)
	}
}
