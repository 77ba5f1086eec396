package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/realdata"
)

// twoNetworks are two SailPoint configurations about the same countries.
var twoNetworks = map[string]string{
	"old.json": `{"range":["192.0.2.0/24"],"geolocation":["DE","FR"],"whitelisted":false}`,
	"new.json": `{"range":["192.0.2.0/25","198.51.100.7/32","2001:db8::/48"],"geolocation":["DE"],"whitelisted":true}`,
	"geo.csv": "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,64500,,\n198.51.100.0/24,FR,,64501,,\n" +
		"2001:db8::/47,DE,,64500,,\n",
}

func TestDiff(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"differences as JSON", []string{"old.json", "new.json", "--json"}, 0,
			`{"first":"192.0.2.0","last":"192.0.2.127","before":{"decision":"deny","reason":"untrusted_geography"},"after":{"decision":"allow","reason":"permitted"}}` + "\n" +
				`{"first":"2001:db8::","last":"2001:db8:0:ffff:ffff:ffff:ffff:ffff","before":{"decision":"deny","reason":"off_network"},"after":{"decision":"allow","reason":"permitted"}}` + "\n"},
		{"reasons as JSON", []string{"--json", "--reasons", "old.json", "new.json"}, 0,
			`{"first":"192.0.2.0","last":"192.0.2.127","before":{"decision":"deny","reason":"untrusted_geography"},"after":{"decision":"allow","reason":"permitted"}}` + "\n" +
				`{"first":"192.0.2.128","last":"192.0.2.255","before":{"decision":"deny","reason":"untrusted_geography"},"after":{"decision":"deny","reason":"off_network"}}` + "\n" +
				`{"first":"198.51.100.7","last":"198.51.100.7","before":{"decision":"deny","reason":"off_network"},"after":{"decision":"deny","reason":"untrusted_geography"}}` + "\n" +
				`{"first":"2001:db8::","last":"2001:db8:0:ffff:ffff:ffff:ffff:ffff","before":{"decision":"deny","reason":"off_network"},"after":{"decision":"allow","reason":"permitted"}}` + "\n"},
		{"nothing is newly denied", []string{"--only", "newly-denied", "--json", "old.json", "new.json", "--exit-code"}, 0, ""},
		{"the other way round it is", []string{"--only=newly-denied", "--exit-code", "new.json", "old.json"}, 2,
			"192.0.2.0/25 allow permitted -> deny untrusted_geography\n" +
				"2001:db8::/48 allow permitted -> deny off_network\n" +
				"\nIn all\n  newly denied  128 IPv4 addresses  65,536 IPv6 /64 networks\n" +
				"\nDocuments, with what each difference decides alone\n  changed  network configuration  128 IPv4 addresses  65,536 IPv6 /64 networks\n" +
				"             - network 192.0.2.0/25\n             - network 198.51.100.7/32\n             - network 2001:db8::/48\n             - whitelisted true\n" +
				"             + network 192.0.2.0/24\n             + country FR\n             + whitelisted false\n" +
				"\nBy country\n  DE  newly denied  128 IPv4 addresses  65,536 IPv6 /64 networks\n" +
				"\nBy ASN\n  AS64500  newly denied  128 IPv4 addresses  65,536 IPv6 /64 networks\n"},
		{"nothing newly denied as text", []string{"--only", "newly-denied", "--top", "1", "old.json", "new.json"}, 0, "no address is decided differently so that it is newly denied\n" +
			"\nDocuments, with what each difference decides alone\n  changed  network configuration  128 IPv4 addresses  65,536 IPv6 /64 networks\n" +
			"             - network 192.0.2.0/24\n             and 6 more\n"},
		{"the summary alone", []string{"--summary", "--top", "0", "old.json", "new.json"}, 0, "\nIn all\n  newly allowed  128 IPv4 addresses  65,536 IPv6 /64 networks\n" +
			"\nDocuments, with what each difference decides alone\n  changed  network configuration  128 IPv4 addresses  65,536 IPv6 /64 networks\n             and 7 more\n" +
			"\nBy country\n  and 1 more\n\nBy ASN\n  and 1 more\n"},
		{"the summary as JSON", []string{"--summary", "--json", "old.json", "new.json"}, 0, `{"ranges":2,"newlyDenied":{"ipv4":0,"ipv6Networks":0},"newlyAllowed":{"ipv4":128,"ipv6Networks":65536},` +
			`"otherReason":{"ipv4":0,"ipv6Networks":0},"documents":[{"kind":"network configuration","id":null,"name":null,"change":"changed","parts":[` +
			`{"change":"removed","what":"network","value":"192.0.2.0/24"},{"change":"removed","what":"country","value":"FR"},{"change":"removed","what":"whitelisted","value":"false"},` +
			`{"change":"added","what":"network","value":"192.0.2.0/25"},{"change":"added","what":"network","value":"198.51.100.7/32"},{"change":"added","what":"network","value":"2001:db8::/48"},` +
			`{"change":"added","what":"whitelisted","value":"true"}],"alone":{"ipv4":128,"ipv6Networks":65536}}]}` + "\n"},
		{"a policy and itself", []string{"old.json", "old.json", "--exit-code"}, 0, "no address is decided differently\n"},
		{"a policy and itself as JSON", []string{"old.json", "old.json", "--exit-code", "--json"}, 0, ""},
		{"any difference with an exit code", []string{"old.json", "new.json", "--exit-code", "--only", "newly-allowed", "--json"}, 2,
			`{"first":"192.0.2.0","last":"192.0.2.127","before":{"decision":"deny","reason":"untrusted_geography"},"after":{"decision":"allow","reason":"permitted"}}` + "\n" +
				`{"first":"2001:db8::","last":"2001:db8:0:ffff:ffff:ffff:ffff:ffff","before":{"decision":"deny","reason":"off_network"},"after":{"decision":"allow","reason":"permitted"}}` + "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, twoNetworks)
			got := runIn(t, "", append([]string{"diff", "-g", "geo.csv"}, test.args...)...)
			require.Equal(t, test.out, got.out)
			require.Equal(t, test.code, got.code, got.stderr)
			require.Empty(t, got.stderr)
		})
	}
}

func TestDiffOfNetworksThatAreNoPrefix(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["10.0.0.0/8"]}`, "new.json": `{"range":["10.0.0.0/8","10.255.255.255/32","11.0.0.0/24","11.0.1.0/25","192.0.2.7"]}`})
	got := runIn(t, "", "diff", "old.json", "new.json")
	require.Equal(t, "11.0.0.0-11.0.1.127 deny off_network -> allow permitted\n192.0.2.7 deny off_network -> allow permitted\n"+
		"\nIn all\n  newly allowed  385 IPv4 addresses  0 IPv6 /64 networks\n"+
		"\nDocuments, with what each difference decides alone\n  changed  network configuration  385 IPv4 addresses  0 IPv6 /64 networks\n"+
		"             + network 10.255.255.255/32\n             + network 11.0.0.0/24\n             + network 11.0.1.0/25\n             + network 192.0.2.7\n", got.out)
}

// -c is part of both policies, so that one document can be compared in place.
func TestDiffOfOneDocumentOfAPolicy(t *testing.T) {
	acme(t)
	writeFile(t, "net1.json", `{"range":["192.0.2.0/24"]}`)
	writeFile(t, "net2.json", `{"range":["192.0.2.0/25"]}`)
	got := runIn(t, "", "diff", "-c", "zones.json", "-c", "rules.json", "-g", "geo.csv", "net1.json", "net2.json", "--json")
	require.Equal(t, `{"first":"192.0.2.128","last":"192.0.2.255","before":{"decision":"allow","reason":"permitted"},"after":{"decision":"deny","reason":"off_network"}}`+"\n", got.out)
	require.Contains(t, got.stderr, "Teredo")
	require.Contains(t, runIn(t, "", "diff", "-c", "zones.json", "-g", "geo.csv", "net1.json", "net2.json").out, "\nnote: Teredo addresses, 2001::/32, ")
}

// A person sees the summary first, and then the ranges.
func TestDiffOnATerminal(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["10.0.0.0/8"]}`, "new.json": `{"range":["10.0.0.0/9"]}`})
	var out bytes.Buffer
	c := &commandLine{}
	pair, err := c.openPair("old.json", "new.json")
	require.NoError(t, err)
	report := &diffReport{out: bufio.NewWriter(&out), look: style{person: true}, counter: impact.NewCounter(nil)}
	require.NoError(t, report.write(diffFlags{top: 10}, pair, decide.Diff(pair[0].Policy, pair[1].Policy), ""))
	require.NoError(t, report.out.Flush())
	require.Equal(t, "\nIn all\n  newly denied  8,388,608 IPv4 addresses  0 IPv6 /64 networks\n"+
		"\nDocuments, with what each difference decides alone\n  changed  network configuration  8,388,608 IPv4 addresses  0 IPv6 /64 networks\n"+
		"             - network 10.0.0.0/8\n             + network 10.0.0.0/9\n"+
		"\nRanges\n10.128.0.0/9                      allow permitted -> deny off_network\n", out.String())
}

func TestGrouped(t *testing.T) {
	for digits, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "18446744073709551616": "18,446,744,073,709,551,616"} {
		require.Equal(t, want, grouped(digits))
	}
}

func TestDiffErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"one policy", []string{"old.json"}, []string{"accepts 2 arg(s)"}},
		{"an unknown direction", []string{"old.json", "new.json", "--only", "denied"}, []string{`--only "denied": expected newly-denied or newly-allowed`}},
		{"policies that are missing", []string{"here.json", "there.json"}, []string{"here.json:1:1", "there.json:1:1"}},
		{"a broken policy outranks differences", []string{"old.json", "bad.json", "--exit-code"}, []string{"bad.json:1:"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder(t, twoNetworks)
			writeFile(t, "bad.json", `{"range":["192.0.2.0/33"]}`)
			got := runIn(t, "", append([]string{"diff", "-g", "geo.csv"}, test.args...)...)
			require.Equal(t, 1, got.code)
			require.Empty(t, got.out)
			for _, want := range test.want {
				require.Contains(t, got.stderr, want)
			}
		})
	}
}

// Every range of a comparison on databases of the whole internet is true at its
// ends and not beyond them, by what eval says.
func TestDiffAgreesWithEval(t *testing.T) {
	country := realdata.Path(t, "mmdb/country-2025.mmdb")
	folder(t, map[string]string{
		"old.json": `{"geolocation":["RU","CN"],"whitelisted":false}`,
		"new.json": `{"geolocation":["DE","FR","US"],"range":["5.0.0.0/8"],"whitelisted":true}`,
	})
	changes := objects(t, runIn(t, "", "diff", "-g", country, "--json", "--unknown-country", "trust", "old.json", "new.json").out)
	require.Greater(t, len(changes), 1000)
	var asked string
	var expected []string
	said := func(object any) string {
		outcome := object.(map[string]any)
		return outcome["decision"].(string) + " " + outcome["reason"].(string)
	}
	const every = 97 // of many thousands
	for i := 0; i < len(changes); i += every {
		r := netipx.IPRangeFrom(netip.MustParseAddr(changes[i]["first"].(string)), netip.MustParseAddr(changes[i]["last"].(string)))
		pair := said(changes[i]["before"]) + " " + said(changes[i]["after"])
		for _, addr := range []netip.Addr{r.From(), r.To()} {
			asked += addr.String() + "\n"
			expected = append(expected, pair)
		}
		for _, addr := range []netip.Addr{r.From().Prev(), r.To().Next()} {
			if addr.IsValid() && !addr.Is4In6() {
				asked += addr.String() + "\n"
				expected = append(expected, "not "+pair)
			}
		}
	}
	eval := func(policy string) []map[string]any {
		return objects(t, runIn(t, asked, "eval", "-c", policy, "-g", country, "--json", "--unknown-country", "trust").out)
	}
	before, after := eval("old.json"), eval("new.json")
	require.Len(t, before, len(expected))
	for i, want := range expected {
		got := said(before[i]) + " " + said(after[i])
		if got != want && (len(want) < 4 || want[:4] != "not " || got == want[4:]) {
			t.Fatalf("%v: %s, expected %s", before[i]["client"], got, want)
		}
	}
}

// What differs between documents is named by kind, name and id, with what each difference
// decides alone; a log says how many requests are decided differently.
func TestDiffNamesDocuments(t *testing.T) {
	acme(t)
	zones := readFile(t, "zones.json")
	writeFile(t, "new.json", strings.Replace(strings.Replace(zones, `"Office"`, `"Bureau"`, 1), "203.0.113.0/24", "203.0.113.0/25", 1))
	writeFile(t, "access.log", "203.0.113.200"+combinedTail+"\n192.0.2.1"+combinedTail+"\n")
	got := runIn(t, "", words("diff -g geo.csv zones.json new.json --log access.log")...)
	require.Zero(t, got.code, got.stderr)
	require.Empty(t, got.stderr, "the note stands in the text")
	require.Equal(t, `203.0.113.128/25 deny blocklisted -> allow permitted, 1 request
64:ff9b::cb00:7180/121 deny blocklisted -> allow permitted
2002:cb00:7180::/41 deny blocklisted -> allow permitted

In all
  newly allowed  128 IPv4 addresses  8,388,609 IPv6 /64 networks

Documents, with what each difference decides alone
  changed  zone "Bureau" (nzoffice)  0 IPv4 addresses  0 IPv6 /64 networks
             - name Office
             + name Bureau
  changed  zone "BlockedIpZone" (nzblock)  128 IPv4 addresses  8,388,609 IPv6 /64 networks
             - gateway 203.0.113.0/24
             + gateway 203.0.113.0/25

Of 2 requests in access.log, through their proxies
  newly denied         0 requests  0.0%
  newly allowed        1 request   50.0%
  clients that change  1           

Clients newly allowed
  203.0.113.200  -  1 of 1  2015-05-17T10:05:03Z .. 2015-05-17T10:05:03Z

`, strings.Split(got.out, "note: ")[0])
	summary := objects(t, runIn(t, "", words("diff -g geo.csv zones.json new.json --log access.log --json --summary")...).out)[0]
	require.Equal(t, map[string]any{"newlyDenied": 0.0, "newlyAllowed": 1.0, "clients": 1.0}, summary["log"])
	require.Len(t, summary["documents"], 2)
	require.NotContains(t, objects(t, runIn(t, "", words("diff -g geo.csv zones.json new.json --json --summary")...).out)[0], "log")
	lines := objects(t, runIn(t, "", words("diff -g geo.csv zones.json new.json --log access.log --json")...).out)
	require.Equal(t, []any{1.0, 0.0, 0.0}, []any{lines[0]["requests"], lines[1]["requests"], lines[2]["requests"]})
	for args, want := range map[string]string{
		"--log absent.log": "absent.log: no such file", "--log access.log --format x": `unknown format "x"`, "--only x": `--only "x"`,
	} {
		got := runIn(t, "", words("diff -g geo.csv zones.json new.json "+args)...)
		require.Equal(t, 1, got.code, args)
		require.Contains(t, got.stderr, want)
	}
	same := runIn(t, "", words("diff -g geo.csv network.json network.json --json")...)
	require.Empty(t, same.stderr, "no note where nothing can matter")
	only := runIn(t, "", words("diff -g geo.csv --only newly-allowed --json new.json zones.json")...)
	require.Empty(t, only.out, "what is newly denied is not newly allowed")
}

// The share of a difference is worked out for the first fifty alone: each takes a compilation.
func TestDiffSharesOfTheFirstFifty(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["10.0.0.0/8"]}`, "new.json": `{"range":["10.0.0.0/9"]}`})
	pair, err := (&commandLine{}).openPair("old.json", "new.json")
	require.NoError(t, err)
	differences := docdiff.Between(pair[0].Parts, pair[1].Parts)
	require.Len(t, differences, 1)
	size, known := shareOf(&differences[0], maxShares-1, pair[1])
	require.True(t, known)
	require.EqualValues(t, 1<<23, size.IPv4)
	_, known = shareOf(&differences[0], maxShares, pair[1])
	require.False(t, known)
}

// A person is shown each range, and a program gets its JSON also on a terminal.
func TestDiffOfSeveralRangesOnATerminal(t *testing.T) {
	folder(t, map[string]string{"old.json": `{"range":["10.0.0.0/8","192.0.2.0/24"]}`, "new.json": `{"range":["10.0.0.0/9"]}`})
	pair, err := (&commandLine{}).openPair("old.json", "new.json")
	require.NoError(t, err)
	for asJSON, want := range map[bool]string{
		false: "\nRanges\n10.128.0.0/9                      allow permitted -> deny off_network\n192.0.2.0/24                      allow permitted -> deny off_network\n",
		true: `{"first":"10.128.0.0","last":"10.255.255.255","before":{"decision":"allow","reason":"permitted"},"after":{"decision":"deny","reason":"off_network"}}` + "\n" +
			`{"first":"192.0.2.0","last":"192.0.2.255","before":{"decision":"allow","reason":"permitted"},"after":{"decision":"deny","reason":"off_network"}}` + "\n",
	} {
		var out bytes.Buffer
		report := &diffReport{out: bufio.NewWriter(&out), json: asJSON, look: style{person: true}, counter: impact.NewCounter(nil)}
		require.NoError(t, report.write(diffFlags{top: 10}, pair, decide.Diff(pair[0].Policy, pair[1].Policy), ""))
		require.NoError(t, report.out.Flush())
		require.True(t, strings.HasSuffix(out.String(), want), out.String())
		require.Equal(t, asJSON, out.String() == want)
	}
}

// Beyond the fiftieth difference nobody says what it decides alone, as text or as JSON.
func TestDiffSaysNoShareBeyondTheFirstFifty(t *testing.T) {
	zones := func(bits int) string {
		all := make([]string, maxShares+1)
		for i := range all {
			all[i] = fmt.Sprintf(`{"type":"IP","id":"z%d","name":"Z%d","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"10.0.%d.0/%d"}]}`, i, i, i, bits)
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	folder(t, map[string]string{"old.json": zones(24), "new.json": zones(25)})
	summary := objects(t, runIn(t, "", words("diff --json --summary old.json new.json")...).out)[0]
	documents := summary["documents"].([]any)
	require.Len(t, documents, maxShares+1)
	for i, one := range documents {
		document := one.(map[string]any)
		require.Equal(t, fmt.Sprintf("Z%d", i), document["name"])
		require.Equal(t, fmt.Sprintf("z%d", i), document["id"])
		require.Equal(t, i < maxShares, document["alone"] != nil, i)
	}
	text := runIn(t, "", words("diff --summary old.json new.json")...).out
	require.Regexp(t, `\n  changed  zone "Z49" \(z49\) +128 IPv4 addresses +8,388,609 IPv6 /64 networks\n`, text)
	require.Regexp(t, `\n  changed  zone "Z50" \(z50\) *\n`, text)
}

// Groups are a row for each direction, the first with the group's name; those who are in no
// group are called unknown, and left out where there is nobody else.
func TestDiffGroups(t *testing.T) {
	size := func(text string) (s impact.Size) {
		s.Add(netipx.MustParseIPRange(text))
		return s
	}
	one, two := size("192.0.2.0-192.0.2.0"), size("192.0.2.0-192.0.2.1")
	var both, denied impact.Sizes
	both[impact.NewlyDenied], both[impact.NewlyAllowed] = two, one
	denied[impact.NewlyDenied] = one
	groups := []impact.Group[string]{{Key: "DE", Known: true, Sizes: both}, {Key: "?", Sizes: denied}, {Key: "AT", Known: true, Sizes: denied}, {Key: "CH", Known: true, Sizes: denied}}
	name := func(country string) string { return country + "!" }
	const none = "0 IPv6 /64 networks"
	rows := [][]string{
		{"DE!", "newly denied", "2 IPv4 addresses", none}, {"", "newly allowed", "1 IPv4 addresses", none},
		{"unknown", "newly denied", "1 IPv4 addresses", none}, {"AT!", "newly denied", "1 IPv4 addresses", none}, {"CH!", "newly denied", "1 IPv4 addresses", none},
	}
	require.Equal(t, rows, groupRows(groups, 4, name))
	require.Equal(t, append(rows[:3:3], []string{"and 2 more"}), groupRows(groups, 2, name))
	require.Equal(t, append(rows[:4:4], []string{"and 1 more"}), groupRows(groups, 3, name))
	require.Equal(t, rows[:2], groupRows(groups[:1], 4, name))
	require.Empty(t, groupRows(groups[1:2], 4, name))
	require.Empty(t, groupRows(groups[:0], 4, name))
}

// Ten of each list are shown where nobody says how many, also where compile compares.
func TestDiffShowsTen(t *testing.T) {
	geo, all := "network,country,region,asn,anonymizer,services\n", []string{}
	for i := range 12 {
		geo += fmt.Sprintf("10.0.%d.0/24,%c%c,,,,\n", i, 'A'+i, 'A'+i)
		all = append(all, fmt.Sprintf("%q", fmt.Sprintf("10.0.%d.0/24", i)))
	}
	folder(t, map[string]string{"geo.csv": geo, "old.json": `{"range":[` + strings.Join(all, ",") + `]}`, "new.json": `{"range":["192.0.2.0/24"]}`})
	text := runIn(t, "", words("diff -g geo.csv old.json new.json")...).out
	require.Equal(t, 10, strings.Count(text, "             - network 10.0."), text)
	_, countries, _ := strings.Cut(text, "By country\n")
	require.Equal(t, 9, strings.Count(countries, "newly denied"), "and what is newly allowed")
	require.Contains(t, countries, "\n  and 3 more\n")
	require.Zero(t, runIn(t, "", words("compile -c old.json -g geo.csv -o old.nws")...).code)
	compared := runIn(t, "", words("compile -c new.json -g geo.csv --verify old.nws")...)
	require.Equal(t, 2, compared.code, compared.stderr)
	_, again, _ := strings.Cut(compared.out, "By country\n")
	require.Equal(t, countries, again)
}
