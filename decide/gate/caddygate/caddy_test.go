package caddygate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/caddyserver/caddy/v2/modules/filestorage"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
	"github.com/stretchr/testify/require"

	_ "github.com/netwicket/netwicket/decide/gate/caddygate"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// asCaddy has the test binary be caddy, with the module in it.
const asCaddy = "NETWICKET_TEST_AS_CADDY"

func TestMain(m *testing.M) {
	if os.Getenv(asCaddy) != "" {
		caddycmd.Main()
		return
	}
	os.Exit(m.Run())
}

// command runs caddy with the module in it.
func command(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(program, arguments...)
	home := t.TempDir()
	c.Env = append(os.Environ(), asCaddy+"=1", "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
	output, err := c.CombinedOutput()
	return string(output), err
}

// site is a policy in a folder, and a Caddy in this process that is to guard by it.
type site struct {
	*keepertest.Kept // without a keeper: that is the module's
	port             int
}

// zones are a blocklist, an office and a country.
const zones = `[
	{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "203.0.113.0/24"}]},
	{"type": "IP", "id": "office 1", "name": "Office", "status": "ACTIVE", "usage": "POLICY", "gateways": [{"type": "CIDR", "value": "198.51.100.0/25"}]},
	{"type": "DYNAMIC", "id": "de", "name": "Germany", "status": "ACTIVE", "usage": "POLICY", "locations": [{"country": "DE"}]}]`

// Addresses of clients.
const (
	office  = "198.51.100.7"   // in Germany
	home    = "198.51.100.200" // in France
	blocked = "203.0.113.7"
	nowhere = "192.0.2.7" // its country is unknown
)

// newSite is a policy behind a proxy on 127.0.0.1.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Kept: keepertest.New(t)}
	s.edge(`{"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}`)
	s.Write("zones.json", zones)
	s.Write("geo.csv", "network,country,region,asn,anonymizer,services\n198.51.100.0/25,DE,,,,\n198.51.100.128/25,FR,,,,\n")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	return s
}

// edge writes the policy file.
func (s *site) edge(edge string, more ...string) {
	s.T.Helper()
	s.Move("netwicket.json", fmt.Sprintf(`{"okta": {"zones": ["zones.json"]}, "geo": ["geo.csv"], "edge": %s%s}`, edge, strings.Join(more, "")))
}

// caddyfile is a whole Caddyfile with these directives, in which POLICY is the folder.
func (s *site) caddyfile(directives string) string {
	return s.with("", directives)
}

// with is caddyfile with more global options.
func (s *site) with(options, directives string) string {
	text := fmt.Sprintf("{\n\tadmin off\n\tauto_https off\n\tstorage file_system %s\n%s\n}\nhttp://:%d {\n\tbind 127.0.0.1\n%s\n}\n",
		filepath.Join(s.Folder, "storage"), options, s.port, directives)
	return strings.ReplaceAll(text, "POLICY", s.Folder)
}

// load has Caddy run by a Caddyfile until the test ends.
func (s *site) load(caddyfile string) error {
	s.T.Helper()
	config, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	require.NoError(s.T, err)
	for _, warning := range warnings {
		require.Contains(s.T, warning.Message, "formatted") // which is only about white space
	}
	s.T.Cleanup(func() { require.NoError(s.T, caddy.Stop()) })
	return caddy.Load(config, true)
}

// start is load of what has to work.
func (s *site) start(directives string) {
	s.T.Helper()
	require.NoError(s.T, s.load(s.caddyfile(directives)))
}

// reply is what Caddy answered.
type reply struct {
	status int
	body   string
	header http.Header
}

// get asks as a client behind the proxy; header is lines of it.
func (s *site) get(path, client string, header ...string) reply {
	s.T.Helper()
	if client != "" {
		header = append(header, "X-Forwarded-For: "+client)
	}
	return s.from("127.0.0.1", path, header...)
}

// from asks from an address of this machine.
func (s *site) from(source, path string, header ...string) reply {
	s.T.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(s.T.Context(), keepertest.Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", s.port, path), nil)
	require.NoError(s.T, err)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	response, err := transport.RoundTrip(request)
	require.NoError(s.T, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.T, err)
	return reply{response.StatusCode, string(body), response.Header}
}

// statuses are those of several clients.
func (s *site) statuses(clients ...string) []int {
	s.T.Helper()
	var all []int
	for _, client := range clients {
		all = append(all, s.get("/", client).status)
	}
	return all
}

// becomes waits until a client's request has that status.
func (s *site) becomes(status int, client string) {
	s.T.Helper()
	require.Eventually(s.T, func() bool { return s.get("/", client).status == status }, keepertest.Patience, 20*time.Millisecond)
}

// metrics are the samples of the running configuration's registry whose text begins so.
func (s *site) metrics(prefix string) map[string]float64 {
	s.T.Helper()
	ctx := caddy.ActiveContext()
	families, err := ctx.GetMetricsRegistry().Gather()
	require.NoError(s.T, err)
	samples := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName()+"="+strings.ReplaceAll(label.GetValue(), s.Folder, "POLICY"))
			}
			if text := family.GetName() + "{" + strings.Join(labels, ",") + "}"; strings.HasPrefix(text, prefix) {
				samples[text] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
			}
		}
	}
	return samples
}

// object is text as JSON.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var value map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &value), text)
	return value
}
