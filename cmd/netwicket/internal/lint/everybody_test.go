package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
)

// A policy that denies nobody is warned of, and a running service says the same.
func TestAllowsEverybody(t *testing.T) {
	allowed := `{"name":"in","priority":1,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}`
	for _, row := range []struct {
		name    string
		given   documents
		observe bool
		want    int
	}{
		{"a zone and no rule", documents{zones: "[" + officeZone + "]"}, false, 1},
		{"an action of none", documents{threat: `{"action":"none"}`}, false, 1},
		{"an action of audit", documents{threat: `{"action":"audit"}`, feed: "203.0.113.0/24"}, false, 1},
		{"an empty network configuration", documents{network: `{}`}, false, 1},
		{"a rule that lets everybody in", documents{zones: "[" + officeZone + "]", rules: "[" + allowed + "]"}, false, 1},
		{"an IPv6 network that is all of it", documents{network: `{"range":["192.0.2.0/24","::/0"]}`}, false, 1},
		{"an IPv4 network that is all of it", documents{network: `{"range":["0.0.0.0/0","2001:db8::/32"]}`}, false, 1},
		{"a blocklist of IPv4 alone", documents{zones: "[" + ipZone("b", `,"usage":"BLOCKLIST"`, cidr("203.0.113.0/24"), "") + "]"}, false, 0},
		{"a network", documents{network: `{"range":["192.0.2.0/24"]}`}, false, 0},
		{"a rule about a zone", documents{zones: "[" + officeZone + "]", rules: "[" + officeInRule + "]"}, false, 0},
		{"documents alone", documents{zones: "[" + officeZone + "]", alone: true}, false, 0},
		{"a network that is only observed", documents{network: `{"range":["192.0.2.0/24"]}`}, true, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := row.given.subject(t)
			s.Observe = row.observe
			checked, served := 0, 0
			for _, f := range lint.Check(s) {
				if f.Code == "allows-everybody" {
					checked++
				}
			}
			for _, f := range lint.Service(s) {
				if f.Code == "allows-everybody" {
					served++
				}
			}
			require.Equal(t, row.want, checked)
			require.Equal(t, row.want, served)
		})
	}
}

// One family that is let in as a whole is told of where the other one has to be let in,
// and not where somebody blocks a part of either.
func TestAllowsOneFamily(t *testing.T) {
	all4, all6 := `{"range":["0.0.0.0/0","2001:db8::/32"]}`, `{"range":["192.0.2.0/24","::/0"]}`
	block := func(network string) string { return "[" + ipZone("b", blocklist, cidr(network), "") + "]" }
	const nobody, every4, every6 = "the policy denies nobody: ", "the policy lets in every IPv4 address, while not every IPv6", "the policy lets in every IPv6 address, while not every IPv4"
	for _, row := range []struct {
		name  string
		given documents
		want  []string
	}{
		{"nobody is denied", documents{network: `{}`}, []string{nobody}},
		{"every IPv4 address", documents{network: all4}, []string{every4}},
		{"every IPv6 address", documents{network: all6}, []string{every6}},
		{"every IPv4 address, and a blocklist of IPv6", documents{network: all4, zones: block("ff00::/16")}, []string{every4}},
		{"every IPv4 address, and a blocklist of the end of IPv6", documents{network: all4, zones: block("ffff::/16")}, []string{every4}},
		{"every IPv4 address but for a blocklist", documents{network: all4, zones: block("203.0.113.0/24")}, nil},
		{"every IPv6 address but for a blocklist", documents{network: all6, zones: block("ff00::/16")}, nil},
		{"a blocklist of IPv6", documents{zones: block("2001:db8::/32")}, nil},
		{"a feed of IPv6", documents{threat: `{"action":"block"}`, feed: "2001:db8::/32\n"}, nil},
		{"an overlay of IPv6", documents{network: `{}`, overlay: `{"deny":[{"network":"2001:db8::/32","why":"w"}]}`}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			requireCoded(t, row.given.subject(t), "allows-everybody", row.want...)
		})
	}
}
