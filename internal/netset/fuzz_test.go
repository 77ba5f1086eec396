package netset_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/internal/netset"
)

// FuzzReadList: whatever is accepted, every address that stands outside of a comment
// and of other text is in one of the networks that are handed out, and each of these
// stands where its entry says. An address is found by a search that knows no shapes.
func FuzzReadList(f *testing.F) {
	for _, seed := range []string{
		"1.2.3.4\n", "1.2.3.4\t8\n5.6.7.8\t40\n", "1.2.3.4 - 1.2.3.9 7", "1.2.3.0/24 ; SBL1\n; x\n", "a,ip\n\"x\",\"1.2.3.4\"\n", "1.2.3.4,GB,GB-ENG,London,\n::1,US,,,\n",
		"{\"cidr\":\"1.2.3.0/24\",\"x\":\"y\"}\n{\"type\":\"metadata\"}\n", `{"prefixes":[{"ip_prefix":"1.2.3.4/32"}],"ipv6_prefixes":[{"ipv6_prefix":"::1/128"}]}`,
		`{"prefixes":[{"ipv4Prefix":"1.2.3.0/24"}]}`, `{"values":[{"properties":{"addressPrefixes":["1.2.3.4","::1"]}}]}`, `{"addresses":["1.2.3.4"],"b":["1.2.3.5"]}`,
		`{"result":{"ipv4_cidrs":["1.2.3.4"]}}`, "create a hash:net family inet\nadd a 1.2.3.4 timeout 7 comment \"x y\"\n", "1.2.3.4;5.6.7.8", "1.2.3.0 1.2.3.255\n", "1.2.3.0 24\n",
		"0.0.0.0 name.example\n", "<html>", "1.2.3.4,5.6.7.8\n", "[\"1.2.3.4\"]", "\ufeff1.2.3.4", "1.2.3.4 OK", `"""""""1.2.3.4","::"`,
	} {
		f.Add(seed)
	}
	comment := regexp.MustCompile(`(?m)#.*$|(^|[ \t]);.*$`)
	divided := regexp.MustCompile(`[ \t\r\n,;"\[\]{}]+`)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, `\`) { // of JSON: what is searched for would have to be decoded
			return
		}
		var entries []netset.Entry
		failures, warnings := netset.ReadList("f", text, netset.Limits{}, func(e netset.Entry) { entries = append(entries, e) })
		if len(failures) > 0 {
			return
		}
		lines := strings.Split(text, "\n")
		for _, e := range entries {
			if !strings.HasPrefix(strings.TrimPrefix(lines[e.Line-1][e.Column-1:], `"`), e.Text) {
				t.Fatalf("%q: %q is not at %d:%d", text, e.Text, e.Line, e.Column)
			}
		}
		if len(entries) == 0 && len(warnings) == 0 {
			t.Fatalf("%q: nothing is read of it in silence", text)
		}
		if strings.HasPrefix(strings.TrimLeft(text, "\ufeff \t\r\n"), "create ") {
			text = regexp.MustCompile(`(?m) comment ".*$`).ReplaceAllString(text, "")
		}
		if begin := strings.TrimLeft(text, "\ufeff \t\r\n"); !strings.HasPrefix(begin, "{") && !strings.HasPrefix(begin, "[") {
			text = comment.ReplaceAllString(text, "")
		}
		for _, piece := range divided.Split(text, -1) {
			addr, err := netip.ParseAddr(piece)
			if prefix, prefixErr := netip.ParsePrefix(piece); err != nil && prefixErr == nil {
				addr, err = prefix.Addr(), nil
			}
			if err != nil || addr.Zone() != "" {
				continue
			}
			held := false
			for _, e := range entries {
				held = held || e.Range.Contains(addr.Unmap())
			}
			if !held && !inText(text, piece) {
				t.Fatalf("%q: %s is in none of %v", text, addr, entries)
			}
		}
	})
}

// inText says that an address stands within a cell or string that is other text. Two
// quotation marks are one that belongs to the text (RFC 4180).
func inText(text, piece string) bool {
	return !regexp.MustCompile(`(^|[\n,]|(^|[^"])"|(^|[\n"])[^",\n]*\t)[ \t\r]*` + regexp.QuoteMeta(piece) + `[ \t\r]*($|[\n,]|"($|[^"]))`).MatchString(text)
}
