package spacemap_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/color"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// The questions to a page's script, and what it answers: see testdata/ask.mjs.
type (
	rasterQuestion struct {
		Network string `json:"network"`
		Order   int    `json:"order"`
	}
	questions struct {
		Networks []string         `json:"networks"`
		Rasters  []rasterQuestion `json:"rasters"`
	}
	countedPart struct {
		Words, Ground string
		Mixed         []string
		Size          string
	}
	networkAnswer struct {
		Network string
		Parts   []countedPart
	}
	filterAnswer struct {
		Group, Label string
		Amounts      []map[string]string
		Paints       []string
	}
	answers struct {
		Networks []*networkAnswer
		Rasters  []string
		Filters  []filterAnswer
		Legend   []map[string]string
	}
)

// ask runs the page's script in node.
func ask(t *testing.T, page []byte, q questions) answers {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("the page's script is run by node, which is not installed")
	}
	file := filepath.Join(t.TempDir(), "map.html")
	require.NoError(t, os.WriteFile(file, page, 0o600))
	input, err := json.Marshal(q)
	require.NoError(t, err)
	run := exec.Command(node, "testdata/ask.mjs", file)
	run.Stdin = bytes.NewReader(input)
	var failure bytes.Buffer
	run.Stderr = &failure
	out, err := run.Output()
	require.NoError(t, err, failure.String())
	var a answers
	require.NoError(t, json.Unmarshal(out, &a))
	require.Len(t, a.Networks, len(q.Networks))
	require.Len(t, a.Rasters, len(q.Rasters))
	return a
}

func pageOf(t *testing.T, subject spacemap.Subject, most int) (*spacemap.Map, []byte) {
	t.Helper()
	m := spacemap.New(subject)
	var out bytes.Buffer
	require.NoError(t, m.HTMLOf(&out, most))
	return m, out.Bytes()
}

const noLimit = 1 << 30

// What the page answers about an address or a network is what the policy decides
// about all of its addresses.
func TestScriptCountsNetworks(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find where one goroutine compares, and takes a minute")
	}
	for seed := range uint64(3) {
		p, config := policy(t, seed)
		_, page := pageOf(t, spacemap.Subject{Name: "test", Policy: p, Config: config}, noLimit)
		random := rand.New(rand.NewPCG(seed, 21))
		var edges []netip.Addr
		for r := range p.Ranges() {
			edges = append(edges, r.From(), r.To())
		}
		var q questions
		var networks []netip.Prefix
		for i := range 600 {
			addr := [2]netip.Addr{address4(random), address6(random)}[i%2]
			if i%3 == 0 {
				addr = edges[random.IntN(len(edges))]
			}
			prefix := netip.PrefixFrom(addr, random.IntN(addr.BitLen()+1))
			networks = append(networks, prefix)
			q.Networks = append(q.Networks, prefix.String(), addr.String())
		}
		a := ask(t, page, q)
		for i, prefix := range networks {
			require.Equal(t, prefix.Masked().String(), a.Networks[2*i].Network, "host bits are left out")
			want := wordsIn(p, netipx.RangeOfPrefix(prefix))
			got := map[string]string{}
			for _, part := range a.Networks[2*i].Parts {
				got[part.Words] = sum(got[part.Words], part.Size)
			}
			require.Equal(t, want, got, prefix)
			one := a.Networks[2*i+1].Parts
			require.Len(t, one, 1)
			require.Equal(t, "1", one[0].Size)
			if addr := prefix.Addr(); !leftOut(addr) {
				require.Equal(t, spacemap.Words(p.Decide(addr)), one[0].Words, addr)
			}
		}
	}
}

// leftOut: a map by ranges tells these without the IPv4 address in them.
func leftOut(addr netip.Addr) bool {
	return netip.MustParsePrefix("2001::/32").Contains(addr) || netip.MustParsePrefix("64:ff9b:1::/48").Contains(addr) || addr.Is4In6()
}

func sum(a, b string) string {
	x, y := new(big.Int), new(big.Int)
	x.SetString(a, 10)
	y.SetString(b, 10)
	return x.Add(x, y).String()
}

// wordsIn is how many addresses of a range the policy decides how; "" for those that
// are IPv4-mapped.
func wordsIn(p *decide.Policy, within netipx.IPRange) map[string]string {
	want := map[string]string{}
	number := func(addr netip.Addr) *big.Int { return new(big.Int).SetBytes(addr.AsSlice()) }
	rest := number(within.To())
	rest.Sub(rest, number(within.From())).Add(rest, big.NewInt(1))
	for r, d := range p.Ranges() {
		from, to := r.From(), r.To()
		if from.BitLen() != within.From().BitLen() || !r.Overlaps(within) {
			continue
		}
		if from.Less(within.From()) {
			from = within.From()
		}
		if within.To().Less(to) {
			to = within.To()
		}
		n := number(to)
		n.Sub(n, number(from)).Add(n, big.NewInt(1))
		rest.Sub(rest, n)
		want[spacemap.Words(d)] = sum(want[spacemap.Words(d)], n.String())
	}
	if rest.Sign() != 0 {
		want[""] = rest.String()
	}
	return want
}

// The page's pixels are those of the PNG.
func TestScriptDrawsThePicture(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find where one goroutine compares, and takes a minute")
	}
	p, config := policy(t, 13)
	m, page := pageOf(t, spacemap.Subject{Name: "test", Policy: p, Config: config}, noLimit)
	q := questions{Rasters: []rasterQuestion{{"0.0.0.0/0", 10}}}
	for _, cell := range m.Cells() {
		q.Rasters = append(q.Rasters, rasterQuestion{cell.String(), m.Order6()})
	}
	require.Greater(t, len(q.Rasters), 2)
	for i, text := range ask(t, page, q).Rasters {
		pixels, err := base64.StdEncoding.DecodeString(text)
		require.NoError(t, err)
		side := 1 << q.Rasters[i].Order
		require.Len(t, pixels, 4*side*side)
		colours := map[color.RGBA]bool{}
		for y := range side {
			for x := range side {
				got := pixels[4*(y*side+x):][:4]
				want := m.At(i, x, y)
				if got[3] == 0 { // nothing is named here: the paper
					got = []byte{255, 255, 255, 255}
				}
				for c, v := range []uint8{want.R, want.G, want.B} {
					// Weights are summed in another order.
					if max(v, got[c])-min(v, got[c]) > 1 {
						t.Fatalf("%s at %d, %d is %v in the script and %v in the picture", q.Rasters[i].Network, x, y, got, want)
					}
				}
				colours[want] = true
			}
		}
		if i == 0 {
			require.Greater(t, len(colours), 5)
		}
	}
}

// Deep in a network each pixel is one address.
func TestScriptDrawsAddresses(t *testing.T) {
	network, err := zone.ParseSailPoint("network.json", []byte(`{"range":["198.41.7.9"]}`))
	require.NoError(t, err)
	config := decide.Config{SailPoint: &network}
	p, err := decide.Compile(config)
	require.NoError(t, err)
	_, page := pageOf(t, spacemap.Subject{Policy: p, Config: config}, noLimit)
	pixels, err := base64.StdEncoding.DecodeString(ask(t, page, questions{Rasters: []rasterQuestion{{"198.41.0.0/16", 8}}}).Rasters[0])
	require.NoError(t, err)
	allow, deny := spacemap.PaintOf(decide.Decision{Judgment: decide.Judgment{Verdict: decide.Allow, Reason: decide.Permitted}}), spacemap.PaintOf(decide.Decision{Judgment: decide.Judgment{Reason: decide.OffNetwork}})
	for step := range uint64(1 << 16) {
		x, y := spacemap.PointAt(8, step)
		want := deny
		if step == 7<<8|9 {
			want = allow
		}
		require.Equal(t, []byte{want.R, want.G, want.B, 255}, pixels[4*(y<<8|x):][:4], step)
	}
}

func TestScriptReadsNetworks(t *testing.T) {
	tests := map[string]string{
		"1.2.3.4": "1.2.3.4/32", " 1.2.3.0/24 ": "1.2.3.0/24", "1.2.3.4/24": "1.2.3.0/24", "255.255.255.255": "255.255.255.255/32", "0.0.0.0/0": "0.0.0.0/0", "200.1.2.3/1": "128.0.0.0/1",
		"::": "::/128", "2001:DB8::1": "2001:db8::1/128", "2001:db8::/32": "2001:db8::/32", "::ffff:1.2.3.4": "1.2.3.4/32", "::ffff:1.2.3.4/120": "1.2.3.0/24", "::ffff:0:0/96": "0.0.0.0/0",
		"64:ff9b::1.2.3.4": "64:ff9b::102:304/128", "1:2:3:4:5:6:7:8/64": "1:2:3:4::/64", "::/0": "::/0",
		"": "", "1.2.3": "", "1.2.3.256": "", "01.2.3.4": "", "1.2.3.4/33": "", "1.2.3.4/": "", "1.2.3.4/08": "", "1.2.3.4/24/1": "", "1.2.3.4/-1": "", "1:2": "", ":::": "", "1::2::3": "",
		"2001:db8::/129": "", "12345::": "", "fe80::1%eth0": "", "office": "", "1.2.3.4-1.2.3.9": "",
	}
	var q questions
	for text := range tests {
		q.Networks = append(q.Networks, text)
	}
	_, page := pageOf(t, spacemap.Subject{}, noLimit)
	for i, got := range ask(t, page, q).Networks {
		want := tests[q.Networks[i]]
		if want == "" {
			require.Nil(t, got, q.Networks[i])
			continue
		}
		require.NotNil(t, got, q.Networks[i])
		require.Equal(t, want, got.Network, q.Networks[i])
	}
}

// A filter chooses what a zone, a rule or a decision decides; its legend counts
// that and nothing else.
func TestScriptFilters(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[
		{"type":"IP","id":"nzblock","name":"Blocked","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"8.0.0.0/16"},{"type":"CIDR","value":"2600::/47"}]},
		{"type":"IP","id":"nzmore","name":"More","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"9.0.0.0/24"}]},
		{"type":"IP","id":"nzoffice","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"},{"type":"CIDR","value":"2600:1::/48"}]}]`))
	require.NoError(t, err)
	rules, err := zone.ParseOktaRules("rules.json", []byte(`[
		{"name":"Office in","priority":1,"conditions":{"network":{"connection":"ZONE","include":["nzoffice"]}},"actions":{"signon":{"access":"ALLOW"}}},
		{"name":"All out","priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}]`))
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}}
	p, err := decide.Compile(config)
	require.NoError(t, err)
	m, page := pageOf(t, spacemap.Subject{Policy: p, Config: config}, noLimit)
	a := ask(t, page, questions{})
	got := map[string]filterAnswer{}
	var order []string
	for _, f := range a.Filters {
		order = append(order, f.Group+": "+f.Label)
		got[f.Label] = f
	}
	require.Equal(t, []string{"Zones that block: Blocked (nzblock)", "Zones that block: More (nzmore)", "Rules: All out", "Rules: Office in",
		"Decisions: allow: rule", "Decisions: deny: blocklisted", "Decisions: deny: rule"}, order)
	nothing := map[string]string{"allow: rule": "-", "deny: blocklisted": "-", "deny: rule": "-", "not named anywhere": "-", "reserved: not counted": "-"}
	with := func(name, text string) map[string]string {
		all := map[string]string{}
		for k, v := range nothing {
			all[k] = v
		}
		all[name] = text
		return all
	}
	require.Equal(t, []map[string]string{with("deny: blocklisted", "< 0.1 % (65,536)"), with("deny: blocklisted", "66.7 % (2)")}, got["Blocked (nzblock)"].Amounts)
	require.Equal(t, []map[string]string{with("deny: blocklisted", "< 0.1 % (256)"), nothing}, got["More (nzmore)"].Amounts)
	require.Equal(t, []map[string]string{with("allow: rule", "< 0.1 % (256)"), with("allow: rule", "33.3 % (1)")}, got["Office in"].Amounts)
	require.Contains(t, got["Blocked (nzblock)"].Paints, "dimmed")
	stand := 0
	for _, paint := range got["Blocked (nzblock)"].Paints {
		if paint == "stands" {
			stand++
		}
	}
	require.Equal(t, 1, stand, "what a zone blocks is one outcome here, and nothing else stands out")
	// Without a filter, the script counts as the sheet does.
	for family := range 2 {
		for name, text := range m.AmountTexts(family) {
			require.Equal(t, text, a.Legend[family][name], name)
		}
	}
}

// With too many ranges, networks that hold several are one, which never says less
// than there is: what is told of one decision is true, and elsewhere all are named.
func TestScriptKnowsWhatIsMerged(t *testing.T) {
	p, config := policy(t, 17)
	const most = 150
	m, page := pageOf(t, spacemap.Subject{Policy: p, Config: config}, most)
	read := readPage(t, page)
	require.NotZero(t, read.Merged[0])
	require.NotZero(t, read.Merged[1])
	for _, l := range []list{read.ranges[0], read.ranges[1], read.countries[0], read.countries[1]} {
		require.LessOrEqual(t, len(l.first), most)
	}
	random := rand.New(rand.NewPCG(17, 3))
	var edges []netip.Addr
	for r := range p.Ranges() {
		edges = append(edges, r.From(), r.To())
	}
	var q questions
	var addrs []netip.Addr
	for i := range 2000 {
		addr := [2]netip.Addr{address4(random), address6(random)}[i%2]
		if i%2 == 0 {
			addr = edges[random.IntN(len(edges))]
		}
		if leftOut(addr) {
			continue
		}
		addrs = append(addrs, addr)
		q.Networks = append(q.Networks, addr.String())
	}
	mixed, told := 0, 0
	for i, got := range ask(t, page, q).Networks {
		d, part := p.Decide(addrs[i]), got.Parts[0]
		if len(part.Mixed) == 0 {
			told++
			require.Equal(t, spacemap.Words(d), part.Words, addrs[i])
			continue
		}
		mixed++
		names := strings.Join(part.Mixed, "\n")
		want := d.Verdict.String() + ": " + d.Reason.String()
		switch m.Ground(addrs[i]) {
		case "reserved":
			want = "reserved"
		case "unnamed":
			want = "not named"
		}
		require.Contains(t, names, want, addrs[i])
	}
	require.NotZero(t, mixed)
	require.NotZero(t, told)
}

// A page stays small whatever the policy is.
func TestPageSizeIsBounded(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find where one goroutine compares, and takes a minute")
	}
	random := rand.New(rand.NewPCG(23, 0))
	var entries []zone.Entry
	for range 450_000 {
		addr := address4(random)
		entries = append(entries, zone.Entry{Range: netipx.IPRangeFrom(addr, addr)})
	}
	config := decide.Config{SailPoint: &zone.NetworkConfig{Range: entries}}
	p, err := decide.Compile(config)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, spacemap.New(spacemap.Subject{Policy: p, Config: config}).HTML(&out))
	require.Less(t, out.Len(), 5<<20, fmt.Sprint(out.Len()))
	require.NotZero(t, readPage(t, out.Bytes()).Merged[0])
}
