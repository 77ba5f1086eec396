package decide_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
)

type cutRange struct {
	addresses netipx.IPRange
	said      [2]decide.Decision
}

// cutTo is the part of a range inside another one, which may be none.
func cutTo(r, within netipx.IPRange) (netipx.IPRange, bool) {
	if !r.Overlaps(within) {
		return netipx.IPRange{}, false
	}
	from, to := r.From(), r.To()
	if from.Less(within.From()) {
		from = within.From()
	}
	if within.To().Less(to) {
		to = within.To()
	}
	return netipx.IPRangeFrom(from, to), true
}

// The ranges inside of one are those of the whole space, cut to it; and so are those
// of two policies. The ranges are drawn from all edges of the generator's policies, which
// are in every block that embeds IPv4 and around the mapped addresses too.
func TestRangesInAreRangesCut(t *testing.T) {
	for seed := range seeds(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r, before, after := policyPair(t, seed)
			if seed%10 == 9 {
				before = nil
			}
			edges, random := r.edges(), rand.New(rand.NewPCG(seed, 4))
			var alone, both []cutRange
			for r, d := range after.Ranges() {
				alone = append(alone, cutRange{r, [2]decide.Decision{d}})
			}
			for r, d := range decide.SideBySide(before, after) {
				both = append(both, cutRange{r, d})
			}
			for range 300 {
				within := netipx.IPRangeFrom(edges[random.IntN(len(edges))], edges[random.IntN(len(edges))])
				if random.IntN(3) == 0 { // a network, as a tile is
					from := edges[random.IntN(len(edges))]
					within = netipx.RangeOfPrefix(netip.PrefixFrom(from, random.IntN(from.BitLen()+1)).Masked())
				}
				requireCut(t, within, alone, both, before, after)
			}
			for _, within := range []netipx.IPRange{{}, mapped, netipx.RangeOfPrefix(netip.MustParsePrefix("::/0")), netipx.RangeOfPrefix(netip.MustParsePrefix("::fffe:0:0/95"))} {
				requireCut(t, within, alone, both, before, after)
			}
		})
	}
}

func requireCut(t *testing.T, within netipx.IPRange, alone, both []cutRange, before, after *decide.Policy) {
	t.Helper()
	cut := func(all []cutRange) (inside []cutRange) {
		for _, one := range all {
			if part, some := cutTo(one.addresses, within); some {
				inside = append(inside, cutRange{part, one.said})
			}
		}
		return inside
	}
	var gotAlone, gotBoth []cutRange
	for r, d := range after.RangesIn(within) {
		gotAlone = append(gotAlone, cutRange{r, [2]decide.Decision{d}})
	}
	for r, d := range decide.SideBySideIn(before, after, within) {
		gotBoth = append(gotBoth, cutRange{r, d})
	}
	require.Equal(t, cut(alone), gotAlone, "in %v", within)
	require.Equal(t, cut(both), gotBoth, "in %v", within)
}

// Whoever has seen enough of a range is told no more.
func TestRangesInStopWhenToldTo(t *testing.T) {
	_, before, after := policyPair(t, 3)
	whole := netipx.RangeOfPrefix(netip.MustParsePrefix("::/0"))
	for _, enough := range []int{1, 2} {
		seen := 0
		for range after.RangesIn(whole) {
			if seen++; seen == enough {
				break
			}
		}
		require.Equal(t, enough, seen)
		seen = 0
		for range decide.SideBySideIn(before, after, whole) {
			if seen++; seen == enough {
				break
			}
		}
		require.Equal(t, enough, seen)
	}
}

// Classes are told as Match tells them: of every address of a range the same, what each of
// their class is told of, and no address is left out or told of twice. Addresses that embed
// IPv4 ones may be told of more.
func TestClassesInAreWhatMatchTellsApart(t *testing.T) {
	for seed := range seeds(20) {
		r, policy, _ := policyPair(t, seed)
		edges, random := r.edges(), rand.New(rand.NewPCG(seed, 5))
		states := make([][]decide.State, policy.Info().Classes)
		for range 60 {
			within := netipx.IPRangeFrom(edges[random.IntN(len(edges))], edges[random.IntN(len(edges))])
			if !within.IsValid() {
				continue
			}
			next := within.From()
			for r, class := range policy.ClassesIn(within) {
				if next == mapped.From() {
					next = mapped.To().Next()
				}
				require.Equal(t, next, r.From(), "seed %d, in %v", seed, within)
				next = r.To().Next()
				for _, addr := range []netip.Addr{r.From(), r.To()} {
					if addr.Is6() && embedsIPv4(addr) {
						continue
					}
					var said []decide.State
					m := policy.Match([]netip.Addr{addr})
					for _, state := range m.Zones() {
						said = append(said, state)
					}
					if states[class] == nil {
						states[class] = said
					}
					require.Equal(t, states[class], said, "seed %d: %v", seed, addr)
				}
			}
			if next == mapped.From() {
				next = mapped.To().Next()
			}
			require.True(t, next == within.To().Next() || mapped.Contains(within.To()), "seed %d: nothing from %v on, in %v", seed, next, within)
		}
	}
}

// Where there is no policy there are no classes, nor in a range that is none; whoever has seen
// enough is told no more, also between both sides of the mapped addresses.
func TestClassesInEnd(t *testing.T) {
	var nobody *decide.Policy
	all4, all6 := netipx.RangeOfPrefix(netip.MustParsePrefix("0.0.0.0/0")), netipx.RangeOfPrefix(netip.MustParsePrefix("::/0"))
	policy := documents{zones: "[" + ipZoneJSON("z", "POLICY", "10.0.0.0/8 64:ff9b::/96", "") + "]"}.compile(t)
	for of, ranges := range map[*decide.Policy][]netipx.IPRange{
		nobody: {{}, all4, all6}, {}: {{}, all4, all6}, policy: {{}, mapped, netipx.IPRangeFrom(all4.To(), all4.From()), netipx.IPRangeFrom(all4.From(), all6.To())},
	} {
		for _, within := range ranges {
			for r := range of.ClassesIn(within) {
				require.Fail(t, "there are none", "%v in %v", r, within)
			}
		}
	}
	for within, wanted := range map[netipx.IPRange]string{
		all4:                                     "0.0.0.0-9.255.255.255 10.0.0.0-10.255.255.255 11.0.0.0-255.255.255.255",
		netipx.MustParseIPRange("::-64:ff9b::5"): "::-::fffe:ffff:ffff ::1:0:0:0-64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff 64:ff9b::-64:ff9b::5",
	} {
		var whole []netipx.IPRange
		var texts []string
		for r := range policy.ClassesIn(within) {
			whole, texts = append(whole, r), append(texts, r.String())
		}
		require.Equal(t, wanted, strings.Join(texts, " "))
		for enough := 1; enough <= len(whole); enough++ {
			var seen []netipx.IPRange
			for r := range policy.ClassesIn(within) {
				if seen = append(seen, r); len(seen) == enough {
					break
				}
			}
			require.Equal(t, whole[:enough], seen)
		}
	}
}

// embedsIPv4 says that an address is in a block in which an IPv4 address may say more: one
// of those that embed, or that databases repeat IPv4 in.
func embedsIPv4(addr netip.Addr) bool {
	for _, block := range []string{"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"} {
		if netip.MustParsePrefix(block).Contains(addr) {
			return true
		}
	}
	return false
}
