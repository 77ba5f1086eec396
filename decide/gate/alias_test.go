package gate_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/gate"
)

// spellings are the ways to write one address that proxies and attackers use.
func spellings(addr netip.Addr, quoted bool) []string {
	if addr.Is4() {
		b := addr.As4()
		mapped := []string{
			"::ffff:" + addr.String(),
			fmt.Sprintf("::FFFF:%x:%x", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3])),
			fmt.Sprintf("0:0:0:0:0:ffff:%02x%02x:%02x%02x", b[0], b[1], b[2], b[3]),
			"::ffff:" + addr.String() + "%eth0",
			"0000::ffff:" + addr.String(),
		}
		texts := []string{addr.String(), addr.String() + ":80"}
		for _, text := range mapped {
			texts = append(texts, "["+text+"]", "["+text+"]:65535")
			if !quoted {
				texts = append(texts, text)
			}
		}
		return texts
	}
	var texts []string
	for _, text := range []string{addr.String(), addr.StringExpanded(), strings.ToUpper(addr.String()), addr.String() + "%0"} {
		texts = append(texts, "["+text+"]", "["+text+"]:0")
		if !quoted {
			texts = append(texts, text)
		}
	}
	return texts
}

// TestAliases: however the addresses of a request are spelt, client and chain
// are the same.
func TestAliases(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pool := []netip.Addr{
		netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("2001:db8:ffff::2"), // trusted
		netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("198.51.100.66"), netip.MustParseAddr("2001:db8::7"),
		netip.MustParseAddr("64:ff9b::cb00:7107"), netip.MustParseAddr("fe80::1"), netip.MustParseAddr("::1"),
	}
	list, quotedList := sourced(t, gate.XForwardedFor), sourced(t, gate.Forwarded)
	for range 5000 {
		hops := make([]netip.Addr, 1+random.IntN(6))
		plain, aliased, aliasedForwarded := make([]string, len(hops)), make([]string, len(hops)), make([]string, len(hops))
		for i := range hops {
			hops[i] = pool[random.IntN(len(pool))]
			plain[i] = hops[i].String()
			aliased[i] = pick(random, spellings(hops[i], false))
			aliasedForwarded[i] = `for="` + pick(random, spellings(hops[i], true)) + `"`
		}
		peer := pool[random.IntN(len(pool))]
		peerAlias := pick(random, spellings(peer, false))

		want, wantErr := list.Chain(nil, peer.String(), xff(strings.Join(plain, ", ")))
		for name, get := range map[string]func() ([]netip.Addr, error){
			"x-forwarded-for": func() ([]netip.Addr, error) { return list.Chain(nil, peerAlias, xff(strings.Join(aliased, ","))) },
			"lines":           func() ([]netip.Addr, error) { return list.Chain(nil, peerAlias, xff(aliased...)) },
			"forwarded": func() ([]netip.Addr, error) {
				return quotedList.Chain(nil, peerAlias, forwarded(strings.Join(aliasedForwarded, " , ")))
			},
		} {
			if got, err := get(); err != wantErr || !slices.Equal(got, want) {
				t.Fatalf("%s: %v from %s gives %s, %v from %s gives %s", name, plain, peer, chainText(want, wantErr), aliased, peerAlias, chainText(got, err))
			}
		}
	}
}

func pick(random *rand.Rand, texts []string) string { return texts[random.IntN(len(texts))] }
