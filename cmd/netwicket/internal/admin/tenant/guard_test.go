package tenant_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// What the policy before denies already may be denied by the next one, as far as
// that address goes (D4).
func TestGuardOfThoseWhoAreOut(t *testing.T) {
	dir := folder(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["z.json"]}, "serve": {"guard": ["203.0.113.9", "198.51.100.9"]}}`,
		"z.json":         `[{"type":"IP","id":"nzo1","name":"Out","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
	})
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("More", "203.0.113.9/32"))).Status)
	answer := write(t, store, addZone(blocklist("Oops", "198.51.100.0/24", "203.0.113.0/24")))
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Equal(t, `it denies 198.51.100.9, which is in serve.guard: deny 198.51.100.9 blocklisted zone="Oops"`, string(answer.Body))

	// The edge takes an address of its own proxies for a proxy.
	put(t, dir, "netwicket.json", strings.Replace(snapshot(t, dir)["netwicket.json"], "{", `{"edge": {"trusted": ["198.51.100.9"], "source": "x-forwarded-for"},`, 1))
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Fine", "198.51.100.0/24"))).Status, "it was out before")
}

// Warnings of a new policy are in the answer and in the log, and refuse it with
// Strict; that a system zone is empty is none (D5).
func TestWarnings(t *testing.T) {
	dir := folder(t, nil)
	var log bytes.Buffer
	store := open(t, dir, func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	answer := write(t, store, addZone(blocklist("Fine", "203.0.113.0/24")))
	require.Empty(t, answer.Header)
	wide := blocklist("W\u00efde", "198.51.100.7/24")
	answer = write(t, store, addZone(wide))
	require.Equal(t, http.StatusOK, answer.Status)
	warnings := answer.Header.Values("Netwicket-Warning")
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "198.51.100.7/24")
	require.Contains(t, warnings[0], "zones.json:")
	require.Contains(t, log.String(), "198.51.100.7/24")
	for _, b := range []byte(warnings[0]) {
		require.True(t, b >= ' ' && b < 0x7f, "%q", warnings[0])
	}
	var many []string
	for range 40 {
		many = append(many, "192.0.2.7/24")
	}
	answer = write(t, store, addZone(blocklist("Many", many...)))
	require.Len(t, answer.Header.Values("Netwicket-Warning"), 9)
	found := strings.Count(log.String(), "a write left a warning") - 1 // of the write before
	require.Equal(t, fmt.Sprintf("and %d more; the log has them", found-8), answer.Header.Values("Netwicket-Warning")[8])
	store.Close()

	dir = folder(t, nil)
	strict := open(t, dir, func(o *tenant.Options) { o.Strict = true })
	require.Equal(t, http.StatusOK, write(t, strict, addZone(office("nzoOffice000000000001", "192.0.2.0/24"))).Status, "that it denies nobody is nothing new")
	require.Equal(t, http.StatusOK, write(t, strict, addZone(blocklist("Fine", "203.0.113.0/24"))).Status)
	before := snapshot(t, dir)
	answer = write(t, strict, addZone(wide))
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Contains(t, string(answer.Body), "198.51.100.7/24")
	require.Equal(t, before, snapshot(t, dir))
	empty := blocklist("Empty")
	require.Equal(t, http.StatusBadRequest, write(t, strict, addZone(empty)).Status, "only the system's zones may be empty")
	again := blocklist("Again", "198.51.100.7/24")
	put(t, dir, "okta/zones.json", strings.Replace(before["okta/zones.json"], `"203.0.113.0/24"`, `"203.0.113.7/24"`, 1))
	require.Equal(t, http.StatusOK, write(t, strict, addZone(office("nzoOffice000000000002", "192.0.2.0/24"))).Status, "nothing new")
	again.Gateways[0].Value = "203.0.113.7/24"
	require.Equal(t, http.StatusBadRequest, write(t, strict, addZone(again)).Status, "one more of the same")
}

// A policy that lacks data does not load, and loads as soon as the data are there,
// without anybody touching a document.
func TestDataThatComeLater(t *testing.T) {
	const rows = "network,country,region,asn,anonymizer,services\n203.0.113.0/24,US,,,,\n"
	dir := folder(t, map[string]string{"netwicket.json": `{"geo": ["geo.csv"]}`, "geo.csv": rows})
	store := open(t, dir)
	country := "US"
	zone := &records.Zone{
		Type: records.Dynamic, ID: records.NewID(records.ZoneID), Name: "US", Status: records.Active, Usage: records.Blocklist,
		Locations: []records.Location{{Country: &country}},
	}
	require.Equal(t, http.StatusOK, write(t, store, addZone(zone)).Status)
	require.Contains(t, decision(t, dir, "203.0.113.9"), "blocklisted")
	require.NoError(t, os.Remove(filepath.Join(dir, "geo.csv")))
	answer := write(t, store, addZone(blocklist("Bad", "198.51.100.0/24")))
	require.Equal(t, http.StatusConflict, answer.Status, string(answer.Body))
	_, err := store.Documents()
	require.ErrorContains(t, err, "geo.csv")
	put(t, dir, "geo.csv", rows+"192.0.2.0/24,US,,,,\n")
	_, err = store.Documents()
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Bad", "198.51.100.0/24"))).Status)
	require.Contains(t, decision(t, dir, "192.0.2.9"), "blocklisted")

	// And what no source has is refused, with the place where it is asked for.
	answer = write(t, store, func(d *records.Documents) wire.Answer {
		z := *zone
		z.ID, z.Name, z.Locations, z.ASNs = records.NewID(records.ZoneID), "AS", nil, []string{"64496"}
		d.Zones = append(d.Zones, &z)
		return wire.Answer{Status: http.StatusOK}
	})
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Regexp(t, `zones\.json:\d+:\d+ .*AS`, string(answer.Body))
}

// What comes to a folder of data counts from then on, and no write is told of for it.
func TestFolderOfData(t *testing.T) {
	dir := folder(t, map[string]string{"netwicket.json": `{"geo": ["data"]}`, "data/a.csv": "network,country,region,asn,anonymizer,services\n0.0.0.0/0,DE,,,,\n203.0.113.0/24,US,,,,\n"})
	var audit bytes.Buffer
	store := open(t, dir, audited(&audit))
	country := "US"
	require.Equal(t, http.StatusOK, write(t, store, addZone(&records.Zone{
		Type: records.Dynamic, ID: records.NewID(records.ZoneID), Name: "US", Status: records.Active, Usage: records.Blocklist, Locations: []records.Location{{Country: &country}},
	})).Status)
	put(t, dir, "data/b.csv", "network,country,region,asn,anonymizer,services\n192.0.2.0/24,US,,,,\n")
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Bad", "198.51.100.0/25"))).Status)
	require.Contains(t, decision(t, dir, "192.0.2.9"), "blocklisted")
	all := lines(t, audit.Bytes())
	require.EqualValues(t, 128, all[1]["newlyDenied"])
}

// A folder that is not ours to write is said at the start.
func TestFolderThatIsNotOurs(t *testing.T) {
	dir := folder(t, map[string]string{".netwicket": "a file"})
	_, err := tenant.Open(tenant.Options{Folder: dir})
	require.ErrorContains(t, err, "cannot be written to")
	_, err = tenant.Open(tenant.Options{Folder: filepath.Join(dir, "none")})
	require.ErrorContains(t, err, "expected a policy folder")
	_, err = tenant.Open(tenant.Options{Folder: filepath.Join(dir, ".netwicket")})
	require.ErrorContains(t, err, "expected a policy folder")
	dir = folder(t, map[string]string{"okta": "a file"})
	_, err = tenant.Open(tenant.Options{Folder: dir})
	require.ErrorContains(t, err, "okta")
	require.Equal(t, map[string]string{"okta": "a file"}, snapshot(t, dir))
}
