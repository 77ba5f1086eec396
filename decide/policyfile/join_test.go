package policyfile_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

func formatted(value any) string { return fmt.Sprint(value) }

func asList(t *testing.T, err error) finding.List {
	t.Helper()
	var list finding.List
	require.True(t, errors.As(err, &list), "%v", err)
	return list
}

// The order of recognition, each row with the keys of the kinds behind it.
func TestRecognise(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             policyfile.Kind
	}{
		{"by name", "conf/netwicket.json", `{"gateways":[]}`, policyfile.PolicyFile},
		{"by name, an array", "netwicket.json", `[]`, policyfile.PolicyFile},
		{"okta", "x.json", `{"okta":{},"actions":{}}`, policyfile.PolicyFile},
		{"sailpoint", "x.json", `{"sailpoint":{},"range":[]}`, policyfile.PolicyFile},
		{"geo", "x.json", `{"geo":[]}`, policyfile.PolicyFile},
		{"services", "x.json", `{"services":{}}`, policyfile.PolicyFile},
		{"edge", "x.json", `{"edge":{}}`, policyfile.PolicyFile},
		{"serve", "x.json", `{"serve":{}}`, policyfile.PolicyFile},
		{"mode", "x.json", `{"mode":"enforce","system":true}`, policyfile.PolicyFile},
		{"an overlay alone", "x.json", `{"overlay":"overlay.json"}`, policyfile.PolicyFile},
		{"what lacks no data, alone", "x.json", `{"assumeNone":["tor"]}`, policyfile.PolicyFile},
		{"pull alone, with a comment", "x.json", "{// x\n\"pull\":{}}", policyfile.PolicyFile},
		{"a vendor's document that has such a word", "x.json", `{"gateways":[],"pull":1}`, policyfile.Zones},
		{"rules by actions", "x.json", `[{"actions":{},"system":false,"offNetwork":true,"action":"x"}]`, policyfile.Rules},
		{"rules by conditions", "x.json", `{"conditions":null,"system":false}`, policyfile.Rules},
		{"profile by offNetwork", "x.json", `{"offNetwork":false,"action":"none"}`, policyfile.AuthProfile},
		{"profile by untrustedGeography", "x.json", `{"untrustedGeography":true}`, policyfile.AuthProfile},
		{"profile by strongAuthLogin", "x.json", `{"strongAuthLogin":true,"system":1}`, policyfile.AuthProfile},
		{"threat by action", "x.json", `{"action":"block","system":1}`, policyfile.ThreatInsight},
		{"threat by excludeZones", "x.json", `{"excludeZones":[],"range":[]}`, policyfile.ThreatInsight},
		{"zones by gateways", "x.json", `[{"gateways":null,"range":[]}]`, policyfile.Zones},
		{"zones by proxies", "x.json", `{"proxies":null}`, policyfile.Zones},
		{"zones by proxyType", "x.json", `{"proxyType":""}`, policyfile.Zones},
		{"zones by asns", "x.json", `{"asns":[]}`, policyfile.Zones},
		{"zones by locations", "x.json", `{"locations":[]}`, policyfile.Zones},
		{"zones by ipServiceCategories", "x.json", `{"ipServiceCategories":{}}`, policyfile.Zones},
		{"zones by system", "x.json", `{"system":false,"whitelisted":true}`, policyfile.Zones},
		{"network by range", "x.json", `{"range":null}`, policyfile.NetworkConfig},
		{"network by geolocation", "x.json", `{"GeoLocation":[]}`, policyfile.NetworkConfig},
		{"network by whitelisted", "x.json", `{"WHITELISTED":true,"x":1}`, policyfile.NetworkConfig},
		{"empty object", "x.json", `{}`, policyfile.NetworkConfig},
		{"the first object of an array decides", "x.json", `[1,{"gateways":[]},{"actions":{}}]`, policyfile.Zones},

		{"a policy file with a comment", "x.json", "{// x\n\"geo\":[],}", policyfile.PolicyFile},
		{"by name, with a comment", "netwicket.json", "// x\n{}", policyfile.PolicyFile},
		{"zones with a comment are none", "x.json", "[// x\n{\"gateways\":[]}]", policyfile.Unknown},
		{"a configuration with a comma at the end is none", "x.json", `{"range":null,}`, policyfile.Unknown},
		{"a miscast zone key is unknown", "x.json", `{"Gateways":[]}`, policyfile.Unknown},
		{"an unknown object", "x.json", `{"hello":1}`, policyfile.Unknown},
		{"an empty object in an array", "x.json", `[{}]`, policyfile.Unknown},
		{"an array without an object", "x.json", `[[{"okta":1}],1]`, policyfile.Unknown},
		{"a nested key does not count", "x.json", `{"data":{"gateways":[]}}`, policyfile.Unknown},
		{"a string", "x.json", `"okta"`, policyfile.Unknown},
		{"an empty array", "x.json", `[]`, policyfile.Unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := policyfile.Recognise(test.file, []byte(test.text))
			require.Equal(t, test.want, got)
			require.Equal(t, test.want == policyfile.Unknown, err != nil)
		})
	}
}

func TestUnknownDocumentsListWhatIsKnown(t *testing.T) {
	folder(t, map[string]string{"x.json": `{"hello":1}`, "empty.json": "\n []"})
	findings := policyfile.Load(policyfile.Options{Paths: []string{"x.json", "empty.json"}}).Findings
	require.Equal(t, []string{"x.json:1:1  unknown-document", "empty.json:2:2  unknown-document"}, lines(findings))
	for _, word := range []string{"okta", "actions", "offNetwork", "excludeZones", "ipServiceCategories", "whitelisted"} {
		require.ErrorContains(t, findings[0], word)
	}
	require.ErrorContains(t, findings[1], "policy file")
}

func TestDocumentsAddUp(t *testing.T) {
	folder(t, map[string]string{
		"zones.json": zonesText, "more.json": `[{"type":"IP","id":"nzo2","name":"B","usage":"BLOCKLIST","gateways":[{"type":"RANGE","value":"203.0.113.9"}]}]`,
		"rules.json": rulesText, "threat.json": threatText, "network.json": networkText, "profile.json": profileText,
		"a/netwicket.json": `{"okta":{"zones":["z.json"]},"edge":{}}`, "a/z.json": `[]`,
		"bad.txt": feedText, "geo.csv": geoText,
	})
	parts, policy, err := policyfile.Open(policyfile.Options{
		Paths:   []string{"a", "zones.json", "more.json", "rules.json", "threat.json", "network.json", "profile.json"},
		Geo:     []string{"geo.csv"},
		Threats: []string{"bad.txt"},
	})
	require.NoError(t, err)
	require.Equal(t, 2, policy.Info().Zones)
	require.Equal(t, 1, policy.Info().Rules)
	require.NotNil(t, parts.Edge)
	require.Len(t, parts.Config.ThreatFeeds, 1)
	require.Equal(t, zone.ThreatBlock, parts.Config.ThreatInsight.Action)
}

// What a policy has one of may come from one place only; the error stands at the
// second and names the first.
func TestConflicts(t *testing.T) {
	files := map[string]string{
		"threat.json": threatText, "network.json": networkText, "profile.json": profileText, "overlay.json": overlayText,
		"threat2.json": threatText, "network2.json": networkText, "profile2.json": profileText,
		"a.json": `{"sailpoint":{"networkConfig":"network.json","authProfile":"profile.json","unknownCountry":"deny"},
			"okta":{"threatInsight":"threat.json"},"overlay":"overlay.json","edge":{},"mode":"enforce","serve":{},"pull":{},"assumeNone":["vpn"]}`,
		"j.json": `{"assumeNone":["vpn"],"geo":[]}`,
		"b.json": `{"sailpoint":{"networkConfig":"network2.json"}}`,
		"c.json": `{"sailpoint":{"authProfile":"profile2.json"}}`,
		"d.json": `{"okta":{"threatInsight":"threat2.json"}}`,
		"e.json": `{"edge":{}}`,
		"f.json": `{"mode":"observe"}`,
		"g.json": `{"serve":{}}`,
		"h.json": `{"sailpoint":{"unknownCountry":"trust"}}`,
		"i.json": `{"overlay":"overlay.json","geo":[]}`,
		"k.json": `{"pull":{},"geo":[]}`,
	}
	tests := []struct{ name, second, want string }{
		{"network configuration", "network2.json", "network2.json:1:1  conflict"},
		{"network configuration in a policy file", "b.json", "b.json:1:31 /sailpoint/networkConfig conflict"},
		{"auth profile", "profile2.json", "profile2.json:1:1  conflict"},
		{"auth profile in a policy file", "c.json", "c.json:1:29 /sailpoint/authProfile conflict"},
		{"ThreatInsight", "threat2.json", "threat2.json:1:1  conflict"},
		{"ThreatInsight in a policy file", "d.json", "d.json:1:26 /okta/threatInsight conflict"},
		{"edge", "e.json", "e.json:1:9 /edge conflict"},
		{"mode", "f.json", "f.json:1:9 /mode conflict"},
		{"serve", "g.json", "g.json:1:10 /serve conflict"},
		{"unknownCountry", "h.json", "h.json:1:32 /sailpoint/unknownCountry conflict"},
		{"assumeNone", "j.json", "j.json:1:15 /assumeNone conflict"},
		{"overlay", "i.json", "i.json:1:12 /overlay conflict"},
		{"pull", "k.json", "k.json:1:9 /pull conflict"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, files)
			err := policyfile.Load(policyfile.Options{Paths: []string{"a.json", test.second}}).Err()
			require.Equal(t, []string{test.want}, lines(asList(t, err)))
			if test.name == "edge" {
				require.ErrorContains(t, err, "from a.json")
			}
		})
	}
}

func TestFlagsOverAndBesideThePolicy(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"sailpoint":{"unknownCountry":"trust"},"geo":["geo.csv"]}`,
		"zones.json":     zonesText, "geo.csv": geoText, "more.csv": geoText, "bad.txt": feedText, "nord.txt": "198.51.100.0/24",
	})
	parts, _, err := policyfile.Open(policyfile.Options{
		Geo: []string{"more.csv"}, Threats: []string{"bad.txt"}, UnknownCountry: "deny",
		Services: []policyfile.ServiceList{{Name: "NORD_VPN", Path: "nord.txt"}},
	})
	require.NoError(t, err)
	require.Equal(t, decide.DenyUnknownCountry, parts.Config.UnknownCountry)
	require.Equal(t, zone.ThreatBlock, parts.Config.ThreatInsight.Action, "a feed on the command line blocks")
	var sources []string
	for _, source := range policyfile.Sources(parts) {
		sources = append(sources, source.File+" "+source.Service)
	}
	require.Equal(t, []string{"geo.csv ", "more.csv ", "nord.txt NORD_VPN"}, sources)
}

// Flags leave what policy files say, name no place where a file is missing, and go on
// behind one that is.
func TestFlagsAlone(t *testing.T) {
	folder(t, map[string]string{
		"threat.json": `{"action":"audit","excludeZones":[]}`, "bad.txt": feedText, "broken.txt": "nonsense\n", "nord.txt": "198.51.100.1/24", "geo.csv": geoText,
		"dynamic.json":   `[{"type":"DYNAMIC_V2","id":"d","name":"D","ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}}]`,
		"netwicket.json": `{"okta":{"zones":["dynamic.json"]},"assumeNone":["vpn","public_proxy","residential_proxy"],"services":{"ANONYMIZER_TOR":["nord.txt"]}}`,
		"folder/b.csv":   geoText, "folder/a.csv/x": "", "folder/.c.csv": "",
	})
	parts := policyfile.Load(policyfile.Options{Paths: []string{"threat.json"}, Threats: []string{"bad.txt"}})
	require.Equal(t, zone.ThreatAudit, parts.Config.ThreatInsight.Action)
	parts = policyfile.Load(policyfile.Options{Paths: []string{"threat.json"}, Threats: []string{"broken.txt"}})
	require.NotEmpty(t, lines(parts.Findings))
	parts = policyfile.Load(policyfile.Options{Services: []policyfile.ServiceList{{Name: "A_VPN", Path: "absent.txt"}, {Name: "NORD_VPN", Path: "nord.txt"}}, Geo: []string{"absent.csv"}})
	require.Equal(t, []string{"absent.csv:1:1  missing-file", "absent.txt:1:1  missing-file"}, lines(asList(t, parts.Err())))
	require.NotContains(t, parts.Err().Error(), "named in")
	require.Equal(t, "nord.txt", policyfile.Sources(parts)[0].File)
	require.Equal(t, []string{"netwicket.json", "dynamic.json", "absent.csv", "nord.txt", "absent.txt", "nord.txt"}, parts.Files)

	require.NoError(t, os.Symlink("nowhere", "folder/0.csv"))
	parts = policyfile.Load(policyfile.Options{Paths: []string{"threat.json"}, Geo: []string{"geo.csv"}})
	require.Equal(t, []string{"threat.json", "geo.csv"}, parts.Files)
	require.NotNil(t, parts.Config.Geo)
	require.Nil(t, policyfile.Load(policyfile.Options{Paths: []string{"threat.json"}}).Config.Geo)
	parts = policyfile.Load(policyfile.Options{Paths: []string{"threat.json"}, Geo: []string{"folder"}})
	require.Equal(t, []string{"threat.json", "folder/0.csv", "folder/a.csv", "folder/b.csv"}, parts.Files)
	require.Equal(t, []string{"folder"}, parts.Folders)
	require.Len(t, parts.Findings, 2, "what leads nowhere, and a folder that is no database")
	require.Equal(t, "folder/b.csv", policyfile.Sources(parts)[1].File)

	parts, _, err := policyfile.Open(policyfile.Options{})
	require.NoError(t, err)
	require.Equal(t, geo.AllSorts&^geo.TorSort, parts.Config.AssumeNone)
	require.Equal(t, []string{
		"nord.txt:1:1  host-bits (warning)", "netwicket.json:1:49 /assumeNone assumed-none (warning)", "dynamic.json:1:2 /0 family-without-data (warning)",
	}, lines(parts.Findings), "each said once")
	parts = policyfile.Load(policyfile.Options{AssumeNone: geo.TorSort})
	require.Equal(t, geo.AllSorts, parts.Config.AssumeNone)
	parts, _, err = policyfile.Open(policyfile.Options{Paths: []string{"dynamic.json"}, AssumeNone: geo.AllSorts &^ geo.TorSort, Services: []policyfile.ServiceList{{Name: "ANONYMIZER_TOR", Path: "nord.txt"}}})
	require.NoError(t, err)
	require.Equal(t, []string{"nord.txt:1:1  host-bits (warning)", "dynamic.json:1:1  assumed-none (warning)", "dynamic.json:1:2 /0 family-without-data (warning)"}, lines(parts.Findings), "a flag has no place")
}

// What is the one document and what is not: beside anything else, also what cannot be
// read, a document is none.
func TestOnlyDocument(t *testing.T) {
	folder(t, map[string]string{"zones.json": zonesText, "list.txt": "192.0.2.1\n", "text.json": "{", "odd.json": `{"x":1}`, "geo.csv": geoText, "bad.txt": feedText})
	document := func(options policyfile.Options, paths ...string) policyfile.Kind {
		options.Paths = paths
		return policyfile.Load(options).Document()
	}
	require.Equal(t, policyfile.Zones, document(policyfile.Options{}, "zones.json"))
	for _, other := range []string{"absent.json", "list.txt", "text.json", "odd.json"} {
		require.Equal(t, policyfile.Unknown, document(policyfile.Options{}, other, "zones.json"), other)
	}
	services := []policyfile.ServiceList{{Name: "NORD_VPN", Path: "list.txt"}}
	for name, options := range map[string]policyfile.Options{
		"a source": {Geo: []string{"geo.csv"}}, "a list": {Services: services}, "a feed": {Threats: []string{"bad.txt"}},
		"a source and a list": {Geo: []string{"geo.csv"}, Services: services}, "a list and a feed": {Services: services, Threats: []string{"bad.txt"}},
		"a source and a feed": {Geo: []string{"geo.csv"}, Threats: []string{"bad.txt"}},
	} {
		require.Equal(t, policyfile.Unknown, document(options, "zones.json"), name)
	}
	require.Equal(t, []string{"netwicket.json"}, policyfile.Load(policyfile.Options{}).Files, "it is waited for")
}

// Keys that are given twice are said of whatever document has them, and a list is told
// from a text that only begins like one.
func TestWhatIsNotQuiteADocument(t *testing.T) {
	for text, want := range map[string]string{
		`{"geo":[],"geo":[]}`:     "x.json:1:11 /geo duplicate-key",
		`{"x":1,"x":1}`:           "x.json:1:8 /x duplicate-key",
		"192.0.2.1\n":             "x.json:1:1  wrong-document",
		"192.0.2.1\nnot at all\n": "x.json:1:6  bad-json",
		"":                        "x.json:1:1  bad-json",
		"[1]":                     "x.json:1:1  unknown-document",
		"1":                       "x.json:1:1  unknown-document",
	} {
		folder(t, map[string]string{"x.json": text})
		require.Equal(t, want, lines(policyfile.Load(policyfile.Options{Paths: []string{"x.json"}}).Findings)[0], text)
	}
	folder(t, map[string]string{"netwicket.json": "192.0.2.1\n"})
	require.Equal(t, []string{"netwicket.json:1:1  wrong-document"}, lines(policyfile.Load(policyfile.Options{}).Findings))
	folder(t, map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"]}}`, "zones.json": "{}"})
	require.NotContains(t, strings.Join(lines(policyfile.Load(policyfile.Options{}).Findings), "\n"), "wrong-document")
	kind, err := policyfile.Recognise("netwicket.json", []byte("{"))
	require.Equal(t, policyfile.Unknown, kind)
	require.ErrorContains(t, err, "netwicket.json:1:2")
	_, err = policyfile.Recognise("x.json", []byte("{"))
	require.ErrorContains(t, err, "x.json:1:2")
	for text, want := range map[string]bool{
		`{"sailpoint":{"networkConfig":"net.json"}}`: false, `{"okta":{"zones":["both.json"]}}`: true,
	} {
		folder(t, map[string]string{"netwicket.json": text, "net.json": `{"Range":["192.0.2.0/24"],"system":true}`, "both.json": `[{"Gateways":[],"actions":{}}]`})
		require.Equal(t, want, strings.Contains(strings.Join(lines(policyfile.Load(policyfile.Options{}).Findings), "\n"), "wrong-document"), text)
	}
	folder(t, map[string]string{"a.json": `{"geo":[],"overlay":"one.json"}`, "b.json": `{"geo":[],"overlay":"two.json"}`, "one.json": overlayText, "two.json": overlayText, "zones.json": `[{"type":"IP","gateways":1}]`})
	require.Equal(t, "one.json", policyfile.Load(policyfile.Options{Paths: []string{"a.json", "b.json"}}).OverlayFile)
	_, err = policyfile.LoadEdge(policyfile.Options{Paths: []string{"zones.json"}})
	require.NoError(t, err, "a document that is no edge is not read")
	folder(t, map[string]string{"empty.json": "[]", "one.json": "[1]"})
	found := policyfile.Load(policyfile.Options{Paths: []string{"empty.json", "one.json"}}).Findings
	require.ErrorContains(t, found[0], "an empty array may be")
	require.ErrorContains(t, found[1], "not a document that netwicket knows")
}

func TestFeedWithoutActionInAPolicyFile(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"threatFeeds":["bad.txt"]}}`,
		"zones.json":     zonesText, "bad.txt": feedText,
	})
	_, _, err := policyfile.Open(policyfile.Options{})
	require.Equal(t, []string{"bad.txt:1:1  feed-without-action"}, lines(asList(t, err)))
}

func TestEmptyListsInAPolicyFile(t *testing.T) {
	folder(t, map[string]string{
		"empty.json": `[]`,
		"rules.json": `{"okta":{"rules":["empty.json"]}}`,
		"zones.json": `{"okta":{"zones":["empty.json"]}}`,
	})
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"rules.json"}})
	require.NoError(t, err, "an empty rules file is a part")
	require.Equal(t, decide.NoRule, policy.DecideChain([]netip.Addr{netip.MustParseAddr("192.0.2.1")}).Reason)

	_, _, err = policyfile.Open(policyfile.Options{Paths: []string{"zones.json"}})
	require.ErrorIs(t, err, decide.ErrEmptyPolicy, "an empty zones file is none")
}

// A single document is checked as a document; as a policy it lacks its data.
func TestCheckSingleDocuments(t *testing.T) {
	const dynamic = `[{"type":"DYNAMIC","id":"d","name":"D","locations":[{"country":"DE"}]}]`
	files := map[string]string{
		"dynamic.json": dynamic, "rules.json": rulesText, "threat.json": threatText, "profile.json": profileText, "network.json": networkText,
		"bad.json":       `[{"type":"DYNAMIC","id":"d","name":"D","system":false}]`,
		"twice.json":     `[{"type":"DYNAMIC","id":"d","name":"D","locations":[{"country":"DE"}]},{"type":"IP","id":"d","name":"E","gateways":[{"type":"RANGE","value":"192.0.2.1"}]}]`,
		"netwicket.json": `{"okta":{"zones":["dynamic.json"],"rules":["rules.json"]}}`,
		"geo.csv":        "network,country,region,asn,anonymizer,services\n192.0.2.0/24,,,64500,,\n",
	}
	noData := "dynamic.json:1:2 /0 no-data"
	unknownZone := "rules.json:1:71 /0/conditions/network/include/0 unknown-zone"
	tests := []struct {
		name     string
		options  policyfile.Options
		asPolicy bool
		want     []string
	}{
		{"zones that need data", policyfile.Options{Paths: []string{"dynamic.json"}}, false, nil},
		{"as a policy", policyfile.Options{Paths: []string{"dynamic.json"}}, true, []string{noData}},
		{"with geo data that lacks the field", policyfile.Options{Paths: []string{"dynamic.json"}, Geo: []string{"geo.csv"}}, false, []string{noData}},
		{"rules about zones elsewhere", policyfile.Options{Paths: []string{"rules.json"}}, false, nil},
		{"rules and zones", policyfile.Options{Paths: []string{"rules.json", "dynamic.json"}}, false, []string{unknownZone, noData}},
		{"policy file", policyfile.Options{}, false, []string{unknownZone, noData}},
		{"ThreatInsight without a feed", policyfile.Options{Paths: []string{"threat.json"}}, false, nil},
		{"profile without a network", policyfile.Options{Paths: []string{"profile.json"}}, false, nil},
		{"network configuration", policyfile.Options{Paths: []string{"network.json"}}, false, nil},
		{"an error of the document itself", policyfile.Options{Paths: []string{"bad.json"}}, false, []string{"bad.json:1:2 /0 empty-zone"}},
		{"an id twice", policyfile.Options{Paths: []string{"twice.json"}}, false, []string{"twice.json:1:90 /1/id duplicate-id"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, files)
			checked := policyfile.Check(test.options, test.asPolicy)
			require.Equal(t, policyfile.Load(test.options).Files, checked.Parts.Files)
			require.ElementsMatch(t, append([]string{}, test.want...), lines(checked.Findings))
		})
	}
}

func TestCheckGeoSources(t *testing.T) {
	folder(t, map[string]string{
		"good.csv": geoText, "bad.csv": "network,country,region,asn,anonymizer,services\n1.2.3.4.5,DE,,,,\n", "bad.mmdb": "no database",
	})
	good := policyfile.Check(policyfile.Options{Paths: []string{"good.csv"}}, false)
	require.Empty(t, good.Findings)
	require.Equal(t, []string{"good.csv"}, good.Parts.Files)
	require.NotNil(t, good.Parts.Config.Geo)
	for _, name := range []string{"bad.csv", "bad.mmdb", "absent.csv"} {
		findings := policyfile.Check(policyfile.Options{Paths: []string{name}}, false).Findings
		require.Len(t, findings, 1)
		require.Equal(t, name, findings[0].File)
	}
}

// The compiler is asked even if a document has errors, and what the broken
// document may be the cause of is left out.
func TestCheckGoesOnBehindErrors(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["geo.csv"]}`,
		"zones.json": `[{"type":"IP","id":"a","name":"A","gateways":[{"type":"RANGE","value":"bogus"}]},
			{"type":"DYNAMIC","id":"b","name":"B","asns":["64500"]}]`,
		"rules.json": rulesText,
		"geo.csv":    geoText,
	})
	require.ElementsMatch(t, []string{
		"zones.json:1:71 /0/gateways/0/value bad-range",
		"rules.json:1:71 /0/conditions/network/include/0 unknown-zone",
	}, lines(policyfile.Check(policyfile.Options{}, false).Findings))

	// Of what the errors may be the cause of, no more is left out than that.
	folder(t, map[string]string{
		"zones.json": `[{"type":"IP","id":"a","name":"A","gateways":[{"type":"RANGE","value":"bogus"}]},
			{"type":"IP","id":"b","name":"B","gateways":[{"type":"RANGE","value":"192.0.2.1"}]},{"type":"IP","id":"b","name":"C","gateways":[{"type":"RANGE","value":"192.0.2.2"}]}]`,
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["geo.csv"]}`,
		"rules.json":     rulesText,
		"geo.csv":        "network,country,region,asn,anonymizer,services\n192.0.2.1/24,DE,,64500,none,-\n",
	})
	require.ElementsMatch(t, []string{
		"zones.json:1:71 /0/gateways/0/value bad-range", "zones.json:2:106 /2/id duplicate-id",
		"rules.json:1:71 /0/conditions/network/include/0 unknown-zone", "geo.csv:2:1  host-bits (warning)",
	}, lines(policyfile.Check(policyfile.Options{}, false).Findings))
	require.ElementsMatch(t, []string{"absent.json:1:1  missing-file", "zones.json:1:71 /0/gateways/0/value bad-range", "zones.json:2:106 /2/id duplicate-id"},
		lines(policyfile.Check(policyfile.Options{Paths: []string{"absent.json", "zones.json"}}, false).Findings))
	folder(t, map[string]string{
		"rules.json": rulesText,
		"zones.json": `[{"type":"IP","id":"b","name":"B","gateways":[{"type":"RANGE","value":"192.0.2.1"}]}]`,
		"more.json":  `[{"type":"IP","id":"a","name":"A","gateways":[{"type":"RANGE","value":"bogus"}]},{"type":"IP","id":"b","name":"C","gateways":[{"type":"RANGE","value":"192.0.2.2"}]}]`,
	})
	require.ElementsMatch(t, []string{"absent.json:1:1  missing-file", "more.json:1:71 /0/gateways/0/value bad-range", "more.json:1:82 /1 duplicate-id"},
		lines(policyfile.Check(policyfile.Options{Paths: []string{"absent.json", "zones.json", "more.json"}}, false).Findings), "what only the compiler finds")
	for pair, want := range map[[2]string]bool{
		{"", ""}: true, {"", "/0"}: true, {"/0", ""}: true, {"/0/a", "/0/b"}: true, {"/0", "/0/b"}: true, {"/0", "/1"}: false, {"/1/a", "/10/a"}: false,
	} {
		require.Equal(t, want, policyfile.SameItem(pair[0], pair[1]), pair)
	}

	require.ElementsMatch(t, []string{"absent.json:1:1  missing-file"},
		lines(policyfile.Check(policyfile.Options{Paths: []string{"absent.json", "rules.json"}}, false).Findings),
		"the zone may be in the file that is missing")
}

// FuzzPolicyFile: whatever a policy file says, every finding has a position and
// a code, and what loads without an error has legal settings.
func FuzzPolicyFile(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"okta":{"zones":[],"rules":[]},"sailpoint":{"unknownCountry":"trust"},"geo":[],"services":{"NORD_VPN":[]}}`,
		`{"edge":{"trusted":["10.0.0.0/8"],"source":"hops:2","onMissing":"peer","allTrusted":"leftmost","trustUnix":true}}`,
		`{"serve":{"listen":":1","guard":["::1"],"maxAge":"1d","logLevel":"debug"},"mode":"observe"}`,
		`{"edge":{"trusted":["0.0.0.0/0"],"allowTrustAll":true},"edge":null}`, `[{"okta":1}]`, `{"okta":`,
		"{\"$schema\":\"x\", // why\n\"edge\":{/* none */},}", `{"mode":"observe",}`, `{"okta":{} /*`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := jsondoc.ParseCommented("netwicket.json", text)
		if err != nil {
			return
		}
		edge, serve, findings := policyfile.ReadSettings(root)
		failed := false
		for _, found := range findings {
			failed = failed || !found.Warning
			if found.File != "netwicket.json" || found.Line < 1 || found.Column < 1 || found.Code == "" || found.Err == nil {
				t.Fatalf("finding without a place or a cause: %+v", found)
			}
		}
		if failed {
			return
		}
		if edge != nil {
			for _, found := range edge.Check() {
				if !found.Warning {
					t.Fatalf("an edge without findings is not legal: %v", found)
				}
			}
		}
		if serve != nil && (serve.Listen == "" || serve.MaxAge < 0 || (serve.TLSCert == "") != (serve.TLSKey == "")) {
			t.Fatalf("illegal serve without findings: %+v", serve)
		}
	})
}

// A service's list is one of networks, whatever its name ends in; and what is wrong with a
// list of proxies is said where it stands.
func TestListsByAnyName(t *testing.T) {
	folder(t, map[string]string{
		"nord.csv": "198.51.100.0/24\n", "proxies.txt": "# ours\n  10.0.0.0/7 # too many\n",
		"netwicket.json": `{"services": {"NORD_VPN": ["nord.csv"]}, "okta": {"zones": []}, "edge": {"trusted": [{"file": "proxies.txt"}]}}`,
	})
	require.Equal(t, []string{"proxies.txt:2:3  wide-prefix (warning)", "netwicket.json:1:1  empty-policy"}, lines(policyfile.Check(policyfile.Options{}, false).Findings))
	location := policyfile.Load(policyfile.Options{}).Config.Geo.Lookup(netip.MustParseAddr("198.51.100.7"))
	var services []string
	for service := range location.Services.All() {
		services = append(services, service.Name)
	}
	require.Equal(t, []string{"NORD_VPN"}, services)
}
