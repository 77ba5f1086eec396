package zone_test

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/zone"
)

var codeForm = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)

// checkFindings holds for every document: positions lie inside of it, codes
// are well formed, errors and warnings are told apart and in document order.
func checkFindings(t *testing.T, text []byte, warnings zone.Findings, err error) {
	t.Helper()
	failures, ok := errors.AsType[zone.Findings](err)
	if err != nil && (!ok || len(failures) == 0) {
		t.Fatalf("the error is no list of findings: %v", err)
	}
	lines := strings.Split(string(text), "\n")
	for warning, list := range map[bool]zone.Findings{false: failures, true: warnings} {
		for i, f := range list {
			if f.Line < 1 || f.Line > len(lines) || f.Column < 1 || f.Column > len(lines[f.Line-1])+1 {
				t.Fatalf("position %s is outside of the document", f.Position())
			}
			if !codeForm.MatchString(f.Code) || f.Err == nil || f.Err.Error() == "" {
				t.Fatalf("finding %q without a code or a cause", f.Error())
			}
			if strings.ContainsAny(f.Error(), "\n\r\x1b") || len(f.Error()) > 1_000 {
				t.Fatalf("finding breaks its line: %q", f.Error())
			}
			if i > 0 && (f.Line < list[i-1].Line || f.Line == list[i-1].Line && f.Column < list[i-1].Column) {
				t.Fatalf("%s stands behind %s", f.Position(), list[i-1].Position())
			}
			if f.Warning != warning {
				t.Fatalf("%v: error and warning are mixed up", f)
			}
		}
	}
}

// checkAgain: the same text gives the same value.
func checkAgain[T any](t *testing.T, text []byte, parse func(string, []byte) (T, error), first T) {
	t.Helper()
	again, err := parse("f", text)
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Fatalf("parsed again to something else: %v", err)
	}
}

func FuzzParseOkta(f *testing.F) {
	f.Add([]byte(`[{"type":"IP","id":"a","name":"a","status":"ACTIVE","usage":"BLOCKLIST","system":true,"gateways":[{"type":"CIDR","value":"1.2.3.4/24"}],"proxies":[{"type":"RANGE","value":"::1-::2"}]}]`))                               // a full IP zone
	f.Add([]byte(`{"type":"DYNAMIC","name":"a","status":"INACTIVE","locations":[{"country":"US","region":"CA"}],"asns":["1",2],"proxyType":"TorAnonymizer"}`))                                                                              // a full DYNAMIC zone
	f.Add([]byte(`{"type":"DYNAMIC_V2","name":"a","locations":{"include":[],"exclude":[{"country":"FR"}]},"asns":{"exclude":["1"]},"ipServiceCategories":{"include":["X"],"exclue":[]}}`))                                                  // a full DYNAMIC_V2 zone
	f.Add([]byte(`[{"type":"X","status":"INACTIVE","gateways":[{"value":"1.2.3.4.5-1"}],"locations":{"include":[{"country":"us"}]}},{"gateways":7},8]`))                                                                                    // everything wrong
	f.Add([]byte(`[{"type":"IP","name":"DefaultExemptIpZone","system":true,"useAsExemptList":true,"gateways":null,"proxies":[{"type":"CIDR","value":"0.0.0.0/0"}]},{"type":"IP","name":"DefaultExemptIpZone","system":true,"type":"IP"}]`)) // two exempt zones, a duplicate key
	f.Add([]byte("\"\\\x1b"))                                                                                                                                                                                                               // a control character behind a backslash
	f.Fuzz(func(t *testing.T, text []byte) {
		zones, err := zone.ParseOkta("f", text)
		checkFindings(t, text, zones.Warnings, err)
		if err != nil {
			return
		}
		checkAgain(t, text, zone.ParseOkta, zones)
		ids := map[string]bool{}
		for _, z := range zones.Zones {
			if z.Active && (z.Name == "" || z.Type != zone.IP && z.Type != zone.Dynamic && z.Type != zone.DynamicV2) {
				t.Fatalf("an ACTIVE zone without name or type: %q", z.Text)
			}
			if z.Active && z.Type != zone.IP && !z.Locations.Defined() && !z.ASNs.Defined() && !z.Categories.Defined() && z.Proxy == zone.ProxyUnset {
				t.Fatalf("an ACTIVE zone that matches everything: %q", z.Text)
			}
			if z.Exempt && !(z.Active && z.System && !z.Blocklist && z.Type == zone.IP) {
				t.Fatalf("an exempt zone that cannot be: %q", z.Text)
			}
			if z.ID != "" && ids[z.ID] {
				t.Fatalf("two zones with id %q", z.ID)
			}
			ids[z.ID] = true
			for _, e := range append(z.Gateways, z.Proxies...) {
				if !e.Range.IsValid() || e.Range.From().Is4In6() || e.Range.From().Zone() != "" {
					t.Fatalf("gateway or proxy %q with range %v", e.Text, e.Range)
				}
			}
			for _, p := range zone.ValuesOf(append(z.Locations.Include, z.Locations.Exclude...)) {
				if len(p.Country) != 2 || p.Region != "" && !strings.HasPrefix(p.Region, p.Country+"-") {
					t.Fatalf("location %v", p)
				}
			}
			if alone, err := zone.ParseOkta("f", z.Text); err != nil || len(alone.Zones) != 1 || alone.Zones[0].Name != z.Name {
				t.Fatalf("%q alone: %v", z.Text, err)
			}
		}
	})
}

func FuzzParseOktaRules(f *testing.F) {
	f.Add([]byte(`[{"id":"a","name":"r","priority":1,"status":"ACTIVE","conditions":{"people":{"users":{"exclude":["u"]}},"network":{"connection":"ZONE","include":["z"]}},"actions":{"signon":{"access":"ALLOW"}}}]`))  // a full rule
	f.Add([]byte(`{"priority":1.5,"status":"INACTIVE","conditions":{"network":{"connection":"ZONE","include":["ALL_ZONES","a"],"exclude":[1]}},"actions":{"appSignOn":{"access":"DENY"},"signon":{"access":"ALLOW"}}}`)) // everything wrong
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := zone.ParseOktaRules("f", text)
		checkFindings(t, text, set.Warnings, err)
		if err != nil {
			return
		}
		checkAgain(t, text, zone.ParseOktaRules, set)
		for _, r := range set.Rules {
			if !r.Active {
				continue
			}
			lists := len(r.Network.Include) + len(r.Network.Exclude)
			one := (len(r.Network.Include) == 0) != (len(r.Network.Exclude) == 0)
			if r.Network.Connection == zone.InZones && !one || r.Network.Connection != zone.InZones && lists > 0 {
				t.Fatalf("an ACTIVE rule with connection %d and lists %v, %v", r.Network.Connection, r.Network.Include, r.Network.Exclude)
			}
			if r.Allow && !strings.Contains(string(r.Text), "ALLOW") && !strings.Contains(string(r.Text), `\u`) {
				t.Fatalf("allows out of nothing: %q", r.Text)
			}
		}
	})
}

func FuzzParseThreatInsight(f *testing.F) {
	f.Add([]byte(`{"action":"block","excludeZones":["a","b"],"created":null}`))
	f.Add([]byte(`{"action":"X","excludeZones":[1,""]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		threat, err := zone.ParseThreatInsight("f", text)
		checkFindings(t, text, threat.Warnings, err)
		if err == nil {
			checkAgain(t, text, zone.ParseThreatInsight, threat)
		}
	})
}

func FuzzParseFeed(f *testing.F) {
	f.Add([]byte("# c\n1.2.3.4\r\n\t10.0.0.1/8 # x\n::1-::2\n\n::ffff:1.2.3.4"))
	f.Add([]byte("\ufeff1.2.3\n\xff\n0.0.0.0/0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		feed, err := zone.ParseFeed("f", text)
		checkFindings(t, text, feed.Warnings, err)
		if err != nil {
			return
		}
		checkAgain(t, text, zone.ParseFeed, feed)
		lines := strings.Split(string(text), "\n")
		for _, e := range feed.Entries {
			at := lines[e.Position.Line-1][e.Position.Column-1:]
			if !strings.HasPrefix(at, e.Text) || !e.Range.IsValid() {
				t.Fatalf("entry %q with range %v does not stand at %d:%d", e.Text, e.Range, e.Position.Line, e.Position.Column)
			}
		}
	})
}

func FuzzParseSailPoint(f *testing.F) {
	f.Add([]byte(`{"range":["1.3.7.2","255.255.255.252/30","10.1.2.3/8","::ffff:1.2.3.0/120"],"whitelisted":true,"geolocation":["CA","FR","UK"]}`))
	f.Add([]byte(`{"range":["1.2.3.4-1.2.3.5",null],"Whitelisted":true,"whitelisted":null,"geolocation":["ca",1]}`))
	f.Add([]byte(`{"range":null,"geolocation":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := zone.ParseSailPoint("f", text)
		checkFindings(t, text, config.Warnings, err)
		if err != nil {
			return
		}
		checkAgain(t, text, zone.ParseSailPoint, config)
		for _, code := range zone.ValuesOf(config.Geolocation) {
			if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				t.Fatalf("country code %q", code)
			}
		}
		for _, e := range config.Range {
			if !e.Range.IsValid() || strings.ContainsAny(e.Text, " -%[]*") {
				t.Fatalf("network %q with range %v", e.Text, e.Range)
			}
		}
	})
}

func FuzzParseAuthProfile(f *testing.F) {
	f.Add([]byte(`{"name":"x","offNetwork":true,"untrustedGeography":false,"applicationId":null,"type":"BLOCK","strongAuthLogin":true,"id":"1","tenant":"t"}`))
	f.Add([]byte(`{"offnetwork":true,"offNetwork":null,"offNetwork":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		profile, err := zone.ParseAuthProfile("f", text)
		checkFindings(t, text, profile.Warnings, err)
		if err == nil {
			checkAgain(t, text, zone.ParseAuthProfile, profile)
		}
	})
}

func FuzzParseOverlay(f *testing.F) {
	f.Add([]byte(`{"deny":[{"network":"203.0.113.0/24","until":"2030-01-02T15:04:05Z","why":"x"}],"allow":[{"network":"1.2.3.4-1.2.3.9","until":null}]}`))
	f.Add([]byte(`{"deny":[{"network":"x","until":"2030-01-02T5:04:05+24:00","whi":"x"},1],"Allow":[]}`))
	f.Add([]byte(`{"deny":[{"` + strings.Repeat("\x7f", 200) + `":1}]}`)) // a key that is longer once it is escaped
	f.Fuzz(func(t *testing.T, text []byte) {
		overlay, err := zone.ParseOverlay("f", text)
		checkFindings(t, text, overlay.Warnings, err)
		if err != nil {
			return
		}
		checkAgain(t, text, zone.ParseOverlay, overlay)
		for _, e := range append(overlay.Deny, overlay.Allow...) {
			if !e.Range.IsValid() {
				t.Fatalf("entry %q has no range", e.Text)
			}
		}
	})
}
