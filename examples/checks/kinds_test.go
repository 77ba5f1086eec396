package checks

import (
	"bytes"
	"encoding/json"
	"fmt"

	eg "github.com/envoyproxy/gateway/api/v1alpha1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	istiomesh "istio.io/api/mesh/v1alpha1"
	istionetworking "istio.io/api/networking/v1alpha3"
	istiosecurity "istio.io/api/security/v1beta1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	"sigs.k8s.io/yaml"
)

// kinds are the types that manifests are read into, by "apiVersion kind".
var kinds = map[string]func() any{
	"v1 Namespace":             func() any { return &corev1.Namespace{} },
	"v1 ConfigMap":             func() any { return &corev1.ConfigMap{} },
	"v1 Secret":                func() any { return &corev1.Secret{} },
	"v1 Service":               func() any { return &corev1.Service{} },
	"v1 ServiceAccount":        func() any { return &corev1.ServiceAccount{} },
	"v1 Pod":                   func() any { return &corev1.Pod{} },
	"v1 PersistentVolumeClaim": func() any { return &corev1.PersistentVolumeClaim{} },
	"apps/v1 Deployment":       func() any { return &appsv1.Deployment{} },
	"apps/v1 DaemonSet":        func() any { return &appsv1.DaemonSet{} },
	"apps/v1 StatefulSet":      func() any { return &appsv1.StatefulSet{} },

	"networking.k8s.io/v1 NetworkPolicy":       func() any { return &networkingv1.NetworkPolicy{} },
	"networking.k8s.io/v1 Ingress":             func() any { return &networkingv1.Ingress{} },
	"policy/v1 PodDisruptionBudget":            func() any { return &policyv1.PodDisruptionBudget{} },
	"rbac.authorization.k8s.io/v1 Role":        func() any { return &rbacv1.Role{} },
	"rbac.authorization.k8s.io/v1 RoleBinding": func() any { return &rbacv1.RoleBinding{} },

	"monitoring.coreos.com/v1 ServiceMonitor": func() any { return &monitoring.ServiceMonitor{} },
	"monitoring.coreos.com/v1 PodMonitor":     func() any { return &monitoring.PodMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule": func() any { return &monitoring.PrometheusRule{} },

	"gateway.networking.k8s.io/v1 GatewayClass":        func() any { return &gatewayv1.GatewayClass{} },
	"gateway.networking.k8s.io/v1 Gateway":             func() any { return &gatewayv1.Gateway{} },
	"gateway.networking.k8s.io/v1 HTTPRoute":           func() any { return &gatewayv1.HTTPRoute{} },
	"gateway.networking.k8s.io/v1 GRPCRoute":           func() any { return &gatewayv1.GRPCRoute{} },
	"gateway.networking.k8s.io/v1beta1 ReferenceGrant": func() any { return &gatewayv1beta1.ReferenceGrant{} },

	"gateway.envoyproxy.io/v1alpha1 EnvoyProxy":           func() any { return &eg.EnvoyProxy{} },
	"gateway.envoyproxy.io/v1alpha1 Backend":              func() any { return &eg.Backend{} },
	"gateway.envoyproxy.io/v1alpha1 SecurityPolicy":       func() any { return &eg.SecurityPolicy{} },
	"gateway.envoyproxy.io/v1alpha1 ClientTrafficPolicy":  func() any { return &eg.ClientTrafficPolicy{} },
	"gateway.envoyproxy.io/v1alpha1 BackendTrafficPolicy": func() any { return &eg.BackendTrafficPolicy{} },

	// Istio's Go types for Kubernetes pass over what they do not know; its messages do not.
	"security.istio.io/v1 AuthorizationPolicy": spec(&istiosecurity.AuthorizationPolicy{}),
	"security.istio.io/v1 PeerAuthentication":  spec(&istiosecurity.PeerAuthentication{}),
	"networking.istio.io/v1 Gateway":           spec(&istionetworking.Gateway{}),
	"networking.istio.io/v1 VirtualService":    spec(&istionetworking.VirtualService{}),
	"networking.istio.io/v1 DestinationRule":   spec(&istionetworking.DestinationRule{}),
	"networking.istio.io/v1 ServiceEntry":      spec(&istionetworking.ServiceEntry{}),
	"networking.istio.io/v1 Sidecar":           spec(&istionetworking.Sidecar{}),
	"networking.istio.io/v1alpha3 EnvoyFilter": spec(&istionetworking.EnvoyFilter{}),
	"install.istio.io/v1alpha1 IstioOperator":  func() any { return &operator{} },
}

// message is a document whose spec is a protocol buffer.
type message struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              json.RawMessage `json:"spec"`

	of proto.Message
}

func spec(of proto.Message) func() any { return func() any { return &message{of: proto.Clone(of)} } }

// operator is what istioctl install -f takes, of which we write the mesh's settings alone.
type operator struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              struct {
		MeshConfig json.RawMessage `json:"meshConfig"`
	} `json:"spec"`
}

// decode reads a document into its type, where every field has to be known and stands once.
func decode(text []byte) (any, error) {
	var head metav1.TypeMeta
	if err := yaml.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	make, found := kinds[head.APIVersion+" "+head.Kind]
	if !found {
		return nil, fmt.Errorf("no type for %s %s: add it to kinds", head.APIVersion, head.Kind)
	}
	object := make()
	if err := yaml.UnmarshalStrict(text, object); err != nil {
		return nil, err
	}
	switch o := object.(type) {
	case *message:
		return o, protojson.Unmarshal(o.Spec, o.of)
	case *operator:
		return o, protojson.Unmarshal(o.Spec.MeshConfig, &istiomesh.MeshConfig{})
	}
	return object, nil
}

// documents are those of a YAML file.
func documents(text []byte) (all [][]byte) {
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		if len(bytes.TrimSpace(document)) > 0 {
			all = append(all, document)
		}
	}
	return all
}
