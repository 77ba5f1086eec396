//go:build unix

package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// question is what a proxy asks for a client's request.
type question func(t *testing.T, client, method, path string, headers http.Header) *http.Request

// serviceFor starts the service on the shared policy and gives the folder of an
// example beside it.
func serviceFor(t *testing.T, example string) (string, *process) {
	t.Helper()
	p := freePorts(t)
	root := copyExamples(t, p, example, "forwardauth")
	service := start(t, filepath.Join(root, example), program, "serve", "-c", "../forwardauth")
	service.answers(p.service)
	return filepath.Join(root, example), service
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into))
}

// TestTraefik asks as pkg/middlewares/auth/forward.go of Traefik does with the
// example's settings: GET, the listed headers of the client, and
// X-Forwarded-For with the address of the connection, behind what the client
// said only if that is trusted.
func TestTraefik(t *testing.T) {
	folder, service := serviceFor(t, "traefik")
	var static struct {
		EntryPoints map[string]struct{ Address string } `yaml:"entryPoints"`
		Providers   struct {
			File struct{ Filename string }
		}
	}
	readYAML(t, filepath.Join(folder, "traefik.yaml"), &static)
	require.Contains(t, static.EntryPoints, "web")
	var dynamic struct {
		HTTP struct {
			Middlewares map[string]struct {
				ForwardAuth struct {
					Address            string
					TrustForwardHeader bool     `yaml:"trustForwardHeader"`
					AuthRequestHeaders []string `yaml:"authRequestHeaders"`
				} `yaml:"forwardAuth"`
			}
			Routers map[string]struct {
				Middlewares, EntryPoints []string
				Service                  string
			}
			Services map[string]any
		}
	}
	readYAML(t, filepath.Join(folder, static.Providers.File.Filename), &dynamic)
	for name, router := range dynamic.HTTP.Routers {
		require.Equal(t, []string{"netwicket-private", "netwicket"}, router.Middlewares, name)
		require.Contains(t, dynamic.HTTP.Services, router.Service)
	}
	settings := dynamic.HTTP.Middlewares["netwicket"].ForwardAuth
	require.False(t, settings.TrustForwardHeader)

	allows := func(status int) bool { return status >= 200 && status < 300 }
	testQuestions(t, service, allows, false, func(t *testing.T, client, method, path string, headers http.Header) *http.Request {
		r, err := http.NewRequest("GET", settings.Address, nil)
		require.NoError(t, err)
		for _, name := range settings.AuthRequestHeaders {
			if values := headers.Values(name); len(values) > 0 {
				r.Header[http.CanonicalHeaderKey(name)] = values
			}
		}
		r.Header.Set(xff, client)
		r.Header.Set("X-Forwarded-Method", method)
		r.Header.Set("X-Forwarded-Proto", "http")
		r.Header.Set("X-Forwarded-Host", "example.org")
		r.Header.Set("X-Forwarded-Uri", path)
		return r
	})
}

// TestEnvoy asks as the HTTP service of Envoy's ext_authz does with the example's
// settings: the client's method, its path behind path_prefix, the host, and
// X-Forwarded-For with the address of the connection appended, once with
// Envoy's own behind it as older releases do. Only 200 allows.
func TestEnvoy(t *testing.T) {
	folder, service := serviceFor(t, "envoy")
	var config struct {
		StaticResources struct {
			Listeners []struct {
				FilterChains []struct {
					Filters []struct {
						TypedConfig struct {
							UseRemoteAddress bool `yaml:"use_remote_address"`
							HTTPFilters      []struct {
								Name        string
								TypedConfig struct {
									FailureModeAllow *bool `yaml:"failure_mode_allow"`
									AllowedHeaders   struct {
										Patterns []struct{ Exact string }
									} `yaml:"allowed_headers"`
									HTTPService struct {
										ServerURI  struct{ URI, Cluster string } `yaml:"server_uri"`
										PathPrefix string                        `yaml:"path_prefix"`
									} `yaml:"http_service"`
								} `yaml:"typed_config"`
							} `yaml:"http_filters"`
						} `yaml:"typed_config"`
					}
				} `yaml:"filter_chains"`
			}
			Clusters []struct{ Name string }
		} `yaml:"static_resources"`
	}
	readYAML(t, filepath.Join(folder, "envoy.yaml"), &config)
	manager := config.StaticResources.Listeners[0].FilterChains[0].Filters[0].TypedConfig
	require.True(t, manager.UseRemoteAddress)
	require.Equal(t, "envoy.filters.http.ext_authz", manager.HTTPFilters[0].Name, "before the router")
	settings := manager.HTTPFilters[0].TypedConfig
	require.NotNil(t, settings.FailureModeAllow)
	require.False(t, *settings.FailureModeAllow)
	require.Equal(t, "x-forwarded-for", settings.AllowedHeaders.Patterns[0].Exact)
	require.Equal(t, config.StaticResources.Clusters[0].Name, settings.HTTPService.ServerURI.Cluster)

	allows := func(status int) bool { return status == 200 }
	for name, own := range map[string]string{"new releases": "", "old releases": ", 127.0.0.1"} {
		t.Run(name, func(t *testing.T) {
			testQuestions(t, service, allows, true, func(t *testing.T, client, method, path string, headers http.Header) *http.Request {
				r, err := http.NewRequest(method, settings.HTTPService.ServerURI.URI+settings.HTTPService.PathPrefix+path, http.NoBody)
				require.NoError(t, err)
				r.Host = "example.org"
				r.Header.Set(xff, strings.Join(append(headers.Values(xff), client), ",")+own)
				r.Header.Set("Authorization", headers.Get("Authorization"))
				return r
			})
		})
	}
}

// testQuestions asks for allowed and blocked clients, honest and not.
func testQuestions(t *testing.T, service *process, allows func(int) bool, claims bool, ask question) {
	send := func(client, method, path string, headers ...string) bool {
		header := http.Header{}
		for i := 0; i+1 < len(headers); i += 2 {
			header.Add(headers[i], headers[i+1])
		}
		response, err := http.DefaultClient.Do(ask(t, client, method, path, header))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return allows(response.StatusCode)
	}
	for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS"} {
		for _, path := range []string{"/", "/app?x=y", "/decide", "/healthz", "/../healthz", "//", "/decide/other?allow=200"} {
			require.True(t, send(allowed, method, path), path)
			require.False(t, send(blocked, method, path), path)
		}
	}
	for _, forged := range [][]string{
		{xff, allowed}, {xff, allowed, xff, "127.0.0.1"}, {xff, "garbage"}, {xff, allowed + ","}, {"X-Real-Ip", allowed}, {"Forwarded", "for=" + allowed},
	} {
		require.False(t, send(blocked, "GET", "/", forged...), forged)
		require.True(t, send(allowed, "GET", "/", forged...), forged)
	}
	require.Equal(t, !claims, send(allowed, "GET", "/", xff, "203.0.113.7"))
	require.False(t, send("127.0.0.1", "GET", "/"), "the proxy is nobody's client")
	require.NotContains(t, service.output.String(), "no policy of this name")
}

// TestExamplePolicy is what the READMEs of the examples rely on.
func TestExamplePolicy(t *testing.T) {
	checked := policyfile.Check(policyfile.Options{Paths: []string{"../../../../examples/forwardauth"}}, true)
	require.Empty(t, checked.Findings)
	require.Equal(t, "127.0.0.1:9180", checked.Parts.Serve.Listen)
	require.Len(t, checked.Parts.Serve.Guard, 1)
	require.True(t, checked.Policy.Decide(checked.Parts.Serve.Guard[0]).Allowed())
}

// TestReadmes: every example says how it is started, with files that are there.
func TestReadmes(t *testing.T) {
	for example, commands := range map[string][]string{
		"nginx":       {"netwicket serve -c ../forwardauth", "-c nginx.conf"},
		"caddy":       {"netwicket serve -c ../forwardauth", "--config Caddyfile"},
		"haproxy":     {"netwicket serve -c ../forwardauth", "haproxy -f haproxy.cfg"},
		"traefik":     {"netwicket serve -c ../forwardauth", "--configFile=traefik.yaml"},
		"envoy":       {"netwicket serve -c ../forwardauth", "envoy -c envoy.yaml", "envoy -c envoy-grpc.yaml"},
		"forwardauth": {"netwicket serve"},
		"deploy":      {"netwicket.service", "Containerfile"},
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "examples", example, "README.md"))
		require.NoError(t, err)
		for _, command := range commands {
			require.Contains(t, string(text), command, example)
			if _, file, found := strings.Cut(command, " "); found && strings.Contains(file, ".") && !strings.Contains(file, "..") {
				name := file[strings.LastIndexAny(file, " =")+1:]
				require.FileExists(t, filepath.Join("..", "..", "..", "..", "examples", example, name))
			}
		}
	}
}
