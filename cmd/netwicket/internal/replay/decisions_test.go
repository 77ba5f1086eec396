package replay_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
)

// Each decision is counted as itself, however alike the names in it are and
// whatever came between.
func TestRunTellsDecisionsApart(t *testing.T) {
	const zones, rounds = 300, 4
	var document, log strings.Builder
	document.WriteString("[")
	for i := range zones {
		fmt.Fprintf(&document, `%s{"type":"IP","id":"%d-of-the-zones","name":"%d of the zones","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"10.0.%d.%d/32"}]}`,
			strings.Repeat(",", min(i, 1)), i, i, i/256, i%256)
	}
	document.WriteString("]")
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
			Subject: replay.Subject{Control: admission.Control{Policy: policy(t, document.String())}},
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
