package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
)

// vectors reads a file of the zone package's testdata.
func vectors(t *testing.T, name string, into any) {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	require.True(t, ok)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), "..", "..", "zone", "testdata", name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

// facts are what a vector says of an address; absent is unknown.
type facts struct {
	Country, Region string
	ASN             *uint32
	Proxy           string
	Svc             *[]struct {
		Cat  string
		Anon bool
	}
}

// overlayLine is the facts as a line of CSV corrections.
func (f facts) overlayLine(addr string) string {
	asn, services := "", ""
	if f.ASN != nil {
		asn = fmt.Sprint(*f.ASN)
	}
	if f.Svc != nil {
		services = "-"
		var names []string
		for _, s := range *f.Svc {
			kind := "plain"
			if s.Anon {
				kind = "anonymous"
			}
			names = append(names, s.Cat+"="+kind)
		}
		if len(names) > 0 {
			services = strings.Join(names, "|")
		}
	}
	anonymizer := map[string]string{"": "", "none": "none", "anon": "anonymous", "tor": "tor"}[f.Proxy]
	return strings.Join([]string{addr, f.Country, f.Region, asn, anonymizer, services}, ",") + "\n"
}

const overlayHeader = "network,country,region,asn,anonymizer,services\n"

// Okta's own tables and the vectors derived from its documentation, through the
// program: as flags and as a line on standard input.
func TestOktaVectors(t *testing.T) {
	var rows []struct {
		ID, Remote string
		Zones      json.RawMessage
		XFF        []string
		Attrs      map[string]facts
		Expect     struct {
			Zones   map[string]string
			Client  *string
			Blocked *bool
		}
	}
	vectors(t, "okta.json", &rows)
	require.NotEmpty(t, rows)
	for _, row := range rows {
		t.Run(row.ID, func(t *testing.T) {
			overlay := overlayHeader
			for addr, known := range row.Attrs {
				overlay += known.overlayLine(addr)
			}
			folder(t, map[string]string{"zones.json": string(row.Zones), "geo.csv": overlay})
			args := []string{"explain", "--json", "-c", "zones.json", "--assume-none", "all"} // attrs list no proxies
			if len(row.Attrs) > 0 {
				args = append(args, "-g", "geo.csv")
			}
			flags := append([]string{}, args...)
			flags = append(flags, "--remote", row.Remote)
			headers := [][2]string{}
			for _, line := range row.XFF {
				flags = append(flags, "-H", "X-Forwarded-For: "+line)
				headers = append(headers, [2]string{"x-forwarded-for", line})
			}
			line, err := json.Marshal(map[string]any{"remote": row.Remote, "headers": headers})
			require.NoError(t, err)

			got := runIn(t, "", flags...)
			require.NotEqual(t, 1, got.code, got.stderr)
			require.Equal(t, got, runIn(t, string(line)+"\n", args...))
			out := objects(t, got.out)[0]
			for key, state := range row.Expect.Zones {
				require.Equal(t, state, out["zones"].(map[string]any)[key], key)
			}
			if row.Expect.Client != nil {
				require.Equal(t, *row.Expect.Client, out["client"])
			}
			if row.Expect.Blocked != nil {
				require.Equal(t, *row.Expect.Blocked, out["reason"] == "blocklisted", out["reason"])
				require.Equal(t, *row.Expect.Blocked, got.code == int(denied))
			}
		})
	}
}

type sailPointRow struct {
	ID, IP, Decision, Unknown string
	Config                    json.RawMessage
	Country                   *string
	Profile                   *json.RawMessage
	Reasons                   []string
}

func sailPointVectors(t *testing.T) (decide, mmdb []sailPointRow) {
	t.Helper()
	var file struct {
		Decide []sailPointRow
		MMDB   []sailPointRow `json:"decide_mmdb"`
	}
	vectors(t, "sailpoint.json", &file)
	require.NotEmpty(t, file.Decide)
	require.NotEmpty(t, file.MMDB)
	return file.Decide, file.MMDB
}

func (row sailPointRow) check(t *testing.T, got ran) {
	t.Helper()
	require.NotEqual(t, 1, got.code, got.stderr)
	out := objects(t, got.out)[0]
	require.Equal(t, row.Decision, out["decision"])
	for i, reason := range row.Reasons {
		require.Equal(t, reason, out["reasons"].([]any)[i])
	}
	if row.Reasons != nil {
		require.Len(t, out["reasons"], len(row.Reasons))
	}
}

func TestSailPointVectors(t *testing.T) {
	rows, _ := sailPointVectors(t)
	for _, row := range rows {
		t.Run(row.ID, func(t *testing.T) {
			// 192.88.99.9 makes the overlay a source of countries even if the
			// client's is unknown.
			overlay := overlayHeader + "192.88.99.9,NZ,,,,\n"
			if row.Country != nil && *row.Country != "ERR" {
				overlay += facts{Country: *row.Country}.overlayLine(netip.MustParseAddr(row.IP).Unmap().String())
			}
			files := map[string]string{"network.json": string(row.Config), "geo.csv": overlay}
			args := []string{"explain", "--json", "-c", "network.json", row.IP}
			if row.Profile != nil {
				files["profile.json"] = string(*row.Profile)
				args = append(args, "-c", "profile.json")
			}
			if row.Country == nil || *row.Country != "ERR" {
				args = append(args, "-g", "geo.csv")
			}
			if row.Unknown != "" {
				args = append(args, "--unknown-country", row.Unknown)
			}
			folder(t, files)
			row.check(t, runIn(t, "", args...))
		})
	}
}

func TestSailPointVectorsWithADatabase(t *testing.T) {
	database := realdata.Path(t, "maxmind/test-data/GeoLite2-Country-Test.mmdb")
	_, rows := sailPointVectors(t)
	for _, row := range rows {
		t.Run(row.ID, func(t *testing.T) {
			folder(t, map[string]string{"network.json": string(row.Config)})
			got := runIn(t, "", "explain", "--json", row.IP, "-c", "network.json", "-g", database)
			row.check(t, got)
			country := objects(t, got.out)[0]["location"].(map[string]any)["country"]
			if row.Country == nil {
				require.Nil(t, country)
			} else {
				require.Equal(t, *row.Country, country)
			}
		})
	}
}
