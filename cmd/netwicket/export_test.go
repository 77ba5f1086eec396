package main

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExport(t *testing.T) {
	tests := []struct {
		format string
		want   []string // of the output
		rest   string   // the last lines
	}{
		{"cidr", []string{"# Who may come in, written by netwicket ", " from net.json\n", "# policy ", "\n# An address that is not listed is denied."}, "\n192.0.2.0/25\n2001:db8::/32\n"},
		{"nginx", []string{"# policy "}, "\ngeo $netwicket_allow {\n    default 0;\n    192.0.2.0/25 1;\n    2001:db8::/32 1;\n}\n"},
		{"haproxy", []string{"# policy "}, "\n::/96 deny\n2002::/16 deny\n192.0.2.0/25 allow\n2001:db8::/32 allow\n"},
		{"nftables", []string{"#!/usr/sbin/nft -f\n", "allow4 {\n    192.0.2.0/25,\n}\n", "allow6 {\n    2001:db8::/32,\n}\n"}, "\nadd rule inet netwicket guard drop\n"},
	}
	for _, test := range tests {
		t.Run(test.format, func(t *testing.T) {
			folder(t, map[string]string{"net.json": `{"range":["192.0.2.0/26","192.0.2.64/26","2001:db8::/32"]}`})
			got := runIn(t, "", "export", "-c", "net.json", "--format", test.format)
			require.Equal(t, 0, got.code, got.stderr)
			require.Empty(t, got.stderr)
			for _, want := range test.want {
				require.Contains(t, got.out, want)
			}
			require.True(t, strings.HasSuffix(got.out, test.rest), got.out)
			require.NotContains(t, got.out, "Teredo")
		})
	}
}

func TestExportCSV(t *testing.T) {
	acme(t)
	got := runIn(t, "", "export", "--format", "csv")
	require.Equal(t, 0, got.code)
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"network", "decision", "reason"}, rows[0])
	require.Contains(t, rows, []string{"192.0.2.0/24", "allow", "permitted"})
	require.Contains(t, rows, []string{"203.0.113.0/24", "deny", "blocklisted"})
	require.Contains(t, got.stderr, "netwicket: policy ")
	require.Contains(t, got.stderr, "Teredo")
}

func TestExportErrors(t *testing.T) {
	acme(t)
	for want, args := range map[string][]string{
		"--format is missing; expected nginx, haproxy, nftables, cidr, csv": {},
		`unknown format "iptables"`:                                         {"--format", "iptables"},
		`unknown command "x"`:                                               {"--format", "cidr", "x"},
		"absent.json:1:1":                                                   {"--format", "cidr", "-c", "absent.json"},
	} {
		got := runIn(t, "", append([]string{"export"}, args...)...)
		require.Equal(t, 1, got.code)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, want)
	}
}
