// Package decidetest builds small policies for tests of programs that use
// netwicket: in a line for the usual ones, from the vendors' documents for any.
// Everything that fails ends the test.
//
//	guarded := gate.Wrap(app, decidetest.Live(decidetest.AllowOnly(t, "192.0.2.0/24")), options)
package decidetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// AllowOnly is a policy that allows clients in networks (addresses, prefixes or
// "first-last" ranges; at least one) and denies all others with
// [decide.OffNetwork].
func AllowOnly(t testing.TB, networks ...string) *decide.Policy {
	t.Helper()
	if len(networks) == 0 {
		t.Fatal("decidetest.AllowOnly: no networks; without any the policy would restrict nothing")
	}
	return Documents{SailPoint: `{"range":` + list(t, networks) + `}`}.Compile(t)
}

// Block is a policy that denies every request that passed one of networks, with
// [decide.Blocklisted] by a zone named "blocked", and allows all others.
func Block(t testing.TB, networks ...string) *decide.Policy {
	t.Helper()
	type gateway struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	gateways := make([]gateway, 0, len(networks))
	for _, network := range networks {
		kind := "RANGE"
		if strings.Contains(network, "/") {
			kind = "CIDR"
		}
		gateways = append(gateways, gateway{kind, network})
	}
	return Documents{Zones: `{"type":"IP","id":"blocked","name":"blocked","status":"ACTIVE","usage":"BLOCKLIST","gateways":` +
		list(t, gateways) + `}`}.Compile(t)
}

// Live is a [decide.Live] with policy in force. A nil policy denies everything.
func Live(policy *decide.Policy) *decide.Live {
	live := new(decide.Live)
	live.Swap(policy)
	return live
}

// Documents are the documents of a policy as text; empty ones are left out.
type Documents struct {
	Zones         string   // Okta zones, one object or an array
	Rules         []string // Okta policy rules, a document for each policy
	ThreatInsight string
	ThreatFeeds   []string // one network a line
	SailPoint     string   // network configuration
	AuthProfile   string
	Overlay       string // entries count whatever their "until": in the Config it is 1970
	Geo           string // CSV lines below network,country,region,asn,anonymizer,services
}

// geoHeader is the first line of a CSV source.
const geoHeader = "network,country,region,asn,anonymizer,services\n"

// Compile is the policy of the documents.
func (d Documents) Compile(t testing.TB) *decide.Policy {
	t.Helper()
	policy, err := decide.Compile(d.Config(t))
	if err != nil {
		t.Fatalf("decidetest: %v", err)
	}
	return policy
}

// Config is what the documents compile from, for tests that change it or expect
// an error. Findings call the documents zones.json, rules.json, threat.json,
// feed.txt, network.json, profile.json, overlay.json and geo.csv.
func (d Documents) Config(t testing.TB) decide.Config {
	t.Helper()
	var config decide.Config
	if d.Zones != "" {
		config.Zones = []zone.Zones{must(t, zone.ParseOkta, "zones.json", d.Zones)}
	}
	for _, text := range d.Rules {
		config.Rules = append(config.Rules, must(t, zone.ParseOktaRules, "rules.json", text))
	}
	config.ThreatInsight = optional(t, zone.ParseThreatInsight, "threat.json", d.ThreatInsight)
	for _, text := range d.ThreatFeeds {
		config.ThreatFeeds = append(config.ThreatFeeds, must(t, zone.ParseFeed, "feed.txt", text))
	}
	config.SailPoint = optional(t, zone.ParseSailPoint, "network.json", d.SailPoint)
	config.AuthProfile = optional(t, zone.ParseAuthProfile, "profile.json", d.AuthProfile)
	config.Now = time.Unix(0, 0).UTC()
	config.Overlay = optional(t, zone.ParseOverlay, "overlay.json", d.Overlay)
	if d.Geo != "" {
		table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte(geoHeader + d.Geo), Kind: geo.CSV})
		if err != nil {
			t.Fatalf("decidetest: %v", err)
		}
		config.Geo = table
	}
	return config
}

// optional parses one document, if there is one.
func optional[T any](t testing.TB, parse func(string, []byte) (T, error), name, text string) *T {
	t.Helper()
	if text == "" {
		return nil
	}
	document := must(t, parse, name, text)
	return &document
}

// must parses one document.
func must[T any](t testing.TB, parse func(string, []byte) (T, error), name, text string) T {
	t.Helper()
	document, err := parse(name, []byte(text))
	if err != nil {
		t.Fatalf("decidetest: %v", err)
	}
	return document
}

// list is values as a JSON array.
func list[T any](t testing.TB, values []T) string {
	t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatalf("decidetest: %v", err)
	}
	return string(text)
}
