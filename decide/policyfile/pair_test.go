package policyfile_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

func TestOpenPair(t *testing.T) {
	const other = "network,country,region,asn,anonymizer,services\n1.2.3.1/24,FR,,,,\n"
	const sailPoint = `{"range":["192.0.2.0/24"],"geolocation":["DE"],"whitelisted":true}`
	files := map[string]string{
		"geo.csv": geoText, "other.csv": other, "old.json": sailPoint, "new.json": `{"geolocation":["FR"]}`,
		"bad.json": `{"range":["nowhere"]}`, "broken.csv": "network\n", "list.txt": "198.51.100.1/24\n",
		"a/netwicket.json": `{"sailpoint":{"networkConfig":"../old.json"},"geo":["../geo.csv"]}`,
		"b/netwicket.json": `{"sailpoint":{"networkConfig":"../new.json"},"geo":["../b/../geo.csv"]}`,
		"c/netwicket.json": `{"sailpoint":{"networkConfig":"../new.json"},"geo":["../other.csv"]}`,
		"d/netwicket.json": `{"sailpoint":{"networkConfig":"../new.json"},"geo":["../geo.csv", "../other.csv"]}`,
	}
	of := func(service string) []policyfile.ServiceList {
		return []policyfile.ServiceList{{Name: service, Path: "list.txt"}}
	}
	tests := []struct {
		name          string
		first, second policyfile.Options
		shared        bool
	}{
		{"the same flags", policyfile.Options{Paths: []string{"old.json"}, Geo: []string{"geo.csv"}}, policyfile.Options{Paths: []string{"new.json"}, Geo: []string{"geo.csv"}}, true},
		{"one file by two names", policyfile.Options{Paths: []string{"a"}}, policyfile.Options{Paths: []string{"b"}}, true},
		{"the same with a warning", policyfile.Options{Paths: []string{"c"}}, policyfile.Options{Paths: []string{"old.json"}, Geo: []string{"other.csv"}}, true},
		{"one file by a link", policyfile.Options{Paths: []string{"a"}}, policyfile.Options{Paths: []string{"new.json"}, Geo: []string{"link.csv"}}, true},
		{"a list of another service", policyfile.Options{Paths: []string{"a"}, Services: of("NORD_VPN")}, policyfile.Options{Paths: []string{"b"}, Services: of("WARP_VPN")}, false},
		{"other files", policyfile.Options{Paths: []string{"a"}}, policyfile.Options{Paths: []string{"c"}}, false},
		{"more files", policyfile.Options{Paths: []string{"a"}}, policyfile.Options{Paths: []string{"d"}}, false},
		{"another order", policyfile.Options{Paths: []string{"d"}}, policyfile.Options{Paths: []string{"c"}, Geo: []string{"geo.csv"}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, files)
			require.NoError(t, os.Symlink("geo.csv", "link.csv"))
			pair, err := policyfile.OpenPair(test.first, test.second)
			require.NoError(t, err)
			require.Equal(t, test.shared, pair[0].Parts.Config.Geo == pair[1].Parts.Config.Geo)
			for i, options := range []policyfile.Options{test.first, test.second} {
				parts, alone, err := policyfile.Open(options)
				require.NoError(t, err)
				require.Equal(t, alone.Info().Fingerprint, pair[i].Policy.Info().Fingerprint)
				require.Equal(t, parts.Findings, pair[i].Parts.Findings)
			}
		})
	}
	t.Run("errors of both", func(t *testing.T) {
		folder(t, files)
		_, err := policyfile.OpenPair(policyfile.Options{Paths: []string{"bad.json"}}, policyfile.Options{Paths: []string{"absent.json"}})
		require.ErrorContains(t, err, "bad.json:1:11")
		require.ErrorContains(t, err, "absent.json:1:1")
	})
	t.Run("errors of shared sources", func(t *testing.T) {
		folder(t, files)
		options := policyfile.Options{Paths: []string{"old.json"}, Geo: []string{"broken.csv"}}
		pair, _ := policyfile.OpenPair(options, options)
		require.Error(t, pair[0].Err)
		require.Error(t, pair[1].Err)
		require.Nil(t, pair[0].Policy)
	})
}
