package decide_test

import (
	"fmt"
	"math/big"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
)

var mapped = netipx.RangeOfPrefix(netip.MustParsePrefix("::ffff:0:0/96"))

// scattered says that ranges leave out the IPv4 address embedded in addr.
func scattered(addr netip.Addr) bool {
	return teredoBlock.Contains(addr) || localNAT64.Contains(addr)
}

// edges are all addresses at which a decision of the generator's policies can
// change, and their neighbours: the ends of every prefix around an address of
// the pool, the ends of the mapped hole, and the same IPv4 edges inside NAT64,
// 6to4 and ::/96, in ascending order.
func (r *randomPolicy) edges() []netip.Addr {
	seen := map[netip.Addr]bool{}
	add := func(a netip.Addr) {
		if a.IsValid() && !a.Is4In6() {
			seen[a] = true
		}
	}
	around := func(from, to netip.Addr) {
		for _, a := range []netip.Addr{from, to} {
			add(a.Prev())
			add(a)
			add(a.Next())
		}
	}
	whole := func(p netip.Prefix) {
		p = p.Masked()
		around(p.Addr(), netipx.PrefixLastIP(p))
	}
	for _, a := range append([]netip.Addr{netip.MustParseAddr("192.0.2.250")}, r.pool...) {
		for bits := range a.BitLen() + 1 {
			p := netip.PrefixFrom(a, bits)
			whole(p)
			if b := p.Masked().Addr().AsSlice(); a.Is4() {
				whole(netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3]}), 16+bits))
				whole(netip.PrefixFrom(netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]}), 96+bits))
				whole(netip.PrefixFrom(netip.AddrFrom16([16]byte{12: b[0], b[1], b[2], b[3]}), 96+bits)) // databases repeat IPv4 at ::/96
			}
		}
	}
	around(mapped.From(), mapped.To())
	whole(teredoBlock)
	whole(localNAT64)
	list := make([]netip.Addr, 0, len(seen))
	for a := range seen {
		list = append(list, a)
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
}

func outcome(d decide.Decision) decide.Outcome {
	return decide.Outcome{Verdict: d.Verdict, Reason: d.Reason}
}

// bruteDiff asks Decide at every edge: between two edges nothing changes.
func bruteDiff(edges []netip.Addr, before, after *decide.Policy) []decide.Change {
	var changes []decide.Change
	for i, first := range edges {
		last := first
		if i+1 < len(edges) && edges[i+1].BitLen() == first.BitLen() {
			last = edges[i+1].Prev()
		} else if first.Is4() {
			last = netip.MustParseAddr("255.255.255.255")
		} else {
			last = netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
		}
		if last == mapped.To() {
			last = mapped.From().Prev()
		}
		change := decide.Change{Range: netipx.IPRangeFrom(first, last), Before: outcome(before.Decide(first)), After: outcome(after.Decide(first))}
		if change.Before == change.After || scattered(first) {
			continue
		}
		changes = appendChange(changes, change)
	}
	return changes
}

// appendChange joins a change to the one in front of it if they are one.
func appendChange(changes []decide.Change, next decide.Change) []decide.Change {
	if n := len(changes); n > 0 && changes[n-1].Before == next.Before && changes[n-1].After == next.After &&
		changes[n-1].Range.To().Next() == next.Range.From() {
		changes[n-1].Range = netipx.IPRangeFrom(changes[n-1].Range.From(), next.Range.To())
		return changes
	}
	return append(changes, next)
}

// withoutScattered cuts out where Diff leaves out the embedded address and Decide
// does not.
func withoutScattered(changes []decide.Change) []decide.Change {
	var kept []decide.Change
	for _, c := range changes {
		var b netipx.IPSetBuilder
		b.AddRange(c.Range)
		b.RemovePrefix(teredoBlock)
		b.RemovePrefix(localNAT64)
		set, err := b.IPSet()
		if err != nil {
			panic(err)
		}
		for _, r := range set.Ranges() {
			kept = append(kept, decide.Change{Range: r, Before: c.Before, After: c.After})
		}
	}
	return kept
}

func policyPair(t *testing.T, seed uint64) (r *randomPolicy, before, after *decide.Policy) {
	t.Helper()
	r = newRandomPolicy(seed)
	compile := func(config decide.Config) *decide.Policy {
		policy, err := decide.Compile(config)
		require.NoError(t, err)
		return policy
	}
	return r, compile(r.config(t)), compile(r.config(t))
}

func TestDiffIsExact(t *testing.T) {
	for seed := range seeds(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r, before, after := policyPair(t, seed)
			edges := r.edges()
			changes := slices.Collect(decide.Diff(before, after))
			require.Equal(t, bruteDiff(edges, before, after), withoutScattered(changes))
			requireEndsAgree(t, changes, before, after)
			require.Empty(t, slices.Collect(decide.Diff(before, before)))
			back := slices.Collect(decide.Diff(after, before))
			require.Len(t, back, len(changes))
			for i := range back {
				back[i].Before, back[i].After = back[i].After, back[i].Before
			}
			require.Equal(t, changes, back)
		})
	}
}

// SideBySide has the ranges of both policies, cut where either changes: together
// with what it says of each, the ranges of that policy alone.
func TestSideBySideIsBothRanges(t *testing.T) {
	for seed := range seeds(20) {
		_, before, after := policyPair(t, seed)
		for side, policy := range []*decide.Policy{before, after} {
			var joined []netipx.IPRange
			var said []decide.Decision
			cuts := 0
			for r, decisions := range decide.SideBySide(before, after) {
				cuts++
				last := len(joined) - 1
				if last >= 0 && said[last] == decisions[side] && joined[last].To().Next() == r.From() {
					joined[last] = netipx.IPRangeFrom(joined[last].From(), r.To())
					continue
				}
				joined, said = append(joined, r), append(said, decisions[side])
			}
			i := 0
			for r, d := range policy.Ranges() {
				if i == len(joined) || joined[i] != r || said[i] != d {
					t.Fatalf("seed %d, policy %d: %v %v is not range %d", seed, side, r, d, i)
				}
				i++
			}
			require.Len(t, joined, i)
			require.GreaterOrEqual(t, cuts, i)
		}
	}
}

// requireEndsAgree holds every range against Explain: at its ends both policies
// say what the change says, just outside at least one of them does not.
func requireEndsAgree(t *testing.T, changes []decide.Change, before, after *decide.Policy) {
	t.Helper()
	explained := func(a netip.Addr) [2]decide.Outcome {
		return [2]decide.Outcome{outcome(before.Explain(a).Decision), outcome(after.Explain(a).Decision)}
	}
	for i, c := range changes {
		said := [2]decide.Outcome{c.Before, c.After}
		if i > 0 && changes[i-1].Range.To().Compare(c.Range.From()) >= 0 {
			t.Fatalf("%v is not behind %v", c.Range, changes[i-1].Range)
		}
		for _, end := range []netip.Addr{c.Range.From(), c.Range.To()} {
			if got := explained(end); got != said && !scattered(end) {
				t.Fatalf("%v: Diff says %v, Explain %v at %v", c.Range, said, got, end)
			}
		}
		for _, outside := range []netip.Addr{c.Range.From().Prev(), c.Range.To().Next()} {
			if outside.IsValid() && !outside.Is4In6() && !scattered(outside) && explained(outside) == said {
				t.Fatalf("%v ends before %v, where nothing changes", c.Range, outside)
			}
		}
	}
}

func TestRangesAreEveryAddressOnce(t *testing.T) {
	policies := map[string]*decide.Policy{"nil": nil, "zero": {}}
	for seed := range seeds(20) {
		policy, err := decide.Compile(newRandomPolicy(seed).config(t))
		require.NoError(t, err)
		policies[fmt.Sprint("seed ", seed)] = policy
	}
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			total := map[bool]*big.Int{true: new(big.Int), false: new(big.Int)}
			expected := netip.MustParseAddr("0.0.0.0")
			for r, d := range policy.Ranges() {
				if expected == mapped.From() {
					expected = mapped.To().Next()
				}
				if !expected.IsValid() {
					expected = netip.MustParseAddr("::")
				}
				require.Equal(t, expected, r.From())
				require.False(t, r.Overlaps(mapped))
				require.False(t, d.Client.IsValid())
				sum := total[r.From().Is4()]
				sum.Add(sum, size(r))
				expected = r.To().Next()
			}
			require.False(t, expected.IsValid(), "the last range does not end at the end")
			all4 := new(big.Int).Lsh(big.NewInt(1), 32)
			require.Equal(t, all4, total[true])
			all6 := new(big.Int).Lsh(big.NewInt(1), 128)
			require.Equal(t, all6.Sub(all6, all4), total[false])
		})
	}
}

func size(r netipx.IPRange) *big.Int {
	from, to := new(big.Int).SetBytes(r.From().AsSlice()), new(big.Int).SetBytes(r.To().AsSlice())
	return to.Sub(to, from).Add(to, big.NewInt(1))
}

// IPv4 addresses embedded in IPv6 ones: a blocklist shows through in 6to4 and
// NAT64, and by definition not in the ranges of Teredo and local NAT64.
func TestDiffOfEmbeddedAddresses(t *testing.T) {
	nothing := documents{zones: "[" + ipZoneJSON("z", "POLICY", "192.0.2.0/24", "") + "]"}.compile(t)
	blocking := documents{zones: "[" + ipZoneJSON("z", "BLOCKLIST", "203.0.113.4-203.0.113.7", "") + "," + exemptZoneJSON("203.0.113.5") + "]"}.compile(t)
	type denied struct{ first, last string }
	var got []denied
	for c := range decide.Diff(nothing, blocking) {
		if c.After.Verdict == decide.Deny {
			require.Equal(t, decide.Outcome{Verdict: decide.Allow, Reason: decide.Unrestricted}, c.Before)
			require.Equal(t, decide.Outcome{Verdict: decide.Deny, Reason: decide.Blocklisted}, c.After)
			got = append(got, denied{c.Range.From().String(), c.Range.To().String()})
		}
	}
	require.Equal(t, []denied{
		{"203.0.113.4", "203.0.113.4"},
		{"203.0.113.6", "203.0.113.7"},
		{"64:ff9b::cb00:7104", "64:ff9b::cb00:7104"},
		{"64:ff9b::cb00:7106", "64:ff9b::cb00:7107"},
		{"2002:cb00:7104::", "2002:cb00:7104:ffff:ffff:ffff:ffff:ffff"},
		{"2002:cb00:7106::", "2002:cb00:7107:ffff:ffff:ffff:ffff:ffff"},
	}, got)

	for _, text := range []string{"2001::34ff:8efb", "64:ff9b:1::cb00:7104", "64:ff9b:1:ffff:ffff:ffff:cb00:7104"} { // Teredo inverts the bits of 203.0.113.4
		scattered := netip.MustParseAddr(text)
		require.Equal(t, decide.Blocklisted, blocking.Decide(scattered).Reason, text)
		for r, d := range blocking.Ranges() {
			if r.Contains(scattered) {
				require.Equal(t, decide.Permitted, d.Reason, text)
			}
		}
	}
}

// A zone that lists 6to4 addresses themselves, over a blocklist of embedded ones.
func TestDiffCutsBothWaysInsideOf6to4(t *testing.T) {
	nothing := documents{zones: "[" + ipZoneJSON("z", "POLICY", "192.0.2.0/24", "") + "]"}.compile(t)
	blocking := documents{zones: "[" +
		ipZoneJSON("a", "BLOCKLIST", "2002:cb00:7104:0001::/64", "") + "," +
		ipZoneJSON("b", "BLOCKLIST", "203.0.113.5", "") + "]"}.compile(t)
	var got []string
	for c := range decide.Diff(nothing, blocking) {
		if c.After.Verdict == decide.Deny && c.Range.From().Is6() {
			got = append(got, c.Range.String())
		}
	}
	require.Equal(t, []string{
		"64:ff9b::cb00:7105-64:ff9b::cb00:7105",
		"2002:cb00:7104:1::-2002:cb00:7104:1:ffff:ffff:ffff:ffff",
		"2002:cb00:7105::-2002:cb00:7105:ffff:ffff:ffff:ffff:ffff",
	}, got)
}

// The mapped addresses are IPv4 addresses: a difference on both sides of them is
// two ranges.
func TestDiffLeavesMappedAddressesOut(t *testing.T) {
	open := documents{zones: "[" + ipZoneJSON("z", "POLICY", "192.0.2.0/24", "") + "]"}.compile(t)
	var got []string
	for c := range decide.Diff(nil, open) {
		require.Equal(t, decide.Outcome{Reason: decide.NoPolicy}, c.Before)
		require.Equal(t, decide.Outcome{Verdict: decide.Allow, Reason: decide.Unrestricted}, c.After)
		got = append(got, c.Range.String())
	}
	require.Equal(t, []string{
		"0.0.0.0-255.255.255.255",
		"::-::fffe:ffff:ffff",
		"::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	}, got)
	require.Empty(t, slices.Collect(decide.Diff(nil, &decide.Policy{})))
}

// A reader may stop after any number of ranges.
func TestDiffStopsWhenAsked(t *testing.T) {
	policy := documents{zones: "[" + ipZoneJSON("z", "BLOCKLIST", "10.0.0.0/30 10.0.0.8 203.0.113.4-203.0.113.6", "") + "]"}.compile(t)
	all := slices.Collect(decide.Diff(nil, policy))
	require.Greater(t, len(all), 5)
	for stop := 1; stop <= len(all); stop++ {
		var got []decide.Change
		for c := range decide.Diff(nil, policy) {
			if got = append(got, c); len(got) == stop {
				break
			}
		}
		require.Equal(t, all[:stop], got)
	}
	// Whoever stops early leaves nothing behind that goes on.
	running := runtime.NumGoroutine()
	for range 200 {
		for range decide.SideBySide(policy, policy) {
			break
		}
	}
	require.Less(t, runtime.NumGoroutine(), running+100)
	ranges := 0
	for range policy.Ranges() {
		ranges++
	}
	for stop := 1; stop <= ranges; stop++ {
		seen := 0
		for range policy.Ranges() {
			if seen++; seen == stop {
				break
			}
		}
		require.Equal(t, stop, seen)
	}
}
