package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// many is a server that many clients ask at once.
type many struct {
	*adminServer
	token  string
	client *http.Client
}

// send makes a request, and gives the answer with its body.
func (m *many) send(verb, path, match, body string) (*http.Response, []byte, error) {
	request, err := http.NewRequest(verb, m.base+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Authorization", "SSWS "+m.token)
	request.Header.Set("Content-Type", "application/json")
	if match != "" {
		request.Header.Set("If-Match", match)
	}
	answer, err := m.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer, text, err
}

type networksOf struct {
	Gateways []struct{ Type, Value string } `json:"gateways"`
}

// add adds a network to a zone that others are changing, until nobody was faster,
// and gives the id of the request that did it.
func (m *many) add(zone, network string) (string, error) {
	for {
		answer, text, err := m.send("GET", "/api/v1/zones/"+zone, "", "")
		if err != nil {
			return "", err
		}
		var z map[string]any
		if err := json.Unmarshal(text, &z); err != nil {
			return "", fmt.Errorf("%w: %s", err, text)
		}
		z["gateways"] = append(z["gateways"].([]any), map[string]string{"type": "CIDR", "value": network})
		body, err := json.Marshal(z)
		if err != nil {
			return "", err
		}
		changed, text, err := m.send("PUT", "/api/v1/zones/"+zone, answer.Header.Get("ETag"), string(body))
		switch {
		case err != nil:
			return "", err
		case changed.StatusCode == http.StatusOK:
			return changed.Header.Get("X-Okta-Request-Id"), nil
		case changed.StatusCode != http.StatusPreconditionFailed && changed.StatusCode != http.StatusTooManyRequests:
			return "", fmt.Errorf("%d %s", changed.StatusCode, text)
		}
	}
}

// 200 clients read and write at once over a socket: what each has added is there at
// the end, its request is in the history once, and the audit's lines, one after the
// other, end where the folder is.
func TestAdminManyAtOnce(t *testing.T) {
	clients := 50
	if proving() {
		clients = 200
	}
	folder := t.TempDir()
	made := callers.Make("ci", callers.Scopes(), nil)
	file := filepath.Join(t.TempDir(), "callers.json")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `{"tokens":[%s]}`, made.Line), 0o600))
	audit := filepath.Join(t.TempDir(), "audit.jsonl")
	m := &many{
		adminServer: startAdmin(t, folder, adminFlags{listen: "127.0.0.1:0", callers: file, rate: 1_000_000, sailPointRate: 100, catchAll: "allow", audit: audit}),
		token:       made.Token, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}},
	}
	defer m.client.CloseIdleConnections()
	var zones []string
	for i := range 4 {
		answer, text, err := m.send("POST", "/api/v1/zones", "", fmt.Sprintf(`{"type":"IP","name":"%d","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"198.51.100.%d/32"}]}`, i, i))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", text)
		var z struct{ ID string }
		require.NoError(t, json.Unmarshal(text, &z))
		zones = append(zones, z.ID)
	}
	requests := make([]string, clients)
	var wait sync.WaitGroup
	for i := range clients {
		wait.Go(func() {
			var err error
			if requests[i], err = m.add(zones[i%len(zones)], fmt.Sprintf("203.0.113.%d/32", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	require.False(t, t.Failed())

	blocked := make(map[string]int)
	for _, zone := range zones {
		_, text, err := m.send("GET", "/api/v1/zones/"+zone, "", "")
		require.NoError(t, err)
		var z networksOf
		require.NoError(t, json.Unmarshal(text, &z))
		for _, network := range z.Gateways {
			blocked[network.Value]++
		}
	}
	require.Len(t, blocked, clients+len(zones))
	require.NoError(t, m.stop())
	history, err := tenant.OpenHistory(folder)
	require.NoError(t, err)
	inHistory := make(map[string]int)
	for _, g := range history.Generations() {
		inHistory[g.Request]++
	}
	for i, id := range requests {
		require.Equal(t, 1, blocked[fmt.Sprintf("203.0.113.%d/32", i)])
		require.Equal(t, 1, inHistory[id], id)
	}

	text, err := os.ReadFile(audit)
	require.NoError(t, err)
	number, denied, last := 1, 0.0, ""
	for _, line := range objects(t, string(text)) {
		if line["status"] != float64(http.StatusOK) {
			require.NotContains(t, line, "generation")
			continue
		}
		number++
		require.EqualValues(t, number, line["generation"])
		if last != "" {
			require.Equal(t, last, line["before"])
		}
		last = line["after"].(string)
		denied += line["newlyDenied"].(float64)
	}
	require.Equal(t, len(history.Generations()), number)
	require.EqualValues(t, clients+len(zones), denied, "each write denies one address more")
	require.Contains(t, runIn(t, "", "version", "-c", folder, "--json").out, last)
}
