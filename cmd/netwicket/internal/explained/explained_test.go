package explained_test

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// world is a policy with sources that contradict each other.
type world struct {
	t      *testing.T
	folder string
	parts  *policyfile.Parts
	policy *decide.Policy
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, folder: t.TempDir()}
	for name, text := range map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"overlay":"overlay.json","geo":["first.csv","second.csv","third.csv"],"services":{"EXPRESS_VPN":["express.txt"]}}`,
		"first.csv":      "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,DE-BE,64500,none,NORD_VPN\n198.51.100.0/24,DE,,,,NORD_VPN\n",
		"second.csv":     "network,country,region,asn,anonymizer,services\n192.0.2.0/25,FR,FR-IDF,64500,,\n203.0.113.0/24,,,,,-\n198.51.100.0/24,,,,,-\n",
		"third.csv":      "network,country,region,asn,anonymizer,services\n192.0.2.0/26,,,64501,tor,\n203.0.113.0/25,,,,,-\n",
		"express.txt":    "# ours\n192.0.2.7\n",
		"overlay.json":   `{"deny":[{"network":"203.0.113.66","why":"x"}]}`,
		"zones.json": "[" + strings.Join([]string{
			`{"type":"IP","id":"b","name":"Bad","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.64/26"}]}`,
			`{"type":"IP","id":"p","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"CIDR","value":"10.0.0.0/8"}]}`,
			`{"type":"IP","name":"nameless","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}`,
		}, ",\n") + "]",
		"rules.json": `[{"id":"1","name":"office","priority":1,"conditions":{"network":{"connection":"ZONE","include":["p"]}},"actions":{"signon":{"access":"ALLOW"}}},
{"id":"2","name":"off","status":"INACTIVE","priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}},
{"id":"3","name":"rest","priority":3,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}]`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600))
	}
	w.parts = policyfile.Load(policyfile.Options{Paths: []string{w.folder}})
	require.NoError(t, w.parts.Err())
	var err error
	w.policy, err = w.parts.Compile()
	require.NoError(t, err)
	return w
}

// explain is what is said of a client behind hops, nearest first.
func (w *world) explain(hops ...string) (*decide.Explanation, explained.Provenance) {
	w.t.Helper()
	var chain []netip.Addr
	for _, hop := range hops {
		addr, _ := netip.ParseAddr(hop) // what is none cannot be read
		chain = append(chain, addr)
	}
	e := w.policy.Explain(chain...)
	var said []geo.Said
	if e.Decision.Client.IsValid() {
		tracer, err := w.parts.Tracer()
		require.NoError(w.t, err)
		said = tracer.At(e.Decision.Client)
	}
	return &e, explained.NewProvenance(&e, said)
}

// text is JSON without the folder.
func (w *world) text(value any) string {
	w.t.Helper()
	text, err := json.Marshal(value)
	require.NoError(w.t, err)
	return strings.ReplaceAll(string(text), w.folder+"/", "")
}

// What several sources say: whose word counts is the source, and the others are told.
func TestSources(t *testing.T) {
	w := newWorld(t)
	_, p := w.explain("192.0.2.7")
	require.JSONEq(t, `{"value":"FR","source":"second.csv","line":2,"others":[{"value":"DE","source":"first.csv","line":2}]}`, w.text(p.Country))
	require.JSONEq(t, `{"value":"FR-IDF","source":"second.csv","line":2,"others":[{"value":"DE-BE","source":"first.csv","line":2}]}`, w.text(p.Region))
	require.JSONEq(t, `{"value":64501,"source":"third.csv","line":2,"others":[{"value":64500,"source":"first.csv","line":2},{"value":64500,"source":"second.csv","line":2}]}`, w.text(p.ASN))
	require.JSONEq(t, `{"value":"tor","source":"third.csv","line":2,"others":[{"value":"none","source":"first.csv","line":2}]}`, w.text(p.Anonymizer))
	require.JSONEq(t, `{"value":["EXPRESS_VPN","NORD_VPN"],"source":"express.txt","line":2,"others":[{"value":["NORD_VPN"],"source":"first.csv","line":2}]}`, w.text(p.Services))
	e, p := w.explain("192.0.2.7")
	var sources []string
	for _, fact := range explained.Facts(e, &p) {
		sources = append(sources, strings.ReplaceAll(fact.Name+" "+fact.Value+": "+fact.Source(), w.folder+"/", ""))
	}
	require.Equal(t, []string{
		"country FR: second.csv:2; first.csv:2 says DE", "region FR-IDF: second.csv:2; first.csv:2 says DE-BE", "ASN AS64501: third.csv:2; first.csv:2 says 64500, second.csv:2 says 64500",
		"anonymizer tor: third.csv:2; first.csv:2 says none", "services EXPRESS_VPN, NORD_VPN: express.txt:2; first.csv:2 says NORD_VPN",
	}, sources)

	e, p = w.explain("203.0.113.9")
	require.JSONEq(t, `{"value":null,"source":null,"others":[]}`, w.text(p.Country))
	require.JSONEq(t, `{"value":[],"source":"third.csv","line":3,"others":[{"value":[],"source":"second.csv","line":3}]}`, w.text(p.Services))
	facts := explained.Facts(e, &p)
	require.Equal(t, "unknown", facts[0].Value)
	require.Empty(t, facts[0].Source())
	require.Equal(t, "unknown", facts[2].Value)
	require.Equal(t, "none", facts[4].Value)

	_, p = w.explain("198.51.100.9")
	require.JSONEq(t, `{"value":[],"source":"second.csv","line":4,"others":[{"value":["NORD_VPN"],"source":"first.csv","line":3}]}`, w.text(p.Services), "a correction that says none")
	e, p = w.explain("10.0.0.1")
	facts = explained.Facts(e, &p)
	require.Contains(t, facts[0].Source(), "private addresses (10.0.0.0/8) are in no country")
	require.Equal(t, "unknown", facts[4].Value)
	e, p = w.explain("x")
	require.Nil(t, explained.Facts(e, &p))
}

// A database has no lines: it says of which network it says something.
func TestSourceOfADatabase(t *testing.T) {
	at := geo.Location{Country: "DE", ASN: 7, ASNKnown: true, Registered: "FR", Represented: "US"}
	client := netip.MustParseAddr("192.0.2.1")
	e := &decide.Explanation{Location: at}
	network, span := netipx.RangeOfPrefix(netip.MustParsePrefix("192.0.2.0/24")), netipx.IPRangeFrom(client, client.Next().Next())
	p := explained.NewProvenance(e, []geo.Said{
		{File: "a.mmdb", States: geo.Country | geo.ASN, Location: geo.Location{Country: "DE"}, Range: network},
		{File: "b.mmdb", States: geo.Country, Location: geo.Location{Country: "DE"}, Range: span},
		{File: "c.mmdb", States: geo.Region, Location: geo.Location{Country: "DE"}, Range: span},
	})
	text, err := json.Marshal(p)
	require.NoError(t, err)
	require.JSONEq(t, `{"country":{"value":"DE","source":"b.mmdb","network":"192.0.2.1-192.0.2.3","others":[{"value":"DE","source":"a.mmdb","network":"192.0.2.0/24"}]},
		"region":{"value":null,"source":"c.mmdb","network":"192.0.2.1-192.0.2.3","others":[]},
		"asn":{"value":7,"source":null,"others":[{"value":null,"source":"a.mmdb","network":"192.0.2.0/24"}]},
		"anonymizer":{"value":null,"source":null,"others":[]},"services":{"value":null,"source":null,"others":[]},"zones":{},"entries":{},"rules":{},"layers":{}}`, string(text))
	facts := explained.Facts(e, &p)
	require.Equal(t, "DE (registered in FR, representing US, which does not decide)", facts[0].Value)
	require.Equal(t, "b.mmdb 192.0.2.1-192.0.2.3; a.mmdb 192.0.2.0/24 says DE", facts[0].Source())
	require.Equal(t, "a.mmdb 192.0.2.0/24 says unknown", facts[2].Source())
	require.Equal(t, "AS7", facts[2].Value)
	for registered, want := range map[string]string{"DE": "DE", "": "DE", "FR": "DE (registered in FR, which does not decide)"} {
		e.Location = geo.Location{Country: "DE", Registered: registered}
		require.Equal(t, want, explained.Facts(e, &p)[0].Value)
	}
	overruled := explained.NewProvenance(&decide.Explanation{Location: at}, []geo.Said{
		{File: "a.mmdb", States: geo.Country, Location: geo.Location{Country: "DE"}, Range: network}, {File: "b.mmdb", States: geo.Country, Location: geo.Location{Country: "FR"}, Range: span},
	})
	require.Equal(t, "a.mmdb", *overruled.Country.Source)
	require.Len(t, overruled.Country.Others, 1)
	require.Equal(t, "b.mmdb", overruled.Country.Others[0].Source)

	// An address of ours that has a country needs no advice.
	e.Decision.Client = netip.MustParseAddr("10.0.0.1")
	require.Empty(t, explained.Facts(e, &p)[0].Note)
	e.Location.Country = ""
	require.NotEmpty(t, explained.Facts(e, &p)[0].Note)
	empty := explained.Fact{From: &explained.Datum{}, Note: "why"}
	require.Equal(t, "why", empty.Source())
	named := "x"
	require.Equal(t, "x; why", (&explained.Fact{From: &explained.Datum{Source: &named}, Note: "why"}).Source())
}

// The whole of an explanation, as JSON and as rows.
func TestExplanation(t *testing.T) {
	w := newWorld(t)
	e, p := w.explain("10.0.0.1", "192.0.2.7", "x")
	from := admission.Resolution{Peer: netip.MustParseAddr("10.0.0.1")}
	got := explained.New(e, from, w.policy.Info(), p)
	got.Steps = nil // decide's own
	fingerprint := w.policy.Info().Fingerprint
	require.JSONEq(t, `{"decision":"allow","reason":"rule","reasons":["rule"],"client":"192.0.2.7","peer":"10.0.0.1","zone":null,"rule":"office","audit":false,"error":null,"unknown":[],
		"chain":["10.0.0.1","192.0.2.7",null],"zones":{"b":"no","p":"match","nameless":"no"},
		"location":{"country":"FR","region":"FR-IDF","asn":64501,"anonymizer":"tor","services":["EXPRESS_VPN","NORD_VPN"]},
		"policy":{"fingerprint":"`+fingerprint+`","data":[{"type":"csv","built":null},{"type":"csv","built":null},{"type":"csv","built":null},{"type":"netset","built":null}]},"steps":null,
		"provenance":`+w.text(p)+`}`, w.text(got))
	require.JSONEq(t, `{"b":"zones.json:1","p":"zones.json:2","nameless":"zones.json:3"}`, w.text(p.Zones))
	require.JSONEq(t, `{"p":"zones.json:2"}`, w.text(p.Entries))
	require.JSONEq(t, `{"office":"rules.json:1","off":"rules.json:2","rest":"rules.json:3"}`, w.text(p.Rules))
	require.JSONEq(t, `{}`, w.text(p.Layers))

	require.Equal(t, []explained.Hop{{Addr: "10.0.0.1", Role: `proxy of zone "Office"`}, {Addr: "192.0.2.7", Role: "the client"}, {Addr: "?", Role: "cannot be read, behind the client"}}, explained.Hops(e))
	zones := explained.Zones(e)
	require.Len(t, zones, 3)
	require.Equal(t, [3]string{"b", "Bad", "IP BLOCKLIST"}, [3]string{zones[0].Key, zones[0].Name, zones[0].Sort})
	require.Equal(t, [3]string{"nameless", "", "IP POLICY"}, [3]string{zones[2].Key, zones[2].Name, zones[2].Sort})
	require.Equal(t, decide.Match, zones[1].State)
	require.Equal(t, 2, zones[1].At.Line)
	require.Equal(t, zone.Position{}, zones[1].Entry, "it stands on the zone's line")
	var rules []string
	for _, r := range explained.Rules(e) {
		rules = append(rules, strings.Join([]string{r.Outcome, filepath.Base(r.Policy), r.Name, r.Access, r.Condition.String()}, " "))
		require.NotEmpty(t, r.Why)
		require.Equal(t, filepath.Join(w.folder, "rules.json"), r.At.File)
	}
	require.Equal(t, []string{"applies rules.json office allow match", "inactive rules.json off allow match", "- rules.json rest deny match"}, rules)

	e, p = w.explain("203.0.113.66")
	require.JSONEq(t, `{"overlay":["overlay.json:1"]}`, w.text(p.Layers))
	layers := map[string]string{}
	for _, l := range explained.Layers(e) {
		layers[l.Name] = l.Outcome
		require.NotEmpty(t, l.Why)
		require.Equal(t, map[string]int{"overlay": 1}[l.Name], len(l.Entries))
	}
	require.Equal(t, map[string]string{"address": "pass", "overlay": "deny", "blocklist": "deny", "threat": "-", "rules": "deny", "sailpoint": "-"}, layers)
	denied := explained.New(e, admission.Resolution{Err: gate.ErrAllTrusted}, w.policy.Info(), p)
	require.Contains(t, w.text(denied), `"decision":"deny"`)
	require.Contains(t, w.text(denied), `"peer":null`)
	require.Contains(t, w.text(denied), `"error":"`+gate.ErrAllTrusted.Code()+`"`)

	e, p = w.explain("x")
	unresolved := explained.New(e, admission.Resolution{}, decide.Info{Snapshot: true}, p)
	require.Contains(t, w.text(unresolved), `"client":null`)
	require.Contains(t, w.text(unresolved), `"location":null`, "a snapshot has none")
	require.Contains(t, w.text(unresolved), `"snapshot":true`)
	require.Contains(t, w.text(explained.New(e, admission.Resolution{}, decide.Info{}, p)), `"location":{"country":null,"region":null,"asn":null,"anonymizer":null,"services":null}`)
}

// What each hop is to the search for the client.
func TestHops(t *testing.T) {
	ours, theirs := &decide.ZoneRef{Name: "P"}, &decide.ZoneRef{Name: "B"}
	good, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	trusted := []*decide.ZoneRef{ours, theirs}
	for _, c := range []struct {
		client int
		hops   []decide.HopTrace
		want   []string
	}{
		{-1, []decide.HopTrace{{Addr: good, TrustedBy: trusted}, {}, {Addr: other}}, []string{`proxy of zone "P"`, "cannot be read: the client is not known", "not reached"}},
		{0, []decide.HopTrace{{Addr: good, Client: true}, {}, {Addr: other, TrustedBy: trusted}}, []string{"the client", "cannot be read, behind the client", "behind the client"}},
		{1, []decide.HopTrace{{Addr: good, TrustedBy: trusted}, {Addr: other, Client: true, TrustedBy: trusted}}, []string{`proxy of zone "P"`, `the client: proxy of zone "P", and the last hop`}},
		{-1, []decide.HopTrace{{Addr: good}}, []string{"not reached"}},
	} {
		var roles []string
		for i, hop := range explained.Hops(&decide.Explanation{Hops: c.hops, ClientIndex: c.client}) {
			roles = append(roles, hop.Role)
			require.Equal(t, c.hops[i].Addr.IsValid(), hop.Addr != "?")
		}
		require.Equal(t, c.want, roles)
	}
	hits := explained.Hops(&decide.Explanation{Hops: []decide.HopTrace{{Addr: good, Hits: []decide.Hit{{Zone: theirs}, {Zone: ours, Unknown: true}, {Zone: ours, Exempt: true}}}}})[0].Hits
	require.Equal(t, []string{`in blocklist zone "B"`, `may be in blocklist zone "P"`, `in blocklist zone "P" but exempt`}, hits)
}

// What stands in no file has no place, and an entry on its zone's line no other.
func TestPlaces(t *testing.T) {
	for want, at := range map[string]zone.Position{"": {Line: 3}, "a.json:3": {File: "a.json", Line: 3}} {
		require.Equal(t, want, explained.PlaceText(at))
	}
	require.Empty(t, explained.PlaceText(zone.Position{File: "a.json"}))
	at, entry := zone.Position{File: "a", Line: 1}, zone.Position{File: "a", Line: 2}
	e := &decide.Explanation{
		Zones:  []decide.ZoneTrace{{Zone: &decide.ZoneRef{Name: "n"}, Key: "k", Position: at, Entry: entry, Why: "because"}, {Zone: &decide.ZoneRef{Name: "k2"}, Key: "k2", Position: at, Entry: at}},
		Layers: []decide.LayerTrace{{Layer: "a", Consulted: true, Entries: []zone.Position{{}, entry}}, {Layer: "b", Entries: []zone.Position{{}}}, {Layer: "c", Denied: true}},
	}
	zones := explained.Zones(e)
	require.Equal(t, explained.Zone{Key: "k", Name: "n", Sort: " ", Why: "because", At: at, Entry: entry}, zones[0])
	require.Equal(t, explained.Zone{Key: "k2", Sort: " ", At: at}, zones[1])
	layers := explained.Layers(e)
	require.Equal(t, []explained.Layer{{Outcome: "pass", Name: "a", Entries: []zone.Position{entry}}, {Outcome: "-", Name: "b"}, {Outcome: "deny", Name: "c"}}, layers)
	p := explained.NewProvenance(e, nil)
	require.Equal(t, explained.Object{{Key: "a", Value: []string{"a:2"}}}, p.Layers)
	require.Equal(t, explained.Object{{Key: "k", Value: "a:2"}, {Key: "k2", Value: "a:1"}}, p.Entries)
}

// The policy's own rows.
func TestPolicyRows(t *testing.T) {
	built := time.Date(2026, 11, 26, 1, 0, 0, 0, time.FixedZone("east", 4*60*60))
	info := decide.Info{Fingerprint: "abc", Data: []geo.Dataset{{File: "a.mmdb", Type: "City", Built: built, Networks: 7}, {Type: "csv", Networks: 1}}}
	require.Equal(t, [][]string{{"fingerprint", "abc"}, {"City", "a.mmdb, 7 networks, built 2026-11-25"}, {"csv", "1 networks"}}, explained.PolicyRows(info))
	text, err := json.Marshal(explained.NewPolicy(info))
	require.NoError(t, err)
	require.JSONEq(t, `{"fingerprint":"abc","data":[{"type":"City","built":"2026-11-25T21:00:00Z"},{"type":"csv","built":null}]}`, string(text))
	w := newWorld(t)
	info = decide.Info{Snapshot: true, Warnings: w.policy.Info().Warnings}
	rows := explained.PolicyRows(info)
	require.Equal(t, []string{"snapshot", "the documents and databases are not in it"}, rows[1])
	info.Warnings = make(decide.Findings, 2)
	rows = explained.PolicyRows(info)
	require.Equal(t, []string{"warnings", "2; netwicket check lists them"}, rows[len(rows)-1])
}

// Keys keep their order, and the second of one name gets a number.
func TestObject(t *testing.T) {
	text, err := json.Marshal(explained.Object{{"b", 1}, {"a", 2}, {"b", 3}, {"b", 4}, {"b #2", 5}, {`"`, nil}})
	require.NoError(t, err)
	require.Equal(t, `{"b":1,"a":2,"b #2":3,"b #3":4,"b #2 #2":5,"\"":null}`, string(text))
	_, err = json.Marshal(explained.Object{{"a", func() {}}})
	require.ErrorContains(t, err, "unsupported type")
	text, err = json.Marshal(explained.Object{})
	require.NoError(t, err)
	require.Equal(t, `{}`, string(text))
}
