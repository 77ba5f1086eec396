package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
)

// TestZonesThatMatchEverything: it is told what that does, by what the zone is for.
func TestZonesThatMatchEverything(t *testing.T) {
	all := cidr("0.0.0.0/1") + "," + cidr("128.0.0.0/1")
	for _, row := range []struct{ zone, want string }{
		{ipZone("z", "", all, ""), `every address of IPv4 or of IPv6 is a gateway, so that a rule that includes the zone applies to everybody, and one that excludes it to nobody; list what zone "z"`},
		{ipZone("z", blocklist, all, ""), "so that everybody is blocked"},
		{`{"type":"IP","id":"e","name":"DefaultExemptIpZone","system":true,"gateways":[` + all + `]}`, "so that no blocklist and no ThreatInsight blocks anybody"},
		{ipZone("z", "", cidr("::/0"), ""), "a rule that includes the zone"},
		{ipZone("z", `,"status":"INACTIVE"`, all, ""), ""},
		{ipZone("z", "", cidr("0.0.0.0/1"), ""), ""},
		{ipZone("z", "", cidr("::/1"), ""), ""},
		{ipZone("z", "", "", ""), ""},
	} {
		want := []string{}
		if row.want != "" {
			want = []string{row.want}
		}
		requireCoded(t, documents{zones: "[" + row.zone + "]", alone: true}.subject(t), "zone-matches-everything", want...)
	}
}

// TestDynamicZonesAgainstTheData: a zone that no address is surely in, or that every
// address is in, is told of with what that does.
func TestDynamicZonesAgainstTheData(t *testing.T) {
	countries := func(id, more, country string) string {
		return dynamicZone(id, more, `"locations":{"include":[{"country":"`+country+`"}]}`)
	}
	const single = "192.0.2.0/24,DE,,,,\n2001:db8:1:203:405:607:809:a0b,FR,,,,\n"
	for _, row := range []struct {
		name, zones, geo string
		nothing, all     []string
	}{
		{"a zone of addresses before it", ipZone("office", "", cidr("192.0.2.0/24"), "") + "," + countries("a", "", "IT"), single, []string{`"a": no address of the geo data surely matches the zone, so that a rule that includes it never applies through it`}, nil},
		{"a blocklist", countries("a", blocklist, "IT"), single, []string{`so that it blocks nobody`}, nil},
		{"one that is INACTIVE before it", countries("b", `,"status":"INACTIVE"`, "IT") + "," + countries("a", "", "IT"), single, []string{`"a":`}, nil},
		{"one address of IPv6 alone", countries("a", "", "FR"), single, nil, nil},
		{"IPv4 alone", countries("a", "", "DE"), single, nil, nil},
		{"all", countries("a", "", "DE") + "," + countries("b", "", "FR"), "0.0.0.0/0,DE,,,,\n::/0,DE,,,,\n", []string{`"b"`}, []string{`every address of the geo data is in the zone, so that a rule that includes`}},
		{"all of IPv4", countries("a", "", "DE"), "0.0.0.0/0,DE,,,,\n", nil, nil},
		{"all of IPv6", countries("a", "", "DE"), "::/0,DE,,,,\n", nil, nil},
		{"what is mapped stands for IPv4", countries("a", "", "FR"), "::fffe:0:0/95,FR,,,,\n::fffe:0:0/96,DE,,,,\n2001:db8::/32,FR,,,,\n", nil, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := documents{zones: "[" + row.zones + "]", geo: row.geo}.subject(t)
			requireCoded(t, s, "zone-matches-nothing", row.nothing...)
			requireCoded(t, s, "zone-matches-everything", row.all...)
		})
	}
}

// TestZonesThatAnotherFindingExplains match nothing for a reason that is told already;
// one beside them is told of.
func TestZonesThatAnotherFindingExplains(t *testing.T) {
	zone := func(id, country string) string {
		return dynamicZone(id, "", `"locations":{"include":[{"country":"`+country+`"}]}`)
	}
	var zones []string
	for i := range 12 {
		zones = append(zones, zone(fmt.Sprint("z", i), map[bool]string{true: "ZZ", false: "IT"}[i == 10]))
	}
	s := documents{zones: "[" + strings.Join(zones, ",\n") + "]", geo: someGeo}.subject(t)
	got := []string{}
	for _, f := range lint.Check(s) {
		if f.Code == "zone-matches-nothing" {
			got = append(got, f.Value)
		}
	}
	require.Equal(t, []string{"z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8", "z9", "z11"}, got, "z10 is not in ISO 3166")

	taken := dynamicZone("taken", "", `"locations":{"include":[{"country":"DE"}],"exclude":[{"country":"DE"}]}`)
	requireCoded(t, documents{zones: "[" + taken + "]", geo: someGeo}.subject(t), "zone-matches-nothing", "exclude takes back all that include lists")

	// Another document's zone stands at the same path.
	s = documents{zones: "[" + zone("a", "ZZ") + "]", geo: someGeo}.subject(t)
	other := documents{zones: "[" + zone("b", "IT") + "]", alone: true}.subject(t).Config.Zones[0]
	other.Zones[0].Position.File = "other.json"
	s.Config.Zones = append(s.Config.Zones, other)
	policy, err := decide.Compile(s.Config)
	require.NoError(t, err)
	s.Policy = policy
	requireCoded(t, s, "zone-matches-nothing", `other.json:1:2 "b": no address`)
}

// TestPolicyWithoutItsDocuments, as a snapshot may be: nothing is said of zones that
// are not at hand.
func TestPolicyWithoutItsDocuments(t *testing.T) {
	s := documents{zones: "[" + homeZone + "," + dynamicZone("a", "", `"locations":{"include":[{"country":"IT"}]}`) + "]", geo: someGeo}.subject(t)
	zones := s.Config.Zones
	s.Config.Zones = s.Config.Zones[:0]
	requireCoded(t, s, "zone-matches-nothing")
	s.Config.Zones, s.Config.Geo = zones, nil
	requireCoded(t, s, "zone-matches-nothing")
}
