package hostile_test

import (
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
