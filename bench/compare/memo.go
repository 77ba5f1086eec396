package compare

import (
	"net/netip"
	"runtime"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/netwicket/netwicket/bench/workload"
)

// memo is the three databases with every record decoded once: a look-up says where an
// address's record lies, and what lies there is kept by its place, as the reader's
// documentation of Result.Offset suggests. It is for one goroutine; several would pay
// for a lock, or for a memo each.
type memo struct {
	country   remembered[countryRecord]
	asn       remembered[asnRecord]
	anonymous remembered[anonymousRecord]
}

func newMemo(tb testing.TB, in *workload.Internet) *memo {
	tb.Helper()
	d := openDatabases(tb, in)
	return &memo{
		remembered[countryRecord]{d.country, map[uintptr]countryRecord{}},
		remembered[asnRecord]{d.asn, map[uintptr]asnRecord{}},
		remembered[anonymousRecord]{d.anonymous, map[uintptr]anonymousRecord{}},
	}
}

// remembered is one database and its records by their places.
type remembered[record any] struct {
	reader  *maxminddb.Reader
	records map[uintptr]record
}

func (r *remembered[record]) lookup(addr netip.Addr) (record, error) {
	result := r.reader.Lookup(addr)
	if !result.Found() {
		var nothing record
		return nothing, result.Err()
	}
	if found, known := r.records[result.Offset()]; known {
		return found, nil
	}
	var decoded record // what is decoded into is allocated, and a look-up that remembers shall not
	err := result.Decode(&decoded)
	r.records[result.Offset()] = decoded
	return decoded, err
}

func (m *memo) lookup(addr netip.Addr) (facts, error) {
	country, err := m.country.lookup(addr)
	if err != nil {
		return facts{}, err
	}
	asn, err := m.asn.lookup(addr)
	if err != nil {
		return facts{}, err
	}
	anonymous, err := m.anonymous.lookup(addr)
	return facts{country.code(), asn.Number, anonymous}, err
}

// loop remembers the records of all addresses before it begins: a program that runs
// for days decodes next to nothing any more.
func (m *memo) loop(b *testing.B, addresses []netip.Addr) {
	for _, addr := range addresses {
		if _, err := m.lookup(addr); err != nil {
			b.Fatal(err)
		}
	}
	sum, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		f, err := m.lookup(addresses[i&(len(addresses)-1)])
		if err != nil {
			b.Fatal(err)
		}
		sum += len(f.country) + int(f.asn)
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}
