package zone_test

import (
	"fmt"

	"github.com/netwicket/netwicket/zone"
)

func ExampleParseOkta() {
	zones, err := zone.ParseOkta("zones.json", []byte(`[
  {"type": "IP", "id": "nzo1", "name": "HQ", "status": "ACTIVE", "usage": "POLICY",
   "gateways": [{"type": "CIDR", "value": "203.0.113.7/24"}],
   "proxies": [{"type": "CIDR", "value": "0.0.0.0/0"}]},
  {"type": "DYNAMIC", "id": "nzo2", "name": "Embargo", "status": "INACTIVE", "usage": "BLOCKLIST",
   "locations": [{"country": "KP"}]}
]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, z := range zones.Zones {
		fmt.Println(z.Key(), z.Name, z.Type, z.Active, z.Blocklist)
	}
	fmt.Println(zones.Zones[0].Gateways[0].Range)
	fmt.Println(zones.Warnings)
	// Output:
	// nzo1 HQ IP true false
	// nzo2 Embargo DYNAMIC false true
	// 203.0.113.0-203.0.113.255
	// zones.json:4:42 /0/proxies/0/value: "0.0.0.0/0": every address is a trusted proxy: whatever X-Forwarded-For claims is believed
}

func ExampleParseOkta_errors() {
	_, err := zone.ParseOkta("zones.json", []byte(`{
  "type": "IP", "name": "HQ",
  "gateways": [
    {"type": "RANGE", "value": "1.2.3.4.5-1.2.3.6"},
    {"type": "RANGE", "value": "1.2.3.9-1.2.3.1"}
  ]
}`))
	fmt.Println(err)
	// Output:
	// zones.json:4:32 /gateways/0/value: "1.2.3.4.5-1.2.3.6": gateways: The IP: 1.2.3.4.5 in the RANGE: 1.2.3.4.5-1.2.3.6 is invalid. Make sure it is a valid IPV4. [not an IP address (IPv4 address too long)]
	// zones.json:5:32 /gateways/1/value: "1.2.3.9-1.2.3.1": the range ends before it starts
}

func ExampleParseOktaRules() {
	rules, err := zone.ParseOktaRules("rules.json", []byte(`[
  {"name": "Office", "priority": 1, "conditions": {"network": {"connection": "ZONE", "include": ["nzo1"]}},
   "actions": {"signon": {"access": "ALLOW"}}},
  {"name": "Everybody else", "priority": 2, "actions": {"signon": {"access": "DENY"}}}
]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rule := range rules.Rules {
		fmt.Println(rule.Priority, rule.Name, rule.Allow, len(rule.Network.Include))
	}
	// Output:
	// 1 Office true 1
	// 2 Everybody else false 0
}

func ExampleParseThreatInsight() {
	threat, err := zone.ParseThreatInsight("threat.json", []byte(`{"action": "block", "excludeZones": ["nzo1"]}`))
	fmt.Println(threat.Action == zone.ThreatBlock, threat.ExcludeZones[0].ID, err)
	// Output: true nzo1 <nil>
}

func ExampleParseFeed() {
	feed, err := zone.ParseFeed("threat.txt", []byte("# scanners\n192.0.2.7\n198.51.100.0/24 # since May\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range feed.Entries {
		fmt.Println(entry.Position.Line, entry.Text, entry.Range)
	}
	// Output:
	// 2 192.0.2.7 192.0.2.7-192.0.2.7
	// 3 198.51.100.0/24 198.51.100.0-198.51.100.255
}

func ExampleParseSailPoint() {
	_, err := zone.ParseSailPoint("network-config.json", []byte(`{"range": ["10.0.0.0/8"], "Whitelisted": true}`))
	fmt.Println(err)
	// Output: network-config.json:1:27 /Whitelisted: "Whitelisted": unknown key; expected range, geolocation or whitelisted; did you mean "whitelisted"?
}

func ExampleParseAuthProfile() {
	profile, err := zone.ParseAuthProfile("profile.json", []byte(`{"name": "Employees", "offNetwork": true}`))
	fmt.Println(profile.OffNetwork, profile.UntrustedGeography, err)
	// Output: true false <nil>
}

func ExampleParseOverlay() {
	overlay, err := zone.ParseOverlay("overlay.json", []byte(`{
  "deny": [{"network": "203.0.113.0/24", "until": "2030-01-02T15:04:05Z", "why": "credential stuffing"}]
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range overlay.Deny {
		fmt.Println(entry.Range, entry.Until.Year(), entry.Why)
	}
	// Output: 203.0.113.0-203.0.113.255 2030 credential stuffing
}
