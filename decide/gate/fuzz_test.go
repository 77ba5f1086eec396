package gate_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/realdata"
)

// sources are all forms of a source, for the fuzz targets to choose from.
var sources = []gate.ClientSource{
	gate.XForwardedFor, gate.Forwarded, gate.HeaderNamed("X-Forwarded-For"), gate.Hops(1), gate.Hops(3), gate.Peer,
	viewerAddress,
}

const viewerAddress = gate.ClientSource("header:CloudFront-Viewer-Address")

// header is h with the value under the name that source reads.
func header(source gate.ClientSource, lines ...string) http.Header {
	switch source {
	case gate.Forwarded:
		return forwarded(lines...)
	case viewerAddress:
		return http.Header{"Cloudfront-Viewer-Address": lines}
	}
	return xff(lines...)
}

// seedValues are header values: those of the vectors, those of testdata's
// neighbours and, where present, those of other projects' tests.
func seedValues(f *testing.F) []string {
	values := []string{
		"",                          // empty line
		",, ,",                      // only empty elements
		"203.0.113.7",               // the client alone
		"6.6.6.6, 203.0.113.7",      // the client wrote an element itself
		"203.0.113.7 , \t10.0.0.2",  // behind a second proxy, odd white space
		"bad, 10.0.0.2",             // unreadable where the client belongs
		"::ffff:203.0.113.7%eth0",   // mapped, with a zone
		"[2001:db8::7]:4711",        // brackets and a port
		"203.0.113.7, [10.0.0.2]",   // brackets belong to IPv6
		`for="[2001:db8::7]:4711"`,  // the form of RFC 7239
		`for=_x;by=unknown`,         // hidden
		`for="a\\\", for=6.6.6.6;x`, // escapes without an end
		`for=203.0.113.7;host="evil, for=6.6.6.6;x="`, // an element inside a string
		`for="6.6.6.6, for=203.0.113.7`,               // a string without an end
	}
	_, vectors := readVectors(f)
	for _, v := range vectors {
		for _, line := range v.Headers {
			values = append(values, line[1])
		}
	}
	folder, err := realdata.Folder()
	if err != nil {
		f.Logf("without the values of other projects' tests: %v", err)
		return values
	}
	file, err := os.Open(filepath.Join(folder, "logs", "xff-vectors.jsonl"))
	if err != nil {
		f.Logf("without the values of other projects' tests: %v", err)
		return values
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row struct{ Values []string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			f.Fatal(err)
		}
		values = append(values, row.Values...)
	}
	return values
}

// FuzzPrefixIndependence: what a client sends before a value in which our
// proxies name a client changes nothing, in the same line or an earlier one.
func FuzzPrefixIndependence(f *testing.F) {
	for _, suffix := range seedValues(f) {
		f.Add("6.6.6.6", suffix, uint8(0))               // an address of the client's choice
		f.Add(`for="6.6.6.6`, suffix, uint8(1))          // a string without an end
		f.Add(`for=6.6.6.6;x="\`, suffix, uint8(1))      // an escape at its end
		f.Add(strings.Repeat(",", 99), suffix, uint8(0)) // commas
		f.Add("10.0.0.9", suffix, uint8(3))              // a trusted address
	}
	resolvers := sourcedAll(f)
	f.Fuzz(func(t *testing.T, prefix, suffix string, choice uint8) {
		source := sources[int(choice)%len(sources)]
		if strings.HasPrefix(source.String(), "header:") {
			return // a single header is not a list
		}
		r := resolvers[int(choice)%len(sources)]
		want, err := r.Client(trustedPeer, header(source, suffix))
		if err != nil {
			return // suffix names no client
		}
		for name, h := range map[string]http.Header{
			"same line":    header(source, prefix+", "+suffix),
			"earlier line": header(source, prefix, suffix),
			"two lines":    header(source, prefix, prefix+","+suffix),
		} {
			if got, err := r.Client(trustedPeer, h); err != nil || got != want {
				t.Fatalf("%s, %s: %q before %q gives %s, want %s", source, name, prefix, suffix, outcome(got, err), want)
			}
		}
	})
}

// FuzzSilentProxy: where the proxy that is nearest appended nothing, what the
// client sent names nobody.
func FuzzSilentProxy(f *testing.F) {
	for i, value := range seedValues(f) {
		f.Add(value, "", uint8(i))     // the client's own header alone
		f.Add(value, " ,\t", uint8(i)) // and several proxies that named nobody
	}
	resolvers := sourcedAll(f)
	f.Fuzz(func(t *testing.T, prefix, silence string, choice uint8) {
		source := sources[int(choice)%len(sources)]
		if source == gate.Peer || strings.HasPrefix(source.String(), "header:") || strings.Trim(silence, " \t,") != "" {
			return
		}
		for name, h := range map[string]http.Header{
			"same line": header(source, prefix+","+silence),
			"own line":  header(source, prefix, silence),
		} {
			client, err := resolvers[int(choice)%len(sources)].Client(trustedPeer, h)
			if err == nil {
				t.Fatalf("%s, %s: %q and then nothing but %q names %s", source, name, prefix, silence, client)
			}
		}
	})
}

func sourcedAll(t testing.TB) []*gate.Resolver {
	resolvers := make([]*gate.Resolver, len(sources))
	for i, source := range sources {
		resolvers[i] = sourced(t, source)
	}
	return resolvers
}

// FuzzLineSplit: cutting a value into field lines at any comma that separates
// elements changes neither client nor chain.
func FuzzLineSplit(f *testing.F) {
	for i, value := range seedValues(f) {
		f.Add(value, uint64(0xffff), uint8(i)) // at every comma
		f.Add(value, uint64(i), uint8(i))      // at some
	}
	resolvers := sourcedAll(f)
	f.Fuzz(func(t *testing.T, value string, cuts uint64, choice uint8) {
		source := sources[int(choice)%len(sources)]
		r := resolvers[int(choice)%len(sources)]
		if strings.HasPrefix(source.String(), "header:") || source == gate.Forwarded && strings.Contains(value, `"`) {
			return // where commas may be text, FuzzForwarded takes over
		}
		whole := header(source, value)
		var lines []string
		line := ""
		for i, part := range strings.Split(value, ",") {
			if i > 0 && cuts>>(i%64)&1 == 1 {
				lines, line = append(lines, line), part
				continue
			}
			if i > 0 {
				line += ","
			}
			line += part
		}
		split := header(source, append(lines, line)...)
		for _, peer := range []string{trustedPeer, "198.51.100.66:1"} {
			want, wantErr := r.Client(peer, whole)
			if got, err := r.Client(peer, split); got != want || err != wantErr {
				t.Fatalf("%s: %q gives %s, in lines %q %s", source, value, outcome(want, wantErr), lines, outcome(got, err))
			}
			wantChain := chainText(r.Chain(nil, peer, whole))
			if got := chainText(r.Chain(nil, peer, split)); got != wantChain {
				t.Fatalf("%s: chain of %q is %s, in lines %q %s", source, value, wantChain, lines, got)
			}
		}
	})
}

// FuzzUntrustedPeer: behind a peer that is no proxy of ours the client is the
// peer, and the chain begins with it, whatever the headers say.
func FuzzUntrustedPeer(f *testing.F) {
	for i, value := range seedValues(f) {
		f.Add("198.51.100.66:4711", value, value, uint8(i))    // IPv4
		f.Add("[2001:db8::66%eth0]:4711", "", value, uint8(i)) // IPv6 with a zone
		f.Add("@", value, value, uint8(i))                     // no address
	}
	resolvers := sourcedAll(f)
	f.Fuzz(func(t *testing.T, remoteAddr, first, second string, choice uint8) {
		r := resolvers[int(choice)%len(sources)]
		if r.Trusts(remoteAddr) {
			return
		}
		h := http.Header{"X-Forwarded-For": {first, second}, "Forwarded": {first, second}, "X-Real-Ip": {first}}
		want, wantErr := r.Peer(remoteAddr)
		client, err := r.Client(remoteAddr, h)
		if client != want || err != wantErr {
			t.Fatalf("client of %q is %s, want %s", remoteAddr, outcome(client, err), outcome(want, wantErr))
		}
		chain, err := r.Chain(nil, remoteAddr, h)
		if err != wantErr || err == nil && chain[0] != want || len(chain) > gate.MaxChain {
			t.Fatalf("chain of %q is %s, want it to begin with %s", remoteAddr, chainText(chain, err), want)
		}
	})
}

// FuzzResolved: a client is never a trusted proxy, is unmapped and without a
// zone, can be a host's address, and is read back as itself. A chain begins
// with it, and none of its addresses is mapped, zoned or no host's.
func FuzzResolved(f *testing.F) {
	for i, value := range seedValues(f) {
		f.Add("10.0.0.1:4711", value, "", uint8(i))           // one line
		f.Add("[::ffff:10.0.0.1]:99", value, value, uint8(i)) // mapped proxy, two lines
		f.Add(value, value, "10.0.0.2", uint8(i))             // odd peers
	}
	resolvers := sourcedAll(f)
	f.Fuzz(func(t *testing.T, remoteAddr, first, second string, choice uint8) {
		source := sources[int(choice)%len(sources)]
		r := resolvers[int(choice)%len(sources)]
		for _, h := range []http.Header{header(source, first), header(source, first, second)} {
			client, err := r.Client(remoteAddr, h)
			chain, chainErr := r.Chain(nil, remoteAddr, h)
			if err != chainErr {
				t.Fatalf("Client fails with %v, Chain with %v", err, chainErr)
			}
			if err != nil {
				if strings.HasPrefix(codeOf(err), "untyped") || client.IsValid() || len(chain) != 0 {
					t.Fatalf("error %#v with client %s and chain %s", err, client, chain)
				}
				continue
			}
			if chain[0] != client || len(chain) > gate.MaxChain {
				t.Fatalf("client %s, chain %s", client, chain)
			}
			if again := gate.ParseElement(client.String()); again != client {
				t.Fatalf("client %s is read back as %s", client, again)
			}
			if source != gate.Peer && r.Trusts(client.String()) {
				t.Fatalf("client %s is a trusted proxy", client)
			}
			for i, addr := range chain {
				hidden := addr.Is4In6() || addr.Zone() != "" || addr.IsUnspecified() || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255})
				if hidden || !addr.IsValid() && i == 0 {
					t.Fatalf("chain %s holds %s", chain, addr)
				}
			}
		}
	})
}

// FuzzElement: an element is exactly what netip reads, in the forms that proxies
// write, whether it stands alone or in a list.
func FuzzElement(f *testing.F) {
	for _, row := range elementRows {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := gate.ParseElement(text), slowElement(text); got != want {
			t.Fatalf("%q is %s, want %s", text, got, want)
		}
		withPort := netip.Addr{} // and CloudFront's form is one without brackets or port, and then a port
		if !strings.ContainsAny(text, "[]") && len(text) <= gate.MaxElementBytes-len(":65535") {
			if addr, err := netip.ParseAddr(text); err == nil && slowElement(text).IsValid() {
				withPort = addr.WithZone("").Unmap()
			}
		}
		if got := gate.ParseWithPort(text + ":65535"); got != withPort && len(text) <= gate.MaxElementBytes-len(":65535") {
			t.Fatalf("%q and a port is %s, want %s", text, got, withPort)
		}
		trimmed := strings.Trim(text, " \t")
		if trimmed == "" || strings.Contains(text, ",") || len(text) > gate.MaxElementBytes {
			return
		}
		want := netip.MustParseAddr("9.9.9.9")
		for _, line := range []string{text + "," + text, text + "\t, " + text} {
			chain, err := gate.ChainWithoutEdge(nil, "9.9.9.9", xff(line))
			if element := slowElement(trimmed); err != nil || !slices.Equal(chain, []netip.Addr{want, element, element}) {
				t.Fatalf("%q gives %s, want %s twice", line, chainText(chain, err), element)
			}
		}
	})
}

// slowElement is parseElement by netip. Only zones are held to more than netip asks.
func slowElement(text string) netip.Addr {
	if len(text) > gate.MaxElementBytes || strings.ContainsAny(text, " ,;\"\\\t") {
		return netip.Addr{}
	}
	host, bracketed := text, false
	if strings.HasPrefix(text, "[") || strings.Count(text, ":") == 1 {
		if end := strings.LastIndex(text, ":"); end > strings.LastIndex(text, "]") && (end > 0 && text[end-1] == ']' || strings.Count(text, ":") == 1) {
			port := text[end+1:]
			number := 0
			for _, digit := range []byte(port) {
				if digit < '0' || digit > '9' {
					return netip.Addr{}
				}
				number = number*10 + int(digit-'0')
			}
			if port == "" || len(port) > 5 || number > 65535 {
				return netip.Addr{}
			}
			host = text[:end]
		}
		if strings.HasPrefix(host, "[") {
			if !strings.HasSuffix(host, "]") {
				return netip.Addr{}
			}
			host, bracketed = host[1:len(host)-1], true
		} else if strings.Contains(host, ":") {
			return netip.Addr{}
		}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || bracketed && !addr.Is6() || !bracketed && host != text && !addr.Is4() {
		return netip.Addr{}
	}
	for _, c := range []byte(addr.Zone()) {
		if c <= ' ' || c >= 0x7f || c == '[' || c == ']' {
			return netip.Addr{}
		}
	}
	return addr.WithZone("").Unmap()
}

// FuzzBoundedWork: bytes further from the end of a line than the longest walk
// are not read, so no amount of them costs anything.
func FuzzBoundedWork(f *testing.F) {
	for i, value := range seedValues(f) {
		f.Add(value, "6.6.6.6", `x="`, uint8(i))
	}
	f.Add(",", "6.6.6.6", "", uint8(0))             // commas alone
	f.Add(" ", "6.6.6.6,", "", uint8(0))            // white space alone
	f.Add("a", "6.6.6.6,", "", uint8(0))            // one endless element
	f.Add(`\`, `for="`, "", uint8(1))               // backslashes
	f.Add(`"`, `for="`, "", uint8(1))               // quotes
	f.Add("10.0.0.2,", "6.6.6.6", "1.1", uint8(0))  // trusted elements
	f.Add(" \t10.0.0.2 ", "6.6.6.6,", "", uint8(3)) // white space and addresses
	resolvers := sourcedAll(f)
	f.Fuzz(func(t *testing.T, unit, one, other string, choice uint8) {
		if unit == "" {
			return
		}
		source := sources[int(choice)%len(sources)]
		r := resolvers[int(choice)%len(sources)]
		tail := strings.Repeat(unit, gate.LongestWalk/len(unit)+1)
		for _, peer := range []string{trustedPeer, "198.51.100.66:1"} {
			want := chainText(r.Chain(nil, peer, header(source, one+"x"+tail)))
			if got := chainText(r.Chain(nil, peer, header(source, other+"yz"+tail))); got != want {
				t.Fatalf("%s: before %d times %q, %q gives %s and %q %s", source, len(tail)/len(unit), unit, one, want, other, got)
			}
			client, err := r.Client(peer, header(source, one+"x"+tail))
			want = outcome(client, err)
			if client, err = r.Client(peer, header(source, other+"yz"+tail)); outcome(client, err) != want {
				t.Fatalf("%s: before %d times %q, %q gives %s and %q %s", source, len(tail)/len(unit), unit, one, want, other, outcome(client, err))
			}
		}
	})
}
