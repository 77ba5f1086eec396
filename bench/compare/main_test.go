package compare

import (
	"fmt"
	"os"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
)

// suite is what all benchmarks and tests share: a fixture is built once per process.
var suite workload.Suite

func TestMain(m *testing.M) {
	fmt.Println(workload.Origin())
	os.Exit(m.Run())
}

func policyModel(tb testing.TB) *model {
	tb.Helper()
	return newModel(tb, suite.Config(tb, workload.ChainZones))
}
