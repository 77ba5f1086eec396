package spacemap_test

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// policy compiles random zones: a blocklist, an overlay and SailPoint's two lists
// over random networks of both families.
func policy(t testing.TB, seed uint64) (*decide.Policy, decide.Config) {
	t.Helper()
	p, config, _ := policyAndSource(t, seed)
	return p, config
}

// policyAndSource is policy, with the geo source that it has.
func policyAndSource(t testing.TB, seed uint64) (*decide.Policy, decide.Config, geo.Source) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	var entries, ranges, deny, overlay []string
	csv := "network,country,region,asn,anonymizer,services\n"
	for range 40 {
		entries = append(entries, fmt.Sprintf(`{"type":"CIDR","value":%q}`, network(random)))
		ranges = append(ranges, fmt.Sprintf("%q", network(random)))
		deny = append(deny, fmt.Sprintf(`{"network":%q,"why":"test"}`, network(random)))
		overlay = append(overlay, fmt.Sprintf(`{"network":%q,"why":"test"}`, network(random)))
	}
	seen := map[string]bool{}
	for range 300 {
		if n := network(random); !seen[n] {
			seen[n] = true
			csv += fmt.Sprintf("%s,%s,,,,\n", n, []string{"DE", "FR", "US"}[random.IntN(3)])
		}
	}
	var config decide.Config
	zones, err := zone.ParseOkta("zones.json", fmt.Appendf(nil, `[{"type":"IP","id":"b","name":"B <&\"> ]]>","usage":"BLOCKLIST","gateways":[%s]}]`, strings.Join(entries, ",")))
	require.NoError(t, err)
	network, err := zone.ParseSailPoint("network.json", fmt.Appendf(nil, `{"range":[%s],"geolocation":["FR"],"whitelisted":false}`, strings.Join(ranges, ",")))
	require.NoError(t, err)
	over, err := zone.ParseOverlay("overlay.json", fmt.Appendf(nil, `{"deny":[%s],"allow":[%s]}`, strings.Join(deny, ","), strings.Join(overlay, ",")))
	require.NoError(t, err)
	source := geo.Source{File: "geo.csv", Data: []byte(csv)}
	table, err := geo.Load(source)
	require.NoError(t, err)
	config.Zones, config.SailPoint, config.Overlay, config.Geo = []zone.Zones{zones}, &network, &over, table
	p, err := decide.Compile(config)
	require.NoError(t, err)
	return p, config, source
}

// network is a random one, of IPv4 or in 2000::/3, large or small.
func network(random *rand.Rand) string {
	var prefix netip.Prefix
	if random.IntN(2) == 0 {
		prefix = netip.PrefixFrom(address4(random), 1+random.IntN(32))
	} else {
		prefix = netip.PrefixFrom(address6(random), 4+random.IntN(125))
	}
	return prefix.Masked().String()
}

func address4(random *rand.Rand) netip.Addr {
	n := random.Uint32()
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func address6(random *rand.Rand) netip.Addr {
	var b [16]byte
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	b[0] = 0x20 | b[0]&0x1f
	return netip.AddrFrom16(b)
}

// named6 is a random address of a random IPv6 entry.
func named6(random *rand.Rand, config decide.Config) netip.Addr {
	for {
		entry := config.SailPoint.Range[random.IntN(len(config.SailPoint.Range))].Range
		prefix, _ := entry.Prefix()
		if !entry.From().Is6() || prefix.Bits() < 6 {
			continue
		}
		a, b := address6(random).As16(), prefix.Addr().As16()
		for bit := range prefix.Bits() {
			mask := byte(0x80) >> (bit % 8)
			a[bit/8] = a[bit/8]&^mask | b[bit/8]&mask
		}
		return netip.AddrFrom16(a)
	}
}

// Every pixel shows the decision about the addresses in it: the colour of the
// decision itself where it is the only one, and a share of it elsewhere.
func TestPixelsAgreeWithDecide(t *testing.T) {
	for seed := range uint64(5) {
		p, config := policy(t, seed)
		m := spacemap.New(spacemap.Subject{Name: "test", Policy: p, Config: config})
		random := rand.New(rand.NewPCG(seed, 2))
		pure := 0
		for i := range 4000 {
			addr := address4(random)
			if i%2 == 1 {
				addr = named6(random, config)
			}
			d := p.Decide(addr)
			pixel, shown := m.PixelOf(addr)
			if !shown {
				continue
			}
			if pixel.Own != spacemap.PaintOf(d) || pixel.OwnStandOut != d.Allowed() {
				t.Fatalf("seed %d: %v is decided %v and shown otherwise", seed, addr, d)
			}
			if d.Allowed() && pixel.Out.A == 0 || !d.Allowed() && pixel.Plain.A == 0 {
				t.Fatalf("seed %d: %v is decided %v, and its pixel shows nothing of it", seed, addr, d)
			}
			if pixel.Plain.A == 0 || pixel.Out.A == 0 {
				pure++
			} else if pixel.Colour == pixel.Plain || pixel.Colour == pixel.Out {
				t.Fatalf("seed %d: the pixel of %v holds both and shows one", seed, addr)
			}
		}
		require.Greater(t, pure, 1000)
	}
}

// A pixel that is looked at address by address has the colour that the picture
// shows.
func TestPixelsAddressByAddress(t *testing.T) {
	p, config := policy(t, 11)
	m := spacemap.New(spacemap.Subject{Name: "test", Policy: p, Config: config})
	var edges []netip.Addr
	for r := range p.Ranges() {
		if r.From().Is4() {
			edges = append(edges, r.From())
		}
	}
	random := rand.New(rand.NewPCG(12, 0))
	mixed := 0
	for i := range 300 {
		at := edges[random.IntN(len(edges))]
		if i%4 == 0 {
			at = address4(random)
		}
		first, err := at.Prefix(20)
		require.NoError(t, err)
		var sums [2][4]float64
		addr := first.Addr()
		for ; first.Contains(addr); addr = addr.Next() {
			if m.Ground(addr) != "" {
				continue
			}
			d := p.Decide(addr)
			side := 0
			if d.Allowed() {
				side = 1
			}
			c := spacemap.PaintOf(d)
			for i, v := range [4]uint8{c.R, c.G, c.B, 1} {
				sums[side][i] += float64(v)
			}
		}
		pixel, shown := m.PixelOf(first.Addr())
		if !shown {
			continue
		}
		for side, got := range []color.RGBA{pixel.Plain, pixel.Out} {
			n := sums[side][3]
			if n == 0 {
				require.Zero(t, got)
				continue
			}
			for i, v := range [3]uint8{got.R, got.G, got.B} {
				require.InDelta(t, sums[side][i]/n, float64(v), 0.51)
			}
		}
		if sums[0][3] > 0 && sums[1][3] > 0 {
			mixed++
		}
	}
	require.NotZero(t, mixed)
}

// What the legend counts is what is decided about all addresses that count.
func TestAmounts(t *testing.T) {
	p, config := policy(t, 3)
	v4, v6 := spacemap.New(spacemap.Subject{Policy: p, Config: config}).Amounts()
	want4, want6 := map[string]float64{}, map[string]float64{}
	counts := counting(t, config)
	for r, d := range p.Ranges() {
		want := want4
		if r.From().Is6() {
			want = want6
		}
		name := d.Verdict.String() + ": " + d.Reason.String()
		for _, part := range counts.within(r) {
			want[name] += size(part)
		}
	}
	for name, n := range v4 {
		require.Equal(t, want4[name], n, name)
	}
	for name, n := range v6 {
		require.InEpsilon(t, want6[name]+1, n+1, 1e-9, name)
	}
	require.NotZero(t, v4["allow: permitted"])
	require.NotZero(t, v6["allow: permitted"])
}

// What is coloured as a change is what decide.Diff finds.
func TestCompareAgreesWithDiff(t *testing.T) {
	before, oldConfig := policy(t, 4)
	after, config := policy(t, 5)
	m := spacemap.New(spacemap.Subject{Name: "new", Policy: after, Config: config, Compare: true, OldName: "old", Old: before, OldConfig: oldConfig})
	want := map[string]float64{}
	for change := range decide.Diff(before, after) {
		name := change.After.Verdict.String() + " for another reason"
		switch {
		case change.Before.Verdict == change.After.Verdict:
		case change.After.Verdict == decide.Allow:
			name = "newly allowed"
		default:
			name = "newly denied"
		}
		for from, to := change.Range.From(), change.Range.To(); from.Is4(); {
			end := m.EndOf(from)
			if to.Less(end) {
				end = to
			}
			if m.Ground(from) == "" {
				want[name] += size(netipx.IPRangeFrom(from, end))
			}
			if end == to {
				break
			}
			from = end.Next()
		}
	}
	got, _ := m.Amounts()
	require.NotEmpty(t, want)
	for name, n := range got {
		if !strings.HasPrefix(name, "unchanged") {
			require.Equal(t, want[name], n, name)
		}
	}
	for name := range want {
		require.NotZero(t, got[name], name)
	}
}

func TestCompareWithItself(t *testing.T) {
	p, config := policy(t, 6)
	v4, v6 := spacemap.New(spacemap.Subject{Policy: p, Config: config, Compare: true, Old: p, OldConfig: config}).Amounts()
	for _, amounts := range []map[string]float64{v4, v6} {
		for name, n := range amounts {
			require.True(t, strings.HasPrefix(name, "unchanged: ") || n == 0, name)
		}
	}
}

// One address that is allowed in all of IPv4 is found.
func TestSpots(t *testing.T) {
	network, err := zone.ParseSailPoint("network.json", []byte(`{"range":["203.0.113.7"]}`))
	require.NoError(t, err)
	config := decide.Config{SailPoint: &network}
	p, err := decide.Compile(config)
	require.NoError(t, err)
	m := spacemap.New(spacemap.Subject{Policy: p, Config: config})
	v4, v6 := m.Spots()
	require.Equal(t, 1, v4)
	require.Zero(t, v6)
	pixel, shown := m.PixelOf(netip.MustParseAddr("203.0.113.7"))
	require.True(t, shown)
	require.NotEqual(t, pixel.Plain, pixel.Colour)
}

// A policy that is none denies everything, and can be drawn.
func TestNoPolicy(t *testing.T) {
	m := spacemap.New(spacemap.Subject{Name: "none"})
	v4, v6 := m.Amounts()
	require.Len(t, v4, 1)
	require.NotZero(t, v4["deny: no_policy"])
	require.Zero(t, v6["deny: no_policy"])
	var out bytes.Buffer
	require.NoError(t, m.PNG(&out))
}

func TestPNG(t *testing.T) {
	p, config := policy(t, 7)
	m := spacemap.New(spacemap.Subject{Name: strings.Repeat("a very long name ", 400), Policy: p, Config: config, Notes: []string{"a note"}})
	var first, second bytes.Buffer
	require.NoError(t, m.PNG(&first))
	require.NoError(t, spacemap.New(spacemap.Subject{Name: strings.Repeat("a very long name ", 400), Policy: p, Config: config, Notes: []string{"a note"}}).PNG(&second))
	require.True(t, bytes.Equal(first.Bytes(), second.Bytes()), "the same policy is the same picture")
	sheet, err := png.Decode(&first)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(8, 0))
	same, tried := 0, 0
	for range 2000 {
		pixel, shown := m.PixelOf(address4(random))
		if !shown {
			continue
		}
		r, g, b, a := sheet.At(pixel.X, pixel.Y).RGBA()
		require.Equal(t, uint32(0xffff), a)
		tried++
		if uint8(r>>8) == pixel.Colour.R && uint8(g>>8) == pixel.Colour.G && uint8(b>>8) == pixel.Colour.B {
			same++
		}
	}
	// Lines, names and rings cover some.
	require.Greater(t, float64(same)/float64(tried), 0.8)
}

// luminance is the relative luminance of WCAG 2.
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// Allow is blue and deny is warm, for every reason: the difference of blue and red
// is what people with deficient colour vision see, too.
func TestPaletteSides(t *testing.T) {
	seen := map[color.RGBA]decide.Reason{}
	for reason := decide.NoPolicy; reason <= decide.Unrestricted; reason++ {
		deny := spacemap.PaintOf(decide.Decision{Judgment: decide.Judgment{Reason: reason}})
		require.Greater(t, int(deny.R), int(deny.B), reason)
		allow := spacemap.PaintOf(decide.Decision{Judgment: decide.Judgment{Verdict: decide.Allow, Reason: reason}})
		require.Greater(t, int(allow.B), int(allow.R)+40, reason)
		if reason == decide.Overlay {
			require.Less(t, luminance(deny), 0.05)
		}
		seen[deny] = reason
	}
	require.GreaterOrEqual(t, len(seen), 9, "reasons that occur together differ")
	// What is allowed since nobody forbids it is lighter than what somebody permits.
	allowed := func(reason decide.Reason) color.RGBA {
		return spacemap.PaintOf(decide.Decision{Judgment: decide.Judgment{Verdict: decide.Allow, Reason: reason}})
	}
	for _, reason := range []decide.Reason{decide.NotEnforced, decide.Unrestricted} {
		require.Greater(t, luminance(allowed(reason)), luminance(allowed(decide.Permitted))+0.2)
	}
	require.Less(t, luminance(allowed(decide.Overlay)), luminance(allowed(decide.Permitted))/2)
}
