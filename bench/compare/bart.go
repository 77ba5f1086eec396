package compare

import (
	"net/netip"
	"runtime"
	"testing"

	"github.com/gaissmai/bart"

	"github.com/netwicket/netwicket/bench/workload"
)

// countryCode is two letters as a number: a small value, which bart keeps best.
type countryCode uint16

func codeOf(country string) countryCode {
	if len(country) != 2 {
		return 0
	}
	return countryCode(country[0])<<8 | countryCode(country[1])
}

// countryPrefixes are the networks of the country database.
func countryPrefixes(tb testing.TB, in *workload.Internet, add func(netip.Prefix, countryCode)) {
	tb.Helper()
	for result := range openDatabase(tb, in.Sources[0]).Networks() {
		var record countryRecord
		if err := result.Decode(&record); err != nil {
			tb.Fatal(err)
		}
		if code := codeOf(record.code()); code != 0 {
			add(result.Prefix(), code)
		}
	}
}

// bartFast holds the country of every address.
type bartFast struct{ bart.Fast[countryCode] }

func newBartFast(tb testing.TB, in *workload.Internet) *bartFast {
	t := &bartFast{}
	countryPrefixes(tb, in, t.Insert)
	return t
}

func (t *bartFast) loop(b *testing.B, addresses []netip.Addr) {
	sum, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		code, _ := t.Lookup(addresses[i&(len(addresses)-1)])
		sum += int(code)
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}

// bartLite holds which addresses have a country.
type bartLite struct{ bart.Lite }

func newBartLite(tb testing.TB, in *workload.Internet) *bartLite {
	t := &bartLite{}
	countryPrefixes(tb, in, func(prefix netip.Prefix, _ countryCode) { t.Insert(prefix) })
	return t
}

func (t *bartLite) loop(b *testing.B, addresses []netip.Addr) {
	known, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		if t.Contains(addresses[i&(len(addresses)-1)]) {
			known++
		}
		i++
	}
	clock.Report()
	runtime.KeepAlive(known)
}
