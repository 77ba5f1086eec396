package gate_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/gate"
)

// FuzzForwarded: where a whole Forwarded value is well formed, reading it from
// the right gives the elements that a plain RFC 7239 parser finds from the left.
func FuzzForwarded(f *testing.F) {
	for _, value := range seedValues(f) {
		f.Add(value)
	}
	f.Add(`for=8.8.8.8;x="a\\", for=203.0.113.7;y="\\\", for=6.6.6.6"`) // runs of backslashes
	f.Add(`for=8.8.8.8;x="\"", for="203.0.113.7";y="\"\\"`)             // escaped quotes at both ends
	f.Add(`for=_a, , for=unknown ; by=" , ",for="[::1]:_p"`)            // hidden hops, commas and spaces as text
	f.Add(strings.Repeat(" ", gate.MaxSpaceBytes+1))                    // more white space than a walk passes over
	r := sourced(f, gate.Forwarded)
	f.Fuzz(func(t *testing.T, value string) {
		elements, ok := slowForwarded(value)
		if !ok || len(elements) > 32 || strings.Count(value, " ")+strings.Count(value, "\t") > gate.MaxSpaceBytes {
			return // beyond a limit, or not well formed
		}
		slices.Reverse(elements)
		want := []netip.Addr{netip.MustParseAddr("198.51.100.66")}
		for _, element := range elements {
			if len(element.text) > gate.MaxForwardedBytes {
				return // too long to be read, whatever it says
			}
			if element.text != "" {
				want = append(want, element.client())
			}
		}
		got, err := r.Chain(nil, "198.51.100.66", forwarded(value))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q\n got %s\nwant %s", value, chainText(got, err), chainText(want, nil))
		}
	})
}

// forwardedElement is one element as the slow parser found it.
type forwardedElement struct {
	text       string
	names      []string
	values     []string // unescaped
	hasEscapes []bool
}

// client is what the element says of the client; the zero Addr if nothing usable.
func (e forwardedElement) client() netip.Addr {
	var client netip.Addr
	for i, name := range e.names {
		for _, earlier := range e.names[:i] {
			if strings.EqualFold(earlier, name) {
				return netip.Addr{}
			}
		}
		if !strings.EqualFold(name, "for") || e.hasEscapes[i] {
			continue
		}
		host := e.values[i]
		if end := strings.LastIndex(host, ":"); end >= 0 && !strings.HasSuffix(host, "]") {
			port := host[end+1:]
			isName := len(port) > 1 && port[0] == '_' && strings.Trim(port, "_.-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
			if isName {
				host = host[:end]
			}
		}
		if strings.HasPrefix(host, "[") || strings.Count(host, ".") == 3 && strings.Count(host, ":") <= 1 {
			client = slowElement(host)
		}
	}
	if client.IsUnspecified() || client.IsMulticast() || client == netip.MustParseAddr("255.255.255.255") {
		return netip.Addr{}
	}
	return client
}

const tokenBytes = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// slowForwarded parses a Forwarded value left to right as RFC 7239 section 4
// writes it, with white space around commas and semicolons, and gives up at the
// first byte that does not fit.
func slowForwarded(value string) ([]forwardedElement, bool) {
	var elements []forwardedElement
	element := forwardedElement{}
	start := 0
	i := 0
	spaces := func() {
		for i < len(value) && (value[i] == ' ' || value[i] == '\t') {
			i++
		}
	}
	token := func() string {
		from := i
		for i < len(value) && strings.IndexByte(tokenBytes, value[i]) >= 0 {
			i++
		}
		return value[from:i]
	}
	for {
		spaces()
		if i == len(value) || value[i] == ',' {
			element.text = strings.Trim(value[start:i], " \t")
			elements = append(elements, element)
			if i == len(value) {
				return elements, true
			}
			i++
			element, start = forwardedElement{}, i
			continue
		}
		if value[i] == ';' {
			i++
			continue
		}
		name := token()
		if name == "" || i == len(value) || value[i] != '=' {
			return nil, false
		}
		i++
		content, escapes := "", false
		if i < len(value) && value[i] == '"' {
			i++
			for ; ; i++ {
				if i == len(value) {
					return nil, false
				}
				if value[i] == '"' {
					i++
					break
				}
				if value[i] == '\\' {
					escapes = true
					if i++; i == len(value) {
						return nil, false
					}
				}
				if value[i] != '\t' && (value[i] < ' ' || value[i] == 0x7f) {
					return nil, false
				}
				content += value[i : i+1]
			}
		} else if content = token(); content == "" {
			return nil, false
		}
		element.names = append(element.names, name)
		element.values = append(element.values, content)
		element.hasEscapes = append(element.hasEscapes, escapes)
		spaces()
		if i < len(value) && value[i] != ';' && value[i] != ',' {
			return nil, false
		}
	}
}
