package checks

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// pinned is an image whose version says which one it is. Its digest says more, and cannot be looked
// up here.
var pinned = regexp.MustCompile(`^[a-z0-9.-]+(:[0-9]+)?/[a-z0-9./_-]+:v?[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?(@sha256:[0-9a-f]{64})?$`)

// Whatever runs is no root, cannot become it, writes to no image, and has a limit of memory.
func TestContainersAreTight(t *testing.T) {
	count := 0
	for _, r := range rooms(t) {
		for _, w := range r.workloads() {
			pod := w.pod.Spec
			require.NotNil(t, pod.AutomountServiceAccountToken, w.name)
			require.False(t, *pod.AutomountServiceAccountToken, w.name)
			require.NotNil(t, pod.SecurityContext, w.name)
			require.NotNil(t, pod.SecurityContext.RunAsNonRoot, w.name)
			require.True(t, *pod.SecurityContext.RunAsNonRoot, w.name)
			require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type, w.name)
			for _, c := range w.containers() {
				count++
				name := w.name + ": " + c.Name
				require.Regexp(t, pinned, c.Image, name)
				s := c.SecurityContext
				require.NotNil(t, s, name)
				require.NotNil(t, s.ReadOnlyRootFilesystem, name)
				require.True(t, *s.ReadOnlyRootFilesystem, name)
				require.NotNil(t, s.AllowPrivilegeEscalation, name)
				require.False(t, *s.AllowPrivilegeEscalation, name)
				require.Equal(t, []corev1.Capability{"ALL"}, s.Capabilities.Drop, name)
				require.Subset(t, []corev1.Capability{"NET_BIND_SERVICE"}, s.Capabilities.Add, name) // all that "restricted" lets in
				require.NotNil(t, s.RunAsUser, name)
				require.Positive(t, *s.RunAsUser, name)
				require.False(t, c.Resources.Limits.Memory().IsZero(), name)
				require.False(t, c.Resources.Requests.Memory().IsZero(), name)
				require.False(t, c.Resources.Requests.Cpu().IsZero(), name)
				require.True(t, c.Resources.Limits.Cpu().IsZero(), "%s: held up, it holds up requests", name)
			}
		}
	}
	require.Greater(t, count, 6)
}

// services are the containers that run netwicket serve.
func services(t *testing.T, each func(w workload, c corev1.Container)) {
	t.Helper()
	count := 0
	for _, r := range rooms(t) {
		for _, w := range r.workloads() {
			for _, c := range w.containers() {
				if strings.Contains(c.Image, "/netwicket:") {
					each(w, c)
					count++
				}
			}
		}
	}
	require.GreaterOrEqual(t, count, 3)
}

// The program has the flags that it is given.
func TestFlagsExist(t *testing.T) {
	services(t, func(w workload, c corev1.Container) {
		require.Empty(t, c.Command, "the image's entry point is the program")
		require.Equal(t, "serve", c.Args[0], w.name)
		help, err := exec.Command(program(t), c.Args[0], "--help").CombinedOutput()
		require.NoError(t, err, "%s", help)
		for _, argument := range c.Args[1:] {
			if strings.HasPrefix(argument, "-") {
				flag, _, _ := strings.Cut(argument, "=")
				require.Regexp(t, regexp.QuoteMeta(flag)+`[ ,]`, string(help), w.name)
			}
		}
		policy := c.Args[slices.Index(c.Args, "-c")+1]
		require.True(t, slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == policy }), "%s: nothing is mounted at %s", w.name, policy)
	})
}

// The kubelet asks what it should: alive is not ready, and a restart mends no policy.
func TestProbes(t *testing.T) {
	services(t, func(w workload, c corev1.Container) {
		require.Equal(t, "/readyz", c.ReadinessProbe.HTTPGet.Path, w.name)
		require.Equal(t, "/healthz", c.LivenessProbe.HTTPGet.Path, w.name)
		require.Equal(t, "/healthz", c.StartupProbe.HTTPGet.Path, w.name)
	})
}

// There is time to drain: serve's drain and the ten seconds that it gives questions under way, after the hook of
// another container.
func TestThereIsTimeToDrain(t *testing.T) {
	services(t, func(w workload, c corev1.Container) {
		drain, err := time.ParseDuration(c.Args[slices.Index(c.Args, "--drain")+1])
		require.NoError(t, err, w.name)
		require.Positive(t, drain, w.name)
		hook := time.Duration(0)
		for _, other := range w.containers() {
			if other.Lifecycle != nil && other.Lifecycle.PreStop != nil {
				hook = max(hook, time.Duration(other.Lifecycle.PreStop.Sleep.Seconds)*time.Second)
			}
		}
		require.NotNil(t, w.pod.Spec.TerminationGracePeriodSeconds, w.name)
		require.GreaterOrEqual(t, time.Duration(*w.pod.Spec.TerminationGracePeriodSeconds)*time.Second, hook+drain+10*time.Second, w.name)
	})
}

// The collector is told of a limit below the container's, as docs/operations.md wants it.
func TestMemoryLimits(t *testing.T) {
	services(t, func(w workload, c corev1.Container) {
		i := slices.IndexFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == "GOMEMLIMIT" })
		require.GreaterOrEqual(t, i, 0, w.name)
		soft, err := resource.ParseQuantity(strings.TrimSuffix(c.Env[i].Value, "B"))
		require.NoError(t, err, w.name)
		require.Negative(t, soft.Cmp(*c.Resources.Limits.Memory()), w.name)
		require.GreaterOrEqual(t, soft.Value(), int64(24<<20), "docs/guarantees.md: the least that a small policy lives in")
	})
}
