package workload

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// Internet is the announced prefixes and the databases that workloads are drawn
// from. It is immutable and safe for concurrent use.
type Internet struct {
	// Prefixes without pointers: a million netip.Prefix would be a million
	// pointers for the collector to follow while compilations are measured.
	v4 []prefix4
	v6 []prefix6

	// Sources are the country, ASN and anonymous databases: files where they
	// are real, bytes where they are generated.
	Sources [3]geo.Source
}

type prefix4 struct {
	first uint32
	bits  uint8
}

type prefix6 struct {
	hi, lo uint64
	bits   uint8
}

// Open reads the real data if it is there and generates it if not.
func Open() (*Internet, error) {
	directory, err := Directory()
	if err != nil {
		return generate(), nil
	}
	in := &Internet{}
	for i, file := range []string{countryFile, asnFile, anonymousFile} {
		in.Sources[i] = geo.Source{File: filepath.Join(directory, file)}
	}
	file, err := os.Open(filepath.Join(directory, prefixFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(unpacked)
	for lines.Scan() {
		prefix, err := netip.ParsePrefix(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		in.announce(prefix)
	}
	return in, lines.Err()
}

func (in *Internet) announce(prefix netip.Prefix) {
	if prefix.Addr().Is4() {
		in.v4 = append(in.v4, prefix4{addrnum.From4(prefix.Addr()), uint8(prefix.Bits())})
		return
	}
	first := addrnum.From6(prefix.Addr())
	in.v6 = append(in.v6, prefix6{first.Hi, first.Lo, uint8(prefix.Bits())})
}

// Family is an address family.
type Family int

// The families.
const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// Announced is the number of announced prefixes of a family.
func (in *Internet) Announced(family Family) int {
	if family == IPv4 {
		return len(in.v4)
	}
	return len(in.v6)
}

// prefix is the announced prefix with that index.
func (in *Internet) prefix(family Family, index int) netip.Prefix {
	if family == IPv4 {
		p := in.v4[index]
		return netip.PrefixFrom(addr4(p.first), int(p.bits))
	}
	p := in.v6[index]
	return netip.PrefixFrom(addr6(p.hi, p.lo), int(p.bits))
}

func addr4(number uint32) netip.Addr { return addrnum.Addr4(number) }

func addr6(hi, lo uint64) netip.Addr { return addrnum.Number{Hi: hi, Lo: lo}.Addr6() }

// anyPrefix draws from the prefixes of both families together.
func (in *Internet) anyPrefix(random *rand.Rand) netip.Prefix {
	if index := random.IntN(len(in.v4) + len(in.v6)); index < len(in.v4) {
		return in.prefix(IPv4, index)
	} else {
		return in.prefix(IPv6, index-len(in.v4))
	}
}

// addressIn draws an address of a prefix.
func addressIn(random *rand.Rand, prefix netip.Prefix) netip.Addr {
	if prefix.Addr().Is4() {
		host := uint32(uint64(1)<<(32-prefix.Bits()) - 1)
		return addr4(addrnum.From4(prefix.Addr()) | random.Uint32()&host)
	}
	first := addrnum.From6(prefix.Addr())
	hi, lo := first.Hi, first.Lo
	if bits := prefix.Bits(); bits < 64 {
		hi |= random.Uint64() & (^uint64(0) >> bits)
		lo |= random.Uint64()
	} else if bits < 128 {
		lo |= random.Uint64() & (^uint64(0) >> (bits - 64))
	}
	return addr6(hi, lo)
}

// AddressCount is how many addresses benchmarks go round, and HotCount how many
// they repeat when they ask for a few clients again and again.
const (
	AddressCount = 1 << 16
	HotCount     = 1 << 8
)

// Addresses are AddressCount random addresses of announced prefixes.
func (in *Internet) Addresses(family Family) []netip.Addr {
	random := rand.New(rand.NewPCG(uint64(family), 1))
	addresses := make([]netip.Addr, AddressCount)
	for i := range addresses {
		addresses[i] = addressIn(random, in.prefix(family, random.IntN(in.Announced(family))))
	}
	return addresses
}

// Load reads the three databases.
func (in *Internet) Load() (*geo.Table, error) { return geo.Load(in.Sources[:]...) }
