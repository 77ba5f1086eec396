package bench

import (
	"fmt"
	"os"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
)

// suite is what all benchmarks share: a fixture is built once per process.
var suite workload.Suite

func TestMain(m *testing.M) {
	if directory := os.Getenv(compileOnly); directory != "" {
		os.Exit(compileAndReport(directory))
	}
	if directory := os.Getenv(reloadOnly); directory != "" {
		os.Exit(reloadAndReport(directory))
	}
	fmt.Println(workload.Origin())
	os.Exit(m.Run())
}
