package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
)

// List is networks for a place that holds a certain number of them, such as a
// firewall in front of a provider's edge. They are allowed as a whole, or denied as
// a whole: whatever is left out, no network of a list says more than the policy.
type List struct {
	Prefixes []netip.Prefix // the ones to write, the most important first
	Denied   bool           // they are denied; false: they are allowed, and all there are
	Of       int            // how many there were to choose from
	LeftOut  int            // how many are narrower than the format takes, see [Fit]
	Family   int            // 4 or 6; 0: both
	shares   [2]share       // of the addresses of IPv4 and IPv6
	requests share          // of the log's denied requests
}

// share is a part of a whole; a whole of zero is none.
type share struct{ part, whole float64 }

// String is the share in percent, rounded down: 100 % is all of it.
func (s share) String() string {
	return strconv.FormatFloat(math.Floor(1000*s.part/s.whole)/10, 'f', 1, 64) + " %"
}

// Denied are the networks all of whose addresses a policy denies, the fewest, in
// address order, those of all addresses as two halves. Family is 4, 6, or 0 for both.
func Denied(policy *decide.Policy, family int) []netip.Prefix { return networks(policy, false, family) }

// AllowList is all that may come in, as a format takes it. A list of it cannot be
// cut: what it lacks is locked out, and a wider network lets others in.
func AllowList(policy *decide.Policy, format string, family int) (List, error) {
	all, leftOut := Fit(format, networks(policy, true, family))
	if leftOut > 0 {
		return List{}, fmt.Errorf("%s of the allowed networks are narrower than %s takes; an allow list without them locks out", grouped(leftOut), format)
	}
	return List{Prefixes: all, Of: len(all), Family: family}, nil
}

func networks(policy *decide.Policy, allowed bool, family int) []netip.Prefix {
	var set netipx.IPSetBuilder
	for r, d := range policy.Ranges() {
		if d.Allowed() == allowed && (family == 0 || r.From().Is4() == (family == 4)) {
			set.AddRange(r)
		}
	}
	whole, err := set.IPSet()
	if err != nil {
		return nil // ranges of a policy are valid
	}
	return splitWhole(whole.Prefixes())
}

// DenyList chooses among networks that are denied: the largest first, by their share
// of their family's addresses, or by the requests of a log, which are as many as the
// networks or nil. Most is how many; 0 takes all.
func DenyList(all []netip.Prefix, requests []uint64, most int) List {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if requests != nil && requests[a] != requests[b] {
			return cmp.Compare(requests[b], requests[a])
		}
		return all[a].Bits() - all[b].Bits()
	})
	list := List{Denied: true, Of: len(all)}
	chosen := len(all)
	if most > 0 {
		chosen = min(most, chosen)
	}
	for rank, i := range order {
		family := 0
		if all[i].Addr().Is6() {
			family = 1
		}
		weight := 0.0
		if requests != nil {
			weight = float64(requests[i])
		}
		add := func(s *share, amount float64) {
			s.whole += amount
			if rank < chosen {
				s.part += amount
			}
		}
		add(&list.shares[family], math.Ldexp(1, -all[i].Bits()))
		add(&list.requests, weight)
		if rank < chosen {
			list.Prefixes = append(list.Prefixes, all[i])
		}
	}
	return list
}

// Coverage says how much of what is denied the list holds, on one line.
func (l *List) Coverage() string {
	text := grouped(len(l.Prefixes)) + " of " + grouped(l.Of) + " prefixes"
	var parts []string
	for family, name := range []string{"IPv4", "IPv6"} {
		if l.shares[family].whole > 0 {
			parts = append(parts, l.shares[family].String()+" of denied "+name+" addresses")
		}
	}
	if l.requests.whole > 0 {
		parts = append(parts, l.requests.String()+" of the log's requests from denied addresses")
	}
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	if l.LeftOut > 0 {
		text += "; " + grouped(l.LeftOut) + " narrower ones left out, which the format does not take"
	}
	return text
}

// grouped is a number with its digits in groups of three.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// ListFormats are the formats of [WriteList].
func ListFormats() []string { return []string{"cidr", "aws-waf", "cloudflare"} }

// WAFLimit is how many addresses and networks an IP set of AWS WAF may hold. See
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-ipset-match.html.
const WAFLimit = 10_000

// CheckLimit says that a format holds so many networks, as were asked for or are there.
func CheckLimit(format string, count int) error {
	if format == "aws-waf" && count > WAFLimit {
		return fmt.Errorf("%s networks are more than an IP set of AWS WAF may hold, %s; give --max %d or less with --deny", grouped(count), grouped(WAFLimit), WAFLimit)
	}
	return nil
}

// WriteList writes a list in one of the [ListFormats].
func WriteList(out io.Writer, format string, list List, heading Heading) error {
	switch format {
	case "cidr":
		return writeListCIDR(out, list, heading)
	case "aws-waf":
		return writeWAF(out, list, heading)
	case "cloudflare":
		return writeCloudflare(out, list, heading)
	default:
		return fmt.Errorf("format %q with --deny; expected %s", format, strings.Join(ListFormats(), ", "))
	}
}

func writeListCIDR(out io.Writer, list List, heading Heading) error {
	var text strings.Builder
	for _, line := range heading.ListHeader(list) {
		text.WriteString(commentLine(line))
	}
	for _, p := range list.Prefixes {
		text.WriteString(p.String() + "\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// ListHeader is what a reader of a list must know, a line each.
func (h Heading) ListHeader(list List) []string {
	if !list.Denied {
		return h.Header()
	}
	return append(h.origin("Who may not come in"), list.Coverage(),
		"Every address in these networks is denied. Others may be denied, too: ask the policy. The decision is about",
		"requests of one hop: the address must be the client's own.")
}

// ipSet is what aws wafv2 create-ip-set --cli-input-json takes. See
// https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateIPSet.html.
type ipSet struct {
	Name             string
	Scope            string
	Description      string
	IPAddressVersion string
	Addresses        []string
}

// writeWAF writes an IP set for each family that the list is about, one alone as
// the command takes it.
func writeWAF(out io.Writer, list List, heading Heading) error {
	kind := map[bool]string{true: "deny", false: "allow"}[list.Denied]
	var sets []ipSet
	for _, version := range []string{"IPV4", "IPV6"} {
		if list.Family != 0 && version != fmt.Sprint("IPV", list.Family) {
			continue
		}
		set := ipSet{Name: "netwicket-" + kind + "-" + strings.ToLower(version), Scope: "REGIONAL", IPAddressVersion: version, Addresses: []string{}}
		// A description has no % and no brackets, and 256 characters at most.
		set.Description = "policy " + heading.Info.Fingerprint + ": " + strings.ReplaceAll(strings.ReplaceAll(list.Coverage(), " %", " percent"), "'", "")
		for _, p := range list.Prefixes {
			if p.Addr().Is4() == (version == "IPV4") {
				set.Addresses = append(set.Addresses, p.String())
			}
		}
		if err := CheckLimit("aws-waf", len(set.Addresses)); err != nil {
			return err
		}
		sets = append(sets, set)
	}
	if len(sets) == 1 {
		return writeIndented(out, sets[0])
	}
	return writeIndented(out, sets)
}

// listItem is one of the array that Cloudflare's POST .../rules/lists/ID/items takes.
// See https://developers.cloudflare.com/waf/tools/lists/lists-api/.
type listItem struct {
	IP      string `json:"ip"`
	Comment string `json:"comment,omitempty"`
}

func writeCloudflare(out io.Writer, list List, heading Heading) error {
	items := []listItem{}
	for _, p := range list.Prefixes {
		items = append(items, listItem{IP: p.String()})
	}
	if len(items) > 0 { // JSON has no comments, but an item has one
		items[0].Comment = "netwicket policy " + heading.Info.Fingerprint + ": " + list.Coverage()
	}
	return writeIndented(out, items)
}

func writeIndented(out io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", " ")
	if err == nil {
		_, err = out.Write(append(text, '\n'))
	}
	return err
}

// Fit turns networks into those that a format takes: Cloudflare's lists hold IPv4
// networks from /8 to /32 and IPv6 ones from /12 to /64, so wider ones are cut into
// several. Narrower ones are left out of a list of denied ones, and counted; a wider
// network would deny others. See
// https://developers.cloudflare.com/waf/tools/lists/custom-lists/.
func Fit(format string, all []netip.Prefix) (fitting []netip.Prefix, leftOut int) {
	if format != "cloudflare" {
		return all, 0
	}
	for _, p := range all {
		widest, narrowest := 8, 32
		if p.Addr().Is6() {
			widest, narrowest = 12, 64
		}
		if p.Bits() > narrowest {
			leftOut++
			continue
		}
		for part := netip.PrefixFrom(p.Addr(), max(p.Bits(), widest)); ; part = netip.PrefixFrom(netipx.PrefixLastIP(part).Next(), widest) {
			fitting = append(fitting, part)
			if netipx.PrefixLastIP(part) == netipx.PrefixLastIP(p) {
				break
			}
		}
	}
	return fitting, leftOut
}
