package workload

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// ChainZones is the number of zones of the policy that chains are decided by,
// and that peers are compared on.
const ChainZones = 100

// Suite builds what benchmarks share, each part once and when it is first asked
// for. Its zero value is ready for use, by several goroutines too.
type Suite struct {
	mutex     sync.Mutex
	internet  *Internet
	table     *geo.Table
	documents map[int]Documents
	policies  map[int]*decide.Policy
	addresses map[Family][]netip.Addr
	chains    map[int][]netip.Addr
}

// Internet is the data that everything is drawn from.
func (s *Suite) Internet(tb testing.TB) *Internet {
	tb.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.openInternet(tb)
}

func (s *Suite) openInternet(tb testing.TB) *Internet {
	tb.Helper()
	if s.internet == nil {
		in, err := Open()
		if err != nil {
			tb.Fatalf("opening the data: %v", err)
		}
		s.internet = in
	}
	return s.internet
}

// Table is the three databases.
func (s *Suite) Table(tb testing.TB) *geo.Table {
	tb.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.loadTable(tb)
}

func (s *Suite) loadTable(tb testing.TB) *geo.Table {
	tb.Helper()
	if s.table == nil {
		table, err := s.openInternet(tb).Load()
		if err != nil {
			tb.Fatalf("loading the databases: %v", err)
		}
		s.table = table
	}
	return s.table
}

// Documents are those of a policy of that many zones.
func (s *Suite) Documents(tb testing.TB, zones int) Documents {
	tb.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.writeDocuments(tb, zones)
}

func (s *Suite) writeDocuments(tb testing.TB, zones int) Documents {
	tb.Helper()
	if _, made := s.documents[zones]; !made {
		if s.documents == nil {
			s.documents = map[int]Documents{}
		}
		s.documents[zones] = s.openInternet(tb).Documents(zones, s.loadTable(tb))
	}
	return s.documents[zones]
}

// Config is the parsed documents of that many zones, with the databases. Every
// call parses anew.
func (s *Suite) Config(tb testing.TB, zones int) decide.Config {
	tb.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.parse(tb, zones)
}

func (s *Suite) parse(tb testing.TB, zones int) decide.Config {
	tb.Helper()
	documents := s.writeDocuments(tb, zones)
	config, err := documents.Parse()
	if err != nil {
		tb.Fatalf("parsing the documents of %d zones: %v", zones, err)
	}
	config.Geo = s.loadTable(tb)
	return config
}

// Policy is the compiled policy of that many zones.
func (s *Suite) Policy(tb testing.TB, zones int) *decide.Policy {
	tb.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.compile(tb, zones)
}

func (s *Suite) compile(tb testing.TB, zones int) *decide.Policy {
	tb.Helper()
	if s.policies[zones] == nil {
		policy, err := decide.Compile(s.parse(tb, zones))
		if err != nil {
			tb.Fatalf("compiling %d zones: %v", zones, err)
		}
		if s.policies == nil {
			s.policies = map[int]*decide.Policy{}
		}
		s.policies[zones] = policy
	}
	return s.policies[zones]
}

// Addresses are the AddressCount addresses to go round.
func (s *Suite) Addresses(tb testing.TB, family Family) []netip.Addr {
	tb.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.drawAddresses(tb, family)
}

func (s *Suite) drawAddresses(tb testing.TB, family Family) []netip.Addr {
	tb.Helper()
	if s.addresses[family] == nil {
		if s.addresses == nil {
			s.addresses = map[Family][]netip.Addr{}
		}
		s.addresses[family] = s.openInternet(tb).Addresses(family)
	}
	return s.addresses[family]
}

// Chains are AddressCount chains of that many hops, one behind the other: zone
// proxies of the policy of [ChainZones] zones that no blocklist holds, then
// one of the IPv4 addresses as the client.
func (s *Suite) Chains(tb testing.TB, hops int) []netip.Addr {
	tb.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.chains[hops] == nil {
		if s.chains == nil {
			s.chains = map[int][]netip.Addr{}
		}
		s.chains[hops] = s.drawChains(tb, hops)
	}
	return s.chains[hops]
}

func (s *Suite) drawChains(tb testing.TB, hops int) []netip.Addr {
	tb.Helper()
	policy, config := s.compile(tb, ChainZones), s.parse(tb, ChainZones)
	proxies := proxyRanges(config.Zones)
	clients := s.drawAddresses(tb, IPv4)
	random := rand.New(rand.NewPCG(uint64(hops), 5))
	chains := make([]netip.Addr, 0, hops*len(clients))
	for _, client := range clients {
		for len(chains)%hops != hops-1 {
			hop := addressIn(random, proxies[random.IntN(len(proxies))])
			if policy.Decide(hop).Reason != decide.Blocklisted {
				chains = append(chains, hop)
			}
		}
		chains = append(chains, client)
	}
	return chains
}

// proxyRanges are the IPv4 proxies that are trusted.
func proxyRanges(documents []zone.Zones) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, document := range documents {
		for i := range document.Zones {
			z := &document.Zones[i]
			if !z.TrustsProxies() {
				continue
			}
			for _, entry := range z.Proxies {
				prefixes = appendPrefixes4(prefixes, entry.Range)
			}
		}
	}
	return prefixes
}

func appendPrefixes4(prefixes []netip.Prefix, r netipx.IPRange) []netip.Prefix {
	if !r.From().Is4() {
		return prefixes
	}
	return r.AppendPrefixes(prefixes)
}
