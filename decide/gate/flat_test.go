package gate_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/gate"
)

// flatEdges are edges of every kind that reads lists.
func flatEdges(t testing.TB) []*gate.Resolver {
	t.Helper()
	var edges []*gate.Resolver
	for _, c := range []gate.Config{
		{Trusted: prefixes("10.0.0.0/8")},
		{Trusted: prefixes("10.0.0.0/8", "203.0.113.0/28", "192.0.2.7/32", "2001:db8::/32", "0.0.0.0/32", "224.0.0.0/4"), AllTrusted: gate.UseLeftmost},
		{Trusted: prefixes("0.0.0.0/0", "::/0"), AllTrusted: gate.UseLeftmost, OnMissing: gate.UsePeer, AllowTrustAll: true},
		{Trusted: prefixes("10.0.0.0/8"), Source: gate.Hops(2)},
	} {
		if c.Source == "" {
			c.Source = gate.XForwardedFor
		}
		edges = append(edges, mustResolver(t, c))
	}
	return edges
}

// splitAtComma writes one line as two, which are one list (docs/semantics.md,
// edge-6) and never read flat. A line without a comma gets an empty one before it.
func splitAtComma(line string, at int) []string {
	var commas []int
	for i := range len(line) {
		if line[i] == ',' {
			commas = append(commas, i)
		}
	}
	if len(commas) == 0 {
		return []string{"", line}
	}
	comma := commas[at%len(commas)]
	return []string{line[:comma], line[comma+1:]}
}

// checkFlat holds what is read of a line against what the walk reads of the same
// list in two lines.
func checkFlat(t *testing.T, edges []*gate.Resolver, peer, line string, at int) {
	t.Helper()
	for i, edge := range edges {
		flat, walked := http.Header{"X-Forwarded-For": {line}}, http.Header{"X-Forwarded-For": splitAtComma(line, at)}
		client, err := edge.Client(peer, flat)
		want, wantErr := edge.Client(peer, walked)
		if client != want || err != wantErr {
			t.Fatalf("edge %d, %q: client %v, %v; in two lines %v, %v", i, line, client, err, want, wantErr)
		}
		chain, err := edge.Chain(nil, peer, flat)
		wantChain, wantErr := edge.Chain(nil, peer, walked)
		if !slices.Equal(chain, wantChain) || err != wantErr {
			t.Fatalf("edge %d, %q: chain %v, %v; in two lines %v, %v", i, line, chain, err, wantChain, wantErr)
		}
	}
}

// TestFlat: lists of what stands in real headers, and of what is nearly that.
func TestFlat(t *testing.T) {
	edges := flatEdges(t)
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	element := func() string {
		switch r.IntN(12) {
		case 0:
			return pick("", "0.0.0.0", "255.255.255.255", "224.0.0.1", "1.2.3.256", "1.2.3.04", "01.2.3.4", "1.2.3", "1.2.3.4.5", ".1.2.3.4", "1..2.3", "1.2.3.999", "1.2.3.1000")
		case 1:
			return pick("2001:db8::1", "[2001:db8::1]:80", "10.0.0.1:80", "unknown", "::ffff:10.0.0.1", "x1.2.3.4", "1.2.3.4x", "-1.2.3.4", "+1.2.3.4", "1.2.3.4%eth0", "1.2.3.4\t")
		case 2, 3, 4, 5, 6:
			return pick("10.0.0.1", "10.0.0.2", "10.255.255.255", "203.0.113.15", "192.0.2.7")
		default:
			return pick("203.0.113.16", "203.0.113.7", "1.2.3.4", "9.255.255.255", "11.0.0.0", "100.20.3.0", "192.0.2.8")
		}
	}
	for range 60_000 {
		var line strings.Builder
		for i := range r.IntN(6) + r.IntN(2)*r.IntN(40) {
			if i > 0 {
				line.WriteString(pick(", ", ", ", ", ", ", ", ",", ",  ", " ,", ",\t", ", , "))
			}
			line.WriteString(element())
		}
		line.WriteString(pick("", "", "", "", "", " ", ",", "\t"))
		checkFlat(t, edges, pick("10.0.0.3:51234", "10.0.0.3:51234", "198.51.100.9:1"), pick("", "", "", " ", ",")+line.String(), r.IntN(40))
	}
}

// TestFlatToTheLimit: the last element that is examined ends the chain in a mark where an
// empty one stands left of it, as another would.
func TestFlatToTheLimit(t *testing.T) {
	edges := flatEdges(t)
	for _, left := range []string{"", ",", ", ", "6.6.6.6,", "x,"} {
		for n := 28; n < 34; n++ {
			checkFlat(t, edges, trustedPeer, left+"203.0.113.7"+strings.Repeat(",10.0.0.2", n), n)
		}
	}
}

// TestIsFlat: what the loop is there for it reads itself.
func TestIsFlat(t *testing.T) {
	r := sourced(t, gate.XForwardedFor)
	for line, want := range map[string]bool{
		"1.2.3.4":                                        true,
		"203.0.113.7,10.0.0.2":                           true,
		"203.0.113.7, 10.0.0.3, 10.0.0.2":                true,
		"what the client says, 203.0.113.7":              true,
		"6.6.6.6,203.0.113.7, 10.0.0.2":                  true,
		",203.0.113.7":                                   true,
		", 203.0.113.7":                                  true,
		"203.0.113.7" + strings.Repeat(", 10.0.0.2", 31): true,
		"203.0.113.7" + strings.Repeat(", 10.0.0.2", 32): false,
		"":                       false,
		" 203.0.113.7":           false,
		"203.0.113.7 ":           false,
		"203.0.113.7,  10.0.0.2": false,
		"203.0.113.7,":           false,
		"203.0.113.7,0.0.0.0":    false,
		"203.0.113.7:80":         false,
		"2001:db8::7":            false,
		"10.0.0.2":               false,
	} {
		if got := r.IsFlat(line); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

func FuzzFlat(f *testing.F) {
	for i, value := range seedValues(f) {
		f.Add(value, uint8(i))
	}
	f.Add("203.0.113.7, 10.0.0.2, 10.0.0.1", uint8(1))
	f.Add(" ,1.2.3.4,10.0.0.1", uint8(0))
	f.Add(strings.Repeat("10.0.0.1, ", 31)+"10.0.0.2", uint8(3))
	edges := flatEdges(f)
	f.Fuzz(func(t *testing.T, line string, at uint8) {
		checkFlat(t, edges, "10.0.0.3:51234", line, int(at))
	})
}
