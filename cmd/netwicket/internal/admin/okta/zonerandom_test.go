package okta_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// zoneModel is a tenant's zones as a list of what GET answers, but for times and links.
type zoneModel struct {
	*rand.Rand
	t     *testing.T
	org   *org
	zones []map[string]any
	names int
}

func (m *zoneModel) chance(percent int) bool { return m.IntN(100) < percent }

func (m *zoneModel) newName() string {
	m.names++
	return fmt.Sprintf("Zone %d", m.names)
}

// some are a few of the texts that a function makes.
func some[T any](m *zoneModel, least, most int, one func() T) []T {
	list := []T{}
	for range least + m.IntN(most-least+1) {
		list = append(list, one())
	}
	return list
}

// networks are what is sent, and what comes back.
func (m *zoneModel) networks(least int) (sent, want any) {
	type object = map[string]any
	var there, back []any
	for range least + m.IntN(3) {
		a, b := m.IntN(250), m.IntN(250)
		address := fmt.Sprintf("198.18.%d.%d", a, b)
		switch m.IntN(4) {
		case 0:
			there, back = append(there, object{"type": "CIDR", "value": address + "/24"}), append(back, object{"type": "CIDR", "value": address + "/24"})
		case 1:
			there, back = append(there, object{"type": "RANGE", "value": address}), append(back, object{"type": "RANGE", "value": address + "-" + address})
		case 2:
			end := fmt.Sprintf("198.18.%d.%d", a, b+1)
			there, back = append(there, object{"type": "RANGE", "value": address + " - " + end}), append(back, object{"type": "RANGE", "value": address + "-" + end})
		default:
			network := fmt.Sprintf("2001:db8:%x::/48", a)
			there, back = append(there, object{"value": network, "type": "CIDR", "note": ""}), append(back, object{"type": "CIDR", "value": network})
		}
	}
	if there == nil {
		return []any{[]any{}, nil}[m.IntN(2)], nil
	}
	return there, back
}

// places are locations of countries that are all different.
func (m *zoneModel) places(least int) (sent, want []any) {
	countries := []string{"US", "DE", "FR", "CN", "BR"}
	m.Shuffle(len(countries), func(i, j int) { countries[i], countries[j] = countries[j], countries[i] })
	sent, want = []any{}, []any{}
	for _, country := range countries[:least+m.IntN(4-least)] {
		switch m.IntN(3) {
		case 0:
			sent, want = append(sent, map[string]any{"country": country}), append(want, map[string]any{"country": country, "region": nil})
		case 1:
			sent, want = append(sent, map[string]any{"country": country, "region": "A1"}), append(want, map[string]any{"country": country, "region": country + "-A1"})
		default:
			sent, want = append(sent, map[string]any{"country": country, "region": country + "-B"}), append(want, map[string]any{"country": country, "region": country + "-B"})
		}
	}
	return sent, want
}

func (m *zoneModel) numbers(least int) (sent, want []any) {
	sent, want = []any{}, []any{}
	for range least + m.IntN(3) {
		text := fmt.Sprint(64496 + m.IntN(20))
		if want = append(want, text); m.chance(50) {
			sent = append(sent, json.Number(text))
		} else {
			sent = append(sent, text)
		}
	}
	return sent, want
}

// content is a zone's own part, as it is sent and as it comes back.
func (m *zoneModel) content(kind string, proxies bool) (sent, want map[string]any) {
	sent, want = map[string]any{"type": kind}, map[string]any{"type": kind}
	switch kind {
	case "IP":
		sent["gateways"], want["gateways"] = m.networks(1)
		want["proxies"] = nil
		if proxies && m.chance(50) {
			sent["proxies"], want["proxies"] = m.networks(0)
		}
	case "DYNAMIC":
		want["locations"], want["proxyType"] = nil, nil
		if m.chance(60) {
			sent["locations"], want["locations"] = m.places(1)
		}
		if m.chance(60) {
			sent["asns"], want["asns"] = m.numbers(1)
		}
		if len(sent) == 1 || m.chance(40) {
			sent["proxyType"] = []string{"Any", "TorAnonymizer", "Tor", "NotTorAnonymizer"}[m.IntN(4)]
			want["proxyType"] = sent["proxyType"]
		}
	case "DYNAMIC_V2":
		empty := map[string]any{"include": []any{}, "exclude": []any{}}
		want["locations"], want["asns"], want["ipServiceCategories"] = empty, empty, empty
		if m.chance(50) {
			in, inWant := m.places(1)
			out, outWant := m.places(0)
			sent["locations"], want["locations"] = map[string]any{"include": in, "exclude": out}, map[string]any{"include": inWant, "exclude": outWant}
		}
		if m.chance(50) {
			list, listWant := m.numbers(1)
			sent["asns"], want["asns"] = map[string]any{"exclude": list}, map[string]any{"include": []any{}, "exclude": listWant}
		}
		if len(sent) == 1 || m.chance(40) {
			list := some(m, 1, 3, func() any { return []string{"NORD_VPN", "ALL_ANONYMIZERS", "FUTURE_VPN"}[m.IntN(3)] })
			sent["ipServiceCategories"], want["ipServiceCategories"] = map[string]any{"include": list}, map[string]any{"include": list, "exclude": []any{}}
		}
	}
	return sent, want
}

// custom is one of the customer's zones; nil if there is none.
func (m *zoneModel) custom() map[string]any {
	var all []map[string]any
	for _, z := range m.zones {
		if z["system"] == false {
			all = append(all, z)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[m.IntN(len(all))]
}

func at(z map[string]any) string { return zones + "/" + z["id"].(string) }

func bodyOf(sent map[string]any) string {
	text, err := json.Marshal(sent)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// write makes a change that is fine.
func (m *zoneModel) write() {
	z := m.custom()
	choice := m.IntN(10)
	if z == nil || len(m.zones) < 12 && m.chance(50) {
		choice = 0
	}
	switch {
	case choice < 3 && len(m.zones) < 40:
		kind := []string{"IP", "IP", "DYNAMIC", "DYNAMIC_V2"}[m.IntN(4)]
		usage := []any{nil, "POLICY", "BLOCKLIST"}[m.IntN(3)]
		sent, want := m.content(kind, usage != "BLOCKLIST")
		sent["name"], sent["usage"], sent["status"] = m.newName(), usage, []any{"ACTIVE", "INACTIVE", nil}[m.IntN(3)]
		want["name"], want["usage"], want["status"], want["system"] = sent["name"], usage, "ACTIVE", false
		if usage == nil {
			want["usage"] = "POLICY"
		}
		want["id"] = m.org.must("POST", zones, bodyOf(sent)).id()
		m.zones = append(m.zones, want)
	case choice < 6:
		kind := z["type"].(string)
		usage, status := []any{nil, "POLICY", "BLOCKLIST"}[m.IntN(3)], []any{"ACTIVE", "INACTIVE", nil}[m.IntN(3)]
		become := usage
		if usage == nil {
			become = z["usage"]
		}
		sent, want := m.content(kind, become == "POLICY")
		sent["name"], sent["usage"], sent["status"], sent["id"] = z["name"], usage, status, z["id"]
		if m.chance(30) {
			sent["name"] = m.newName()
		}
		want["id"], want["name"], want["usage"], want["system"], want["status"] = z["id"], sent["name"], become, false, status
		if status == nil {
			want["status"] = z["status"]
		}
		m.org.must("PUT", at(z), bodyOf(sent))
		clear(z)
		maps.Copy(z, want)
	case choice < 8 || z["status"] == "ACTIVE":
		status := []string{"ACTIVE", "INACTIVE"}[m.IntN(2)]
		m.org.must("POST", at(z)+"/lifecycle/"+map[string]string{"ACTIVE": "activate", "INACTIVE": "deactivate"}[status], "")
		z["status"] = status
	default:
		require.Equal(m.t, http.StatusNoContent, m.org.must("DELETE", at(z), "").status)
		m.zones = slices.DeleteFunc(m.zones, func(other map[string]any) bool { return other["id"] == z["id"] })
	}
}

// refuse makes a change with one thing wrong, which is what the answer says.
func (m *zoneModel) refuse() {
	z := m.custom()
	if z == nil {
		m.org.call("POST", zones, "{}").invalid("type")
		return
	}
	kind := z["type"].(string)
	sent, _ := m.content(kind, false)
	sent["name"], sent["usage"] = z["name"], "POLICY"
	verb, target := "PUT", at(z)
	if m.chance(30) {
		verb, target, sent["name"] = "POST", zones, m.newName()
	}
	invalid := func(field string, more map[string]any) {
		m.t.Helper()
		maps.Copy(sent, more)
		m.org.call(verb, target, bodyOf(sent)).invalid(field)
	}
	type o = map[string]any
	malformed := func(more o) {
		m.t.Helper()
		maps.Copy(sent, more)
		m.org.call(verb, target, bodyOf(sent)).refused(http.StatusBadRequest, "E0000003", "The request body was not well-formed.")
	}
	switch m.IntN(16) {
	case 0:
		invalid("name", o{"name": []any{"", nil, " ", strings.Repeat("n", 129)}[m.IntN(4)]})
	case 1:
		invalid("name", o{"name": m.zones[m.IntN(4)]["name"]}) // a system zone's
	case 2:
		invalid("type", o{"type": []any{"", nil, "ip", "OTHER"}[m.IntN(4)]})
	case 3:
		invalid("status", o{"status": []string{"", "null", "active", "DELETED"}[m.IntN(4)]})
	case 4:
		invalid("usage", o{"usage": []string{"", "null", "policy", "ALLOWLIST"}[m.IntN(4)]})
	case 5:
		malformed(o{"gateways": []any{o{}, o{"0": o{"type": "CIDR", "value": "192.0.2.0/24"}}, "x", []any{nil}, []any{"192.0.2.0/24"}}[m.IntN(5)]})
	case 6:
		if kind == "DYNAMIC_V2" {
			malformed(o{"asns": o{"include": o{"0": "1"}}})
		} else if kind == "DYNAMIC" {
			malformed(o{[]string{"asns", "locations"}[m.IntN(2)]: []any{o{}, o{"0": "64496"}}[m.IntN(2)]})
		} else {
			malformed(o{"gateways": o{}})
		}
	case 7:
		if kind == "IP" {
			bad := []any{o{"type": "CIDR", "value": "192.0.2.0/33"}, o{"type": "RANGE", "value": "192.0.2.9-192.0.2.1"}, o{"value": "192.0.2.0/24"}, o{"type": "RANGE", "value": "192.0.2.0/24"}}
			invalid("gateways", o{"gateways": []any{o{"type": "CIDR", "value": "192.0.2.0/24"}, bad[m.IntN(4)]}})
		} else {
			invalid("gateways", o{"gateways": []any{o{"type": "CIDR", "value": "192.0.2.0/24"}}})
		}
	case 8:
		switch kind {
		case "IP":
			invalid("proxies", o{"usage": "BLOCKLIST", "proxies": []any{o{"type": "CIDR", "value": "192.0.2.0/24"}}})
		case "DYNAMIC":
			invalid("locations", o{"locations": []any{o{"country": []string{"us", "USA", ""}[m.IntN(3)]}}})
		default:
			invalid("locations", o{"locations": o{"exclue": []any{o{"country": "US"}}, "include": []any{o{"country": "DE"}}}})
		}
	case 9:
		invalid("usge", o{"usge": "BLOCKLIST"})
	case 10:
		verb, target = "PUT", at(z)
		sent["name"] = z["name"]
		invalid("id", o{"id": m.zones[0]["id"]})
	case 11:
		verb, target = "PUT", at(z)
		m.org.call(verb, target, `{"type":"`+map[string]string{"IP": `DYNAMIC","asns":["1"]`, "DYNAMIC": `IP","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]`, "DYNAMIC_V2": `DYNAMIC","asns":["1"]`}[kind]+`,"name":"`+z["name"].(string)+`"}`).invalid("type")
	case 12:
		if z["status"] == "ACTIVE" {
			m.org.call("DELETE", target[:len(zones)]+"/"+z["id"].(string), "").refused(http.StatusBadRequest, "E0000001",
				fmt.Sprintf("Api validation failed: The zone: %s is an active zone. Active zones cannot be deleted.", z["name"]))
		} else {
			m.org.call("DELETE", at(m.zones[m.IntN(4)]), "").invalid("id")
		}
	case 13:
		for _, call := range []string{"PUT", "DELETE"} {
			m.org.call(call, zones+"/nzo0", bodyOf(sent)).refused(http.StatusNotFound, "E0000007", "Not found: Resource not found: nzo0 (NetworkZone)")
		}
	case 14:
		m.org.call("PUT", at(z), bodyOf(sent), "If-Match", `"00000000000000000000000000000000"`).refused(http.StatusPreconditionFailed, "E0000231", "ETag value doesn't match.")
	default:
		empty := map[string]string{"IP": "gateways", "DYNAMIC": "locations", "DYNAMIC_V2": "locations"}[kind]
		m.org.call(verb, target, bodyOf(o{"type": kind, "name": sent["name"]})).invalid(empty)
	}
}

// shown is the list as it is answered, but for times and links.
func (m *zoneModel) shown() []map[string]any {
	list := m.org.must("GET", zones+"?limit=200", "").list()
	for _, z := range list {
		for _, name := range []string{"created", "lastUpdated", "_links"} {
			require.Contains(m.t, z, name)
			delete(z, name)
		}
	}
	return list
}

// TestRandomZoneWrites: after 2,000 random writes, half of them invalid, the list is
// that of a naive model, also after restarts; what is refused changes not a byte, is no
// generation, and changes no decision.
func TestRandomZoneWrites(t *testing.T) {
	const seed = 20260219
	writes := 200
	if os.Getenv("NETWICKET_PROVE") != "" {
		writes = 2_000
	}
	m := &zoneModel{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, org: openGeo(t)}
	m.zones = m.shown()
	files, generation, fingerprint := m.org.files(), m.org.store.Generation(), m.org.store.Fingerprint()
	for i := range writes {
		if i%2 == 1 {
			m.refuse()
			require.Equal(t, files, m.org.files(), "seed %d, write %d", seed, i)
			require.Equal(t, generation, m.org.store.Generation(), "seed %d, write %d", seed, i)
			require.Equal(t, fingerprint, m.org.store.Fingerprint(), "seed %d, write %d", seed, i)
			continue
		}
		m.write()
		require.Equal(t, m.zones, m.shown(), "seed %d, write %d", seed, i)
		files, generation, fingerprint = m.org.files(), m.org.store.Generation(), m.org.store.Fingerprint()
		if i%100 == 0 {
			m.org = m.org.again()
			require.Equal(t, m.zones, m.shown(), "seed %d, after a restart", seed)
		}
	}
}
