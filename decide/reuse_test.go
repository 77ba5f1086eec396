package decide_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// FuzzIncremental: whatever is changed in whatever order, a policy that was compiled
// with the one before at hand is in every field, tables included, what Compile makes.
func FuzzIncremental(f *testing.F) {
	for seed := range seeds(40) {
		random := rand.New(rand.NewPCG(seed, 3))
		steps := make([]byte, 8)
		for i := range steps {
			steps[i] = byte(random.Uint32())
		}
		f.Add(seed, steps)
	}
	f.Add(uint64(63), []byte("71")) // the table had a value that nothing had
	f.Fuzz(func(t *testing.T, seed uint64, steps []byte) {
		r := newRandomPolicy(seed)
		config := r.config(t)
		previous, err := decide.Compile(config)
		require.NoError(t, err)
		for i, step := range steps[:min(len(steps), 8)] {
			if step&0x80 == 0 { // else in the documents of the policy before, which must not be trusted
				config = cloned(config)
			}
			what := r.change(t, &config, int(step&0x7f)%len(changes))
			want, wrong := decide.Compile(config)
			got, err := decide.Recompile(previous, config)
			if wrong != nil {
				require.EqualError(t, err, wrong.Error())
				continue
			}
			require.NoError(t, err)
			require.Empty(t, decide.Same(want, got), "seed %d, step %d: %s", seed, i, what)
			for change := range decide.Diff(want, got) {
				t.Fatalf("seed %d, step %d: %s: %v", seed, i, what, change)
			}
			for range 5 {
				checkAgainstExplain(t, got, seed, r.chain())
			}
			previous = got
		}
	})
}

func cloned(config decide.Config) decide.Config {
	config.Zones, config.Rules = slices.Clone(config.Zones), slices.Clone(config.Rules)
	for d := range config.Zones {
		config.Zones[d].Zones = slices.Clone(config.Zones[d].Zones)
		for i := range config.Zones[d].Zones {
			z := &config.Zones[d].Zones[i]
			z.Gateways, z.Proxies = slices.Clone(z.Gateways), slices.Clone(z.Proxies)
			z.Locations.Include = slices.Clone(z.Locations.Include)
		}
	}
	for d := range config.Rules {
		config.Rules[d].Rules = slices.Clone(config.Rules[d].Rules)
	}
	if config.SailPoint != nil {
		sailPoint := *config.SailPoint
		sailPoint.Geolocation = slices.Clone(sailPoint.Geolocation)
		config.SailPoint = &sailPoint
	}
	return config
}

// changes are what may happen to documents. Some make a Config that does not compile.
var changes = []struct {
	name string
	do   func(r *randomPolicy, t testing.TB, config *decide.Config)
}{
	{"nothing", func(*randomPolicy, testing.TB, *decide.Config) {}},
	{"status", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofZone(c, func(z *zone.Zone) { z.Active = !z.Active })
	}},
	{"usage", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofZone(c, func(z *zone.Zone) { z.Blocklist = !z.Blocklist })
	}},
	{"a range more", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofZone(c, func(z *zone.Zone) {
			if z.Type == zone.IP {
				z.Gateways = append(z.Gateways, r.entry())
			}
		})
	}},
	{"a proxy more", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofZone(c, func(z *zone.Zone) {
			if z.Type == zone.IP {
				z.Proxies = append(z.Proxies, r.entry())
			}
		})
	}},
	{"a range other", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofZone(c, func(z *zone.Zone) {
			if len(z.Gateways) > 0 {
				z.Gateways[r.IntN(len(z.Gateways))] = r.entry()
			}
		})
	}},
	{"other places", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofZone(c, func(z *zone.Zone) {
			if z.IsDynamic() {
				z.Locations.Include = zone.TermsOf(zone.Place{Country: pick(r, "US", "DE", "FR")})
			}
		})
	}},
	{"other names", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofZone(c, func(z *zone.Zone) { z.Name += "'" })
	}},
	{"a zone less", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		zones := &c.Zones[0].Zones
		if n := len(*zones); n > 0 {
			i := r.IntN(n)
			*zones = slices.Delete(slices.Clone(*zones), i, i+1)
		}
	}},
	{"a zone more", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		zones := &c.Zones[0].Zones
		z := zone.Zone{Type: zone.IP, ID: fmt.Sprint("more", r.Uint32()), Name: "more", Active: true, Blocklist: r.IntN(4) == 0, Gateways: []zone.Entry{r.entry(), r.entry()}}
		if r.IntN(2) == 0 {
			z.Type, z.Gateways = zone.DynamicV2, nil
			z.Locations.Include = zone.TermsOf(zone.Place{Country: pick(r, "US", "DE", "FR")})
		}
		*zones = slices.Insert(slices.Clone(*zones), r.IntN(len(*zones)+1), z)
	}},
	{"zones in another order", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		zones := c.Zones[0].Zones
		r.Shuffle(len(zones), func(i, j int) { zones[i], zones[j] = zones[j], zones[i] })
	}},
	{"a rule other", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofRule(c, func(rule *zone.Rule) {
			*pick(r, &rule.Allow, &rule.Active) = r.IntN(2) == 0
		})
	}},
	{"a rule of another name", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofRule(c, func(rule *zone.Rule) { rule.Name += "'" })
	}},
	{"rules in another order", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofRule(c, func(rule *zone.Rule) { rule.HasPriority, rule.Priority = true, r.IntN(9) })
	}},
	{"a rule for other zones", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		r.ofRule(c, func(rule *zone.Rule) {
			if rule.Network.Connection == zone.InZones {
				rule.Network.Include, rule.Network.Exclude = rule.Network.Exclude, rule.Network.Include
			}
		})
	}},
	{"ThreatInsight", func(r *randomPolicy, t testing.TB, c *decide.Config) {
		other := newRandomPolicy(r.Uint64()).config(t)
		c.ThreatInsight, c.ThreatFeeds = other.ThreatInsight, other.ThreatFeeds
	}},
	{"SailPoint", func(r *randomPolicy, t testing.TB, c *decide.Config) {
		c.SailPoint, c.AuthProfile = nil, nil
		r.addSailPoint(t, c)
	}},
	{"overlay", func(r *randomPolicy, t testing.TB, c *decide.Config) {
		c.Overlay = nil
		r.addOverlay(t, c)
	}},
	{"time", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		c.Now = overlayNow.Add(time.Duration(r.IntN(5)-2) * time.Hour)
	}},
	{"other databases", func(r *randomPolicy, t testing.TB, c *decide.Config) {
		other := newRandomPolicy(r.Uint64()).config(t)
		c.Geo, c.AssumeNone = other.Geo, other.AssumeNone
	}},
	{"no databases", func(_ *randomPolicy, _ testing.TB, c *decide.Config) { c.Geo = nil }},
	{"assumptions", func(r *randomPolicy, _ testing.TB, c *decide.Config) {
		c.AssumeNone = geo.Sorts(r.IntN(int(geo.AllSorts) + 1))
	}},
	{"all", func(r *randomPolicy, t testing.TB, c *decide.Config) { *c = newRandomPolicy(r.Uint64()).config(t) }},
}

func (r *randomPolicy) change(t testing.TB, config *decide.Config, number int) string {
	changes[number].do(r, t, config)
	return changes[number].name
}

func (r *randomPolicy) ofZone(config *decide.Config, change func(*zone.Zone)) {
	if zones := config.Zones[0].Zones; len(zones) > 0 {
		change(&zones[r.IntN(len(zones))])
	}
}

func (r *randomPolicy) ofRule(config *decide.Config, change func(*zone.Rule)) {
	if len(config.Rules) > 0 && len(config.Rules[0].Rules) > 0 {
		change(&config.Rules[0].Rules[r.IntN(len(config.Rules[0].Rules))])
	}
}

func (r *randomPolicy) entry() zone.Entry {
	feed, _ := zone.ParseFeed("feed.txt", []byte(r.network()+"\n"))
	return feed.Entries[0]
}

// What is the same is taken over; else Recompile would be Compile.
func TestRecompileTakesOver(t *testing.T) {
	base := func() decide.Config {
		return documents{
			zones: "[" + ipZoneJSON("a", "POLICY", "10.0.0.0/8", "") + "," + ipZoneJSON("b", "POLICY", "192.0.2.0/24", "") + "," + ipZoneJSON("d", "POLICY", "2001:db8::1", "") + `,
				{"id":"c","name":"c","type":"DYNAMIC","status":"ACTIVE","usage":"POLICY","locations":[{"country":"US"}]}]`,
			rules: []string{`[{"name":"r1","priority":1,"status":"ACTIVE","conditions":{"network":{"connection":"ZONE","include":["a"]}},"actions":{"signon":{"access":"ALLOW"}}},
				{"name":"r2","priority":2,"status":"ACTIVE","conditions":{"network":{"connection":"ZONE","include":["c"]}},"actions":{"signon":{"access":"DENY"}}}]`},
			sailPoint: `{"geolocation":["US"],"whitelisted":true}`,
			csv:       "203.0.113.0/24,US,,,,\n",
		}.config(t)
	}
	config := base()
	first, err := decide.Compile(config)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		change                      func(*decide.Config)
		locations, lists, judgments bool
	}{
		"nothing":         {func(*decide.Config) {}, true, true, true},
		"name of a rule":  {func(c *decide.Config) { c.Rules[0].Rules[0].Name = "other" }, true, true, true},
		"rule":            {func(c *decide.Config) { c.Rules[0].Rules[1].Active = false }, true, true, false},
		"range of a zone": {func(c *decide.Config) { c.Zones[0].Zones[1].Gateways = c.Zones[0].Zones[0].Gateways }, true, false, false},
		"IPv6 of a zone": {func(c *decide.Config) {
			c.Zones[0].Zones[2].Gateways[0].Range = netipx.MustParseIPRange("2001:db8::1-2001:db8::2")
		}, true, false, false},
		"usage of a zone":              {func(c *decide.Config) { c.Zones[0].Zones[1].Blocklist = true }, true, false, false},
		"place of a zone":              {func(c *decide.Config) { c.Zones[0].Zones[3].Locations.Include[0].Value.Country = "DE" }, false, false, false},
		"other countries of SailPoint": {func(c *decide.Config) { c.SailPoint.Geolocation[0].Value = "DE" }, false, false, false},
		"list of countries turns":      {func(c *decide.Config) { c.SailPoint.Allowlist = false }, false, false, false},
		"no SailPoint":                 {func(c *decide.Config) { c.SailPoint = nil }, false, false, false},
		"what is assumed":              {func(c *decide.Config) { c.AssumeNone = geo.TorSort }, false, false, false},
		"the same database": {func(c *decide.Config) {
			c.Geo = base().Geo
		}, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			changed := cloned(config)
			test.change(&changed)
			second, err := decide.Recompile(first, changed)
			require.NoError(t, err)
			whole, err := decide.Compile(changed)
			require.NoError(t, err)
			require.Empty(t, decide.Same(whole, second))
			locations, lists, judgments := second.TakenOver(first)
			require.Equal(t, []bool{test.locations, test.lists, test.judgments}, []bool{locations, lists, judgments})
		})
	}
}

// The numbers of everything are the same however many processors compile.
func TestCompileOnAnyNumberOfProcessors(t *testing.T) {
	for seed := range seeds(20) {
		r := newRandomPolicy(seed)
		r.large = seed%4 == 0
		config := r.config(t)
		var policies []*decide.Policy
		for _, processors := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(processors)
			policy, err := decide.Compile(config)
			runtime.GOMAXPROCS(before)
			require.NoError(t, err)
			policies = append(policies, policy)
		}
		require.Empty(t, decide.Same(policies[0], policies[1]), "seed %d", seed)
		require.Empty(t, decide.Same(policies[0], policies[2]), "seed %d", seed)
	}
}

// Of each list that addresses are held against, a change that leaves all others, and
// most of its own ranges, as they are is seen: an address gets another answer, and
// everything is what Compile makes.
func TestRecompileSeesEveryList(t *testing.T) {
	base := documents{
		zones: "[" + ipZoneJSON("a", "POLICY", "10.0.0.0/8 2001:db8::/64", "192.0.2.1") + "," + ipZoneJSON("b", "BLOCKLIST", "198.51.100.0/24", "") +
			`,{"id":"x","name":"DefaultExemptIpZone","type":"IP","status":"ACTIVE","usage":"POLICY","system":true,"gateways":[{"type":"CIDR","value":"203.0.113.77/32"}]}]`,
		rules: []string{`[{"name":"r1","priority":1,"status":"ACTIVE","conditions":{"network":{"connection":"ZONE","exclude":["a"]}},"actions":{"signon":{"access":"ALLOW"}}},
			{"name":"r2","priority":2,"status":"ACTIVE","conditions":{"network":{"connection":"ZONE","include":["a"]}},"actions":{"signon":{"access":"DENY"}}}]`},
		threat:    `{"action":"block","excludeZones":[]}`,
		feeds:     []string{"203.0.113.0/28\n203.0.113.77\n", "203.0.113.64/28\n203.0.113.77\n"},
		sailPoint: `{"range":["8.8.0.0/16","9.9.9.9","203.0.113.0/24","2001:db8::/32"],"geolocation":["US","DE"],"whitelisted":true}`,
		profile:   `{"offNetwork":true,"untrustedGeography":true}`,
		overlay:   `{"deny":[{"network":"8.8.1.0/24"}],"allow":[{"network":"198.51.100.7"}]}`,
		csv:       "8.8.0.0/15,US,,,,\n9.9.9.9,DE,,,,\n203.0.113.0/24,US,,,,\n9.9.10.0/24,FR,,,,\n",
	}
	set := func(entry *zone.Entry, network string) {
		feed, err := zone.ParseFeed("feed.txt", []byte(network+"\n"))
		require.NoError(t, err)
		entry.Range = feed.Entries[0].Range
	}
	first, err := decide.Compile(base.config(t))
	require.NoError(t, err)
	config := base.config(t)
	first, err = decide.Recompile(first, config)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		change func(c *decide.Config)
		differ bool // for some chain of one
	}{
		"gateways":      {func(c *decide.Config) { set(&c.Zones[0].Zones[0].Gateways[0], "8.8.8.0/24") }, true},
		"IPv6 for IPv4": {func(c *decide.Config) { set(&c.Zones[0].Zones[0].Gateways[0], "::a00:0/104") }, true},
		"IPv6, the lowest bit": {func(c *decide.Config) {
			set(&c.Zones[0].Zones[0].Gateways[1], "2001:db8::-2001:db8::ffff:ffff:ffff:fffe")
		}, true},
		"proxies":                   {func(c *decide.Config) { set(&c.Zones[0].Zones[0].Proxies[0], "192.0.2.2") }, false},
		"a blocklist":               {func(c *decide.Config) { set(&c.Zones[0].Zones[1].Gateways[0], "8.8.3.0/24") }, true},
		"the exempt zone":           {func(c *decide.Config) { set(&c.Zones[0].Zones[2].Gateways[0], "203.0.113.78") }, true},
		"the first feed":            {func(c *decide.Config) { set(&c.ThreatFeeds[0].Entries[0], "8.8.4.0/24") }, true},
		"the second feed":           {func(c *decide.Config) { set(&c.ThreatFeeds[1].Entries[0], "8.8.4.0/24") }, true},
		"what of the first is less": {func(c *decide.Config) { c.ThreatFeeds[0].Entries = c.ThreatFeeds[0].Entries[1:] }, true},
		"a feed less":               {func(c *decide.Config) { c.ThreatFeeds = c.ThreatFeeds[1:] }, true},
		"SailPoint's network":       {func(c *decide.Config) { set(&c.SailPoint.Range[1], "9.9.9.8") }, true},
		"SailPoint's countries":     {func(c *decide.Config) { c.SailPoint.Geolocation[1].Value = "FR" }, true},
		"SailPoint's list turns":    {func(c *decide.Config) { c.SailPoint.Allowlist = false }, true},
		"what the overlay denies":   {func(c *decide.Config) { set(&c.Overlay.Deny[0].Entry, "8.8.2.0/24") }, true},
		"what the overlay allows":   {func(c *decide.Config) { set(&c.Overlay.Allow[0].Entry, "198.51.100.8") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			changed := base.config(t)
			changed.Geo = config.Geo
			test.change(&changed)
			want, err := decide.Compile(changed)
			require.NoError(t, err)
			got, err := decide.Recompile(first, changed)
			require.NoError(t, err)
			require.Empty(t, decide.Same(want, got))
			differ := false
			for range decide.Diff(first, got) {
				differ = true
			}
			require.Equal(t, test.differ, differ)
		})
	}
}

// With more zones than a chunk of a set holds, sets are numbered alike whether the zones
// before a /16 that is swept again came one by one or all at once.
func TestRecompileNumbersManyZones(t *testing.T) {
	ranges := map[int]string{
		550: "20.1.0.0-20.5.255.255 2001:db8::-2005:ffff::", 3: "20.2.0.0-20.5.255.255 2002:1::-2005:ffff::",
		2: "20.5.0.0/16 2005::/16", 551: "20.5.0.0/16 2005::/16", 9: "20.5.7.0/24 2005:7::/32",
	}
	var zones []string
	for number := range 600 {
		text, found := ranges[number]
		if !found {
			text = fmt.Sprintf("30.%d.%d.0/24", number/250, number%250) // behind the others
		}
		zones = append(zones, ipZoneJSON(fmt.Sprint("z", number), "POLICY", text, ""))
	}
	config := documents{zones: "[" + strings.Join(zones, ",") + "]"}.config(t)
	first, err := decide.Compile(config)
	require.NoError(t, err)
	changed := cloned(config)
	for i, network := range []string{"20.5.8.0/24", "2005:8::/32"} {
		changed.Zones[0].Zones[9].Gateways[i].Range = netipx.RangeOfPrefix(netip.MustParsePrefix(network))
	}
	want, err := decide.Compile(changed)
	require.NoError(t, err)
	got, err := decide.Recompile(first, changed)
	require.NoError(t, err)
	require.Empty(t, decide.Same(want, got))
}
