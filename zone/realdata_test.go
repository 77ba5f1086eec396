package zone_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

// TestRecordedZones: zones as a live organisation returned them.
func TestRecordedZones(t *testing.T) {
	text := readFile(t, realdata.Path(t, "okta/zones-recorded.json"))
	zones, err := zone.ParseOkta("zones-recorded.json", text)
	require.NoError(t, err)
	for _, warning := range zones.Warnings {
		require.Equal(t, "duplicate-name", warning.Code, "%v", warning)
	}

	// The same through encoding/json, as an independent reading.
	var plain []struct {
		ID, Name, Type, Status, Usage, ProxyType string
		System                                   bool
		Gateways, Proxies                        []struct{ Value string }
	}
	require.NoError(t, json.Unmarshal(text, &plain))
	require.Len(t, zones.Zones, len(plain))
	for i, z := range zones.Zones {
		want := plain[i]
		require.Equal(t, want.ID, z.ID)
		require.Equal(t, want.Name, z.Name)
		require.Equal(t, want.Type, string(z.Type))
		require.Equal(t, want.Status == "ACTIVE", z.Active)
		require.Equal(t, want.Usage == "BLOCKLIST", z.Blocklist)
		require.Equal(t, want.System, z.System)
		require.Equal(t, want.ProxyType != "", z.Proxy != zone.ProxyUnset)
		require.Len(t, z.Gateways, len(want.Gateways))
		for j, gateway := range z.Gateways {
			require.Equal(t, want.Gateways[j].Value, gateway.Text)
		}
		require.Len(t, z.Proxies, len(want.Proxies))

		alone, err := zone.ParseOkta("", z.Text)
		require.NoError(t, err, "each zone parses alone")
		require.Equal(t, z.ID, alone.Zones[0].ID)
	}
}

// TestOpenAPIExamples: of the 19 examples in Okta's OpenAPI document three are
// invalid.
func TestOpenAPIExamples(t *testing.T) {
	text := readFile(t, realdata.Path(t, "okta/openapi-zone-examples.json"))
	var examples map[string]struct{ Value json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &examples))
	require.Len(t, examples, 19)
	invalid := map[string]string{
		"CreateIPPolicyNetworkZoneResponse": `13:15 /gateways/0/value: "1.2.3.4/24'": not a prefix`,
		"ReplaceNetworkZone":                `41:15 /proxies/3/value: "15.5.6.7/24-15.5.6.9": proxies: The IP: 15.5.6.7/24 in the RANGE: 15.5.6.7/24-15.5.6.9 is invalid. Make sure it is a valid IPV4.`,
		"ReplaceNetworkZoneResponse":        `43:15 /proxies/3/value: "15.5.6.7/24-15.5.6.9": proxies: The IP: 15.5.6.7/24 in the RANGE: 15.5.6.7/24-15.5.6.9 is invalid. Make sure it is a valid IPV4.`,
	}
	for name, example := range examples {
		zones, err := zone.ParseOkta("", example.Value)
		if want := invalid[name]; want != "" {
			require.ErrorContains(t, err, want, name)
			require.Len(t, report(nil, err), 1, name)
			continue
		}
		require.NoError(t, err, name)
		require.NotEmpty(t, zones.Zones, name)
		require.Equal(t, strings.Contains(string(example.Value), `"exclue"`), strings.Contains(strings.Join(report(zones.Warnings, nil), "\n"), "unknown-key"), name)
	}
}

// TestPostmanBodies: the request and answer bodies of SailPoint's collection;
// those of PATCH are operations, not configurations.
func TestPostmanBodies(t *testing.T) {
	text := readFile(t, realdata.Path(t, "sailpoint/postman-v3-network-config.json"))
	var requests []struct {
		Request  struct{ Body struct{ Raw string } }
		Response []struct{ Body string }
	}
	require.NoError(t, json.Unmarshal(text, &requests))
	valid, operations := 0, 0
	for _, request := range requests {
		bodies := []string{request.Request.Body.Raw}
		for _, response := range request.Response {
			bodies = append(bodies, response.Body)
		}
		for _, body := range bodies {
			switch {
			case strings.HasPrefix(body, "{"):
				config, err := zone.ParseSailPoint("", []byte(body))
				require.NoError(t, err)
				require.Empty(t, config.Warnings)
				require.Equal(t, []string{"CA", "FR", "HT"}, zone.ValuesOf(config.Geolocation))
				require.Equal(t, []string{"1.3.7.2=1.3.7.2-1.3.7.2", "255.255.255.252/30=255.255.255.252-255.255.255.255"}, ranges(config.Range))
				require.True(t, config.Allowlist)
				valid++
			case strings.HasPrefix(body, "["):
				_, err := zone.ParseSailPoint("", []byte(body))
				require.Error(t, err)
				operations++
			}
		}
	}
	require.Equal(t, 4, valid)
	require.Equal(t, 1, operations)
}

// TestRealLists: published address lists are feeds as they are.
func TestRealLists(t *testing.T) {
	data := realdata.Path(t, ".")
	entries := 0
	for _, pattern := range []string{"lists/*", "cloud/*/*.txt"} {
		files, err := filepath.Glob(filepath.Join(data, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text := readFile(t, file)
			feed, err := zone.ParseFeed(file, text)
			require.NoError(t, err)
			require.Empty(t, feed.Warnings)
			require.Len(t, feed.Entries, len(strings.Fields(string(text))), file)
			entries += len(feed.Entries)
		}
	}
	require.Greater(t, entries, 100_000)
}

// TestVectors: every document of the decision vectors parses, each as what it
// is. What they decide is tested where decisions are made.
func TestVectors(t *testing.T) {
	var rows []struct {
		ID    string
		Zones json.RawMessage
	}
	require.NoError(t, json.Unmarshal(readFile(t, "testdata/okta.json"), &rows))
	require.NotEmpty(t, rows)
	for _, row := range rows {
		zones, err := zone.ParseOkta(row.ID, row.Zones)
		require.NoError(t, err, row.ID)
		require.NotEmpty(t, zones.Zones, row.ID)
	}
	var sailpoint map[string][]struct {
		ID              string
		Config, Profile json.RawMessage
	}
	require.NoError(t, json.Unmarshal(readFile(t, "testdata/sailpoint.json"), &sailpoint))
	require.Len(t, sailpoint, 2)
	for group, rows := range sailpoint {
		require.NotEmpty(t, rows, group)
		for _, row := range rows {
			_, err := zone.ParseSailPoint(row.ID, row.Config)
			require.NoError(t, err, row.ID)
			if row.Profile != nil && string(row.Profile) != "null" {
				_, err := zone.ParseAuthProfile(row.ID, row.Profile)
				require.NoError(t, err, row.ID)
			}
		}
	}
}
