package filter_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/filter"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/zone"
)

const hostileName = "tab\there 'n' back\\slash\nline\r\b\f\x00\x1b[2J \u202e東\u00a0"

func policy(t testing.TB, blocked string) *decide.Policy {
	t.Helper()
	name := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\b", `\b`, "\f", `\f`, "\x00", `\u0000`, "\x1b", `\u001b`).Replace(hostileName)
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"IP","id":"b","name":"`+name+`","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"`+blocked+`"}]},
		{"type":"IP","id":"p","name":"P","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"CIDR","value":"10.0.0.0/8"},{"type":"CIDR","value":"fd00::/8"}]},
		{"type":"IP","id":"v","name":"Six","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"2001:db8:bad::/48"}]}]`))
	require.NoError(t, err)
	rules, err := zone.ParseOktaRules("rules.json", []byte(`[{"id":"1","name":"office","priority":1,"conditions":{"network":{"connection":"ZONE","include":["p"]}},"actions":{"signon":{"access":"ALLOW"}}},
		{"id":"2","name":"no","priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}]`))
	require.NoError(t, err)
	compiled, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}})
	require.NoError(t, err)
	return compiled
}

func answered(t *testing.T, in string, policies filter.Policies) []string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, filter.TSV(strings.NewReader(in), &out, policies))
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestTSV(t *testing.T) {
	const (
		blocked    = "deny\tblocklisted\t" + `tab\there \'n\' back\\slash\nline\r\b\f\0\x1B[2J \xE2\x80\xAE東\xC2\xA0` + "\t"
		office     = "allow\trule\t\toffice"
		other      = "deny\trule\t\tno"
		unresolved = "deny\tclient_unresolved\t\t"
	)
	hops := func(count int) string { return strings.Repeat("10.0.0.1,", count-1) + "192.0.2.7" }
	lines := []struct{ line, want string }{
		{"192.0.2.7", office}, {"203.0.113.9", blocked}, {"198.51.100.1", other}, {"2001:db8:bad::1", "deny\tblocklisted\tSix\t"},
		{"::ffff:192.0.2.7", office}, {"192.0.2.7:4711", office}, {"[2001:db8::7]:443", other}, {"fe80::1%eth0", other}, {" 192.0.2.7\t", office}, {"192.0.2.7\r", office},
		{"\t192.0.2.7", office}, {" 192.0.2.7", office}, {"192.0.2.7 ", office}, {"192.0.2.7\t", office}, {"\t 192.0.2.7\t ", office}, {" ", unresolved}, {"10.0.0.1 ,\t192.0.2.7", office},
		{"192.0.2.7" + strings.Repeat(" ", filter.MaxLine-9), office}, {strings.Repeat(" ", filter.MaxLine-9) + "192.0.2.7\r", office}, {"192.0.2.7" + strings.Repeat(" ", filter.MaxLine-8), unresolved},
		{"", unresolved}, {"office", unresolved}, {"192.0.2.7/32", unresolved}, {"192.0.02.7", unresolved}, {`\N`, unresolved}, {"192.0.2.7 192.0.2.7", unresolved},
		{"10.0.0.1,192.0.2.7", office}, {"10.0.0.1, 192.0.2.7", office}, {"10.0.0.1,203.0.113.9", blocked}, {"192.0.2.7,203.0.113.9", blocked},
		{"10.0.0.1,x,192.0.2.7", unresolved}, {"10.0.0.1,,192.0.2.7", unresolved}, {"192.0.2.7,x", office}, {",", unresolved},
		{hops(gate.MaxChain - 1), other}, {hops(gate.MaxChain), unresolved}, {hops(1000), unresolved},
		{strings.Repeat("x", filter.MaxLine), unresolved}, {"192.0.2.7" + strings.Repeat(",x", filter.MaxLine/2-4), unresolved}, {strings.Repeat("x", 3*filter.MaxLine), unresolved},
		{"192.0.2.7", office},
	}
	var in strings.Builder
	var want []string
	for _, l := range lines {
		in.WriteString(l.line + "\n")
		want = append(want, l.want)
	}
	asked := filter.Policies{Policy: policy(t, "203.0.113.0/24")}
	require.Equal(t, want, answered(t, in.String(), asked))
	require.Equal(t, want, answered(t, strings.TrimSuffix(in.String(), "\n"), asked), "a last line without an ending")
	require.Equal(t, append(slices.Clone(want), unresolved), answered(t, in.String()+strings.Repeat("y", 2*filter.MaxLine), asked), "a last line that is too long")
	require.Equal(t, []string{""}, answered(t, "", asked))
	require.Equal(t, []string{"deny\tno_policy\t\t", "deny\tno_policy\t\t"}, answered(t, "192.0.2.7\n\n", filter.Policies{}))
}

// The answers are those of a request whose chain came by X-Forwarded-For, and the
// lines need not come as they are written.
func TestTSVAnswersAsEvalDoes(t *testing.T) {
	asked := filter.Policies{Policy: policy(t, "203.0.113.0/24"), Compare: true, Against: policy(t, "198.51.100.0/24")}
	now, before := admission.Control{Policy: asked.Policy}, admission.Control{Policy: asked.Against}
	random := rand.New(rand.NewPCG(1, 2))
	pool := []string{"192.0.2.7", "10.0.0.1", "10.0.0.2:80", "fd00::1", "203.0.113.9", "198.51.100.1", "2001:db8:bad::1", "[2001:db8::1]:1", "2002:cb00:7101::", "unknown", "192.0.2.7.", "[fd00::1", "300.1.1.1"}
	var in strings.Builder
	var want []string
	var buffer admission.Buffer
	for range 5000 {
		hops := make([]string, 1+random.IntN(3)*random.IntN(3)*random.IntN(10))
		for i := range hops {
			hops[i] = pool[random.IntN(len(pool))]
			if random.IntN(4) > 0 {
				hops[i] = "10.0.0.1"
			}
		}
		if random.IntN(5) == 0 { // about as long as an edge looks
			hops = slices.Repeat([]string{"10.0.0.1"}, gate.MaxChain-3+random.IntN(8))
			if at := gate.MaxChain - 5 + random.IntN(10); at < len(hops) {
				hops[at] = pool[random.IntN(len(pool))]
			}
		}
		in.WriteString(strings.Join(hops, ",") + "\n")
		behind := slices.Clone(hops[1:])
		slices.Reverse(behind)
		r := request.Request{Remote: hops[0], Header: http.Header{}}
		if len(behind) > 0 {
			r.Header["X-Forwarded-For"] = []string{strings.Join(behind, ",")}
		}
		d, was := now.Decide(r, &buffer), before.Decide(r, &buffer)
		want = append(want, line(d)+"\t"+line(was))
	}
	for name, stream := range map[string]io.Reader{
		"whole": strings.NewReader(in.String()), "a byte at a time": iotest.OneByteReader(strings.NewReader(in.String())),
		"halves": iotest.HalfReader(strings.NewReader(in.String())), "the end with the last bytes": iotest.DataErrReader(strings.NewReader(in.String())),
	} {
		var out bytes.Buffer
		require.NoError(t, filter.TSV(stream, &out, asked))
		got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		require.Len(t, got, len(want), name)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s, line %d: %q, decided %q", name, i, got[i], want[i])
			}
		}
	}
}

func line(d decide.Decision) string {
	zone := ""
	if d.Zone != nil {
		zone = strings.NewReplacer(`\`, `\\`, "'", `\'`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\b", `\b`, "\f", `\f`, "\x00", `\0`, "\x1b", `\x1B`, "\u202e", `\xE2\x80\xAE`, "\u00a0", `\xC2\xA0`).Replace(d.Zone.Name)
	}
	return strings.Join([]string{d.Verdict.String(), d.Reason.String(), zone, d.Rule}, "\t")
}

// asker asks one question after the other, and the next one only when the answers to
// those before are there.
type asker struct {
	t         *testing.T
	questions []string
	want      []int // bytes of answers when a question is asked
	answers   bytes.Buffer
}

func (a *asker) Read(p []byte) (int, error) {
	require.Equal(a.t, a.want[0], a.answers.Len())
	if len(a.questions) == 0 {
		return 0, io.EOF
	}
	n := copy(p, a.questions[0])
	a.questions, a.want = a.questions[1:], a.want[1:]
	return n, nil
}

// Whoever asks may wait for the answers to all that was asked, also where the next
// question has begun: nothing is kept back.
func TestAnswersAreNotKeptBack(t *testing.T) {
	asked := filter.Policies{Policy: policy(t, "203.0.113.0/24")}
	const line = len("allow\trule\t\toffice\n")
	lines := &asker{t: t, questions: []string{"192.0.2.7\n192.0.2.8\n192.0", ".2.9\n", "192.0.2.7\n"}, want: []int{0, 2 * line, 3 * line, 4 * line}}
	require.NoError(t, filter.TSV(lines, &lines.answers, asked))
	require.Equal(t, strings.Repeat("allow\trule\t\toffice\n", 4), lines.answers.String())
	addresses := &asker{t: t, questions: []string{strings.Repeat("\x20", 33), strings.Repeat("\x20", 15), strings.Repeat("\x20", 16)}, want: []int{0, 2, 3, 4}}
	require.NoError(t, filter.RowBinary(addresses, &addresses.answers, asked))
	require.Equal(t, 4, addresses.answers.Len())
}

// The numbers of reasons never change: databases have stored them.
func TestNumbers(t *testing.T) {
	numbers := []string{"no_policy", "client_unresolved", "blocklisted", "threat", "rule", "no_rule", "network_undefined", "off_network", "empty_allow_list",
		"geo_unavailable", "geo_unknown", "untrusted_geography", "overlay", "permitted", "not_enforced", "unrestricted"}
	page, err := os.ReadFile("../../../../docs/cli.md")
	require.NoError(t, err)
	seen := 0
	for reason := decide.Reason(0); !strings.HasPrefix(reason.String(), "reason("); reason++ {
		require.Equal(t, reason.String(), numbers[filter.Number(reason)])
		require.Contains(t, string(page), fmt.Sprintf("\n| %d | `%s` |\n", filter.Number(reason), reason))
		seen++
	}
	require.Equal(t, len(numbers), seen, "each reason has a number of its own")
	require.EqualValues(t, 128, filter.Allowed)
}

func TestRowBinary(t *testing.T) {
	asked := filter.Policies{Policy: policy(t, "203.0.113.0/24"), Compare: true, Against: policy(t, "198.51.100.0/24")}
	var in []byte
	var want, both []byte
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 10_000 {
		addr := netip.AddrFrom4([4]byte{[]byte{192, 203, 198, 10}[random.IntN(4)], []byte{0, 51}[random.IntN(2)], []byte{2, 113, 100}[random.IntN(3)], byte(i)})
		if i%3 == 0 {
			addr = netip.MustParseAddr([]string{"2001:db8:bad::1", "2001:db8::1", "2002:cb00:7101::", "::1"}[random.IntN(4)])
		}
		b := addr.As16()
		in = append(in, b[:]...)
		for k, policy := range []*decide.Policy{asked.Policy, asked.Against} {
			d := policy.Decide(addr)
			answer := filter.Number(d.Reason)
			if d.Allowed() {
				answer |= 128
			}
			both = append(both, answer)
			if k == 0 {
				want = append(want, answer)
			}
		}
	}
	for name, stream := range map[string]io.Reader{"whole": bytes.NewReader(in), "a byte at a time": iotest.OneByteReader(bytes.NewReader(in)), "the end with the last bytes": iotest.DataErrReader(bytes.NewReader(in))} {
		var out bytes.Buffer
		require.NoError(t, filter.RowBinary(stream, &out, filter.Policies{Policy: asked.Policy}))
		require.Equal(t, want, out.Bytes(), name)
	}
	var out bytes.Buffer
	require.NoError(t, filter.RowBinary(bytes.NewReader(in), &out, asked))
	require.Equal(t, both, out.Bytes())
	out.Reset()
	require.ErrorContains(t, filter.RowBinary(bytes.NewReader(in[:39]), &out, filter.Policies{Policy: asked.Policy}), "within an address, behind 7 of its 16 bytes")
	require.Equal(t, want[:2], out.Bytes())
}

// What cannot be read or written on is an error, and no end of the input.
func TestStreamsThatBreak(t *testing.T) {
	for name, answer := range map[string]func(io.Reader, io.Writer, filter.Policies) error{"tsv": filter.TSV, "rowbinary": filter.RowBinary} {
		in := strings.Repeat("192.0.2.7......\n", 5000)
		broken := io.MultiReader(strings.NewReader(in), iotest.ErrReader(syscall.EIO))
		require.ErrorIs(t, answer(broken, io.Discard, filter.Policies{}), syscall.EIO, name)
		require.ErrorIs(t, answer(strings.NewReader(in), full{}, filter.Policies{}), syscall.ENOSPC, name)
		require.ErrorIs(t, answer(silent{}, io.Discard, filter.Policies{}), io.ErrNoProgress, name)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// Lines cost no memory each.
func TestLinesDoNotAllocate(t *testing.T) {
	asked := filter.Policies{Policy: policy(t, "203.0.113.0/24")}
	in := strings.Repeat("192.0.2.7\n203.0.113.9\n2001:db8::7\nnobody\n10.0.0.1,192.0.2.7\n", 10_000)
	few := testing.AllocsPerRun(5, func() {
		if err := filter.TSV(strings.NewReader(in), io.Discard, asked); err != nil {
			panic(err)
		}
	})
	if few > 200 {
		t.Fatalf("%v allocations for 50,000 lines", few)
	}
}

// Decisions that differ in what their answers are found by as little as can be are
// told apart, of either policy.
func TestAnswersAreToldApart(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[{"type":"IP","id":"1zz","name":"one zz","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.0/25"}]},
		{"type":"IP","id":"2zz","name":"two zz","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.128/25"}]}]`))
	require.NoError(t, err)
	alike, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}})
	require.NoError(t, err)
	const one, two = "deny\tblocklisted\tone zz\t", "deny\tblocklisted\ttwo zz\t"
	in := "192.0.2.1\n192.0.2.129\n192.0.2.1"
	require.Equal(t, []string{one, two, one}, answered(t, in, filter.Policies{Policy: alike}))
	const none = "deny\tno_policy\t\t"
	require.Equal(t, []string{none + "\t" + one, none + "\t" + two, none + "\t" + one}, answered(t, in, filter.Policies{Compare: true, Against: alike}))
}
