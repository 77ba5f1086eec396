package gate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

// TestForwardedElement: one element of Forwarded, strictly by RFC 7239.
func TestForwardedElement(t *testing.T) {
	for _, row := range []struct{ element, want string }{
		{`for=203.0.113.7`, "203.0.113.7"},
		{`for="203.0.113.7"`, "203.0.113.7"},
		{`for="203.0.113.7:80"`, "203.0.113.7"},
		{`for="203.0.113.7:_port.A-1"`, "203.0.113.7"},
		{`for="[2001:db8::7]"`, "2001:db8::7"},
		{`for="[2001:db8::7]:80"`, "2001:db8::7"},
		{`for="[2001:db8::7]:_p"`, "2001:db8::7"},
		{`for="[::ffff:203.0.113.7]"`, "203.0.113.7"},
		{`for="[fe80::1%eth0]"`, "fe80::1"},
		{`fOr=203.0.113.7`, "203.0.113.7"},
		{`for=203.0.113.7;`, "203.0.113.7"},
		{`;for=203.0.113.7`, "203.0.113.7"},
		{`;;for=203.0.113.7;;proto=http`, "203.0.113.7"},
		{"for=203.0.113.7 ;\tproto=http", "203.0.113.7"},
		{`host="a\"b;for=6.6.6.6";for=203.0.113.7`, "203.0.113.7"},
		{`host="a\\";for=203.0.113.7`, "203.0.113.7"},
		{`by="[2001:db8::1]";secret="";for=203.0.113.7`, "203.0.113.7"},
		{"x=\"tab\there \xe4\";for=203.0.113.7", "203.0.113.7"},
		{`fore=6.6.6.6;for=203.0.113.7`, "203.0.113.7"},

		{`for=203.0.113.7;x=1`, "203.0.113.7"},
		{`x^=1;x~=1;for=203.0.113.7`, "203.0.113.7"}, // of one hash

		{`for=unknown`, "obfuscated"},
		{`for=UnKnown`, "obfuscated"},
		{`for="unknown"`, "obfuscated"},
		{`for="unknown:80"`, "obfuscated"},
		{`for=_h`, "obfuscated"},
		{`for="_h:_p"`, "obfuscated"},
		{`for="_h:65535"`, "obfuscated"},
		{`for=_a.b_c-D9`, "obfuscated"},

		{`for=_`, "malformed"},
		{`for="_a b"`, "malformed"},
		{`for=_a!b`, "malformed"},
		{`for="_h:"`, "malformed"},
		{`for="_h:_"`, "malformed"},
		{`for="unknown:99999"`, "malformed"},
		{`for=unknown:80`, "malformed"},
		{`for="unix:/run/x"`, "malformed"},
		{`for=localhost`, "malformed"},
		{`for=""`, "malformed"},
		{`for=`, "malformed"},
		{`for`, "malformed"},
		{`=203.0.113.7`, "malformed"},
		{`203.0.113.7`, "malformed"},
		{`for =203.0.113.7`, "malformed"},
		{`for= 203.0.113.7`, "malformed"},
		{`for=203.0.113.7 proto=http`, "malformed"},
		{`for=203.0.113.7:80`, "malformed"},
		{`for=[2001:db8::7]`, "malformed"},
		{`for="2001:db8::7"`, "malformed"},
		{`for="[203.0.113.7]"`, "malformed"},
		{`for="203.0.113.7:"`, "malformed"},
		{`for="203.0.113.7:65536"`, "malformed"},
		{`for=010.0.0.1`, "malformed"},
		{`for="203.0.113\.7"`, "malformed"},
		{`for="\203.0.113.7"`, "malformed"},
		{`for="203.0.113.7\"`, "malformed"},
		{`for=203.0.113.7;for=203.0.113.7`, "malformed"},
		{`for=203.0.113.7;FOR=203.0.113.7`, "malformed"},
		{`for=203.0.113.7;proto=http;Proto=http`, "malformed"},
		{`for=203.0.113.7;x`, "malformed"},
		{`for=203.0.113.7;=x`, "malformed"},
		{`for=203.0.113.7;x=;y=1`, "malformed"},
		{`for=203.0.113.7;x="\`, "malformed"},
		{`for=203.0.113.7;x="a\"`, "malformed"},
		{`=x;for=203.0.113.7`, "malformed"},
		{`for="203.0.113.7x_p"`, "malformed"},
		{`for="[2001:db8::7]x_p"`, "malformed"},
		{`for="unknown_p"`, "malformed"},
		{`for=":80"`, "malformed"},
		{`for=203.0.113.7;x="`, "malformed"},
		{`for=203.0.113.7;x="a`, "malformed"},
		{`for=203.0.113.7;x="a"b`, "malformed"},
		{`for=203.0.113.7;x=a"b"`, "malformed"},
		{"for=203.0.113.7;x=\"a\x01\"", "malformed"},
		{"for=203.0.113.7;x=\"\\\x7f\"", "malformed"},
		{"for=203.0.113.7\u00a0", "malformed"},
		{`for=203.0.113.7;h(st=x`, "malformed"},
		{`for=0.0.0.0`, "malformed"},
		{`for="[ff02::1]"`, "malformed"},
		{`proto=http`, "malformed"},
		{"a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1;j=1;k=1;l=1;m=1;n=1;o=1;p=1;q=1;r=1;s=1;t=1;u=1;v=1;w=1;x=1;y=1;z=1", "malformed"}, // as many as fit
		{`;`, "malformed"},
		{`for=203.0.113.7;x=` + strings.Repeat("a", 105-18), "203.0.113.7"},
		{`for=203.0.113.7;x=` + strings.Repeat("a", 512-18), "203.0.113.7"},
		{`for=203.0.113.7;x=` + strings.Repeat("a", 513-18), "malformed"},
		{`for=203.0.113.7;x="` + strings.Repeat("a", 512-20) + `"`, "203.0.113.7"},
		{`for=203.0.113.7;x="` + strings.Repeat("a", 513-20) + `"`, "malformed"},
		{`for=203.0.113.7;x="` + strings.Repeat(`\\\\`, 123) + `"`, "203.0.113.7"}, // escapes over the whole length
		{strings.Repeat("a=b;", 25) + "for=203.0.113.7", "malformed"},              // repeated
		{manyParameters(99) + "for=1.2.3.4", "1.2.3.4"},                            // 506 bytes
		{manyParameters(96) + "A0=b;for=203.0.113.7", "malformed"},                 // repeated in other letters
		{manyParameters(104), "malformed"},                                         // 520 bytes
		{strings.Repeat(";", 500) + "for=1.1.1.1", "1.1.1.1"},                      // empty parameters
		{"a=b;c=b;d=b;e=b;g=b;h=b;i=b;j=b;k=b;l=b;m=b;n=b;o=b;p=b;q=b;r=b;s=b;t=b;u=b;v=b;w=b;x=b;for=203.0.113.7", "203.0.113.7"},
	} {
		t.Run(row.element, func(t *testing.T) {
			r := sourced(t, gate.Forwarded)
			client, err := r.Client(trustedPeer, forwarded(row.element))
			require.Equal(t, row.want, outcome(client, err))

			// What stands left of it changes nothing, nor does a proxy right of it.
			line := `for="6.6.6.6, ` + row.element + ` , for=10.0.0.2`
			if row.want != "malformed" {
				client, err = r.Client(trustedPeer, forwarded(line))
				require.Equal(t, row.want, outcome(client, err))
			}
		})
	}
}

// manyParameters are n different parameters, five bytes each.
func manyParameters(n int) string {
	var text strings.Builder
	for i := range n {
		text.WriteString(string(rune('a'+i/10)) + string(rune('0'+i%10)) + "=b;")
	}
	return text.String()
}

// TestForwardedSplit: elements are split from the right with regard to quotes.
func TestForwardedSplit(t *testing.T) {
	for _, row := range []struct {
		name, client, chain string
		lines               []string
	}{
		{"copied host holds an element", "203.0.113.7", "203.0.113.7",
			[]string{`for=203.0.113.7;host="evil, for=6.6.6.6;x="`}},
		{"copied host, escaped quotes", "203.0.113.7", "203.0.113.7 8.8.8.8",
			[]string{`for=8.8.8.8, for=203.0.113.7;host="evil\", for=6.6.6.6;x=\""`}},
		{"escaped backslash ends no escape", "203.0.113.7", "203.0.113.7 8.8.8.8",
			[]string{`for=8.8.8.8;x="a\\", for=203.0.113.7;y="\\\\"`}},
		{"escaped backslash and escaped quote", "203.0.113.7", "203.0.113.7 8.8.8.8",
			[]string{`for=8.8.8.8, for=203.0.113.7;y="\\\", for=6.6.6.6"`}},
		{"escaped quotes right of much else", "203.0.113.7", "203.0.113.7" + strings.Repeat(" 9.9.9.9", 25),
			[]string{strings.Repeat("for=9.9.9.9;by=_a_balancer_of_ours,", 25) + `for=203.0.113.7;host="a\", for=6.6.6.6;x=\""`}},
		{"client opens a quote", "203.0.113.7", "203.0.113.7 -",
			[]string{`for="6.6.6.6, for=203.0.113.7`}},
		{"client opens a quote in an earlier line", "203.0.113.7", "203.0.113.7 -",
			[]string{`for="6.6.6.6`, `for=203.0.113.7`}},
		{"client closes no quote before a quoted element", "2001:db8::7", "2001:db8::7 -",
			[]string{`for=6.6.6.6;x=", for="[2001:db8::7]"`}},
		{"client ends in a backslash", "203.0.113.7", "203.0.113.7 -",
			[]string{`for=6.6.6.6;x="\, for=203.0.113.7;y=""`}},
		{"quote without a start", "malformed", "malformed",
			[]string{`for=203.0.113.7, for=10.0.0.2"`}},
		{"backslashes up to the start", "malformed", "malformed", []string{`\"`}},
		{"backslashes up to the start, behind a proxy", "malformed", "malformed", []string{`\\\"a", for=10.0.0.2`}},
		{"obfuscated left of the client", "203.0.113.7", "203.0.113.7 - 8.8.8.8 -",
			[]string{`for=_x, for=8.8.8.8, for=unknown;by=_y, for=203.0.113.7`}},
		{"obfuscated before the client", "obfuscated", "obfuscated",
			[]string{`for=203.0.113.7, for=unknown, for=10.0.0.2`}},
		{"empty elements and white space", "203.0.113.7", "203.0.113.7 8.8.8.8",
			[]string{` , for=8.8.8.8 ,, `, " ,for=203.0.113.7\t,\tfor=10.0.0.2 "}},
		{"empty element right of the client", "malformed", "malformed",
			[]string{"for=203.0.113.7, ,for=10.0.0.2"}},
		{"empty element at the end", "malformed", "malformed", []string{"for=6.6.6.6,"}},
		{"empty last line", "malformed", "malformed", []string{"for=6.6.6.6", ""}},
		{"no for in a proxy's element", "malformed", "malformed",
			[]string{`for=203.0.113.7, proto=http, for=10.0.0.2`}},
		{"missing", "missing", "missing", []string{" ,\t,"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := sourced(t, gate.Forwarded)
			client, err := r.Client(trustedPeer, forwarded(row.lines...))
			require.Equal(t, row.client, outcome(client, err))
			chain, err := r.Chain(nil, trustedPeer, forwarded(row.lines...))
			require.Equal(t, row.chain, chainText(chain, err))
		})
	}
}
