package decide_test

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// The library from documents to a decision.
func Example() {
	policy, err := load()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"203.0.113.9", "1.1.1.1", "185.220.101.4"} {
		fmt.Println(policy.Decide(netip.MustParseAddr(text)))
	}
	// The Berlin office behind its corporate proxy: nearest hop first.
	chain := []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("198.51.100.7")}
	fmt.Println(policy.DecideChain(chain))
	// Output:
	// allow 203.0.113.9 rule rule="Offices"
	// deny 1.1.1.1 rule rule="Everybody else"
	// deny 185.220.101.4 blocklisted zone="VPN providers and Tor"
	// allow 198.51.100.7 rule rule="Offices"
}

// load reads an organisation's zones and rules and three databases.
func load() (*decide.Policy, error) {
	const dir = "../examples/acme"
	table, err := geo.Load(
		geo.Source{File: dir + "/geo/country.mmdb"},
		geo.Source{File: dir + "/geo/asn.mmdb"},
		geo.Source{File: dir + "/geo/anonymous.mmdb"},
		geo.Source{File: dir + "/geo/overrides.csv"},
	)
	if err != nil {
		return nil, err
	}
	zonesFile, rulesFile := dir+"/okta/zones.json", dir+"/okta/rules.json"
	zonesText, err := os.ReadFile(zonesFile)
	if err != nil {
		return nil, err
	}
	zones, err := zone.ParseOkta(zonesFile, zonesText)
	if err != nil {
		return nil, err
	}
	rulesText, err := os.ReadFile(rulesFile)
	if err != nil {
		return nil, err
	}
	rules, err := zone.ParseOktaRules(rulesFile, rulesText)
	if err != nil {
		return nil, err
	}
	return decide.Compile(decide.Config{
		Zones: []zone.Zones{zones},
		Rules: []zone.RuleSet{rules},
		Geo:   table,
	})
}

func ExamplePolicy_Explain() {
	policy, err := load()
	if err != nil {
		fmt.Println(err)
		return
	}
	explanation := policy.Explain(netip.MustParseAddr("175.45.176.1"))
	for _, layer := range explanation.Layers {
		if layer.Denied {
			fmt.Println(layer.Layer, "denies:", layer.Why)
		}
	}
	// Output:
	// blocklist denies: 175.45.176.1 is in zone "Blocked countries": location KP: match
	// rules denies: rule "Everybody else" of ../examples/acme/okta/rules.json denies
}

func ExamplePolicy_Match() {
	policy, err := load()
	if err != nil {
		fmt.Println(err)
		return
	}
	membership := policy.Match([]netip.Addr{netip.MustParseAddr("203.0.113.9")})
	fmt.Println(membership.Zone("nzo5torontoOffice0005"), membership.Zone("nzo4berlinOfficeAc004"))
	// Output: match no
}

func ExampleDiff() {
	before, err := load()
	if err != nil {
		fmt.Println(err)
		return
	}
	for change := range decide.Diff(before, nil) {
		fmt.Println(change.Range, change.Before.Reason, "->", change.After.Verdict)
		break
	}
	// Output: 0.0.0.0-0.255.255.255 blocklisted -> deny
}

// A reload builds the next policy aside and swaps it in; on an error the one in
// force stays.
func ExampleLive() {
	var live decide.Live // denies until the first Swap
	addr := netip.MustParseAddr("203.0.113.9")
	fmt.Println(live.Decide(addr).Verdict)
	if next, err := load(); err == nil {
		live.Swap(next)
	}
	fmt.Println(live.Decide(addr).Verdict)
	// Output:
	// deny
	// allow
}
