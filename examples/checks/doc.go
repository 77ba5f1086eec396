// Package checks holds the manifests and Compose files of the examples to what reads them: the Go types
// of Kubernetes, Prometheus' operator, Gateway API, Envoy Gateway and Istio, and Compose's own
// loader. No cluster and no engine runs them here.
//
// Every YAML file below examples whose documents have an apiVersion and a kind is a manifest;
// a further kind is a line in kinds_test.go. manifests_test.go reads them, names_test.go holds
// names to each other, workloads_test.go what runs, policies_test.go what netwicket itself says, and
// compose_test.go Compose's files.
package checks
