package replay_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// zonesOfOne are zones that each block one address, 10.0.0.0 and those behind it.
func zonesOfOne(zones int) string {
	list := make([]string, zones)
	for i := range list {
		list[i] = fmt.Sprintf(`{"type":"IP","id":"%d-of-the-zones","name":"%d of the zones","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"10.0.%d.%d/32"}]}`,
			i, i, i/256, i%256)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// Each decision is counted as itself, however alike the names in it are and
// whatever came between.
func TestRunTellsDecisionsApart(t *testing.T) {
	const zones, rounds = 300, 4
	var log strings.Builder
	for round := range rounds {
		for i := range zones {
			if i%rounds >= round { // one to four requests
				log.WriteString(line(fmt.Sprintf("10.0.%d.%d", i/256, i%256), 0))
			}
		}
	}
	for _, workers := range []int{1, 3} {
		report := replay.Run(replay.Config{
			Parse: parser(t), Workers: workers,
			Subject: replay.Subject{Control: admission.Control{Policy: policy(t, zonesOfOne(zones))}},
		}, []replay.Input{input("log", log.String())})
		require.Len(t, report.Zones, zones)
		for _, count := range report.Zones {
			i := 0
			_, err := fmt.Sscanf(count.Of.ID, "%d-of-the-zones", &i)
			require.NoError(t, err)
			require.EqualValues(t, 1+i%rounds, count.Requests, count.Of.Name)
		}
		require.EqualValues(t, zones*(1+rounds)/2, report.Deny)
	}
}

// A request is the one before it if the peer, the proxies and who resolved them are the same.
func TestRunRemembersTheRequestBefore(t *testing.T) {
	edge, err := gate.NewResolver(gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor})
	require.NoError(t, err)
	const at = `,"time":1431857103}` + "\n"
	log := `{"remote_addr":"10.0.0.1","xff":"203.0.113.9"` + at + // blocked
		`{"remote_addr":"10.0.0.1","xff":"203.0.113.9"` + at +
		`{"remote_addr":"10.0.0.1","xff":"198.51.100.7"` + at + // permitted
		`{"remote_addr":"10.0.0.1"` + at + // the edge names nobody
		`{"client_ip":"10.0.0.1"` + at + // who was resolved before: permitted
		`{"client_ip":"10.0.0.1"` + at +
		`{"remote_addr":"10.0.0.1"` + at +
		`{"remote_addr":"17"` + at + `{"remote_addr":"17"` + at // no records
	against := replay.Subject{Control: admission.Control{Policy: policy(t, other), Edge: edge}}
	report := replay.Run(replay.Config{Parse: parser(t), Subject: replay.Subject{Control: admission.Control{Policy: policy(t, blocking), Edge: edge}}, Against: &against},
		[]replay.Input{input("log", log)})
	require.Equal(t, []replay.Count[decide.Reason]{{Of: decide.Permitted, Requests: 3}, {Of: decide.Blocklisted, Requests: 2}, {Of: decide.ClientUnresolved, Requests: 2}}, report.Reasons)
	require.EqualValues(t, 2, report.Unreadable)
	require.EqualValues(t, 2, report.Changes.ToAllow)
}
