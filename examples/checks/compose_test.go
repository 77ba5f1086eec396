package checks

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// compose reads a Compose file as an engine would: an unknown key, a text for a number, or a volume that
// nobody declares is an error.
func compose(t *testing.T, path, text string) (*types.Project, error) {
	t.Helper()
	folder, err := filepath.Abs(filepath.Dir(path))
	require.NoError(t, err)
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  folder,
		ConfigFiles: []types.ConfigFile{{Filename: path, Content: []byte(text)}},
	}, func(o *loader.Options) { o.SetProjectName("example", true) })
}

// composeFiles are those of the examples.
func composeFiles(t *testing.T) (all []string) {
	t.Helper()
	all, err := filepath.Glob("../*/compose.yaml")
	require.NoError(t, err)
	return all
}

// Every proxy has one.
func TestProxiesHaveComposeFiles(t *testing.T) {
	var folders []string
	for _, path := range composeFiles(t) {
		folders = append(folders, filepath.Base(filepath.Dir(path)))
	}
	require.Subset(t, folders, []string{"caddy", "envoy", "haproxy", "nginx", "traefik"})
}

// The engine takes them, images are pinned, and what is mounted, built or named in a command is in the
// repository.
func TestComposeFiles(t *testing.T) {
	for _, path := range composeFiles(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		project, err := compose(t, path, string(text))
		require.NoError(t, err, path)
		for _, s := range project.Services {
			name := path + ": " + s.Name
			if s.Build != nil {
				require.Empty(t, s.Image, name)
				require.FileExists(t, filepath.Join(s.Build.Context, s.Build.Dockerfile), name)
			} else {
				require.Regexp(t, pinned, s.Image, name)
			}
			require.True(t, s.ReadOnly, name)
			require.Equal(t, []string{"ALL"}, s.CapDrop, name)
			require.Subset(t, []string{"NET_BIND_SERVICE"}, s.CapAdd, name)
			for _, v := range s.Volumes {
				require.Equal(t, types.VolumeTypeBind, v.Type, name)
				require.True(t, v.ReadOnly, name)
				require.DirExists(t, v.Source, "%s: a file that is mounted by itself stays the one it was", name)
			}
			for _, file := range configured(s) {
				require.FileExists(t, file, name)
			}
		}
	}
}

// configured are the files that a command names, where the repository has them.
func configured(s types.ServiceConfig) (all []string) {
	for _, word := range s.Command {
		_, value, found := strings.Cut(word, "=")
		if !found {
			value = word
		}
		if !filepath.IsAbs(value) && strings.Contains(value, ".") && !strings.Contains(value, ":") && s.WorkingDir != "" {
			value = filepath.Join(s.WorkingDir, value)
		}
		for _, v := range s.Volumes {
			if inside, found := strings.CutPrefix(value, v.Target+"/"); found {
				all = append(all, filepath.Join(v.Source, inside))
			}
		}
	}
	return all
}

// Ports of this machine that a configuration names. Envoy's has URIs besides, which it does not
// connect to.
var (
	ports      = regexp.MustCompile(`(?m)127\.0\.0\.1:(\d+)|^:(\d+) \{`)
	envoyPorts = regexp.MustCompile(`address: 127\.0\.0\.1, port_value: (\d+)`)
)

// The proxy asks where netwicket listens, listens where README.md says, and passes requests on to where
// the application listens; all are on the host's network.
func TestComposeAgreesWithItsConfiguration(t *testing.T) {
	for _, path := range composeFiles(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		project, err := compose(t, path, string(text))
		require.NoError(t, err, path)
		policy := project.Services["netwicket"]
		require.Len(t, policy.Volumes, 1, path)
		require.Equal(t, types.ShellCommand{"serve", "-c", policy.Volumes[0].Target}, policy.Command[:3], path)
		var file struct {
			Serve struct{ Listen string }
			Edge  struct{ Trusted []string }
		}
		content, err := os.ReadFile(filepath.Join(policy.Volumes[0].Source, "netwicket.json"))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(content, &file))
		require.Contains(t, file.Edge.Trusted, "127.0.0.1", path)

		proxy := filepath.Base(filepath.Dir(path))
		require.Contains(t, project.Services, proxy, path)
		files := configured(project.Services[proxy])
		require.Len(t, files, 1, path)
		named := map[string]bool{}
		for _, content := range withNamed(t, files[0]) {
			pattern := ports
			if strings.Contains(content, "port_value:") {
				pattern = envoyPorts
			}
			for _, match := range pattern.FindAllStringSubmatch(content, -1) {
				named[strings.Join(match[1:], "")] = true
			}
		}
		all := slices.Sorted(maps.Keys(named))
		for _, want := range []string{"8080", "8000", file.Serve.Listen[strings.LastIndex(file.Serve.Listen, ":")+1:]} {
			require.Contains(t, all, want, path)
		}
		if application, found := project.Services["application"]; found {
			require.Contains(t, application.Command, "127.0.0.1:8000", path)
		}
		for _, s := range project.Services {
			require.Equal(t, "host", s.NetworkMode, "%s: %s", path, s.Name)
			require.Empty(t, s.Ports, "%s: the host's network has no published ports", path)
		}
	}
}

// withNamed are the texts of a configuration and of the files beside it that it names.
func withNamed(t *testing.T, path string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	all = append(all, string(text))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, entry := range entries {
		if entry.Name() == filepath.Base(path) || !strings.Contains(string(text), entry.Name()) {
			continue
		}
		more, err := os.ReadFile(filepath.Join(filepath.Dir(path), entry.Name()))
		require.NoError(t, err)
		all = append(all, string(more))
	}
	return all
}

// What Compose's loader refuses.
func TestWhatIsNoComposeFile(t *testing.T) {
	for name, text := range map[string]string{
		"an unknown key":       "services: {a: {image: b, volume: [c]}}",
		"no image":             "services: {a: {command: [b]}}",
		"an undeclared volume": "services: {a: {image: b, volumes: ['data:/d']}}",
	} {
		_, err := compose(t, "../nginx/compose.yaml", text)
		require.Error(t, err, name)
	}
}
