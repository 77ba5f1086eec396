package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// aLook is a look that found these policies, before and after.
func aLook(t *testing.T, before, after string) *pull.Look {
	t.Helper()
	pair, err := policyfile.OpenPair(policyfile.Options{Paths: []string{before}, Geo: []string{"geo.csv"}}, policyfile.Options{Paths: []string{after}, Geo: []string{"geo.csv"}})
	require.NoError(t, err)
	return &pull.Look{
		Before: pair[0], After: pair[1], Generation: "g1", Warnings: []string{"odd\n"},
		Okta: &pull.OktaCounts{Zones: 1, Policies: 3, Enforced: 2, Rules: 4, ThreatInsight: true}, SailPoint: &pull.SailPointCounts{NetworkConfig: true, AuthProfile: true},
	}
}

// What one look came to, for a person and for a program: what was found, what it changes and
// what is in force now, whether it was only looked at, was refused, or changes nothing. Where
// nobody can be told, that is an error before all else.
func TestPulledTells(t *testing.T) {
	geo := "network,country,region,asn,anonymizer,services\n"
	for i, country := range strings.Fields("AT BE CH CZ DE DK ES FR IT NL PL PT") {
		geo += fmt.Sprintf("192.0.2.%d/29,%s,,,,\n", 128+8*i, country)
	}
	folder(t, map[string]string{
		"geo.csv":  geo,
		"old.json": `{"range":["192.0.2.0/24"],"whitelisted":true}`, "new.json": `{"range":["192.0.2.0/25"],"whitelisted":true}`,
	})
	const (
		found   = "okta: 1 zone, 2 of 3 policies enforced with 4 rules, ThreatInsight\nsailpoint: network configuration, authentication profile\n"
		warned  = "netwicket: warning: odd\\n\n"
		refusal = "netwicket: one\nnetwicket: two\\n\nnetwicket: what is in force stays; netwicket pull -c p --okta https://o --dry-run shows what would change"
		shrinks = ", and --accept-shrink accepts what shrinks"
		change  = `192.0.2.128/25 allow permitted -> deny off_network`
	)
	refused := &pull.Refused{Causes: []string{"one", "two\n"}}
	whole := aLook(t, "old.json", "new.json")
	for name, row := range map[string]struct {
		look   func(*pull.Look)
		flags  pullFlags
		json   bool
		out    []string // what is printed holds these; the first begins it
		not    []string
		stderr string
		code   status
	}{
		"taken":              {out: []string{found, "By country", "\npulled/g1 is in force\n"}, not: []string{"nothing was written", change}, stderr: warned},
		"looked at":          {flags: pullFlags{dryRun: true}, out: []string{found, change, "\nnothing was written\n"}, not: []string{"is in force"}, stderr: warned},
		"taken, as JSON":     {json: true, out: []string{`{"same":false,"first":false,"generation":"g1","refused":[],"warnings":["odd\n"],"okta":{`, `"newlyDenied":{"ipv4":128,`}, stderr: warned},
		"looked at, as JSON": {json: true, flags: pullFlags{dryRun: true}, out: []string{`{"first":"192.0.2.128","last":"192.0.2.255",`}, not: []string{"generation"}, stderr: warned},
		"the same":           {look: func(l *pull.Look) { l.Same = true }, out: []string{found + "nothing changed: this is what is in force\n"}, not: []string{"pulled/"}, stderr: warned},
		"the same, as JSON": {look: func(l *pull.Look) { l.Same, l.Warnings = true, nil }, json: true, out: []string{
			`{"same":true,"first":false,"generation":null,"refused":[],"warnings":[],"okta":{`, `"ranges":0,"newlyDenied":{"ipv4":0,"ipv6Networks":0}`, `"documents":[]`,
		}},
		"looked at, and the same": {look: func(l *pull.Look) { l.Same = true }, flags: pullFlags{dryRun: true}, out: []string{found + "nothing changed: this is what is in force\n"}, stderr: warned},
		"the same, as ranges":     {look: func(l *pull.Look) { l.Same = true }, json: true, flags: pullFlags{dryRun: true}, stderr: warned},
		"refused":                 {look: func(l *pull.Look) { l.Refused = refused }, out: []string{found}, not: []string{"is in force", "nothing was written", change}, stderr: warned + refusal + shrinks + "\n", code: failed},
		"refused all the same": {
			look: func(l *pull.Look) { l.Refused = refused }, flags: pullFlags{acceptShrink: true}, out: []string{found}, stderr: warned + refusal + "\n", code: failed,
		},
		"would be refused": {
			look: func(l *pull.Look) { l.Refused = refused }, flags: pullFlags{dryRun: true}, out: []string{found, change}, not: []string{"is in force", "nothing was written"}, stderr: warned + refusal + shrinks + "\n", code: failed,
		},
		"refused, as JSON": {
			look: func(l *pull.Look) { l.Refused = refused }, json: true, out: []string{`{"same":false,"first":false,"generation":null,"refused":["one","two\n"],`, `"newlyDenied":{"ipv4":128,`}, stderr: warned + refusal + shrinks + "\n", code: failed,
		},
		"refused before it was a policy": {
			look: func(l *pull.Look) { l.Refused, l.After.Policy = refused, nil }, out: []string{found}, not: []string{"newly", "same"}, stderr: warned + refusal + shrinks + "\n", code: failed,
		},
		"no policy, as JSON": {
			look: func(l *pull.Look) { l.Refused, l.After.Policy = refused, nil }, json: true, out: []string{`{"same":false,`, `"newlyDenied":{"ipv4":0,`}, stderr: warned + refusal + shrinks + "\n", code: failed,
		},
		"no policy, as ranges": {
			look: func(l *pull.Look) { l.Refused, l.After.Policy = refused, nil }, flags: pullFlags{dryRun: true}, json: true, stderr: warned + refusal + shrinks + "\n", code: failed,
		},
		"little found": {
			look: func(l *pull.Look) { l.Okta, l.SailPoint = &pull.OktaCounts{Zones: 2}, &pull.SailPointCounts{} }, out: []string{"okta: 2 zones, 0 of 0 policies enforced with 0 rules\nsailpoint: no network configuration\n"}, stderr: warned,
		},
		"nobody asked": {look: func(l *pull.Look) { l.Okta, l.SailPoint, l.Same = nil, nil, true }, out: []string{"nothing changed"}, stderr: warned},
	} {
		t.Run(name, func(t *testing.T) {
			look := new(pull.Look)
			*look = *whole
			if row.look != nil {
				row.look(look)
			}
			var err error
			if look.Refused != nil && !row.flags.dryRun {
				err = fmt.Errorf("pull: %w", look.Refused)
			}
			row.flags.okta = "https://o"
			tell := func(out io.Writer) (string, error) {
				var stderr bytes.Buffer
				failure := (&commandLine{paths: []string{"p"}, json: row.json, out: out, err: &stderr}).pulled(look, err, row.flags)
				return stderr.String(), failure
			}
			var out bytes.Buffer
			stderr, failure := tell(&out)
			require.Equal(t, row.stderr, stderr)
			if row.code == 0 {
				require.NoError(t, failure)
			} else {
				require.Equal(t, row.code, failure)
			}
			for i, want := range row.out {
				require.Contains(t, out.String(), want)
				require.True(t, i > 0 || strings.HasPrefix(out.String(), want), out.String())
			}
			if !row.json && strings.Contains(out.String(), "By country") { // where most changes
				require.Contains(t, out.String(), "\n  unknown  newly denied  32 IPv4 addresses  0 IPv6 /64 networks\n  AT ")
				require.Contains(t, out.String(), "\n  IT       newly denied  8 IPv4 addresses   0 IPv6 /64 networks\n  and 3 more\n")
			}
			for _, not := range row.not {
				require.NotContains(t, out.String(), not)
			}
			require.Equal(t, len(row.out) == 0, out.Len() == 0)
			if out.Len() > 0 {
				_, failure = tell(&fullDevice{out.Len() / 2})
				require.ErrorContains(t, failure, "no space left")
			}
		})
	}
}

// Findings about what was pulled are told, but for zones of the system's that are empty; and what
// is not compared, beside ranges for a program and among the totals for a person.
func TestPulledTellsOfFindings(t *testing.T) {
	folder(t, map[string]string{
		"geo.csv":  "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n",
		"old.json": `{"range":["192.0.2.0/24"]}`,
		"zones.json": `[{"type":"IP","id":"b","name":"B","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]},{"type":"IP","id":"e","name":"E","gateways":[]},
			{"type":"IP","id":"s","name":"LegacyIpZone","system":true,"gateways":[]},
			{"type":"DYNAMIC","id":"d","name":"DefaultEnhancedDynamicZone","system":true,"locations":[{"country":"FR"}]}]`,
	})
	whole := aLook(t, "old.json", "zones.json")
	for _, row := range []struct {
		flags       pullFlags
		json, aside bool
		change      func(*pull.Look)
		findings    int
	}{
		{findings: 1}, {flags: pullFlags{dryRun: true}, findings: 1}, {json: true, findings: 1}, {json: true, flags: pullFlags{dryRun: true}, aside: true, findings: 1},
		{change: func(l *pull.Look) { l.Same = true }}, {change: func(l *pull.Look) { l.After.Policy = nil }},
	} {
		look := new(pull.Look)
		*look = *whole
		if row.change != nil {
			row.change(look)
		}
		var out, stderr bytes.Buffer
		require.NoError(t, (&commandLine{json: row.json, out: &out, err: &stderr}).pulled(look, nil, row.flags))
		require.Equal(t, row.findings, strings.Count(stderr.String(), "[empty-zone]"), stderr.String())
		require.Equal(t, row.findings, strings.Count(stderr.String(), "[family-without-data]"), "of a zone of the system's all else is told\n%s", stderr.String())
		require.Equal(t, row.aside, strings.Contains(stderr.String(), "netwicket: note: Teredo addresses"), stderr.String())
		require.Equal(t, row.findings > 0 && !row.json, strings.Contains(out.String(), "note: Teredo addresses"), out.String())
	}
}

// What failed is the error as it is, with the warnings that came before it; no look, no warnings.
func TestPulledFails(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["192.0.2.0/24"]}`})
	for _, look := range []*pull.Look{nil, {Warnings: []string{"odd"}}} {
		var out, stderr bytes.Buffer
		err := (&commandLine{out: &out, err: &stderr}).pulled(look, io.ErrUnexpectedEOF, pullFlags{})
		require.Equal(t, io.ErrUnexpectedEOF, err)
		require.Empty(t, out.String())
		require.Equal(t, look != nil, stderr.String() == "netwicket: warning: odd\n", stderr.String())
	}
}
