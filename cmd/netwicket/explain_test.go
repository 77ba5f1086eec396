package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
)

// The order of the keys and of the zones is part of the contract, so the whole
// line is compared; the fingerprint and the prose of the steps are not part of it.
func TestExplainJSON(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"allow", []string{"192.0.2.1"},
			`{"decision":"allow","reason":"permitted","reasons":["permitted"],"client":"192.0.2.1","peer":"192.0.2.1","zone":null,"rule":"Office in","audit":false,"error":null,"unknown":[],` +
				`"chain":["192.0.2.1"],"zones":{"nzoffice":"match","nzblock":"no","nzde":"match"},` +
				`"location":{"country":"DE","region":"DE-BE","asn":64500,"anonymizer":"none","services":[]},` +
				`"policy":{"fingerprint":"F","data":[{"type":"csv","built":null}]},"steps":[S]}`},
		{"services", []string{"198.51.100.1"},
			`{"decision":"allow","reason":"permitted","reasons":["permitted"],"client":"198.51.100.1","peer":"198.51.100.1","zone":null,"rule":"Germany in","audit":false,"error":null,"unknown":[],` +
				`"chain":["198.51.100.1"],"zones":{"nzoffice":"no","nzblock":"no","nzde":"match"},` +
				`"location":{"country":"DE","region":null,"asn":null,"anonymizer":"anonymous","services":["NORD_VPN"]},` +
				`"policy":{"fingerprint":"F","data":[{"type":"csv","built":null}]},"steps":[S]}`},
		{"a chain through a zone's proxy to a blocked hop", []string{"--remote", "10.0.0.1:4711", "-H", "X-Forwarded-For: 203.0.113.9, x, 192.0.2.7"},
			`{"decision":"deny","reason":"blocklisted","reasons":["blocklisted"],"client":"192.0.2.7","peer":"10.0.0.1","zone":{"id":"nzblock","name":"BlockedIpZone"},"rule":null,"audit":false,"error":null,"unknown":[],` +
				`"chain":["10.0.0.1","192.0.2.7",null,"203.0.113.9"],"zones":{"nzoffice":"match","nzblock":"no","nzde":"match"},` +
				`"location":{"country":"DE","region":"DE-BE","asn":64500,"anonymizer":"none","services":[]},` +
				`"policy":{"fingerprint":"F","data":[{"type":"csv","built":null}]},"steps":[S]}`},
		{"no client", []string{"office"},
			`{"decision":"deny","reason":"client_unresolved","reasons":["client_unresolved"],"client":null,"peer":null,"zone":null,"rule":null,"audit":false,"error":"bad_peer","unknown":[],` +
				`"chain":[null],"zones":{"nzoffice":"no","nzblock":"unknown","nzde":"unknown"},` +
				`"location":{"country":null,"region":null,"asn":null,"anonymizer":null,"services":null},` +
				`"policy":{"fingerprint":"F","data":[{"type":"csv","built":null}]},"steps":[S]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			got := runIn(t, "", append([]string{"explain", "--json"}, test.args...)...).out
			require.Equal(t, test.want+"\n", withoutProse(t, got))
		})
	}
}

// What stands in for the client where the resolver has none.
func TestExplainChainWithoutAClient(t *testing.T) {
	acme(t)
	headers := []string{"-H", "X-Forwarded-For: 203.0.113.9, 192.0.2.7"}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"a bad peer keeps the hops behind it", append(headers, "--remote", "@"), `"chain":[null,"192.0.2.7","203.0.113.9"],`},
		{"a bad address", []string{"@"}, `"chain":[null],`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := runIn(t, "", append([]string{"explain", "--json"}, test.args...)...)
			require.Equal(t, 2, got.code)
			require.Contains(t, got.out, test.want)
			require.Contains(t, got.out, `"error":"bad_peer"`)
		})
	}
}

// withoutProse replaces the fingerprint by F and the steps by S.
func withoutProse(t *testing.T, line string) string {
	t.Helper()
	before, rest, found := strings.Cut(line, `"fingerprint":"`)
	require.True(t, found)
	fingerprint, rest, _ := strings.Cut(rest, `"`)
	require.Len(t, fingerprint, 32)
	middle, steps, found := strings.Cut(rest, `"steps":["`)
	require.True(t, found)
	require.NotEmpty(t, steps)
	return before + `"fingerprint":"F"` + middle + "\"steps\":[S]}\n"
}

// Zones without ids that share a name keep their states apart.
func TestExplainJSONKeysAreUnique(t *testing.T) {
	folder(t, map[string]string{"zones.json": `[
		{"type":"IP","name":"A","gateways":[{"type":"RANGE","value":"192.0.2.1"}],"proxies":null},
		{"type":"IP","name":"A","gateways":[{"type":"RANGE","value":"192.0.2.2"}],"proxies":null},
		{"type":"IP","name":"A","gateways":[{"type":"RANGE","value":"192.0.2.1"}],"proxies":null}]`})
	got := runIn(t, "", "explain", "--json", "-c", "zones.json", "192.0.2.1")
	require.Contains(t, got.out, `"zones":{"A":"match","A #2":"no","A #3":"match"}`)
}

const explanation = `deny 192.0.2.7 blocklisted zone="BlockedIpZone"

Hops, nearest first
  1  10.0.0.1     proxy of zone "Office"
  2  192.0.2.7    the client
  3  ?            cannot be read, behind the client
  4  203.0.113.9  behind the client; in blocklist zone "BlockedIpZone"

Location of the client
  country       DE       geo.csv:2
  region        DE-BE    geo.csv:2
  ASN           AS64500  geo.csv:2
  anonymizer    none     geo.csv:2
  services      none     geo.csv:2
  the same for  192.0.2.0-192.0.2.255

Zones
  match  nzoffice "Office"        IP POLICY       WHY
  no     nzblock "BlockedIpZone"  IP BLOCKLIST    WHY
  match  nzde "Germany"           DYNAMIC POLICY  WHY

Rules, in the order of evaluation
  applies  rules.json:2  "Office in"   allow  match  WHY
  -        rules.json:3  "Germany in"  allow  match  WHY
  -        rules.json:4  "All out"     deny   match  WHY

Layers, in order
  pass  address    WHY
  -     overlay    WHY
  deny  blocklist  WHY
  -     threat     WHY
  pass  rules      WHY
  pass  sailpoint  WHY

Policy
  fingerprint  WHY
  csv          geo.csv, 3 networks
  warnings     1; netwicket check lists them

`

// The tables show every hop, zone, rule and layer. The words in the last column
// of the evaluations are the engine's.
func TestExplainText(t *testing.T) {
	acme(t)
	got := runIn(t, "", "explain", "--remote", "10.0.0.1:4711", "-H", "X-Forwarded-For: 203.0.113.9, x, 192.0.2.7")
	require.Equal(t, 2, got.code)
	wanted, printed := strings.Split(explanation, "\n"), strings.Split(got.out, "\n")
	require.Len(t, printed, len(wanted), got.out)
	for i := range wanted {
		if before, found := strings.CutSuffix(wanted[i], "WHY"); found {
			require.True(t, strings.HasPrefix(printed[i], before) && len(printed[i]) > len(before), "%q is not %q", printed[i], wanted[i])
			continue
		}
		require.Equal(t, wanted[i], printed[i])
	}
}

func TestExplainTextWithoutAClient(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"sailpoint":{"networkConfig":"network.json"},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}}`,
		"network.json":   `{"range":["192.0.2.0/24"]}`,
	})
	got := runIn(t, "", "explain", "--remote", "10.0.0.1")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.out, "deny - client_unresolved error=missing\n")
	require.Contains(t, got.out, "missing, peer 10.0.0.1")
	require.NotContains(t, got.out, "Location")
}

// The text about a snapshot says what is not in it; a peer that is no address is said to be none;
// what stands in no document has no place.
func TestExplainTextOfASnapshot(t *testing.T) {
	acme(t)
	require.Zero(t, runIn(t, "", words("compile -o a.nws")...).code)
	got := runIn(t, "", words("explain -c a.nws 192.0.2.7")...)
	require.Contains(t, got.out, "\nLocation of the client\n  not in a snapshot  \n  the same for       192.0.2.0-192.0.2.255\n")
	require.Contains(t, got.out, "\n  match  nzoffice \"Office\"        IP POLICY       one of its gateways holds an address of the chain           \n")
	for _, policy := range []string{"a.nws", "."} {
		nobody := runIn(t, "", words("explain --remote x -c "+policy)...)
		require.Contains(t, nobody.out, "deny - client_unresolved error=bad_peer\n  the resolver found no client: bad_peer, peer no address\n")
		require.NotContains(t, nobody.out, "Location of the client")
		require.NotContains(t, nobody.out, ", entry ")
	}
	blocked := runIn(t, "", words("explain --remote 203.0.113.9")...).out
	require.Contains(t, blocked, "\n  the same for  198.51.101.0-255.255.255.255\n")
	require.Contains(t, blocked, "  zones.json:4, entry zones.json:5\n")
	require.NotContains(t, blocked, "the resolver found no client")
}

// Which source says what is asked of the sources once more, when it is needed first; where they
// are gone by then that is said once, and the rest is explained.
func TestExplainAsksTheSourcesOnce(t *testing.T) {
	acme(t)
	office := netip.MustParseAddr("192.0.2.7")
	for _, gone := range []bool{false, true} {
		var stderr bytes.Buffer
		c := &commandLine{err: &stderr}
		parts, _, err := c.openPolicy()
		require.NoError(t, err)
		if gone {
			require.NoError(t, os.Remove("geo.csv"))
		}
		by := &deciding{parts: parts, err: &stderr}
		require.Empty(t, by.said(netip.Addr{}))
		require.False(t, by.traced, "nobody is asked about nobody")
		for range 2 {
			require.Equal(t, !gone, len(by.said(office)) > 0)
		}
		if gone {
			require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
			require.Contains(t, stderr.String(), "netwicket: it is not shown which source says what: geo.csv")
			continue
		}
		require.Empty(t, stderr.String())
		asked := by.tracer
		by.said(office)
		require.Same(t, asked, by.tracer)
	}
}

// An explanation that finds no room is an error; a zone that has a name alone is shown by it, and
// a location of which nothing is known has no rows.
func TestExplainTextOfLittle(t *testing.T) {
	folder(t, map[string]string{"zones.json": `[{"type":"IP","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`})
	got := runIn(t, "", words("explain -c zones.json 192.0.2.7")...)
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.out, "  match  Office  IP POLICY")
	_, policy, err := (&commandLine{paths: []string{"zones.json"}}).openPolicy()
	require.NoError(t, err)
	e := policy.Explain(netip.MustParseAddr("192.0.2.7"))
	nothing := explained.NewProvenance(&e, nil)
	err = writeExplanation(&fullDevice{5}, &e, admission.Resolution{}, policy.Info(), &nothing, style{})
	require.ErrorIs(t, err, syscall.ENOSPC)
	rows := locationRows(&e, &nothing)
	if len(rows) > 0 {
		require.Equal(t, []string{"the same for", e.Range.String()}, rows[len(rows)-1])
	}
	e.Range = netipx.IPRange{}
	require.NotContains(t, fmt.Sprint(locationRows(&e, &nothing)), "the same for")
}
