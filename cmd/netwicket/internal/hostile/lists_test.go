package hostile_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

const csvHeader = "network,country,region,asn,anonymizer,services\n"

// lists are all that read text line by line.
func lists() map[string]func(text string) error {
	load := func(source geo.Source) error {
		source.File = "hostile.json"
		table, err := geo.Load(source)
		if err != nil && table != nil {
			panic("a table beside an error")
		}
		return err
	}
	return map[string]func(string) error{
		"threat feed":     func(text string) error { _, err := zone.ParseFeed("hostile.json", []byte(text)); return err },
		"netset":          func(text string) error { return load(geo.Source{Data: []byte(text), Service: "NORD_VPN"}) },
		"CSV corrections": func(text string) error { return load(geo.Source{Data: []byte(csvHeader + text), Kind: geo.CSV}) },
		"geofeed": func(text string) error {
			return load(geo.Source{Data: []byte("198.51.100.0/24,US\n" + text), Kind: geo.CSV})
		},
	}
}

func codes(err error) (all []string) {
	if list, ok := errors.AsType[finding.List](err); ok {
		for _, f := range list {
			all = append(all, f.Code)
		}
	}
	return all
}

// What a message repeats of a line is short, whatever the line.
func TestLongCells(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	refused := map[string]int{}
	for _, line := range []string{
		long, long + ",US,,,,", "192.0.2.1," + long + ",,,,", "192.0.2.1,US," + long + ",,,", "192.0.2.1,US,US-" + long + ",,,", "192.0.2.1,US,," + long + ",,",
		"192.0.2.1,US,,," + long + ",", "192.0.2.1,US,,,," + long, "192.0.2.1,US,,,,NORD_VPN=" + long, "192.0.2.1,US,,,," + long[:4000] + "|" + long[:4000],
	} {
		for name, parse := range lists() {
			if err := parse(line); err != nil {
				refused[name]++
				require.Less(t, len(err.Error()), 2000, "%s: %.300s", name, err)
			}
		}
	}
	require.Equal(t, map[string]int{"threat feed": 10, "netset": 10, "CSV corrections": 9, "geofeed": 10}, refused)
}

// A line may be as long as the limit, however it ends, and not a byte longer.
func TestLongestLine(t *testing.T) {
	all := lists()
	for name, limit := range map[string]int{"threat feed": 4 << 10, "netset": 4 << 10, "CSV corrections": 64 << 10, "geofeed": 64 << 10} {
		begin := map[string]string{"threat feed": "192.0.2.1", "netset": "192.0.2.1", "CSV corrections": "192.0.2.1,US,,,,", "geofeed": "192.0.2.1,US,,,"}[name]
		for _, ending := range []string{"", "\n", "\r\n"} {
			for _, behind := range []string{"", begin} {
				if ending == "" && behind != "" {
					continue
				}
				line := begin + strings.Repeat(" ", limit-len(begin))
				if err := all[name](line + ending + behind); name == "CSV corrections" {
					require.NotContains(t, codes(err), "line-too-long") // no cell of corrections may be as long
				} else {
					require.NoError(t, err, "%s, %q", name, ending)
				}
				checkRefused(t, name, all[name](line+" "+ending+behind), "line-too-long")
			}
		}
	}
}

// Spaces that are none of ASCII belong to what they stand at, which is no address
// then: whoever drops them decides what a document meant.
func TestSpacesBeyondASCII(t *testing.T) {
	quoted := func(text string) string {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		return string(encoded)
	}
	documents := parsers(t)
	readers := map[string]func(text string) error{
		"Okta RANGE": func(text string) error {
			return documents["Okta zones"]("hostile.json", []byte(`[{"type":"IP","name":"z","gateways":[{"type":"RANGE","value":`+quoted(text)+`}]}]`))
		},
		"Okta CIDR": func(text string) error {
			return documents["Okta zones"]("hostile.json", []byte(`[{"type":"IP","name":"z","gateways":[{"type":"CIDR","value":`+quoted(text)+`}]}]`))
		},
		"SailPoint": func(text string) error {
			return documents["SailPoint network config"]("hostile.json", []byte(`{"range":[`+quoted(text)+`],"geolocation":[],"whitelisted":true}`))
		},
		"overlay": func(text string) error {
			return documents["overlay"]("hostile.json", []byte(`{"deny":[{"network":`+quoted(text)+`,"why":"w"}],"allow":[]}`))
		},
		"edge": func(text string) error {
			return documents["policy file"]("hostile.json", []byte(`{"edge":{"trusted":[`+quoted(text)+`],"source":"x-forwarded-for"}}`))
		},
	}
	for name, read := range lists() {
		readers[name] = func(text string) error {
			switch name {
			case "CSV corrections":
				text += ",US,,,,"
			case "geofeed":
				text += ",US,,,"
			}
			return read(text + "\n")
		}
	}
	accepted := map[string]int{}
	for _, form := range []string{
		"%s192.0.2.1", "192.0.2.1%s", "%s192.0.2.0/24", "192.0.2.0%s/24", "192.0.2.0/%s24", "192.0.2.0/24%s", "192.0.%s2.0/24",
		"%s192.0.2.1-192.0.2.9", "192.0.2.1%s-192.0.2.9", "192.0.2.1-%s192.0.2.9", "192.0.2.1-192.0.2.9%s", "192.0.2.1 %s- 192.0.2.9", "192.0.2.1 - %s192.0.2.9 ",
		"%s2001:db8::1", "2001:db8::%s/32", "2001:db8::1%s-2001:db8::9",
	} {
		for name, read := range readers {
			if read(strings.ReplaceAll(form, "%s", "")) == nil {
				accepted[name]++
			}
			for _, space := range []string{"\u00a0", "\u1680", "\u2003", "\u2009", "\u200b", "\u2028", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff", "\u0085", "\v", "\f"} {
				if at := form; space == "\ufeff" && strings.HasPrefix(at, "%s") && (name == "threat feed" || name == "netset") {
					continue // a byte order mark
				}
				text := strings.ReplaceAll(form, "%s", space)
				require.Error(t, read(text), "%s: %q", name, text)
			}
		}
	}
	for name := range readers {
		require.NotZero(t, accepted[name], "%s takes none of them", name)
	}
}

func TestHostileLists(t *testing.T) {
	for _, test := range []struct {
		name  string
		text  string
		large bool
	}{
		{name: "invalid UTF-8", text: "192.0.2.\xff\n"},
		{name: "NUL", text: "192.0.2.1\x00\n"},
		{name: "nothing but NUL", text: strings.Repeat("\x00", 4096)},
		{name: "an escape sequence of a terminal", text: "\x1b[2J192.0.2.1\n"},
		{name: "a line of a megabyte", text: strings.Repeat("1", 1<<20)},
		{name: "a line of 100 MB", text: strings.Repeat("1", 100_000_000), large: true},
		{name: "a million bad lines", text: strings.Repeat("x\n", sized(1_000_000))},
		{name: "100,000 hyphens", text: strings.Repeat("-", 4000) + "\n"},
		{name: "a prefix of 129 bits", text: "2001:db8::/129\n"},
		{name: "a prefix of mapped addresses and more", text: "::ffff:0:0/95\n"},
		{name: "a range from the end to the start", text: "192.0.2.9-192.0.2.1\n"},
		{name: "a range over both families", text: "192.0.2.1-2001:db8::1\n"},
		{name: "a zone", text: "fe80::1%eth0\n"},
		{name: "leading zeros", text: "010.0.0.1\n"},
		{name: "a name", text: "localhost\n"},
		{name: "digits that are no ASCII", text: "１９２.0.2.1\n"},
		{name: "a NO-BREAK SPACE", text: "\u00a0192.0.2.1\n"},
		{name: "carriage returns alone", text: "192.0.2.1\r192.0.2.2\r"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.large && !proving() {
				t.Skip("takes half a gigabyte; NETWICKET_PROVE=1 asks for it")
			}
			for name, parse := range lists() {
				text := test.text
				if name == "CSV corrections" && len(text) < 10_000 {
					text = strings.ReplaceAll(text, "\n", ",US,,,,\n")
				}
				checkRefused(t, name, parse(text), "")
			}
		})
	}
}

// More networks than the limit are refused, and as many as the limit are not.
func TestListsHaveAnEnd(t *testing.T) {
	if !proving() {
		t.Skip("takes a gigabyte; NETWICKET_PROVE=1 asks for it")
	}
	const limit = 5_000_000
	var text strings.Builder
	for range limit {
		text.WriteString("192.0.2.1\n")
	}
	feed, err := zone.ParseFeed("hostile.json", []byte(text.String()))
	require.NoError(t, err)
	require.Len(t, feed.Entries, limit)
	_, err = zone.ParseFeed("hostile.json", []byte(text.String()+"192.0.2.2\n"))
	checkRefused(t, "threat feed", err, "too-many-entries")
}

// A quote that is never closed makes one cell of the rest; it is refused, and
// what the message shows of it is short.
func TestUnclosedQuote(t *testing.T) {
	_, err := geo.Load(geo.Source{File: "hostile.json", Kind: geo.CSV, Data: []byte(csvHeader + `"192.0.2.1,US,,,,` + strings.Repeat("\nx,US,,,,", 100_000))})
	checkRefused(t, "CSV corrections", err, "bad-csv")
	var findings finding.List
	require.ErrorAs(t, err, &findings)
}
