package decide_test

import (
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// undecided are the fields of models that no decision or membership depends on
// or shows. The time decides by what has expired, see TestFingerprintIsOfWhatDecides.
var undecided = []string{"Position", "Text", "Warnings", "File", "Why", "Now", "BuiltIn", "GeolocationPosition", "AllowlistPosition"}

func entryOf(first, last string) zone.Entry {
	return zone.Entry{Range: netipx.IPRangeFrom(netip.MustParseAddr(first), netip.MustParseAddr(last))}
}

func tableOf(t *testing.T, csv string) *geo.Table {
	t.Helper()
	table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte(csv), Kind: geo.CSV})
	require.NoError(t, err)
	return table
}

// codedConfig is a Config made in code, without a text, that says something in
// every field.
func codedConfig(t *testing.T) decide.Config {
	places := zone.Terms[zone.Place]{Include: zone.TermsOf(zone.Place{Country: "US", Region: "US-CA"}, zone.Place{Country: "DE"}), Exclude: zone.TermsOf(zone.Place{Country: "FR"})}
	until := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	return decide.Config{
		Zones: []zone.Zones{{Zones: []zone.Zone{
			{
				ID: "z1", Name: "office", Type: zone.IP, Active: true,
				Gateways: []zone.Entry{entryOf("192.0.2.0", "192.0.2.255"), entryOf("2001:db8::", "2001:db8::ff")},
				Proxies:  []zone.Entry{entryOf("198.51.100.1", "198.51.100.1")},
			},
			{ID: "z2", Name: "abroad", Type: zone.DynamicV2, Active: true, Blocklist: true, Locations: places, ASNs: zone.Terms[uint32]{Include: zone.TermsOf[uint32](64500), Exclude: zone.TermsOf[uint32](64501)}, Categories: zone.Terms[string]{Include: zone.TermsOf("ALL_ANONYMIZERS"), Exclude: zone.TermsOf("NORD_VPN")}},
			{ID: "z3", Name: "Tor", Type: zone.Dynamic, Proxy: zone.TorAnonymizer},
		}}},
		Rules: []zone.RuleSet{{Rules: []zone.Rule{{
			ID: "r1", Name: "office only", HasPriority: true, Priority: 1, Active: true, Allow: true,
			Network:  zone.NetworkCondition{Connection: zone.InZones, Include: []zone.ZoneID{{ID: "z1"}}, Exclude: []zone.ZoneID{{ID: "z2"}}},
			Narrowed: []string{"/conditions/people"},
		}}}},
		ThreatInsight: &zone.ThreatInsight{Action: zone.ThreatAudit, ExcludeZones: []zone.ZoneID{{ID: "z1"}}},
		ThreatFeeds:   []zone.Feed{{Entries: []zone.Entry{entryOf("203.0.113.1", "203.0.113.1")}}},
		SailPoint:     &zone.NetworkConfig{Range: []zone.Entry{entryOf("192.0.2.0", "192.0.2.255")}, Geolocation: zone.TermsOf("US", "CA"), Allowlist: true},
		AuthProfile:   &zone.AuthProfile{OffNetwork: true},
		Geo:           tableOf(t, "network,country,region,asn,anonymizer,services\n192.0.2.0/24,US,,,,\n"),
		Overlay: &zone.Overlay{
			Deny:  []zone.OverlayEntry{{Entry: entryOf("203.0.113.9", "203.0.113.9"), Until: until}},
			Allow: []zone.OverlayEntry{{Entry: entryOf("203.0.113.8", "203.0.113.8"), Until: until}},
		},
	}
}

// Whatever field of a model changes, the fingerprint does; but for those on
// which nothing depends, which do not count. A field that is new is one or the other.
func TestFingerprintCoversEveryField(t *testing.T) {
	config := codedConfig(t)
	other := tableOf(t, "network,country,region,asn,anonymizer,services\n192.0.2.0/24,CA,,,,\n")
	want := decide.FingerprintOf(&config)
	require.Equal(t, want, func() string { again := codedConfig(t); return decide.FingerprintOf(&again) }(), "equal models are equal")
	seen := map[string]string{want: "the Config as it was"}
	fields := 0
	try := func(path string, v, value reflect.Value, counts bool) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		v.Set(value)
		got := decide.FingerprintOf(&config)
		v.Set(before)
		fields++
		if !counts {
			require.Equal(t, want, got, "%s counts", path)
			return
		}
		require.Empty(t, seen[got], "%s makes no difference to it", path)
		seen[got] = path
	}
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		if changed, leaf := anotherValue(v, other); leaf {
			try(path, v, changed, true)
			return
		}
		switch kind := v.Kind(); {
		case kind == reflect.Pointer:
			try(path+" is nil", v, reflect.Zero(v.Type()), true)
			walk(path, v.Elem())
		case kind == reflect.Slice:
			for i := range v.Len() {
				walk(path+"/"+strconv.Itoa(i), v.Index(i))
			}
			if v.Len() > 0 {
				try(path+" is shorter", v, v.Slice(0, v.Len()-1), true)
			}
			try(path+" is longer", v, reflect.Append(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, 1), v), reflect.Zero(v.Type().Elem())), true)
		case kind == reflect.Struct:
			for i := range v.NumField() {
				field := v.Type().Field(i)
				if slices.Contains(undecided, field.Name) {
					try(path+"/"+field.Name, v.Field(i), filled(v.Field(i).Type()), false)
					continue
				}
				walk(path+"/"+field.Name, v.Field(i))
			}
		default:
			t.Fatalf("%s is of a kind that this test does not know: %s", path, v.Type())
		}
	}
	walk("", reflect.ValueOf(&config).Elem())
	require.Greater(t, fields, 100)
	require.Equal(t, want, decide.FingerprintOf(&config), "everything was put back")
}

// anotherValue is a value of a leaf's type that is not the leaf's.
func anotherValue(v reflect.Value, table *geo.Table) (changed reflect.Value, leaf bool) {
	switch value := v.Interface().(type) {
	case netipx.IPRange:
		return reflect.ValueOf(netipx.IPRangeFrom(netip.MustParseAddr("240.0.0.0"), netip.MustParseAddr("240.0.0.1"))), true
	case time.Time:
		return reflect.ValueOf(value.Add(time.Nanosecond)), true
	case *geo.Table:
		return reflect.ValueOf(table), true
	}
	changed = reflect.New(v.Type()).Elem()
	switch kind := v.Kind(); {
	case kind == reflect.Bool:
		changed.SetBool(!v.Bool())
	case kind == reflect.String:
		changed.SetString(v.String() + "x")
	case kind == reflect.Int:
		changed.SetInt(v.Int() + 1)
	case kind == reflect.Uint8 || kind == reflect.Uint32:
		changed.SetUint(v.Uint() + 1)
	default:
		return changed, false
	}
	return changed, true
}

// filled is a value of a type that is not zero.
func filled(of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	switch kind := of.Kind(); {
	case kind == reflect.String:
		v.SetString("something")
	case kind == reflect.Slice:
		v.Set(reflect.MakeSlice(of, 1, 1))
	case kind == reflect.Struct:
		if of == reflect.TypeFor[time.Time]() {
			return reflect.ValueOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
		}
		for i := range of.NumField() {
			v.Field(i).Set(filled(of.Field(i).Type))
		}
	case kind == reflect.Int:
		v.SetInt(7)
	case kind == reflect.Bool:
		v.SetBool(true)
	}
	return v
}

func TestFingerprintIsOfWhatDecides(t *testing.T) {
	of := func(change func(*decide.Config)) string {
		config := codedConfig(t)
		change(&config)
		return decide.FingerprintOf(&config)
	}
	same := of(func(*decide.Config) {})
	moved := func(c *decide.Config) *zone.Zone { return &c.Zones[0].Zones[0] }
	for name, change := range map[string]func(*decide.Config){
		"a proxy becomes a gateway": func(c *decide.Config) {
			z := moved(c)
			z.Gateways, z.Proxies = append(z.Gateways, z.Proxies...), nil
		},
		"a text moves into the next": func(c *decide.Config) { moved(c).ID, moved(c).Name = "z1of", "fice" },
		"an unnamed rule moves": func(c *decide.Config) {
			c.Rules[0].Rules[0].ID, c.Rules[0].Rules[0].Name = "", ""
			c.Rules[0].Rules[0].Position.Path = "/0"
		},
		"a range is turned round": func(c *decide.Config) {
			r := &moved(c).Gateways[0].Range
			*r = netipx.IPRangeFrom(r.To(), r.From())
		},
		"an address in another spelling": func(c *decide.Config) {
			mapped := netip.MustParseAddr("::ffff:198.51.100.1")
			moved(c).Proxies[0].Range = netipx.IPRangeFrom(mapped, mapped)
		},
		"entries expire":    func(c *decide.Config) { c.Now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) },
		"no geo":            func(c *decide.Config) { c.Geo = nil },
		"an empty document": func(c *decide.Config) { c.Zones = append(c.Zones, zone.Zones{}) },
	} {
		require.NotEqual(t, same, of(change), name)
	}
	require.Equal(t, same, of(func(c *decide.Config) { c.Now = time.Date(2030, 1, 2, 3, 4, 4, 0, time.UTC) }), "nothing has expired yet")
}

// A document's white space and the names of files are no part of it.
func TestFingerprintMindsNoWhiteSpace(t *testing.T) {
	text := "[" + ipZoneJSON("z1", "POLICY", "192.0.2.0/24", "198.51.100.1-198.51.100.2") + "]"
	tight, err := zone.ParseOkta("zones.json", []byte(text))
	require.NoError(t, err)
	loose, err := zone.ParseOkta("other.json", []byte("\n\t"+strings.ReplaceAll(text, ",", " ,\n  ")))
	require.NoError(t, err)
	other, err := zone.ParseOkta("zones.json", []byte(strings.Replace(text, "192.0.2.0/24", "192.0.2.0/25", 1)))
	require.NoError(t, err)
	print := func(document zone.Zones) string {
		policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{document}})
		require.NoError(t, err)
		return policy.Info().Fingerprint
	}
	require.Equal(t, print(tight), print(loose))
	require.NotEqual(t, print(tight), print(other))
}
