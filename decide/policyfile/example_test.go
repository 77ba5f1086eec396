package policyfile_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// A folder with a policy file is opened and asked; the warnings are for a log.
func ExampleOpen() {
	parts, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"../../examples/forwardauth"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, warning := range parts.Warnings() {
		fmt.Println(warning)
	}
	fmt.Println(policy.Decide(netip.MustParseAddr("203.0.113.7")))
	fmt.Println("clients are named in", parts.Edge.Source)
	// Output:
	// deny 203.0.113.7 blocklisted zone="Blocked"
	// clients are named in x-forwarded-for
}

// Everything that is wrong is said at once.
func ExampleOpen_mistakes() {
	folder, err := os.MkdirTemp("", "policy")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "netwicket.json")
	if err := os.WriteFile(file, []byte(`{"okta": {"zones": ["zones.json"]}, "geo": [7]}`), 0o600); err != nil {
		panic(err)
	}
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{file}})
	fmt.Println(policy == nil)
	fmt.Println(strings.ReplaceAll(err.Error(), folder+string(filepath.Separator), ""))
	// Output:
	// true
	// netwicket.json:1:45 /geo/0: "7": expected a string, found a number
	// zones.json:1:1: cannot be read: no such file or directory (named in netwicket.json:1:21)
}
