package iptable

import (
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// benchSets are the edges the benchmarks run on: the real databases joined, about 460,000 intervals of IPv4 and 210,000
// of IPv6 with 110,000 values; as many values as fit in 16 bits; and a few ranges.
func benchSets(b *testing.B) map[string]*edgeSet {
	b.Helper()
	dir := realData(b)
	var sets []*edgeSet
	for _, name := range realDatabases {
		reader, err := maxminddb.Open(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		sets = append(sets, readDatabase(b, reader))
		reader.Close()
	}
	joined := join(sets)
	folded, few := *joined, edgeSet{}
	folded.value4, folded.value6 = nil, nil
	for _, v := range joined.value4 {
		folded.value4 = append(folded.value4, v%6500)
	}
	for _, v := range joined.value6 {
		folded.value6 = append(folded.value6, v%6500)
	}
	for i := 0; i < 300; i++ {
		few.add4(joined.first4[i*len(joined.first4)/300], uint32(i))
		few.add6(joined.first6[i*len(joined.first6)/300], uint32(i))
	}
	return map[string]*edgeSet{"joined": joined, "folded": &folded, "few": &few}
}

// benchAddrs are addresses at random places of random intervals of set, so that short intervals, which need
// the longest walks, are not rare. There are 65,536, far more than the branch predictor can learn by heart.
func benchAddrs(set *edgeSet) (v4, v6 []netip.Addr) {
	random := rand.New(rand.NewPCG(42, 42))
	for range 1 << 16 {
		i := random.IntN(len(set.first4) - 1)
		v4 = append(v4, addrnum.Addr4(set.first4[i]+random.Uint32N(set.first4[i+1]-set.first4[i])))
		k := random.IntN(len(set.first6) - 1)
		from, to := set.first6[k], set.first6[k+1]
		if from.Hi < to.Hi {
			from.Hi += random.Uint64N(to.Hi - from.Hi)
			from.Lo = random.Uint64()
		}
		v6 = append(v6, from.Addr6())
	}
	return v4, v6
}

var benchSink uint32

func BenchmarkLookup(b *testing.B) {
	sets := benchSets(b)
	v4, v6 := benchAddrs(sets["joined"])
	for _, name := range []string{"joined", "folded", "few"} {
		table := sets[name].build(denseEdges6)
		bytes4, bytes6 := table.Bytes()
		run := func(family string, addrs []netip.Addr, bytes int) {
			b.Run(name+"/"+family, func(b *testing.B) {
				sum, i := uint32(0), 0
				for b.Loop() {
					sum += table.Lookup(addrs[i&(1<<16-1)])
					i++
				}
				benchSink = sum
				b.ReportMetric(float64(bytes), "table-bytes")
			})
		}
		run("v4", v4, bytes4)
		run("v6", v6, bytes6)
	}
}

func BenchmarkBuild(b *testing.B) {
	set := benchSets(b)["folded"]
	for b.Loop() {
		set.build(denseEdges6)
	}
	b.ReportMetric(float64(len(set.first4)+len(set.first6)), "edges")
}
