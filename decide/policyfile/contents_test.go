package policyfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// A policy with contents in place of its files is the one that the files would
// make if they were written, positions included.
func TestContents(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("netwicket.json", `{"okta": {"zones": ["zones.json"]}}`)
	write("zones.json", `[{"type":"IP","id":"nzo1","name":"Bad","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`)

	changes := map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json", "more.json"]}}`,
		"more.json":      `[{"type":"IP","id":"nzo2","name":"Worse","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`,
	}
	contents := make(map[string][]byte)
	for name, text := range changes {
		contents[filepath.Join(folder, ".", "x", "..", name)] = []byte(text)
	}
	_, before, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	_, candidate, err := policyfile.Open(policyfile.Options{Paths: []string{folder}, Contents: contents})
	require.NoError(t, err)
	require.NotEqual(t, before.Info().Fingerprint, candidate.Info().Fingerprint)
	for name, text := range changes {
		write(name, text)
	}
	_, after, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	require.Equal(t, after.Info().Fingerprint, candidate.Info().Fingerprint)

	contents[filepath.Join(folder, "more.json")] = []byte(`[{"type":"NOPE"}]`)
	_, _, err = policyfile.Open(policyfile.Options{Paths: []string{folder}, Contents: contents})
	require.ErrorContains(t, err, filepath.Join(folder, "more.json")+":1:")
}

// The geo table is taken over as long as its sources are the same files, as they
// were when they were read.
func TestGeoTableIsTakenOver(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("netwicket.json", `{"okta": {"zones": ["zones.json"]}, "geo": ["geo.csv"]}`)
	write("zones.json", `[{"type":"DYNAMIC","id":"nzo1","name":"Bad","usage":"BLOCKLIST","locations":[{"country":"FR"}]}]`)
	write("geo.csv", "network,country,region,asn,anonymizer,services\n203.0.113.0/24,FR,,,,\n")
	options := policyfile.Options{Paths: []string{folder}}
	fresh, _, err := policyfile.Open(options)
	require.NoError(t, err)
	options.Before = fresh
	first, _, err := policyfile.Open(options)
	require.NoError(t, err)
	require.Same(t, fresh.Config.Geo, first.Config.Geo, "the same bytes")
	geoFile := filepath.Join(folder, "geo.csv")
	info, err := os.Stat(geoFile)
	require.NoError(t, err)
	write("geo.csv", "network,country,region,asn,anonymizer,services\n203.0.113.0/24,IT,,,,\n")
	require.NoError(t, os.Chtimes(geoFile, info.ModTime(), info.ModTime()))
	first, _, err = policyfile.Open(options)
	require.NoError(t, err)
	require.NotSame(t, fresh.Config.Geo, first.Config.Geo, "written shortly before it was read, and once more in the same moment")

	write("geo.csv", "network,country,region,asn,anonymizer,services\n203.0.113.1/24,IT,,,,\n")
	long := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(folder, "geo.csv"), long, long))
	first, _, err = policyfile.Open(options)
	require.NoError(t, err)
	options.Before = first
	second, _, err := policyfile.Open(options)
	require.NoError(t, err)
	require.Same(t, first.Config.Geo, second.Config.Geo)
	require.Equal(t, first.Warnings(), second.Warnings())
	require.Len(t, first.Warnings(), 2, "bits behind a prefix, and no source of IPv6")

	write("geo.csv", "network,country,region,asn,anonymizer,services\n203.0.113.0/24,FR,,,,\n")
	require.NoError(t, os.Chtimes(geoFile, long, long))
	unseen, _, err := policyfile.Open(options)
	require.NoError(t, err)
	require.Same(t, first.Config.Geo, unseen.Config.Geo, "it looks as before")
	options.Anew = true
	seen, _, err := policyfile.Open(options)
	require.NoError(t, err)
	require.NotSame(t, first.Config.Geo, seen.Config.Geo, "it is read all the same")
	options.Anew = false

	write("geo.csv", "network,country,region,asn,anonymizer,services\n203.0.113.0/24,DE,,,,\n")
	past := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(folder, "geo.csv"), past, past))
	options.Before = second
	third, _, err := policyfile.Open(options)
	require.NoError(t, err)
	require.NotSame(t, second.Config.Geo, third.Config.Geo, "another time")

	write("more.csv", "network,country,region,asn,anonymizer,services\n198.51.100.0/24,FR,,,,\n")
	options.Before, options.Geo = third, []string{filepath.Join(folder, "more.csv")}
	fourth, _, err := policyfile.Open(options)
	require.NoError(t, err)
	require.NotSame(t, third.Config.Geo, fourth.Config.Geo, "another source")

	write("more.csv", "nonsense\n")
	require.NoError(t, os.Chtimes(filepath.Join(folder, "more.csv"), past, past))
	broken, _, err := policyfile.Open(options)
	require.Error(t, err)
	options.Before = broken
	_, _, err = policyfile.Open(options)
	require.ErrorContains(t, err, "more.csv:1:1", "there is no table to take over")
}
