// Package e2e tests the shipped program and the shipped example configurations
// together with the real proxies, on loopback. It holds no code.
//
// nginx, Caddy and HAProxy are run as distributions package them; a test is
// skipped where one is not installed. Traefik and Envoy are not run: their
// configurations are read and their questions asked as they would ask them. Releases are fetched
// from nginx, and from a registry and an S3 server that testdata/stores builds.
package e2e
