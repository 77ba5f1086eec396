package gate

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"
)

// Config describes the edge: the reverse proxies of our own in front of this
// process. The zero Config trusts nobody and takes the peer for the client.
//
// Trusting an address means to believe it about who the client is. Private,
// loopback and link-local ranges are trusted only if they are listed
// (docs/semantics.md, edge-25).
type Config struct {
	// Trusted are the proxies. IPv4-mapped prefixes of at least 96 bits are
	// the IPv4 prefixes they stand for.
	Trusted []netip.Prefix
	// Source is where a trusted proxy names the client; empty is [Peer].
	Source ClientSource
	// OnMissing says what to do when a trusted proxy names nobody: [Refuse]
	// (also if empty), or [UsePeer] for health checks that the proxy makes
	// itself. A client that can make the proxy drop the header is then taken
	// for the proxy.
	OnMissing Fallback
	// AllTrusted says what to do when every address is a trusted proxy:
	// [Refuse] (also if empty), or [UseLeftmost] for services behind the edge
	// that call each other. Anyone inside the trusted ranges can then claim
	// any trusted address.
	AllTrusted Fallback
	// TrustUnix trusts peers on a local socket, whose address is no IP
	// address ("@", a path, empty). Only for a listener on such a socket.
	TrustUnix bool
	// AllowTrustAll accepts trusted prefixes that together cover all of IPv4
	// or all of IPv6, for processes that only the proxies can reach.
	AllowTrustAll bool
}

// Fallback is what to do where the safe answer is an error. The zero value refuses.
type Fallback string

// The fallbacks; [Config] says which field takes which.
const (
	Refuse      Fallback = "deny"
	UsePeer     Fallback = "peer"
	UseLeftmost Fallback = "leftmost"
)

// ParseTrusted reads one trusted proxy: a prefix or a single address.
func ParseTrusted(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return netip.Prefix{}, errors.New("not a prefix such as 10.0.0.0/8 or 2001:db8::/32")
		}
		return prefix, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, errors.New("not an address or prefix such as 192.0.2.1 or 10.0.0.0/8")
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// Check reports everything that is wrong or risky about a Config, in the order
// of its fields (docs/semantics.md, edge-24). A Config without errors makes a
// [Resolver]; warnings are for the person who wrote it.
func (c Config) Check() Findings {
	var findings Findings
	report := func(warning bool, path, value, code, text string) {
		findings = append(findings, &Finding{Path: path, Value: value, Code: code, Warning: warning, Err: errors.New(text)})
	}
	fail := func(path, value, code, text string) { report(false, path, value, code, text) }
	warn := func(path, value, code, text string) { report(true, path, value, code, text) }
	shared := sharedNetworks()
	for i, prefix := range c.Trusted {
		path, value := "/trusted/"+strconv.Itoa(i), prefix.String()
		checkTrusted(prefix, shared,
			func(code, text string) { fail(path, value, code, text) },
			func(code, text string) { warn(path, value, code, text) })
	}
	if all := coveredFamily(c.trusted()); all != "" && !c.AllowTrustAll {
		fail("/trusted", "", "trust-all", "the trusted prefixes cover all of "+all+
			", so every client could name any address as its own; list the proxies, or set allowTrustAll if nobody else can connect")
	}
	plan, err := c.Source.plan()
	switch {
	case err != nil:
		fail("/source", string(c.Source), "bad-source", err.Error())
	case spoofable(plan.key):
		warn("/source", string(c.Source), "spoofable-header",
			"clients can send this header themselves and some edges pass it on; make sure that the edge overwrites it")
	case plan.kind != kindPeer && len(c.Trusted) == 0 && !c.TrustUnix:
		warn("/trusted", "", "no-trusted",
			"no proxy is trusted, so the client is always the peer, whatever the header says; list the proxies in trusted")
	}
	if !c.OnMissing.is(UsePeer) {
		fail("/onMissing", string(c.OnMissing), "bad-option", `expected "deny" or "peer"`)
	}
	if !c.AllTrusted.is(UseLeftmost) {
		fail("/allTrusted", string(c.AllTrusted), "bad-option", `expected "deny" or "leftmost"`)
	}
	return findings
}

// is says that f is a legal value of a field whose alternative is other.
func (f Fallback) is(other Fallback) bool { return f == "" || f == Refuse || f == other }

// The widest prefixes that raise no warning: no organisation's proxies fill more.
const (
	widest4 = 8
	widest6 = 16
)

func checkTrusted(prefix netip.Prefix, shared []network, fail, warn func(code, text string)) {
	unmapped, ok := unmap(prefix)
	switch {
	case !prefix.IsValid():
		fail("bad-prefix", "not a prefix such as 10.0.0.0/8 or 2001:db8::/32")
		return
	case !ok:
		fail("mapped-prefix", "an IPv4-mapped prefix needs at least 96 bits; write the IPv4 prefix")
		return
	}
	if masked := unmapped.Masked(); masked != unmapped {
		warn("host-bits", "the address has bits beyond the prefix length and the whole of "+masked.String()+" is trusted; write that, or the single address")
	}
	widest := widest4
	if unmapped.Addr().Is6() {
		widest = widest6
	}
	if unmapped.Bits() < widest {
		warn("wide-prefix", fmt.Sprintf("wider than /%d: every host in it can name any address as the client", widest))
	} else if owner := sharedNetwork(shared, unmapped); owner != "" {
		warn("shared-cdn", "this is the shared network of "+owner+
			": its other customers can send requests through it too; require authenticated origin pulls or a private header as well")
	}
}

// unmap is prefix as it is matched: the IPv4 prefix that a mapped one stands
// for. A mapped prefix with fewer than 96 bits would cover all of IPv4 and more
// (docs/semantics.md, address-4).
func unmap(prefix netip.Prefix) (netip.Prefix, bool) {
	if !prefix.Addr().Is4In6() {
		return prefix, true
	}
	if prefix.Bits() < 96 {
		return prefix, false
	}
	return netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96), true
}

// trusted joins the prefixes that are legal.
func (c Config) trusted() *netipx.IPSet {
	var builder netipx.IPSetBuilder
	for _, prefix := range c.Trusted {
		if unmapped, ok := unmap(prefix); ok {
			builder.AddPrefix(unmapped.Masked())
		}
	}
	// The builder fails only for invalid prefixes, which it leaves out and Check reports.
	set, _ := builder.IPSet()
	return set
}

// coveredFamily names the address family that set covers, if any.
func coveredFamily(set *netipx.IPSet) string {
	switch {
	case set.ContainsPrefix(netip.PrefixFrom(netip.IPv4Unspecified(), 0)):
		return "IPv4"
	case set.ContainsPrefix(netip.PrefixFrom(netip.IPv6Unspecified(), 0)):
		return "IPv6"
	}
	return ""
}
