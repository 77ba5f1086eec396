package decide_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

type oktaVector struct {
	ID     string
	Src    string
	Zones  json.RawMessage
	Remote string
	XFF    []string
	Attrs  map[string]struct {
		Country, Region, Proxy string
		ASN                    *uint32
		Svc                    []struct {
			Cat  string
			Anon bool
		}
	}
	Expect struct {
		Zones   map[string]string
		Client  *string
		Blocked *bool
	}
}

// csv writes the row's facts as corrections.
func (v *oktaVector) csv() string {
	text := "network,country,region,asn,anonymizer,services\n"
	for _, addr := range slices.Sorted(maps.Keys(v.Attrs)) {
		at := v.Attrs[addr]
		asn, services := "", ""
		if at.ASN != nil {
			asn = fmt.Sprint(*at.ASN)
		}
		if at.Svc != nil {
			services = "-"
			var names []string
			for _, s := range at.Svc {
				sort := "plain"
				if s.Anon {
					sort = "anonymous"
				}
				names = append(names, s.Cat+"="+sort)
			}
			if len(names) > 0 {
				services = strings.Join(names, "|")
			}
		}
		anonymizer := at.Proxy
		if anonymizer == "anon" {
			anonymizer = "anonymous"
		}
		text += strings.Join([]string{addr, at.Country, at.Region, asn, anonymizer, services}, ",") + "\n"
	}
	return text
}

// chain is X-Forwarded-For and the peer, nearest first.
func (v *oktaVector) chain() []netip.Addr {
	chain := []netip.Addr{netip.MustParseAddr(v.Remote)}
	var elements []string
	for _, line := range v.XFF {
		elements = append(elements, strings.Split(line, ",")...)
	}
	for _, element := range slices.Backward(elements) {
		element = strings.TrimSpace(element)
		if addrPort, err := netip.ParseAddrPort(element); err == nil {
			chain = append(chain, addrPort.Addr())
			continue
		}
		addr, _ := netip.ParseAddr(element) // the zero Addr is an unreadable hop
		chain = append(chain, addr)
	}
	return chain
}

func readVectors[T any](t *testing.T, file string) T {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	var vectors T
	require.NoError(t, json.Unmarshal(data, &vectors))
	return vectors
}

// The tables of Okta's own help pages, recorded zones, and our choices where Okta is silent.
func TestOktaVectors(t *testing.T) {
	for _, v := range readVectors[[]oktaVector](t, "okta.json") {
		t.Run(v.ID, func(t *testing.T) {
			zones, err := zone.ParseOkta("zones.json", v.Zones)
			require.NoError(t, err)
			table, err := geo.Load(geo.Source{File: "attrs.csv", Data: []byte(v.csv()), Kind: geo.CSV})
			require.NoError(t, err)
			policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Geo: table, AssumeNone: geo.AllSorts})
			require.NoError(t, err)
			decision, membership := policy.DecideChain(v.chain()), policy.Match(v.chain())
			require.Equal(t, policy.Explain(v.chain()...).Decision, decision)
			for id, want := range v.Expect.Zones {
				require.Equal(t, want, membership.Zone(id).String(), "%s: zone %s", v.Src, id)
			}
			if v.Expect.Client != nil {
				require.Equal(t, *v.Expect.Client, decision.Client.String(), v.Src)
			}
			if v.Expect.Blocked != nil {
				require.Equal(t, *v.Expect.Blocked, decision.Reason == decide.Blocklisted, v.Src)
				require.Equal(t, *v.Expect.Blocked, !decision.Allowed(), v.Src)
			}
		})
	}
}

type sailPointVector struct {
	ID       string
	Config   json.RawMessage
	IP       string
	Country  *string
	Profile  json.RawMessage
	Unknown  string
	Decision string
	Reasons  []string
	Note     string
}

func TestSailPointVectors(t *testing.T) {
	vectors := readVectors[struct{ Decide []sailPointVector }](t, "sailpoint.json")
	for _, v := range vectors.Decide {
		t.Run(v.ID, func(t *testing.T) {
			document, err := zone.ParseSailPoint("network.json", v.Config)
			require.NoError(t, err)
			config := decide.Config{SailPoint: &document}
			if string(v.Profile) != "null" {
				profile, err := zone.ParseAuthProfile("profile.json", v.Profile)
				require.NoError(t, err)
				config.AuthProfile = &profile
			}
			if v.Unknown == "trust" {
				config.UnknownCountry = decide.TrustUnknownCountry
			}
			if v.Country == nil || *v.Country != "ERR" {
				text := "network,country,region,asn,anonymizer,services\n192.0.2.200,ZW,,,,\n"
				if v.Country != nil {
					addr := netip.MustParseAddr(v.IP).Unmap()
					text += addr.String() + "," + *v.Country + ",,,,\n"
				}
				config.Geo, err = geo.Load(geo.Source{File: "geo.csv", Data: []byte(text), Kind: geo.CSV})
				require.NoError(t, err)
			}
			policy, err := decide.Compile(config)
			require.NoError(t, err)
			decision := policy.Decide(netip.MustParseAddr(v.IP))
			require.Equal(t, policy.Explain(netip.MustParseAddr(v.IP)).Decision, decision)
			require.Equal(t, v.Decision, decision.Verdict.String(), v.Note)
			var reasons []string
			for r := range decision.Reasons.All() {
				reasons = append(reasons, r.String())
			}
			require.Equal(t, v.Reasons, reasons, v.Note)
		})
	}
}

func TestSailPointDatabaseVectors(t *testing.T) {
	table, err := geo.Load(geo.Source{File: realdata.Path(t, "maxmind/test-data/GeoLite2-Country-Test.mmdb")})
	require.NoError(t, err)
	vectors := readVectors[struct {
		DecideMMDB []sailPointVector `json:"decide_mmdb"`
	}](t, "sailpoint.json")
	require.NotEmpty(t, vectors.DecideMMDB)
	for _, v := range vectors.DecideMMDB {
		t.Run(v.ID, func(t *testing.T) {
			document, err := zone.ParseSailPoint("network.json", v.Config)
			require.NoError(t, err)
			policy, err := decide.Compile(decide.Config{SailPoint: &document, Geo: table})
			require.NoError(t, err)
			addr := netip.MustParseAddr(v.IP)
			require.Equal(t, v.Decision, policy.Decide(addr).Verdict.String(), v.Note)
			country := ""
			if v.Country != nil {
				country = *v.Country
			}
			require.Equal(t, country, policy.Explain(addr).Location.Country, v.Note)
		})
	}
}
