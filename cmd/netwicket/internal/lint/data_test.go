package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// over is the subject with other geo data.
func over(t *testing.T, s lint.Subject, sources ...geo.Source) lint.Subject {
	t.Helper()
	table, err := geo.Load(sources...)
	require.NoError(t, err)
	s.Config.Geo = table
	s.Policy, err = decide.Compile(s.Config)
	require.NoError(t, err)
	return s
}

// countryData is a database with one network in each of so many countries, from AA on.
func countryData(t *testing.T, countries int, built time.Time) geo.Source {
	t.Helper()
	file := mmdbtest.File{Type: "World-Country", Built: built}
	for i := 0; len(file.Networks) < countries; i++ {
		if code := string([]byte{byte('A' + i/26), byte('A' + i%26)}); code != "EU" && code != "FR" {
			file.Networks = append(file.Networks, mmdbtest.Network{Prefix: fmt.Sprintf("11.%d.%d.0/24", i/256, i%256), Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": code}}})
		}
	}
	file.Networks = append(file.Networks, mmdbtest.Network{Prefix: "12.0.0.0/24", Record: mmdbtest.Map{"continent": mmdbtest.Map{"code": "EU"}}})
	content, err := file.Bytes()
	require.NoError(t, err)
	return geo.Source{File: "world.mmdb", Data: content}
}

// TestOldData: of databases more than 90 days old it is told how old each is.
func TestOldData(t *testing.T) {
	s := documents{zones: "[" + homeZone + "]", geo: someGeo}.subject(t)
	for age, want := range map[time.Duration][]string{
		90 * 24 * time.Hour:           {},
		90*24*time.Hour + time.Second: {"world.mmdb:1:1 the database was built on 2026-08-16 and is 90 days old"},
		400 * 24 * time.Hour:          {"and is 400 days old"},
		-time.Hour:                    {},
	} {
		requireCoded(t, over(t, s, countryData(t, 300, s.At.Add(-age))), "old-data", want...)
	}
	// One that does not say when it was built hides no other.
	undated := countryData(t, 300, time.Unix(1<<60, 0))
	undated.File = "undated.mmdb"
	requireCoded(t, over(t, s, undated, countryData(t, 300, s.At.AddDate(-1, 0, 0))), "old-data", "world.mmdb:1:1")
	s.At = time.Time{}
	requireCoded(t, over(t, s, countryData(t, 300, time.Unix(1, 0))), "old-data")
}

// TestAbsentCountries: what data of 200 countries and more does not know is told of,
// unless another finding says already what is wrong with it.
func TestAbsentCountries(t *testing.T) {
	corrections := geo.Source{File: "corrections.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,DE-BE,,,\n")}
	zones := func(status, include string) string {
		return "[" + ipZone("office", "", cidr("192.0.2.0/24"), "") + "," + dynamicZone("home", status, `"locations":{"include":[{"country":"BE"},`+"\n"+include+`],"exclude":[`+"\n"+`{"country":"ZA"}]}`) + "]"
	}
	s := func(zones string, countries int) lint.Subject {
		d := documents{zones: zones, geo: "192.0.2.0/24,FR,FR-IDF,,,\n", network: `{"geolocation":["BE","ZA"],"whitelisted":false}`}
		return over(t, d.subject(t), corrections, countryData(t, countries, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
	}
	const absent = ": no address of the geo data is in this country, so that it matches nobody; check the code"
	const france, excluded, sailPoint = `zones.json:2:1 "FR"` + absent, `zones.json:3:1 "ZA"` + absent, `network.json:1:22 "ZA"` + absent
	requireCoded(t, s(zones("", `{"country":"FR"}`), 200), "absent-country", france, excluded, sailPoint)
	requireCoded(t, s(zones("", `{"country":"FR"}`), 199), "absent-country")
	requireCoded(t, s(zones(`,"status":"INACTIVE"`, `{"country":"FR"}`), 200), "absent-country", sailPoint)
	two := strings.Replace(zones("", `{"country":"FR"}`), "[", "["+dynamicZone("off", `,"status":"INACTIVE"`, `"locations":{"include":[{"country":"FR"}]}`)+",", 1)
	requireCoded(t, s(two, 200), "absent-country", france, excluded, sailPoint)
	requireCoded(t, s(zones("", `{"country":"EU"}`), 200), "absent-country", `"EU": no address of the geo data is in this country, so that it matches nobody (EU is MaxMind's code`, excluded, sailPoint)

	// No such code: one finding is enough. It is about this value alone, and not one beside it.
	s2 := s(zones("", `{"country":"ZZ"}`), 200)
	require.Equal(t, "not-iso-country", s2.Policy.Info().Warnings[0].Code)
	requireCoded(t, s2, "absent-country", excluded, sailPoint)
	// A region of such a country has its finding too.
	s2 = s(zones("", `{"country":"FR","region":"FR-IDF"}`), 200)
	require.Equal(t, "absent-region", s2.Policy.Info().Warnings[0].Code)
	requireCoded(t, s2, "absent-country", excluded, sailPoint)
	// A finding of another document, of another kind, or of a value whose path begins alike is another value's.
	s2 = s(zones("", `{"country":"FR"}`), 200)
	at := s2.Config.Zones[0].Zones[1].Locations.Include[1].Position
	for _, f := range []*decide.Finding{
		{File: "other.json", Path: at.Path, Code: "not-iso-country", Warning: true}, {File: at.File, Path: at.Path + "0", Code: "not-iso-country", Warning: true}, {File: at.File, Path: at.Path, Code: "host-bits", Warning: true},
	} {
		s2.Config.Zones[0].Warnings = append(s2.Config.Zones[0].Warnings, f)
	}
	requireCoded(t, over(t, s2, corrections, countryData(t, 200, s2.At)), "absent-country", france, excluded, sailPoint)
}
