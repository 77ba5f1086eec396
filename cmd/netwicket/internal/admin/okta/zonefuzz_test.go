package okta

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// naiveFilter is a filter by rewriting: comparisons become T or F, and what stands next
// to each other is joined until one letter is left. It says also whether the text is
// a filter at all.
func naiveFilter(text string, z *records.Zone) (wanted, valid bool) {
	token := regexp.MustCompile(`^[ \t]*(?:([()])|("(?:[^"\\]|\\.)*")|([^ \t()"]+))`)
	var tokens []string
	rest := text
	for strings.Trim(rest, " \t") != "" {
		found := token.FindStringSubmatch(rest)
		if found == nil {
			return false, false
		}
		tokens = append(tokens, found[1]+found[2]+found[3])
		rest = rest[len(found[0]):]
	}
	signs, depth, operand := "", 0, true
	for len(tokens) > 0 {
		word := tokens[0]
		tokens = tokens[1:]
		switch {
		case word == "(" && operand:
			if depth++; depth > 32 {
				return false, false
			}
			signs += "("
		case word == ")" && !operand:
			depth--
			signs += ")"
		case !operand && strings.EqualFold(word, "and"):
			signs, operand = signs+"&", true
		case !operand && strings.EqualFold(word, "or"):
			signs, operand = signs+"|", true
		case operand && len(tokens) >= 2 && strings.EqualFold(tokens[0], "eq"):
			sign, ok := naiveComparison(word, tokens[1], z)
			if !ok {
				return false, false
			}
			signs, operand, tokens = signs+sign, false, tokens[2:]
		default:
			return false, false
		}
	}
	for again := true; again; {
		before := signs
		for from, to := range map[string]string{"T&T": "T", "T&F": "F", "F&T": "F", "F&F": "F", "(T)": "T", "(F)": "F"} {
			signs = strings.ReplaceAll(signs, from, to)
		}
		if signs == before { // no and is left that could be joined
			signs = regexp.MustCompile(`(^|[(|])(?:T\|[TF]|F\|T)($|[)|])`).ReplaceAllString(signs, "${1}T${2}")
			signs = regexp.MustCompile(`(^|[(|])F\|F($|[)|])`).ReplaceAllString(signs, "${1}F${2}")
		}
		again = signs != before
	}
	return signs == "T", signs == "T" || signs == "F"
}

func naiveComparison(attribute, literal string, z *records.Zone) (string, bool) {
	var value, have any
	if json.Unmarshal([]byte(literal), &value) != nil {
		return "", false
	}
	switch attribute {
	case "id":
		have = z.ID
	case "usage":
		have = z.Usage
	case "system":
		have = z.System
	}
	if have == nil || reflect.TypeOf(have) != reflect.TypeOf(value) {
		return "", false
	}
	if have == value {
		return "T", true
	}
	return "F", true
}

// FuzzFilter: a filter wants what the naive one wants, and is one where that is.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		`id eq "nzo1"`,
		`(id eq "nzo1" or id eq "nzo2")`,
		`usage EQ "BLOCKLIST" AND system Eq true`,
		`id eq "nzo1" or usage eq "BLOCKLIST" and system eq false or system eq true`,
		`((system eq true)and(usage eq "POLICY"))or(id eq "nzo2")`,
		`id eq "a\"b\u0063"`,
		`id eq "nzo1" and (system eq false or system eq true`,
		`id eq 'x'`, `not id eq "x"`, `id ne "x"`, "", " \t ", `)(`, `id eq "\ud800"`,
		strings.Repeat("(", 32) + `system eq true` + strings.Repeat(")", 32),
		strings.Repeat("(", 33) + `system eq true` + strings.Repeat(")", 33),
	} {
		f.Add(seed)
	}
	list := []*records.Zone{
		{ID: "nzo1", Usage: records.Blocklist}, {ID: "nzo2", Usage: records.ForPolicies, System: true},
		{ID: "a\"bc", Usage: records.Blocklist, System: true}, {ID: "", Usage: records.ForPolicies},
	}
	f.Fuzz(func(t *testing.T, text string) {
		wanted, ok := parseFilter(text)
		if len(text) > 4096 || !json.Valid([]byte(`"`+strings.NewReplacer(`"`, "", `\`, "").Replace(text)+`"`)) {
			if ok && strings.TrimSpace(text) != "" {
				t.Fatalf("%q is a filter", text) // too long, or with what no JSON string has
			}
			return
		}
		if strings.ContainsRune(text, '\\') && strings.Contains(strings.ToLower(text), `\ud`) || strings.ContainsRune(text, '\ufffd') {
			return // package encoding/json takes halves of surrogates
		}
		if strings.TrimSpace(text) == "" {
			if !ok || !wanted(list[0]) {
				t.Fatalf("%q wants not all", text)
			}
			return
		}
		for _, z := range list {
			want, valid := naiveFilter(text, z)
			if valid != ok {
				t.Fatalf("%q: a filter: %t", text, ok)
			}
			if ok && wanted(z) != want {
				t.Fatalf("%q wants %+v: %t", text, z, !want)
			}
		}
	})
}

// FuzzZone: whatever a client sends as a zone is refused, or is a zone that the loader
// takes, that means what was sent, and that is read again as it was written.
func FuzzZone(f *testing.F) {
	for _, seed := range []string{
		`{"type":"IP","name":"z","gateways":[{"type":"CIDR","value":"192.0.2.4/24"},{"type":"RANGE","value":" 192.0.2.1 - 192.0.2.9"}],"proxies":[{"type":"RANGE","value":"2001:db8::1"}]}`,
		`{"type":"IP","name":"z","gateways":{},"proxies":null,"usage":"BLOCKLIST","status":"INACTIVE","id":null,"system":true,"_links":{}}`,
		`{"type":"DYNAMIC","name":"z","locations":[{"country":"US","region":"CA"},{"country":"DE","region":null}],"proxyType":"Tor","asns":["1",64496]}`,
		`{"type":"DYNAMIC_V2","name":"z","locations":{"exclude":[{"country":"US"}]},"asns":{"include":["1"],"exclude":[2]},"ipServiceCategories":{"include":["ALL_ANONYMIZERS"],"exclue":["X"]}}`,
		`{"type":"DYNAMIC_V2","name":"z","gateways":[{"type":"CIDR","value":"::/0"}],"usge":"BLOCKLIST","proxyType":"null"}`,
		`{"type":"IP","name":"DefaultExemptIpZone","useAsExemptList":true,"gateways":[{"type":"RANGE","value":"::ffff:192.0.2.1"}]}`,
	} {
		for _, of := range []uint8{0, 1, 2, 3} {
			f.Add([]byte(seed), of)
		}
	}
	d := &records.Documents{Zones: []*records.Zone{
		{Type: records.IP, ID: "nzo1", Name: "Office", Status: records.Active, Usage: records.Blocklist, Gateways: []records.Network{{Type: "CIDR", Value: "192.0.2.0/24"}}},
		{Type: records.IP, ID: "nzo2", Name: records.DefaultExemptIPZone, Status: records.Active, Usage: records.ForPolicies, System: true},
		{Type: records.DynamicV2, ID: "nzo3", Name: records.EnhancedDynamicZone, Status: records.Inactive, Usage: records.Blocklist, System: true},
	}}
	f.Fuzz(func(t *testing.T, text []byte, of uint8) {
		node, err := jsondoc.Parse("", text)
		if err != nil || node.Kind() != jsondoc.Object {
			return // the front refuses it
		}
		if zoneShape(node).misfit(node) != "" {
			return
		}
		var old *records.Zone
		if of%4 > 0 {
			old = d.Zones[of%4-1]
		}
		z, body := readZone(node)
		z.ExemptList, z.System = false, false
		if old != nil {
			z.System = old.System
		}
		if z.Usage == "" {
			z.Usage = records.ForPolicies
		}
		z.ID, z.Status = "nzo4", records.Active
		body.checkZone(z, old, d)
		if answer, failed := body.answer(); failed {
			if answer.Status != 400 || !json.Valid(answer.Body) || len(answer.Body) > 100*len(text)+2_000 {
				t.Fatalf("%d %s", answer.Status, answer.Body)
			}
			return
		}
		file := records.WriteZones([]*records.Zone{z})
		stored, err := zone.ParseOkta("f", file)
		if err != nil {
			t.Fatalf("the loader: %v\n%s", err, file)
		}
		sent := objectOf(node)
		sent.put(last, "status", json.RawMessage(`"ACTIVE"`))
		meant, err := zone.ParseOkta("", sent.json())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := meaning(stored.Zones[0]), meaning(meant.Zones[0]); !reflect.DeepEqual(got, want) {
			t.Fatalf("sent %+v, stored %+v", want, got)
		}
		again, err := records.ReadZones("f", file)
		if err != nil || again[0].ETag() != z.ETag() {
			t.Fatalf("written and read: %v\n%s\n%s", err, again[0].Append(nil, nil), z.Append(nil, nil))
		}
		off := again[0].WithStatus(records.Inactive, "x")
		if on := off.WithStatus(z.Status, z.LastUpdated); off.Status != records.Inactive || on.ETag() != z.ETag() {
			t.Fatalf("off and on: %s", on.Append(nil, nil))
		}
	})
}

// meaning is who is in a zone.
func meaning(z zone.Zone) []any {
	ranges := func(list []zone.Entry) []string {
		all := []string{}
		for _, e := range list {
			all = append(all, e.Range.String())
		}
		return all
	}
	return []any{
		z.Type, z.Name, ranges(z.Gateways), ranges(z.Proxies), z.Proxy,
		slices.Concat(zone.ValuesOf(z.Locations.Include)), slices.Concat(zone.ValuesOf(z.Locations.Exclude)),
		slices.Concat(zone.ValuesOf(z.ASNs.Include)), slices.Concat(zone.ValuesOf(z.ASNs.Exclude)),
		slices.Concat(zone.ValuesOf(z.Categories.Include)), slices.Concat(zone.ValuesOf(z.Categories.Exclude)),
	}
}
