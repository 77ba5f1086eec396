package geo

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mixedSources say something of both families, with texts and sets that several of
// them have in common, and with services that several state of one address.
func mixedSources() []Source {
	return []Source{
		{File: "first.csv", Data: []byte(strings.Join([]string{
			"network,country,region,asn,anonymizer,services",
			"198.51.100.0/24,US,US-CA,1,anonymous,B_VPN|C_VPN", "203.0.113.0/24,DE,DE-BY,2,,", "2001:db8::/32,IT,IT-25,3,tor,ANONYMIZER_TOR", "",
		}, "\n"))},
		{File: "second.csv", Data: []byte("network,country,region,asn,anonymizer,services\n203.0.113.0/25,IT,IT-25,,,A_VPN\n2001:db8:1::/48,US,US-CA,,,C_VPN\n")},
		{File: "a.txt", Service: "A_VPN", Data: []byte("198.51.100.0/25\n2001:db8:1::/49\n2001:db8:2::/48\n")},
		{File: "d.txt", Service: "D_VPN", Data: []byte("198.51.100.64/26\n203.0.113.0/26\n2001:db8::/31\n")},
		{File: "b.txt", Service: "B_VPN", Data: []byte("203.0.113.9\n2001:db8:1::/50\n")},
	}
}

// What Load makes, numbers included, is what one reader makes that reads the sources
// one after the other; and however many processors there are.
func TestLoadIsAsOneAfterTheOther(t *testing.T) {
	sources := mixedSources()
	l := newLoader()
	for _, source := range sources {
		l.load(source)
	}
	require.NoError(t, l.errors.Err())
	want := build(l.layers, l.vocabulary, l.supplied)
	l.vocabulary.close()
	want.datasets, want.warnings, want.stamps, want.fingerprint = l.datasets, l.warnings, l.stamps, l.fingerprint()
	for _, processors := range []int{1, 2, 8} {
		before := runtime.GOMAXPROCS(processors)
		for range 20 {
			table, err := Load(sources...)
			require.NoError(t, err)
			require.Equal(t, want, table, "%d processors", processors)
		}
		runtime.GOMAXPROCS(before)
	}
}

// Findings come in the order of the sources, whichever was read first.
func TestFindingsKeepTheOrderOfSources(t *testing.T) {
	before := runtime.GOMAXPROCS(4)
	defer runtime.GOMAXPROCS(before)
	var sources []Source
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		sources = append(sources, Source{File: name + ".csv", Data: []byte("network,country,region,asn,anonymizer,services\nnowhere,,,,,\n")})
	}
	for range 20 {
		_, err := Load(sources...)
		var found Findings
		require.ErrorAs(t, err, &found)
		for i, f := range found {
			require.Equal(t, sources[i].File, f.File)
		}
		require.Len(t, found, len(sources))
	}
}

// Both families side by side get the numbers that they get one after the other.
func TestFoldIsAsOneFamilyAfterTheOther(t *testing.T) {
	for seed := range uint64(300) {
		layersOf := func() ([]*layer, *vocabulary) {
			random, v := rand.New(rand.NewPCG(seed, 2)), newVocabulary()
			var layers []*layer
			for range 1 + random.IntN(4) {
				l := randomLayer(random, v)
				for i := range l.statements { // of more services, so that the families join other ones
					name := []string{"A_VPN", "B_VPN", "C_VPN", "D_VPN", "E_VPN"}[random.IntN(5)]
					l.statements[i].services = v.set([]Service{namedService(name)})
				}
				layers = append(layers, l)
			}
			return layers, v
		}
		layers, v := layersOf()
		out := fold(layers, v)

		layers, inTurn := layersOf()
		blocks := commonAliases(layers)
		for _, l := range layers {
			l.inlineAliases(blocks)
		}
		four, six := newFolder(layers, inTurn), newFolder(layers, inTurn)
		v4 := four.fold4(nil)
		for _, block := range blocks {
			four.fold4(four.readAll(block))
		}
		v6 := six.fold6()
		require.Equal(t, v4, out.v4, "seed %d", seed)
		require.Equal(t, v6, out.v6, "seed %d", seed)
		require.Equal(t, six.facts.items, out.facts6, "seed %d", seed)
		require.Equal(t, inTurn.sets, v.sets, "seed %d", seed)
		require.Equal(t, inTurn.setIndex, v.setIndex, "seed %d", seed)
	}
}

// A table is taken for the same where nothing that it was made of differs.
func TestReload(t *testing.T) {
	first, err := Load(mixedSources()...)
	require.NoError(t, err)
	same, err := Reload(first, mixedSources()...)
	require.NoError(t, err)
	require.Same(t, first, same)
	for name, change := range map[string]func(sources []Source) []Source{
		"content":       func(s []Source) []Source { s[1].Data = append([]byte(nil), append(s[1].Data, '\n')...); return s },
		"name":          func(s []Source) []Source { s[1].File = "other.csv"; return s },
		"service":       func(s []Source) []Source { s[2].Service = "E_VPN"; return s },
		"order":         func(s []Source) []Source { s[0], s[1] = s[1], s[0]; return s },
		"a source less": func(s []Source) []Source { return s[:4] },
		"a source more": func(s []Source) []Source { return append(s, s[0]) },
	} {
		sources := change(mixedSources())
		want, err := Load(sources...)
		require.NoError(t, err, name)
		got, err := Reload(first, sources...)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		require.NotSame(t, first, got, name)
	}
	fromNothing, err := Reload(nil, mixedSources()...)
	require.NoError(t, err)
	require.Equal(t, first, fromNothing)
	// A list that held nothing and is gone is not the same.
	path := filepath.Join(t.TempDir(), "list.txt")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	empty, err := Load(Source{File: path, Service: "NORD_VPN"})
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	_, err = Reload(empty, Source{File: path, Service: "NORD_VPN"})
	require.ErrorIs(t, err, os.ErrNotExist)
	sources := mixedSources()
	sources[0].Data = []byte("nonsense")
	_, err = Reload(first, sources...)
	_, want := Load(sources...)
	require.EqualError(t, err, want.Error())
}
