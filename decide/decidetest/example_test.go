package decidetest_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/netwicket/netwicket/decide/decidetest"
)

func ExampleAllowOnly() {
	t := &testing.T{} // the test's own
	policy := decidetest.AllowOnly(t, "192.0.2.0/24")
	fmt.Println(policy.Decide(netip.MustParseAddr("192.0.2.7")))
	fmt.Println(policy.Decide(netip.MustParseAddr("198.51.100.7")))
	// Output:
	// allow 192.0.2.7 permitted
	// deny 198.51.100.7 off_network
}
