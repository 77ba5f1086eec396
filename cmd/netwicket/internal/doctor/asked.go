package doctor

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Asked is the last question of one proxy, as the log of serve has it.
type Asked struct {
	Time      time.Time         `json:"time"`
	Message   string            `json:"message"`
	Peer      string            `json:"peer"` // its address, cut as the log cuts it
	Policy    string            `json:"policy"`
	Decision  string            `json:"decision"`
	Reason    string            `json:"reason"`
	Client    string            `json:"client"` // empty: it was not found
	Source    string            `json:"source"`
	Hops      int               `json:"hops"`
	Error     string            `json:"error"`
	Header    string            `json:"header"`  // the end of what no client was found in
	Headers   map[string]string `json:"headers"` // those of serve.logHeaders
	Reference string            `json:"reference"`
}

// line is a line of the log, of which others count for nothing.
type line struct {
	Time      time.Time         `json:"time"`
	Message   string            `json:"msg"`
	Decision  string            `json:"decision"`
	Reason    string            `json:"reason"`
	Client    string            `json:"client_ip"`
	PeerIP    string            `json:"peer_ip"`
	Peer      string            `json:"peer"`
	Source    string            `json:"ip_source"`
	Hops      int               `json:"hops"`
	Error     string            `json:"error"`
	Header    string            `json:"header"`
	Headers   map[string]string `json:"headers"`
	Reference string            `json:"reference"`
	Policy    string            `json:"policy_name"`
}

const (
	longestLine = 1 << 20
	mostPeers   = 10_000 // of a log that are told apart
	stranger    = "caller outside edge.trusted refused; if it is one of our proxies, add it there"
	noAddress   = "a local socket, or no address"
)

// ReadLog finds the last question of each peer in a log of serve, or of one peer if
// that is valid, the latest first. Lines that are none of serve's JSON are passed
// over; used counts the others.
func ReadLog(in io.Reader, only netip.Addr) (last []Asked, used int, err error) {
	byPeer := map[string]Asked{}
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), longestLine)
	for number := 1; scanner.Scan(); number++ {
		var l line
		if json.Unmarshal(scanner.Bytes(), &l) != nil || l.Message == "" {
			continue
		}
		used++
		if l.Decision == "" || l.Message == "no policy of this name is served" {
			continue
		}
		peer := cmp.Or(l.PeerIP, l.Peer, noAddress)
		if only.IsValid() && !isPeer(peer, only.Unmap()) {
			continue
		}
		if _, known := byPeer[peer]; !known && len(byPeer) == mostPeers {
			return nil, used, fmt.Errorf("more than %d peers from line %d on; name one with --proxy", mostPeers, number)
		}
		byPeer[peer] = Asked{
			Time: l.Time, Message: l.Message, Peer: peer, Policy: l.Policy, Decision: l.Decision, Reason: l.Reason, Client: l.Client,
			Source: l.Source, Hops: l.Hops, Error: l.Error, Header: l.Header, Headers: l.Headers, Reference: l.Reference,
		}
	}
	if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, used, fmt.Errorf("a line of more than %d bytes: this is no log of netwicket serve", longestLine)
	} else if err != nil {
		return nil, used, err
	}
	for _, asked := range byPeer {
		last = append(last, asked)
	}
	slices.SortFunc(last, func(a, b Asked) int {
		if c := b.Time.Compare(a.Time); c != 0 {
			return c
		}
		return strings.Compare(a.Peer, b.Peer)
	})
	return last, used, nil
}

// isPeer compares a peer of the log, which may be cut to its network.
func isPeer(text string, addr netip.Addr) bool {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Contains(addr)
	}
	peer, _ := netip.ParseAddr(text) // the zero Addr is nobody's
	return peer.Unmap() == addr
}

// Check says what became of the question, and what to do about it, by the policy as
// it is now.
func (a Asked) Check(parts *policyfile.Parts) Check {
	var edge gate.Config
	if parts != nil && parts.Edge != nil {
		edge = *parts.Edge
	}
	about := fmt.Sprintf("%s asked at %s: ", a.Peer, a.Time.UTC().Format(time.RFC3339))
	warn := func(do, format string, args ...any) Check {
		return Check{About: Proxies, State: Warning, Text: about + fmt.Sprintf(format, args...), Do: do}
	}
	if a.Message == stranger {
		if addr, _ := netip.ParseAddr(a.Peer); slices.ContainsFunc(edge.Trusted, func(p netip.Prefix) bool { return plain(p).Contains(addr.Unmap()) }) {
			return warn("reload: send SIGHUP, and look at what the log says of it", "refused as a stranger, and now it is in edge.trusted: the running service has another policy")
		}
		return warn("if it is one of our proxies, add it to edge.trusted", "refused: it is not in edge.trusted")
	}
	said := ""
	if a.Header != "" {
		said = "; it sent " + a.Header
	}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		said += "; " + name + ": " + a.Headers[name]
	}
	if a.Error != "" {
		return warn(advice(a.Error, a.Source), "no client was found (%s) by %s%s", a.Error, a.Source, said)
	}
	text := fmt.Sprintf("%s: %s, client %s by %s", a.Message, a.Reason, a.Client, a.Source)
	if a.Reference != "" {
		text += ", reference " + a.Reference
	}
	return Check{About: Proxies, State: OK, Text: about + text + said, Do: "netwicket explain " + a.Client + " says why"}
}

// advice is what to do about each error of the edge.
func advice(code, source string) string {
	switch code {
	case gate.ErrMissing.Code():
		return "have the proxy send " + source + " with every question, or set edge.source to what it sends"
	case gate.ErrMalformed.Code():
		return "have the proxy overwrite the header instead of passing on what its client sent, or add to it"
	case gate.ErrObfuscated.Code():
		return "have the proxy write addresses into Forwarded, or use x-forwarded-for"
	case gate.ErrAllTrusted.Code():
		return "narrow edge.trusted to the proxies' own addresses: the client's is inside of it, too"
	case gate.ErrTooLong.Code():
		return "have the outermost proxy drop what its client sent in the header"
	case gate.ErrShort.Code():
		return "lower the N of hops:N in edge.source to the proxies that there are"
	default:
		return "netwicket resolve with the header tries it"
	}
}
