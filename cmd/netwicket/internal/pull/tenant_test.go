package pull_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// tenant answers as a tenant of both vendors does, and notes what it was asked.
type tenant struct {
	zones                    []string
	signOn, access           []string            // policies
	rules                    map[string][]string // by policy
	threat, network, profile string              // empty: there is none
	forbidden                string              // a question
	used                     string              // of whose family nothing is left: what its questions begin with
	waits                    int                 // of its client
	asked                    []string
	before                   func(path string, nth int) // is told of a question before it is answered
}

// newTenant is one of three zones, one policy and ThreatInsight.
func newTenant() *tenant {
	return &tenant{
		zones:  []string{zone("nzo1", "POLICY", true, "192.0.2.0/24"), zone("nzo2", "BLOCKLIST", false, "203.0.113.0/28", "203.0.113.16/28"), zone("nzo3", "POLICY", false, "198.51.100.0/24")},
		signOn: []string{policy("00p1", "Staff", "ACTIVE")},
		rules:  map[string][]string{"00p1": {rule("0pr1", "ACTIVE", "ALLOW", `"connection":"ZONE","include":["nzo3"]`), rule("0pr2", "ACTIVE", "DENY", `"connection":"ANYWHERE"`)}},
		threat: `{"action":"none","excludeZones":["nzo1"]}`,
	}
}

func zone(id, usage string, system bool, gateways ...string) string {
	var entries []string
	for _, g := range gateways {
		kind := "CIDR"
		if strings.Contains(g, "-") {
			kind = "RANGE"
		}
		entries = append(entries, fmt.Sprintf(`{"type":%q,"value":%q}`, kind, g))
	}
	return fmt.Sprintf(`{"type":"IP","id":%q,"name":"zone %s","status":"ACTIVE","usage":%q,"system":%v,"gateways":[%s],"proxies":null}`, id, id, usage, system, strings.Join(entries, ","))
}

func policy(id, name, status string) string {
	return fmt.Sprintf(`{"id":%q,"name":%q,"status":%q,"conditions":{"people":{"groups":{"include":[],"exclude":[]}}}}`, id, name, status)
}

func rule(id, status, access, network string) string {
	return fmt.Sprintf(`{"id":%q,"status":%q,"name":"rule %s","priority":1,"conditions":{"network":{%s}},"actions":{"signon":{"access":%q}}}`, id, status, id, network, access)
}

func (o *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	question := r.URL.RequestURI()
	o.asked = append(o.asked, question)
	if o.before != nil {
		nth := 0
		for _, other := range o.asked {
			if other == question {
				nth++
			}
		}
		o.before(question, nth)
	}
	if o.used != "" && strings.HasPrefix(question, o.used) {
		for name, value := range map[string]string{"Date": noon.Format(http.TimeFormat), "X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": fmt.Sprint(noon.Unix() + 30)} {
			w.Header().Set(name, value)
		}
	}
	list := func(elements []string) { _, _ = fmt.Fprintf(w, "[%s]", strings.Join(elements, ",")) }
	object := func(text string) {
		if text == "" {
			w.WriteHeader(http.StatusNotFound)
			text = `{"errorCode":"E0000007","errorSummary":"Not found"}`
		}
		_, _ = w.Write([]byte(text))
	}
	switch {
	case question == o.forbidden:
		w.WriteHeader(http.StatusForbidden)
	case question == "/api/v1/zones?limit=200":
		list(o.zones)
	case question == "/api/v1/policies?type=OKTA_SIGN_ON":
		list(o.signOn)
	case question == "/api/v1/policies?type=ACCESS_POLICY":
		list(o.access)
	case strings.HasPrefix(question, "/api/v1/policies/") && strings.HasSuffix(question, "/rules"):
		list(o.rules[strings.Split(question, "/")[4]])
	case question == "/api/v1/threats/configuration":
		object(o.threat)
	case question == "/v2025/auth-org/network-config":
		object(o.network)
	case question == "/v2025/auth-profiles/a%2Fb" && r.Header.Get("X-Sailpoint-Experimental") == "true":
		object(o.profile)
	default:
		w.WriteHeader(http.StatusTeapot)
	}
}

func (o *tenant) count(question string) int {
	n := 0
	for _, asked := range o.asked {
		if asked == question {
			n++
		}
	}
	return n
}

// client asks a tenant, and counts how often it would wait.
func client(t *testing.T, o *tenant) *asking.Client {
	t.Helper()
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	return asking.New(asking.Options{Vendor: "okta", Address: address, MaxWait: time.Minute, Clock: asking.Clock{
		Now: func() time.Time { return noon }, Sleep: func(context.Context, time.Duration) error { o.waits++; return nil },
	}})
}

// stage is a folder that a tenant is pulled into.
type stage struct {
	*pull.Puller
	t      *testing.T
	tenant *tenant
}

// newStage is a folder with a policy file; an empty text is none.
func newStage(t *testing.T, policyFile string) *stage {
	t.Helper()
	s := &stage{t: t, tenant: newTenant()}
	s.Puller = &pull.Puller{Folder: generation.Folder{Path: t.TempDir()}, Okta: &pull.Okta{Client: client(t, s.tenant)}, Now: func() time.Time { return noon }}
	if policyFile != "" {
		s.write("netwicket.json", policyFile)
	}
	return s
}

func (s *stage) write(name, text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(filepath.Join(s.Folder.Path, name), []byte(text), 0o600))
}

func (s *stage) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Folder.Path, name))
	require.NoError(s.t, err)
	return string(text)
}

// pulled puts the tenant in force.
func (s *stage) pulled() *pull.Look {
	s.t.Helper()
	look, err := s.Pull(s.t.Context())
	require.NoError(s.t, err)
	s.tenant.asked = nil
	return look
}

// keeps looks, and has what is in force stay; it gives what was said.
func (s *stage) keeps() (*pull.Look, error) {
	s.t.Helper()
	before, err := os.ReadFile(filepath.Join(s.Folder.Path, "netwicket.json"))
	there := err == nil
	look, err := s.Pull(s.t.Context())
	require.Error(s.t, err)
	if there {
		require.Equal(s.t, string(before), s.read("netwicket.json"))
	} else {
		require.NoFileExists(s.t, filepath.Join(s.Folder.Path, "netwicket.json"))
	}
	return look, err
}
