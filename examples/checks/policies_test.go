package checks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// built is netwicket, built once for all tests.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "checks")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "netwicket")
	if output, err := exec.Command("go", "build", "-o", path, "github.com/netwicket/netwicket/cmd/netwicket").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return path, nil
})

func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	return path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// Every policy in a ConfigMap is one that netwicket check has nothing against.
func TestPoliciesPassCheck(t *testing.T) {
	count := 0
	for _, r := range rooms(t) {
		for _, c := range of[*corev1.ConfigMap](r) {
			if c.Data["netwicket.json"] == "" {
				continue
			}
			count++
			folder := t.TempDir()
			for name, text := range c.Data {
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
			}
			output, err := exec.Command(program(t), "check", "-c", folder).CombinedOutput()
			require.NoError(t, err, "%s, %s:\n%s", r.name, c.Name, output)
			require.Contains(t, string(output), "0 errors, 0 warnings", "%s, %s", r.name, c.Name)
		}
	}
	require.GreaterOrEqual(t, count, 3)
}

// nginx itself has nothing against the configurations in ConfigMaps.
func TestNginxTakesItsConfigurations(t *testing.T) {
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip("nginx is not installed")
	}
	count := 0
	for _, r := range rooms(t) {
		for _, c := range of[*corev1.ConfigMap](r) {
			text := c.Data["nginx.conf"]
			if text == "" {
				continue
			}
			count++
			folder := t.TempDir()
			// Where it writes in the pod, and what only the cluster resolves.
			text = strings.NewReplacer("/tmp/", folder+"/", ".svc.cluster.local", "", "application.default", "127.0.0.1").Replace(text)
			path := filepath.Join(folder, "nginx.conf")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			output, err := exec.Command("nginx", "-t", "-e", "stderr", "-c", path).CombinedOutput()
			require.NoError(t, err, "%s, %s:\n%s", r.name, c.Name, output)
		}
	}
	require.GreaterOrEqual(t, count, 2)
}

// The rules for Prometheus' operator are those of alerts.yaml, which a test of the program holds
// to its metrics.
func TestRulesAreTheAlerts(t *testing.T) {
	text, err := os.ReadFile("../fleet/alerts.yaml")
	require.NoError(t, err)
	var alerts monitoring.PrometheusRuleSpec
	require.NoError(t, yaml.UnmarshalStrict(text, &alerts))
	require.NotEmpty(t, alerts.Groups)
	count := 0
	for _, r := range rooms(t) {
		for _, rules := range of[*monitoring.PrometheusRule](r) {
			require.Equal(t, alerts, rules.Spec)
			count++
		}
	}
	require.Equal(t, 1, count)
}
