package checks

import (
	"slices"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// workload is what makes pods.
type workload struct {
	name, namespace string
	selector        *metav1.LabelSelector
	pod             corev1.PodTemplateSpec
}

// workloads are those of a room.
func (r *room) workloads() (all []workload) {
	for _, m := range r.all {
		switch o := m.object.(type) {
		case *appsv1.Deployment:
			all = append(all, workload{m.String(), o.Namespace, o.Spec.Selector, o.Spec.Template})
		case *appsv1.DaemonSet:
			all = append(all, workload{m.String(), o.Namespace, o.Spec.Selector, o.Spec.Template})
		case *appsv1.StatefulSet:
			all = append(all, workload{m.String(), o.Namespace, o.Spec.Selector, o.Spec.Template})
		}
	}
	return all
}

// containers are all of a pod, those that start first included.
func (w workload) containers() []corev1.Container {
	return slices.Concat(w.pod.Spec.InitContainers, w.pod.Spec.Containers)
}

// listens says whether a container of the pod has a port of this name or number.
func (w workload) listens(port intstr.IntOrString) bool {
	return slices.ContainsFunc(w.containers(), func(c corev1.Container) bool { return has(c, port) })
}

func has(c corev1.Container, port intstr.IntOrString) bool {
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
		return port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal
	})
}

// chosen are the workloads whose pods a selector chooses, of which there has to be one.
func (r *room) chosen(t *testing.T, by, namespace string, selector *metav1.LabelSelector) (all []workload) {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	require.NoError(t, err, by)
	for _, w := range r.workloads() {
		if w.namespace == namespace && s.Matches(labels.Set(w.pod.Labels)) {
			all = append(all, w)
		}
	}
	require.NotEmpty(t, all, "%s chooses no pod", by)
	return all
}

func matching(labels map[string]string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: labels}
}

// Selectors choose pods that are there, and the ports that they are asked at.
func TestSelectorsChoosePods(t *testing.T) {
	for _, r := range rooms(t) {
		for _, w := range r.workloads() {
			s, err := metav1.LabelSelectorAsSelector(w.selector)
			require.NoError(t, err)
			require.True(t, s.Matches(labels.Set(w.pod.Labels)), "%s chooses other pods than its own", w.name)
			require.False(t, s.Empty(), w.name)
		}
		for _, s := range of[*corev1.Service](r) {
			if s.Spec.Type == corev1.ServiceTypeExternalName {
				continue
			}
			for _, w := range r.chosen(t, s.Name, s.Namespace, matching(s.Spec.Selector)) {
				for _, port := range s.Spec.Ports {
					require.True(t, w.listens(port.TargetPort), "service %s: %s has no port %s", s.Name, w.name, &port.TargetPort)
				}
			}
		}
		for _, b := range of[*policyv1.PodDisruptionBudget](r) {
			r.chosen(t, b.Name, b.Namespace, b.Spec.Selector)
		}
		for _, p := range of[*networkingv1.NetworkPolicy](r) {
			for _, w := range r.chosen(t, p.Name, p.Namespace, &p.Spec.PodSelector) {
				for _, rule := range p.Spec.Ingress {
					for _, port := range rule.Ports {
						require.True(t, w.listens(*port.Port), "network policy %s: %s has no port %s", p.Name, w.name, port.Port)
					}
				}
			}
		}
	}
}

// Prometheus finds what it is to scrape, by the name of a port.
func TestMonitorsFindPorts(t *testing.T) {
	count := 0
	for _, r := range rooms(t) {
		for _, m := range of[*monitoring.ServiceMonitor](r) {
			s, err := metav1.LabelSelectorAsSelector(&m.Spec.Selector)
			require.NoError(t, err)
			found := 0
			for _, service := range of[*corev1.Service](r) {
				if !s.Matches(labels.Set(service.Labels)) || !slices.Contains(m.Spec.NamespaceSelector.MatchNames, service.Namespace) {
					continue
				}
				found++
				for _, endpoint := range m.Spec.Endpoints {
					require.True(t, slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == endpoint.Port }), "%s: %s", m.Name, endpoint.Port)
					require.Equal(t, "/metrics", endpoint.Path)
				}
			}
			require.NotZero(t, found, m.Name)
			count++
		}
		for _, m := range of[*monitoring.PodMonitor](r) {
			s, err := metav1.LabelSelectorAsSelector(&m.Spec.Selector)
			require.NoError(t, err)
			found := 0
			for _, w := range r.workloads() {
				if !s.Matches(labels.Set(w.pod.Labels)) {
					continue
				}
				found++
				for _, endpoint := range m.Spec.PodMetricsEndpoints {
					require.True(t, w.listens(intstr.FromString(*endpoint.Port)), "%s: %s", m.Name, w.name)
					require.Equal(t, "/metrics", endpoint.Path)
				}
			}
			require.NotZero(t, found, m.Name)
			count++
		}
	}
	require.GreaterOrEqual(t, count, 2)
}

// made are ConfigMaps that a program makes, and so stand in no manifest.
var made = []string{"netwicket-release"} // fleet configmap put

// What is mounted is a volume of the pod, what a volume holds is there, and what a probe asks is a port of its container.
func TestPodsHaveWhatTheyName(t *testing.T) {
	for _, r := range rooms(t) {
		for _, w := range r.workloads() {
			volumes := map[string]bool{}
			for _, v := range w.pod.Spec.Volumes {
				volumes[v.Name] = false
				if v.ConfigMap != nil && !slices.Contains(made, v.ConfigMap.Name) {
					require.True(t, slices.ContainsFunc(of[*corev1.ConfigMap](r), func(c *corev1.ConfigMap) bool {
						return c.Name == v.ConfigMap.Name && c.Namespace == w.namespace
					}), "%s: there is no ConfigMap %s in %s", w.name, v.ConfigMap.Name, r.name)
				}
			}
			for _, c := range w.containers() {
				for _, m := range c.VolumeMounts {
					_, found := volumes[m.Name]
					require.True(t, found, "%s: %s mounts %s", w.name, c.Name, m.Name)
					require.Empty(t, m.SubPath, "%s: with subPath changes never arrive", w.name)
					volumes[m.Name] = true
				}
				for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
					if probe != nil && probe.HTTPGet != nil {
						require.True(t, has(c, probe.HTTPGet.Port), "%s: %s has no port %s", w.name, c.Name, &probe.HTTPGet.Port)
					}
				}
			}
			for name, used := range volumes {
				require.True(t, used, "%s: nobody mounts %s", w.name, name)
			}
		}
	}
}
