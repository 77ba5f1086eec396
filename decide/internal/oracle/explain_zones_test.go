package oracle_test

import (
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/internal/oracle"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// TestExplainHops: what is told of hops and the blocklists that hold them.
func TestExplainHops(t *testing.T) {
	office := decidetest.Documents{Zones: ipZone("office", "POLICY", "192.0.2.0/28 192.0.2.0/24", proxied)}
	blocks := decidetest.Documents{Zones: array(ipZone("bad", "BLOCKLIST", "203.0.113.0/24", ""), exempt("203.0.113.7"), dynamicZone("DYNAMIC_V2", "us", "BLOCKLIST", american), ipZone("worse", "BLOCKLIST", "203.0.113.8/31", ""), ipZone("office", "POLICY", "192.0.2.9", proxied)), Geo: places}
	requireExplained(t, []explained{
		{name: "no hop", documents: office, chain: "", about: "hop",
			want: nil},
		{name: "a proxy and the client", documents: office, chain: "10.0.0.1 192.0.2.7 10.9.9.9", about: "hop",
			want: []string{
				`10.0.0.1 trusted by [0], client false, at "", anonymizer unknown`,
				`192.0.2.7 trusted by [], client true, at "", anonymizer unknown`,
				`10.9.9.9 trusted by [0], client false, at "", anonymizer unknown`,
			}},
		{name: "proxies alone", documents: office, chain: "10.0.0.1 10.0.0.2", about: "hop",
			want: []string{
				`10.0.0.1 trusted by [0], client false, at "", anonymizer unknown`,
				`10.0.0.2 trusted by [0], client true, at "", anonymizer unknown`,
			}},
		{name: "no client", documents: office, chain: "10.0.0.1 ? 192.0.2.7", about: "hop",
			want: []string{
				`10.0.0.1 trusted by [0], client false, at "", anonymizer unknown`,
				`invalid IP trusted by [], client false, at "", anonymizer unknown`,
				`192.0.2.7 trusted by [], client false, at "", anonymizer unknown`,
			}},
		{name: "zones and mapped addresses", documents: office, chain: "::ffff:10.0.0.1 fe80::1%eth0", about: "hop",
			want: []string{
				`10.0.0.1 trusted by [0], client false, at "", anonymizer unknown`,
				`fe80::1 trusted by [], client true, at "", anonymizer unknown`,
			}},
		{name: "proxies of two zones", documents: decidetest.Documents{Zones: array(ipZone("a", "POLICY", "192.0.2.1", proxied), ipZone("b", "BLOCKLIST", "192.0.2.2", proxied), ipZone("c", "POLICY", "192.0.2.3", proxied)), Geo: places}, chain: "10.0.0.1 192.0.2.3", about: "hop",
			want: []string{
				`10.0.0.1 trusted by [0 2], client false, at "", anonymizer unknown`,
				`192.0.2.3 trusted by [], client true, at "DE", anonymizer unknown`,
			}},
		{name: "proxies that count for nobody", documents: decidetest.Documents{Zones: array(strings.Replace(ipZone("off", "POLICY", "192.0.2.1", proxied), "ACTIVE", "INACTIVE", 1), strings.Replace(exempt("192.0.2.2"), `"proxies":[]`, `"proxies":[{"type":"CIDR","value":"10.0.0.0/8"}]`, 1), dynamicZone("DYNAMIC_V2", "us", "POLICY", american)), Geo: places}, change: func(d *oracle.Documents) {
			d.Zones[0].Zones[2].Proxies = d.Zones[0].Zones[0].Proxies
		}, chain: "10.0.0.1 192.0.2.3", about: "hop",
			want: []string{
				`10.0.0.1 trusted by [], client true, at "", anonymizer unknown`,
				`192.0.2.3 trusted by [], client false, at "DE", anonymizer unknown`,
			}},
		{name: "what is taken for none", documents: office, change: func(d *oracle.Documents) { d.AssumeNone = geo.AllSorts }, chain: "10.0.0.1 ? 192.0.2.3", about: "hop",
			want: []string{
				`10.0.0.1 trusted by [0], client false, at "", anonymizer none`,
				`invalid IP trusted by [], client false, at "", anonymizer unknown`,
				`192.0.2.3 trusted by [], client false, at "", anonymizer none`,
			}},
		{name: "IPv6 ranges", documents: decidetest.Documents{Zones: ipZone("a", "POLICY", "192.0.2.1", "2001:db8::/32 ::/64")}, chain: "2001:db8:1::1 2001:db8::1 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff :: 192.0.2.9 ::ffff 0:0:0:1::", about: "hop",
			want: []string{
				`2001:db8:1::1 trusted by [0], client false, at "", anonymizer unknown`,
				`2001:db8::1 trusted by [0], client false, at "", anonymizer unknown`,
				`2001:db7:ffff:ffff:ffff:ffff:ffff:ffff trusted by [], client true, at "", anonymizer unknown`,
				`2001:db9:: trusted by [], client false, at "", anonymizer unknown`,
				`2001:db8:ffff:ffff:ffff:ffff:ffff:ffff trusted by [0], client false, at "", anonymizer unknown`,
				`:: trusted by [0], client false, at "", anonymizer unknown`,
				`192.0.2.9 trusted by [], client false, at "", anonymizer unknown`,
				`::ffff trusted by [0], client false, at "", anonymizer unknown`,
				`0:0:0:1:: trusted by [], client false, at "", anonymizer unknown`,
			}},
		{name: "an entry that covers no range", documents: office, change: func(d *oracle.Documents) {
			z := &d.Zones[0].Zones[0]
			z.Proxies = append([]zone.Entry{{}}, z.Proxies...)
		}, chain: ":: 10.0.0.1 192.0.2.1", about: "hop",
			want: []string{
				`:: trusted by [], client true, at "", anonymizer unknown`,
				`10.0.0.1 trusted by [0], client false, at "", anonymizer unknown`,
				`192.0.2.1 trusted by [], client false, at "", anonymizer unknown`,
			}},
		{name: "a blocklist and what may be one", documents: blocks, chain: "10.0.0.1 203.0.113.9 203.0.113.7", about: "hit",
			want: []string{
				`of 203.0.113.9 in zone 0, unknown false, exempt false: 203.0.113.9 is in gateway 203.0.113.0/24`,
				`of 203.0.113.9 in zone 2, unknown true, exempt false: location unknown: unknown`,
				`of 203.0.113.9 in zone 3, unknown false, exempt false: 203.0.113.9 is in gateway 203.0.113.8/31`,
				`of 203.0.113.7 in zone 0, unknown false, exempt true: 203.0.113.7 is in gateway 203.0.113.0/24`,
			}},
		{name: "what lies behind the client surely is in a blocklist", documents: blocks, chain: "10.0.0.1 192.0.2.1 198.51.100.1 203.0.113.1", about: "hit",
			want: []string{
				`of 198.51.100.1 in zone 2, unknown false, exempt false: location US: match`,
				`of 203.0.113.1 in zone 0, unknown false, exempt false: 203.0.113.1 is in gateway 203.0.113.0/24`,
			}},
		{name: "NAT64", documents: blocks, chain: "64:ff9b::203.0.113.8", about: "hit",
			want: []string{
				`of 64:ff9b::cb00:7108 in zone 2, unknown true, exempt false: location unknown: unknown`,
				`of 203.0.113.8 in zone 0, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.0/24`,
				`of 203.0.113.8 in zone 3, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.8/31`,
			}},
		{name: "local NAT64", documents: blocks, chain: "64:ff9b:1:2:3:4:203.0.113.8", about: "hit",
			want: []string{
				`of 64:ff9b:1:2:3:4:cb00:7108 in zone 2, unknown true, exempt false: location unknown: unknown`,
				`of 203.0.113.8 in zone 0, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.0/24`,
				`of 203.0.113.8 in zone 3, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.8/31`,
			}},
		{name: "6to4", documents: blocks, chain: "2002:cb00:7108::1", about: "hit",
			want: []string{
				`of 2002:cb00:7108::1 in zone 2, unknown true, exempt false: location unknown: unknown`,
				`of 203.0.113.8 in zone 0, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.0/24`,
				`of 203.0.113.8 in zone 3, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.8/31`,
			}},
		{name: "Teredo", documents: blocks, chain: "2001:0:1:2:3:4:34ff:8ef7", about: "hit",
			want: []string{
				`of 2001:0:1:2:3:4:34ff:8ef7 in zone 2, unknown true, exempt false: location unknown: unknown`,
				`of 203.0.113.8 in zone 0, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.0/24`,
				`of 203.0.113.8 in zone 3, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.8/31`,
			}},
		{name: "no address inside", documents: blocks, chain: "2001:1:cb00:7108::cb00:7108", about: "hit",
			want: []string{`of 2001:1:cb00:7108::cb00:7108 in zone 2, unknown true, exempt false: location unknown: unknown`}},
		{name: "no Teredo inside", documents: blocks, chain: "2001:1::34ff:8ef7", about: "hit",
			want: []string{`of 2001:1::34ff:8ef7 in zone 2, unknown true, exempt false: location unknown: unknown`}},
		{name: "inside a hop behind the client", documents: blocks, chain: "192.0.2.1 64:ff9b::203.0.113.8", about: "hit",
			want: nil},
		{name: "inside the client alone", documents: blocks, chain: "10.0.0.1 64:ff9b::203.0.113.8 192.0.2.1", about: "hit",
			want: []string{
				`of 64:ff9b::cb00:7108 in zone 2, unknown true, exempt false: location unknown: unknown`,
				`of 203.0.113.8 in zone 0, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.0/24`,
				`of 203.0.113.8 in zone 3, unknown false, exempt false: the IPv4 address 203.0.113.8 embedded in it: 203.0.113.8 is in gateway 203.0.113.8/31`,
			}},
		{name: "an exempt zone that is not in force", documents: blocks, change: func(d *oracle.Documents) { d.Zones[0].Zones[1].Active = false }, chain: "203.0.113.7", about: "hit",
			want: []string{
				`of 203.0.113.7 in zone 0, unknown false, exempt false: 203.0.113.7 is in gateway 203.0.113.0/24`,
				`of 203.0.113.7 in zone 2, unknown true, exempt false: location unknown: unknown`,
			}},
		{name: "an INACTIVE blocklist", documents: decidetest.Documents{Zones: array(strings.Replace(ipZone("bad", "BLOCKLIST", "192.0.2.1", ""), "ACTIVE", "INACTIVE", 1)), Geo: places}, chain: "192.0.2.1", about: "hit",
			want: nil},
		{name: "a blocklist without terms", documents: blocks, change: func(d *oracle.Documents) { d.Zones[0].Zones[2].Locations = zone.Terms[zone.Place]{} }, chain: "192.0.2.1", about: "hit",
			want: []string{`of 192.0.2.1 in zone 2, unknown false, exempt false:`}},
	})
}

// TestExplainZones: what is told of zones of networks.
func TestExplainZones(t *testing.T) {
	office := decidetest.Documents{Zones: ipZone("office", "POLICY", "192.0.2.0/28 192.0.2.0/24", proxied)}
	blocks := decidetest.Documents{Zones: array(ipZone("bad", "BLOCKLIST", "203.0.113.0/24", ""), exempt("203.0.113.7"), dynamicZone("DYNAMIC_V2", "us", "BLOCKLIST", american), ipZone("worse", "BLOCKLIST", "203.0.113.8/31", ""), ipZone("office", "POLICY", "192.0.2.9", proxied)), Geo: places}
	requireExplained(t, []explained{
		{name: "keys and uses", documents: decidetest.Documents{Zones: array(strings.Replace(ipZone("off", "POLICY", "192.0.2.7", ""), "ACTIVE", "INACTIVE", 1), strings.Replace(ipZone("noid", "BLOCKLIST", "192.0.2.0/24", ""), `"id":"noid",`, "", 1), exempt("192.0.2.7"))}, chain: "192.0.2.7", about: "zone",
			want: []string{
				`off INACTIVE no /0: the zone is INACTIVE`,
				`NOID BLOCKLIST match /1: 192.0.2.7 is in gateway 192.0.2.0/24 /1/gateways/0/value`,
				`safe EXEMPT match /2: hop 1, 192.0.2.7, is in gateway 192.0.2.7 /2/gateways/0/value`,
			}},
		{name: "gateway of the nearest hop", documents: office, chain: "192.0.2.17 192.0.2.1", about: "zone",
			want: []string{`office POLICY match : hop 1, 192.0.2.17, is in gateway 192.0.2.0/24 /gateways/1/value`}},
		{name: "gateway behind a proxy", documents: office, chain: "10.0.0.1 192.0.2.1", about: "zone",
			want: []string{`office POLICY match : hop 2, 192.0.2.1, is in gateway 192.0.2.0/28 /gateways/0/value`}},
		{name: "gateway behind another", documents: office, chain: "10.0.0.1 198.51.100.1 192.0.2.1", about: "zone",
			want: []string{`office POLICY no : hop 2, 198.51.100.1, is neither gateway nor proxy of this zone`}},
		{name: "the fifth hop", documents: office, chain: "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 192.0.2.1", about: "zone",
			want: []string{`office POLICY match : hop 5, 192.0.2.1, is in gateway 192.0.2.0/28 /gateways/0/value`}},
		{name: "the sixth hop", documents: office, chain: "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 192.0.2.1", about: "zone",
			want: []string{`office POLICY no : none of the first five hops is a gateway`}},
		{name: "proxies to the end", documents: office, chain: "10.0.0.1 10.0.0.2", about: "zone",
			want: []string{`office POLICY no : the chain ends in proxies of this zone; no hop is a gateway`}},
		{name: "a hop that cannot be read", documents: office, chain: "10.0.0.1 ? 192.0.2.1", about: "zone",
			want: []string{`office POLICY no : hop 2 cannot be read`}},
		{name: "a blocklist is asked about the client", documents: blocks, chain: "10.0.0.1 203.0.113.8", about: "zone",
			want: []string{
				`bad BLOCKLIST match /0: 203.0.113.8 is in gateway 203.0.113.0/24 /0/gateways/0/value`,
				`safe EXEMPT no /1: hop 1, 10.0.0.1, is neither gateway nor proxy of this zone`,
				`us BLOCKLIST unknown /2: location unknown: unknown`,
				`worse BLOCKLIST match /3: 203.0.113.8 is in gateway 203.0.113.8/31 /3/gateways/0/value`,
				`office POLICY no /4: hop 2, 203.0.113.8, is neither gateway nor proxy of this zone`,
			}},
		{name: "no client for a blocklist", documents: blocks, chain: "?", about: "zone",
			want: []string{
				`bad BLOCKLIST unknown /0: the client is not known`,
				`safe EXEMPT no /1: hop 1 cannot be read`,
				`us BLOCKLIST unknown /2: the client is not known`,
				`worse BLOCKLIST unknown /3: the client is not known`,
				`office POLICY no /4: hop 1 cannot be read`,
			}},
	})
}

// TestExplainDynamicZones: what is told of dynamic zones.
func TestExplainDynamicZones(t *testing.T) {
	requireExplained(t, []explained{
		{name: "a country", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"include":[{"country":"US"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY match : location US-CA: match`}},
		{name: "a region that is not known", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"include":[{"country":"US","region":"US-CA"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.2", about: "zone",
			want: []string{`z POLICY unknown : location US: unknown`}},
		{name: "a country that is not known", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"exclude":[{"country":"US"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.9", about: "zone",
			want: []string{`z POLICY unknown : location unknown: unknown`}},
		{name: "a region", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"include":[{"country":"US","region":"US-CA"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY match : location US-CA: match`}},
		{name: "another region", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"include":[{"country":"US","region":"US-NY"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n192.0.2.4,US,US-NY,,,\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY no : location US-CA: no`}},
		{name: "a region that no source has", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"include":[{"country":"US","region":"US-NY"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY unknown : location US-CA: unknown`}},
		{name: "a region of another country", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"include":[{"country":"DE","region":"DE-BY"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.2", about: "zone",
			want: []string{`z POLICY no : location US: no`}},
		{name: "all but a country", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"exclude":[{"country":"DE"}]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.2", about: "zone",
			want: []string{`z POLICY match : location US: match`}},
		{name: "an ASN", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"asns":{"include":["64500"]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY match : ASN 64500: match`}},
		{name: "all but an ASN", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"asns":{"exclude":["64500"]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY no : ASN 64500: no`}},
		{name: "all but another ASN", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"asns":{"exclude":["64501"]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY match : ASN 64500: match`}},
		{name: "an ASN that is not known", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"asns":{"exclude":["64500"]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.2", about: "zone",
			want: []string{`z POLICY unknown : ASN unknown: unknown`}},
		{name: "services", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY match : IP services NORD_VPN, VPN: match`}},
		{name: "no services", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"ipServiceCategories":{"exclude":["NORD_VPN"]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.2", about: "zone",
			want: []string{`z POLICY no : IP services none: no`}},
		{name: "services that are not known, less those of an operator", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"ipServiceCategories":{"include":["NORD_VPN"]}`), Geo: "192.0.2.1,,,,,NORD_VPN\n"}, chain: "192.0.2.3", about: "zone",
			want: []string{`z POLICY no : IP services unknown: no`}},
		{name: "an anonymizer", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC", "z", "POLICY", `"proxyType":"Any"`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY match : anonymizer anonymous: match`}},
		{name: "an anonymizer that is not known", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC", "z", "POLICY", `"proxyType":"Any"`), Geo: "192.0.2.1,,,,anonymous,\n"}, chain: "192.0.2.2", about: "zone",
			want: []string{`z POLICY unknown : anonymizer unknown: unknown`}},
		{name: "all that a zone asks", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"locations":{"include":[{"country":"US"}]},"asns":{"include":["64501"]},"ipServiceCategories":{"include":["ALL_IP_SERVICES"]}`), Geo: "192.0.2.1,US,US-CA,64500,anonymous,NORD_VPN|VPN\n192.0.2.2,US,,,none,-\n192.0.2.9,,,,tor,ANONYMIZER_TOR|PROXY|VPN\n"}, chain: "192.0.2.1", about: "zone",
			want: []string{`z POLICY no : location US-CA: match; ASN 64500: no; IP services NORD_VPN, VPN: match`}},
		{name: "a Tor of later, where VPNs are not told", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"ipServiceCategories":{"include":["SOME_TOR"]}`), Geo: "192.0.2.1,,,,,ANONYMIZER_TOR\n"}, chain: "192.0.2.3", about: "zone",
			want: []string{`z POLICY no : IP services unknown: no`}},
		{name: "a Tor of later, where Tor is not told", documents: decidetest.Documents{Zones: dynamicZone("DYNAMIC_V2", "z", "POLICY", `"ipServiceCategories":{"include":["SOME_TOR"]}`), Geo: "192.0.2.1,,,,,NORD_VPN|VPN\n"}, chain: "192.0.2.3", about: "zone",
			want: []string{`z POLICY unknown : IP services unknown: unknown`}},
	})
}
