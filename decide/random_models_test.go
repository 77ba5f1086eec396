package decide_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"time"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// randomModels makes a Config of whatever the types can hold, field by field, so
// that a field or a kind that is new is drawn as well. Most values are sensible,
// since a Config with one that is not should not compile.
type randomModels struct {
	*randomPolicy
	wild int // one value of so many may be anything
}

func (r *randomModels) config() decide.Config {
	var config decide.Config
	r.fill(reflect.ValueOf(&config).Elem(), "")
	if r.IntN(8) > 0 {
		r.tidy(&config)
	}
	return config
}

func (r *randomModels) anything() bool { return r.IntN(r.wild) == 0 }

// fill draws a value of any type of the models. name is that of the field.
func (r *randomModels) fill(v reflect.Value, name string) {
	switch at := v.Addr().Interface().(type) {
	case *zone.Position, *zone.Findings, *[]byte, *json.RawMessage:
		return
	case *netipx.IPRange:
		*at = r.span()
		return
	case *time.Time:
		*at = r.time(name)
		return
	case **geo.Table:
		*at = r.table()
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			r.fill(v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			r.fill(v.Elem(), name)
		}
	case reflect.Slice:
		length := r.IntN(4)
		if name == "Zones" && v.Type().Elem() == reflect.TypeFor[zone.Zone]() {
			length = 1 + r.IntN(4)
		}
		if length > 0 || r.IntN(2) == 0 {
			v.Set(reflect.MakeSlice(v.Type(), length, length))
		}
		for i := range length {
			r.fill(v.Index(i), name)
		}
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.String:
		v.SetString(r.text(name))
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(r.number(v.Type()))
	case reflect.Int:
		v.SetInt(int64(pick(r.randomPolicy, 0, 1, 1, 2, -5, math.MinInt32)))
		if r.anything() {
			v.SetInt(math.MaxInt)
		}
	default:
		panic("a kind that this test does not know: " + v.Type().String() + " of " + name)
	}
}

// number is an enumeration's value, those behind its last one included, or an ASN.
func (r *randomModels) number(t reflect.Type) uint64 {
	if t.Kind() == reflect.Uint32 {
		return pick[uint64](r.randomPolicy, 64500, 64501, 64502, 7, 0, math.MaxUint32)
	}
	last := map[reflect.Type]uint64{
		reflect.TypeFor[zone.ProxyType](): 3, reflect.TypeFor[zone.Connection](): 4,
		reflect.TypeFor[zone.ThreatAction](): 2, reflect.TypeFor[decide.UnknownCountry](): 1,
		reflect.TypeFor[geo.Sorts](): uint64(geo.AllSorts),
	}[t]
	if r.anything() {
		return pick(r.randomPolicy, last+1, last+2, 255)
	}
	return r.Uint64N(last + 1)
}

func (r *randomModels) text(name string) string {
	if r.anything() {
		return pick(r.randomPolicy, "", " ", "x", "us", "USA", "US-", "US-CAAA", "DE-us", "ＵＳ", "ALL_ZONES", "ALL_IP_ZONES", "IP ", "NEW", "a\x00b", "\xff")
	}
	switch name {
	case "ID", "Include", "Exclude", "ExcludeZones":
		return pick(r.randomPolicy, "z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7")
	case "Type":
		return pick(r.randomPolicy, "IP", "IP", "DYNAMIC", "DYNAMIC_V2")
	case "Name":
		return pick(r.randomPolicy, "office", "abroad", "DefaultExemptIpZone", "BlockedIpZone", "LegacyIpZone")
	case "Country", "Value", "Geolocation":
		return pick(r.randomPolicy, "US", "DE", "FR", "CA")
	case "Region":
		return ""
	default:
		return pick(r.randomPolicy, "", "", "text")
	}
}

func (r *randomModels) time(name string) time.Time {
	if name == "Now" {
		if r.anything() {
			return time.Time{}
		}
		return overlayNow
	}
	if r.anything() {
		return pick(r.randomPolicy, time.Time{}.Add(1), time.Unix(-1, 0), time.Unix(0, 0), time.Date(1969, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)))
	}
	return pick(r.randomPolicy, time.Time{}, overlayNow, overlayNow.Add(time.Hour), overlayNow.Add(-time.Hour))
}

// span is a range over the universe, or none.
func (r *randomModels) span() netipx.IPRange {
	a, b := r.addr(), r.addr()
	if r.anything() {
		return pick(r.randomPolicy, netipx.IPRange{}, netipx.IPRangeFrom(a, netip.Addr{}), netipx.IPRangeFrom(netip.Addr{}, b), netipx.IPRangeFrom(a, b), netipx.IPRangeFrom(b, a),
			netipx.IPRangeFrom(netip.AddrFrom16(a.As16()), netip.AddrFrom16(a.As16())))
	}
	for a.BitLen() != b.BitLen() {
		b = r.addr()
	}
	if b.Less(a) {
		a, b = b, a
	}
	if r.IntN(2) == 0 {
		b = a
	}
	return netipx.IPRangeFrom(a, b)
}

func (r *randomModels) table() *geo.Table {
	switch r.IntN(6) {
	case 0:
		return nil
	case 1:
		return &geo.Table{}
	}
	table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte(r.csv()), Kind: geo.CSV})
	if err != nil {
		panic(err)
	}
	return table
}

// tidy takes away, of most models, what their kind does not have, which would
// keep nearly all of them from compiling.
func (r *randomModels) tidy(config *decide.Config) {
	var ids []string
	system := 0
	for d := range config.Zones {
		for i := range config.Zones[d].Zones {
			z := &config.Zones[d].Zones[i]
			if r.anything() {
				continue
			}
			z.ID = fmt.Sprint("z", len(ids))
			ids = append(ids, z.ID)
			z.Exempt = z.System && z.Active && !z.Blocklist && z.Type == zone.IP && (z.Name == "DefaultExemptIpZone" || z.Exempt && r.IntN(2) == 0)
			r.tidyZone(z)
			if z.SystemZone() {
				system++
			}
		}
	}
	for d := range config.Rules {
		for i := range config.Rules[d].Rules {
			if network := &config.Rules[d].Rules[i].Network; len(ids) > 0 && !r.anything() {
				tidyCondition(network, ids, system)
			}
		}
	}
	if config.ThreatInsight == nil && !r.anything() {
		config.ThreatFeeds = nil
	}
}

func (r *randomModels) tidyZone(z *zone.Zone) {
	if z.IsDynamic() {
		z.Gateways, z.Proxies = nil, nil
		z.ASNs.Include = zone.TermsOf[uint32](64500, 7)
	} else {
		z.Locations, z.ASNs, z.Categories = zone.Terms[zone.Place]{}, zone.Terms[uint32]{}, zone.Terms[string]{}
	}
	if z.Type == zone.Dynamic {
		z.Locations.Exclude, z.ASNs.Exclude, z.Categories = nil, nil, zone.Terms[string]{}
	} else {
		z.Proxy = zone.ProxyUnset
	}
	for _, list := range [][]zone.Term[string]{z.Categories.Include, z.Categories.Exclude} {
		for i := range list {
			list[i].Value = pick(r.randomPolicy, categories...)
		}
	}
	for _, list := range [][]zone.Term[zone.Place]{z.Locations.Include, z.Locations.Exclude} {
		for i := range list {
			if place := &list[i].Value; (place.Country == "DE" || place.Country == "CA") && r.IntN(3) > 0 {
				place.Region = map[string]string{"DE": "DE-BE", "CA": "CA-ON"}[place.Country]
			}
		}
	}
}

func tidyCondition(network *zone.NetworkCondition, ids []string, system int) {
	for _, list := range [][]zone.ZoneID{network.Include, network.Exclude} {
		for i := range list {
			list[i].ID = ids[i%len(ids)]
		}
	}
	switch {
	case network.Connection == zone.InSystemZone || network.Connection == zone.OutsideSystemZone:
		if system != 1 {
			network.Connection = zone.Anywhere
		}
		network.Include, network.Exclude = nil, nil
	case network.Connection != zone.InZones:
		network.Include, network.Exclude = nil, nil
	case len(network.Include) > 0:
		network.Exclude = nil
	}
}
