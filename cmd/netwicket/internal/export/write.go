package export

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/shown"
)

// Heading is what a header says of the policy.
type Heading struct {
	Program        string   // with its version
	Names          []string // of the policy, as it was named
	Info           decide.Info
	LeavesEmbedded bool // the policy looks at embedded IPv4 addresses, and the file cannot (docs/semantics.md, range-2)
}

// Formats are the names of the formats, as the command line takes them: those of
// [Write], then those of [WriteTable], [WriteSQL] and
// [WriteList].
func Formats() []string {
	return []string{"nginx", "haproxy", "nftables", "cidr", "csv", "table", "sql", "aws-waf", "cloudflare"}
}

// Write writes the decisions of a policy in one of the first five [Formats].
func Write(out io.Writer, format string, policy *decide.Policy, heading Heading) error {
	w := bufio.NewWriterSize(out, 64<<10)
	switch format {
	case "nginx":
		writeNginx(w, policy, heading)
	case "haproxy":
		writeHAProxy(w, policy, heading)
	case "nftables":
		writeNftables(w, policy, heading)
	case "cidr":
		writeCIDR(w, policy, heading)
	case "csv":
		writeCSV(w, policy)
	default:
		return fmt.Errorf("unknown format %q; expected %s", format, strings.Join(Formats(), ", "))
	}
	return w.Flush()
}

// Header is what a reader of the file must know, a line each.
func (h Heading) Header() []string {
	return h.oneHop(append(h.origin("Who may come in"), "An address that is not listed is denied. The decision is about requests of one hop: the address must be",
		"the client's own, and no proxies and no X-Forwarded-For are looked at."))
}

// TableHeader is what a reader of a table must know, a line each.
func (h Heading) TableHeader() []string {
	return h.oneHop(append(h.origin("Decisions about all addresses"), "An address that is in no row is denied. The decision is about requests of one hop: the address must be",
		"the client's own, and no proxies and no X-Forwarded-For are looked at."))
}

// oneHop adds what ranges leave out, where it matters.
func (h Heading) oneHop(lines []string) []string {
	if h.LeavesEmbedded {
		lines = append(lines, "Of Teredo addresses, 2001::/32, and local NAT64 addresses, 64:ff9b:1::/48, the embedded",
			"IPv4 address is not tested against blocklists and threat feeds.")
	}
	return lines
}

// origin says what the file is about and what it was made of.
func (h Heading) origin(subject string) []string {
	lines := []string{
		subject + ", written by " + h.Program + " from " + strings.Join(h.Names, ", "),
		"policy " + h.Info.Fingerprint,
	}
	for _, dataset := range h.Info.Data {
		text := "data " + dataset.Type
		if !dataset.Built.IsZero() {
			text += ", built " + dataset.Built.UTC().Format("2006-01-02")
		}
		lines = append(lines, text)
	}
	return lines
}

// comment writes the header and how to use the file. Names of files may hold
// anything but must not end the comment.
func comment(w *bufio.Writer, lines ...string) {
	for _, line := range lines {
		fmt.Fprint(w, commentLine(line))
	}
}

func commentLine(line string) string { return strings.TrimRight("# "+shown.Text(line), " ") + "\n" }

func writeCIDR(w *bufio.Writer, policy *decide.Policy, heading Heading) {
	comment(w, heading.Header()...)
	for _, p := range Allowed(policy) {
		fmt.Fprintln(w, p)
	}
}

func writeNginx(w *bufio.Writer, policy *decide.Policy, heading Heading) {
	comment(w, heading.Header()...)
	comment(w, "",
		"In the http block:   include /etc/nginx/netwicket.conf;",
		"In a server block:   if ($netwicket_allow = 0) { return 403; }")
	fmt.Fprintln(w, "geo $netwicket_allow {\n    default 0;")
	for _, p := range splitWhole(Allowed(policy)) {
		fmt.Fprintf(w, "    %s 1;\n", p)
	}
	fmt.Fprintln(w, "}")
}

func writeHAProxy(w *bufio.Writer, policy *decide.Policy, heading Heading) {
	comment(w, heading.Header()...)
	comment(w, "",
		"In a frontend:   http-request deny unless { src,map_ip(/etc/haproxy/netwicket.map,deny) -m str allow }",
		"The networks with deny keep HAProxy from looking for the IPv4 addresses in 6to4 and IPv4-compatible ones.")
	allowed, denied := answered(policy)
	for _, p := range denied {
		fmt.Fprintf(w, "%s deny\n", p)
	}
	for _, p := range splitWhole(allowed) {
		fmt.Fprintf(w, "%s allow\n", p)
	}
}

func writeNftables(w *bufio.Writer, policy *decide.Policy, heading Heading) {
	fmt.Fprintln(w, "#!/usr/sbin/nft -f")
	comment(w, heading.Header()...)
	comment(w, "",
		"Loads in one step and replaces what was loaded before. Has no effect until a chain of yours in this",
		"table jumps to it, for the ports that it is to guard:",
		"  add chain inet netwicket input { type filter hook input priority 0; }",
		"  add rule inet netwicket input tcp dport 443 ct state new jump guard")
	fmt.Fprint(w, `add table inet netwicket
add set inet netwicket allow4 { type ipv4_addr; flags interval; }
add set inet netwicket allow6 { type ipv6_addr; flags interval; }
add chain inet netwicket guard
flush set inet netwicket allow4
flush set inet netwicket allow6
flush chain inet netwicket guard
`)
	list := allowedRanges(policy)
	border := slices.IndexFunc(list, func(r netipx.IPRange) bool { return r.From().Is6() })
	if border < 0 {
		border = len(list)
	}
	writeElements(w, "allow4", list[:border])
	writeElements(w, "allow6", list[border:])
	fmt.Fprint(w, `add rule inet netwicket guard ip saddr @allow4 return
add rule inet netwicket guard ip6 saddr @allow6 return
add rule inet netwicket guard drop
`)
}

// writeElements writes ranges, which sets of intervals hold as they are: there are
// a third as many as networks, for nft to read and the kernel to search. It leaves
// an empty list out, which nft would not read.
func writeElements(w *bufio.Writer, set string, list []netipx.IPRange) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "add element inet netwicket %s {\n", set)
	for _, r := range list {
		if r.From() == r.To() {
			fmt.Fprintf(w, "    %s,\n", r.From())
			continue
		}
		fmt.Fprintf(w, "    %s-%s,\n", r.From(), r.To())
	}
	fmt.Fprintln(w, "}")
}

// writeCSV writes every address, also those that are denied. It has no header
// but the names of the columns, since CSV has no comments.
func writeCSV(w *bufio.Writer, policy *decide.Policy) {
	fmt.Fprintln(w, "network,decision,reason")
	for _, n := range All(policy) {
		fmt.Fprintf(w, "%s,%s,%s\n", n.Prefix, n.Outcome.Verdict, n.Outcome.Reason)
	}
}
