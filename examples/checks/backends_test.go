package checks

import (
	"slices"
	"testing"

	eg "github.com/envoyproxy/gateway/api/v1alpha1"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
)

// service is one that a room has, by its name and a port.
func (r *room) service(name, namespace string, is func(corev1.ServicePort) bool) bool {
	return slices.ContainsFunc(of[*corev1.Service](r), func(s *corev1.Service) bool {
		return s.Name == name && s.Namespace == namespace && slices.ContainsFunc(s.Spec.Ports, is)
	})
}

// backend is a service that something of a namespace asks: it is there, and where it is in another namespace, that has
// given its leave.
func (r *room) backend(t *testing.T, kind, namespace string, ref gatewayv1.BackendObjectReference) {
	t.Helper()
	if ref.Kind != nil && *ref.Kind != "Service" {
		return
	}
	where := namespace
	if ref.Namespace != nil {
		where = string(*ref.Namespace)
	}
	require.NotNil(t, ref.Port, "%s: %s", r.name, ref.Name)
	require.True(t, r.service(string(ref.Name), where, func(p corev1.ServicePort) bool { return p.Port == *ref.Port }), "%s: there is no service %s in %s with port %d", r.name, ref.Name, where, *ref.Port)
	if where == namespace {
		return
	}
	require.True(t, slices.ContainsFunc(of[*gatewayv1beta1.ReferenceGrant](r), func(g *gatewayv1beta1.ReferenceGrant) bool {
		return g.Namespace == where &&
			slices.ContainsFunc(g.Spec.From, func(f gatewayv1.ReferenceGrantFrom) bool {
				return string(f.Kind) == kind && string(f.Namespace) == namespace
			}) &&
			slices.ContainsFunc(g.Spec.To, func(to gatewayv1.ReferenceGrantTo) bool {
				return to.Kind == "Service" && (to.Name == nil || *to.Name == ref.Name)
			})
	}), "%s: no ReferenceGrant lets a %s of %s ask %s", r.name, kind, namespace, where)
}

// What a route or a policy names is there, and no answer of netwicket's denies.
func TestBackendsAreThere(t *testing.T) {
	guarded := 0
	for _, r := range rooms(t) {
		for _, route := range of[*gatewayv1.HTTPRoute](r) {
			for _, rule := range route.Spec.Rules {
				for _, backend := range rule.BackendRefs {
					r.backend(t, "HTTPRoute", route.Namespace, backend.BackendObjectReference)
				}
			}
			for _, parent := range route.Spec.ParentRefs {
				require.True(t, r.gateway(string(parent.Name)), "%s: %s", r.name, parent.Name)
			}
		}
		for _, p := range of[*eg.SecurityPolicy](r) {
			guarded++
			r.security(t, p)
		}
		for _, p := range of[*eg.ClientTrafficPolicy](r) {
			for _, target := range p.Spec.TargetRefs {
				require.True(t, r.gateway(string(target.Name)), "%s: %s", p.Name, target.Name)
			}
			detection := p.Spec.ClientIPDetection
			require.False(t, detection != nil && detection.XForwardedFor != nil && detection.XForwardedFor.DisableXForwardedForAppend != nil && *detection.XForwardedFor.DisableXForwardedForAppend,
				"%s: a client would name itself", p.Name)
		}
		for _, ingress := range of[*networkingv1.Ingress](r) {
			guarded++
			require.NotEmpty(t, ingress.Annotations["nginx.ingress.kubernetes.io/auth-url"], ingress.Name)
			for _, rule := range ingress.Spec.Rules {
				for _, path := range rule.HTTP.Paths {
					b := path.Backend.Service
					require.True(t, r.service(b.Name, ingress.Namespace, func(p corev1.ServicePort) bool {
						return b.Port.Name == p.Name || b.Port.Number == p.Port
					}), "%s: there is no service %s", ingress.Name, b.Name)
				}
			}
		}
	}
	require.GreaterOrEqual(t, guarded, 2)
}

func (r *room) gateway(name string) bool {
	return slices.ContainsFunc(of[*gatewayv1.Gateway](r), func(g *gatewayv1.Gateway) bool { return g.Name == name })
}

// security holds who asks netwicket to what it has to ask, and to denying where it gets no answer.
func (r *room) security(t *testing.T, p *eg.SecurityPolicy) {
	t.Helper()
	for _, target := range p.Spec.TargetRefs {
		require.True(t, target.Kind != "Gateway" || r.gateway(string(target.Name)), "%s: %s", p.Name, target.Name)
	}
	ask := p.Spec.ExtAuth
	if ask == nil {
		return
	}
	require.NotNil(t, ask.FailOpen, p.Name)
	require.False(t, *ask.FailOpen, "%s: no answer has to deny", p.Name)
	switch {
	case ask.HTTP != nil:
		require.Contains(t, ask.HeadersToExtAuth, "x-forwarded-for", "%s: netwicket is not told whose request it is", p.Name)
		require.Contains(t, *ask.HTTP.Path, "/decide?allow=200", "%s: Envoy takes a 204 for a denial", p.Name)
		for _, backend := range ask.HTTP.BackendRefs {
			r.backend(t, "SecurityPolicy", p.Namespace, backend.BackendObjectReference)
		}
	case ask.GRPC != nil:
		for _, backend := range ask.GRPC.BackendRefs {
			r.backend(t, "SecurityPolicy", p.Namespace, backend.BackendObjectReference)
		}
	}
}
