package addrnum_test

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// edges are addresses where something carries, ends or changes its meaning.
func edges() []netip.Addr {
	var all []netip.Addr
	for _, text := range []string{
		"0.0.0.0", "0.0.0.1", "0.255.255.255", "1.0.0.0", "127.255.255.255", "128.0.0.0", "255.255.255.254", "255.255.255.255",
		"::", "::1", "::ffff:ffff", "::1:0:0", "::fffe:ffff:ffff", "::ffff:0.0.0.0", "::ffff:1.2.3.4", "::ffff:255.255.255.255", "::1:0:0:0",
		"0:0:0:1::", "::7fff:ffff:ffff:ffff", "::8000:0:0:0", "::ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:0:0:ffff:ffff:ffff:ffff",
		"7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::", "ffff:ffff:ffff:ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	} {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// some are the edges and random addresses of both families.
func some() []netip.Addr {
	all := edges()
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		all = append(all, addrnum.Addr4(random.Uint32()),
			addrnum.Number{Hi: random.Uint64() >> random.UintN(64), Lo: random.Uint64() << random.UintN(64)}.Addr6())
	}
	return all
}

// TestAgreesWithNetip compares the numbers with the addresses that they stand for.
func TestAgreesWithNetip(t *testing.T) {
	all := some()
	for _, a := range all {
		family, n := addrnum.FamilyOf(a), addrnum.From(a)
		require.Equal(t, a.Is4(), family == addrnum.IPv4, a)
		require.Equal(t, a, family.Addr(n), a)
		require.Equal(t, n, addrnum.From(family.Addr(n)), a)
		require.Equal(t, !a.Next().IsValid(), n == family.Last(), a)
		require.Equal(t, !a.Prev().IsValid(), n == addrnum.Number{}, a)
		if next := a.Next(); next.IsValid() {
			require.Equal(t, next, family.Addr(n.Next()), a)
		}
		if prev := a.Prev(); prev.IsValid() {
			require.Equal(t, prev, family.Addr(n.Prev()), a)
		}
		require.Equal(t, n, n.Next().Prev(), a)
		for _, b := range all {
			if m := addrnum.From(b); addrnum.FamilyOf(b) == family {
				if n.Compare(m) != a.Compare(b) || n.Less(m) != a.Less(b) || (n == m) != (a == b) {
					t.Fatalf("%s and %s: %d, %v", a, b, n.Compare(m), n.Less(m))
				}
			}
		}
	}
}

// TestForms pins what From and its parts make of each form of an address.
func TestForms(t *testing.T) {
	addr := netip.MustParseAddr
	require.Equal(t, addrnum.Number{Lo: 0x01020304}, addrnum.From(addr("1.2.3.4")))
	require.Equal(t, addrnum.Number{Lo: 0xffff_0102_0304}, addrnum.From(addr("::ffff:1.2.3.4")), "not unmapped")
	require.Equal(t, addrnum.From(addr("fe80::1")), addrnum.From(addr("fe80::1%eth0")), "the zone is left out")
	require.Equal(t, addrnum.Number{}, addrnum.From(netip.Addr{}))
	require.Equal(t, uint32(0x01020304), addrnum.From4(addr("1.2.3.4")))
	require.Equal(t, uint32(0x01020304), addrnum.From4(addr("::ffff:1.2.3.4")))
	require.Panics(t, func() { addrnum.From4(addr("::1")) })
	require.Equal(t, addrnum.Number{Hi: 0x20010db8 << 32, Lo: 1}, addrnum.From6(addr("2001:db8::1")))
	require.Equal(t, addrnum.Number{}, addrnum.From6(addr("1.2.3.4")))
	require.Equal(t, addrnum.Number{}, addrnum.From6(netip.Addr{}))
	require.Equal(t, addrnum.Number{Lo: math.MaxUint32}, addrnum.IPv4.Last())
	require.Equal(t, addrnum.Number{}, addrnum.IPv6.Last().Next(), "around the end")
	require.Equal(t, addrnum.IPv6.Last(), addrnum.Number{}.Prev(), "around the end")
}

// TestShifts compares every shift with math/big.
func TestShifts(t *testing.T) {
	wide := func(n addrnum.Number) *big.Int { b := n.Addr6().As16(); return new(big.Int).SetBytes(b[:]) }
	all := wide(addrnum.IPv6.Last())
	for _, a := range some() {
		n := addrnum.From(a)
		for bits := range uint(128) {
			left := new(big.Int).Lsh(wide(n), bits)
			if cmp.Or(wide(n.ShiftLeft(bits)).Cmp(left.And(left, all)), wide(n.ShiftRight(bits)).Cmp(new(big.Int).Rsh(wide(n), bits))) != 0 {
				t.Fatalf("%s by %d", a, bits)
			}
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, a := range edges() {
		f.Add(a.String(), a.String())
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		a, err := netip.ParseAddr(one)
		b, err2 := netip.ParseAddr(other)
		if err != nil || err2 != nil {
			t.Skip("the texts are no addresses")
		}
		a, b = a.WithZone(""), b.WithZone("")
		family, n, m := addrnum.FamilyOf(a), addrnum.From(a), addrnum.From(b)
		if family.Addr(n) != a || n.Next().Prev() != n || n.Prev().Next() != n {
			t.Fatalf("%s: %v", a, n)
		}
		if family == addrnum.FamilyOf(b) && (n.Compare(m) != a.Compare(b) || n.Less(m) != a.Less(b)) {
			t.Fatalf("%s and %s: %v, %v", a, b, n, m)
		}
	})
}

// TestInlining holds what the look-ups rely on: a call would cost a tenth of their time, and a slice that is not read
// where it is made would be on the heap.
func TestInlining(t *testing.T) {
	out, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Skipf("no compiler to ask: %v", err) // where tests run without the Go tool
	}
	report := string(out)
	for _, name := range []string{
		"From4", "From6", "Addr4", "Number.Addr6", "Number.Less", "Number.Compare", "Number.Next", "Number.Prev",
		"Number.ShiftLeft", "Number.ShiftRight", "FamilyOf", "Family.Last",
	} {
		require.Contains(t, report, "can inline "+name+"\n")
	}
	require.Contains(t, report, "inlining call to netip.Addr.AsSlice")
	for line := range strings.Lines(report) {
		require.False(t, strings.Contains(line, "escapes to heap") && !strings.Contains(line, `"As4 called on`) || strings.Contains(line, "moved to heap"), line)
	}
}

func TestNoAllocs(t *testing.T) {
	all := some()
	var sum addrnum.Number
	var valid bool
	require.Zero(t, testing.AllocsPerRun(10, func() {
		for _, a := range all {
			n := addrnum.From(a)
			sum.Lo += n.Lo
			valid = addrnum.FamilyOf(a).Addr(n).IsValid()
		}
	}))
	require.True(t, valid)
}

func BenchmarkFrom(b *testing.B) {
	all := some()
	b.ReportAllocs()
	i, sum := 0, uint64(0)
	for b.Loop() {
		n := addrnum.From(all[i%len(all)])
		sum += n.Hi ^ n.Lo
		i++
	}
	if sum == 0 {
		b.Fatal("every address is zero")
	}
}
